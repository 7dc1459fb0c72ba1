//! What a record of the status memory is about, by names that mean the same in every life of the service.

use paceline_core::alert::Subject;
use paceline_core::board::Key;
use paceline_core::model::Model;
use paceline_core::period::PeriodKind;
use paceline_core::roster::Roster;

/// The names of a standing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct About {
    /// Whom, as selectors write it.
    pub scope: String,
    /// The KPI's name.
    pub kpi: String,
    /// The kind of period.
    pub kind: PeriodKind,
    /// The period's name.
    pub period: String,
}

impl About {
    /// The names of what a key is of.
    pub(crate) fn of(key: &Key, model: &Model, roster: &Roster) -> Self {
        let Subject { scope, kpi, kind, period } = Subject::from(key);
        Self { scope: roster.name(scope), kpi: model.kpi(kpi).name.clone(), kind, period }
    }

    /// The names that a text shows, as [`Display`](std::fmt::Display) writes them. Only a scope may hold a slash.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(4, '/');
        let (period, kind) = (parts.next()?, parts.next()?);
        let (kpi, scope) = (parts.next()?, parts.next()?);
        let kind = kind.parse::<PeriodKind>().ok()?;
        let is_some = |text: &str| !text.is_empty();
        let all = [scope, kpi, period].into_iter().all(is_some);
        all.then(|| Self {
            scope: scope.to_owned(),
            kpi: kpi.to_owned(),
            kind,
            period: period.to_owned(),
        })
    }
}

impl std::fmt::Display for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { scope, kpi, kind, period } = self;
        write!(f, "{scope}/{kpi}/{kind}/{period}")
    }
}
