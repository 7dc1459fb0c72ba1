//! Who is first among reps, and what of all that is behind to look at first, by counting who is better.

use std::{cmp::Reverse, collections::BTreeSet};

use jiff::Timestamp;

use super::{
    board::Board,
    config::{Better, Config, PeriodKind, Role},
    number::Exact,
    row::Row,
    status::Status,
};

/// What reps are ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The number.
    Actual,
    /// The number by the goal.
    Attainment,
    /// The number by what is due, the inverse where less is better.
    Pace,
}

impl By {
    fn value(self, row: &Row) -> Option<&Exact> {
        match self {
            Self::Actual => row.exact.as_ref(),
            Self::Attainment => row.attainment.as_ref(),
            Self::Pace => row.pace.as_ref(),
        }
    }
}

impl Board<'_> {
    /// The reps of a scope with their ranks, in the order in which they are shown; 0 is the rank of one without a value.
    /// `rows` are those of the board at that instant.
    ///
    /// # Panics
    /// When there is no such scope or KPI.
    #[must_use]
    pub fn leaderboard<'r>(
        &self,
        rows: &'r [Row],
        (scope, kpi, kind): (&str, &str, PeriodKind),
        by: By,
        now: Timestamp,
    ) -> Vec<(usize, &'r Row)> {
        let company = self.company(now);
        let (_, reps) = company.scope(scope);
        let reps: BTreeSet<String> = reps.iter().map(|id| format!("rep:{id}")).collect();
        let is_theirs =
            |row: &&Row| reps.contains(&row.scope) && row.kpi == kpi && row.period.kind == kind;
        let rows: Vec<&Row> = rows.iter().filter(is_theirs).collect();
        let less_is_better = company.config.kpi(kpi).expect("a KPI").better == Better::Lower;
        let is_better = |one: &Exact, other: &Exact| match by {
            By::Actual | By::Attainment if less_is_better => one < other,
            By::Actual | By::Attainment | By::Pace => one > other,
        };
        let rank = |row: &Row| {
            let Some(value) = by.value(row) else { return 0 };
            let values = rows.iter().filter_map(|other| by.value(other));
            1 + values.filter(|other| is_better(other, value)).count()
        };
        let mut ranked: Vec<(usize, &Row)> = rows.iter().map(|row| (rank(row), *row)).collect();
        ranked.sort_by_cached_key(|(rank, row)| (*rank == 0, *rank, row.scope.clone()));
        ranked
    }
}

/// Of all these rows those that are behind: first the KPIs that drive others, and among these the lowest pace; what has none
/// is the lowest.
///
/// # Panics
/// On rows of another config.
#[must_use]
pub fn focus<'r>(config: &Config, rows: &'r [Row]) -> Vec<(Role, &'r Row)> {
    let role = |row: &Row| config.kpi(&row.kpi).expect("a KPI of the config").role;
    let behind = rows.iter().filter(|row| row.status == Status::Behind);
    let mut behind: Vec<(Role, &Row)> = behind.map(|row| (role(row), row)).collect();
    behind.sort_by(|(role, row), (other_role, other)| {
        let drives = |role: &Role| Reverse(*role == Role::Input);
        let names = |row: &Row| (row.scope.clone(), row.kpi.clone(), row.period.kind);
        let by_role = drives(role).cmp(&drives(other_role));
        let by_pace = match (&row.pace, &other.pace) {
            (Some(pace), Some(other)) => pace.cmp(other),
            (pace, other) => pace.is_some().cmp(&other.is_some()),
        };
        by_role.then(by_pace).then_with(|| names(row).cmp(&names(other)))
    });
    behind
}
