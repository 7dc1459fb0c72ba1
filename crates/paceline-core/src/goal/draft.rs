//! Drafts: goals as somebody wrote them, before a model says whether they mean something.
//!
//! A goal that was set while running outlives the config it was set under. So what is kept is the draft, with the KPI
//! by name; under each model it is compiled anew, and has no effect where that does not know what it speaks of.

use std::fmt;

use crate::day::Day;
use crate::decimal::Decimal;
use crate::goal::rules::{self, About, Mistake};
use crate::goal::{Curve, Goal, Origin, Step, Whose};
use crate::model::Model;
use crate::period::PeriodKind;
use crate::roster::{Roster, Scope};
use crate::suggest;

/// A goal as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The name of the KPI.
    pub kpi: String,
    /// The kind of period it is for.
    pub period: PeriodKind,
    /// What is to be reached or held.
    pub target: Decimal,
    /// Whose goal it is.
    pub whose: Whose,
    /// The first day it is in force, if any.
    pub from: Option<Day>,
    /// The last day it is in force, if any.
    pub until: Option<Day>,
    /// The share of the target by tenure.
    pub ramp: Vec<Step>,
    /// Whether only the days count on which a rep is employed and not off.
    pub presence: bool,
    /// How the target is spread over the parts of the period.
    pub curve: Option<Curve>,
}

/// A mistake, and the field of the draft that it is in: `target`, `ramp[1].share`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// The field.
    pub field: String,
    /// What is wrong with it.
    pub mistake: Mistake,
}

impl fmt::Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.mistake)
    }
}

impl Draft {
    /// The goal that a draft is under a model.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn compile(&self, model: &Model, origin: Origin) -> Result<Goal, Vec<Misplaced>> {
        let id = model.kpi_named(&self.kpi);
        let about = id.map(|id| About::from(model.kpi(id)));
        let names = model.kpis.iter().map(|kpi| kpi.name.as_str());
        let mistakes = self.mistakes(about.as_ref(), names);
        let (Some(kpi), true) = (id, mistakes.is_empty()) else { return Err(mistakes) };
        let Self { period, target, whose, from, until, ramp, presence, curve, .. } = self.clone();
        Ok(Goal { kpi, period, target, whose, from, until, ramp, presence, curve, origin })
    }

    /// All that is wrong with it, `kpi` being what is known of its KPI and `names` all KPIs that there are.
    pub fn mistakes<'a>(
        &self,
        kpi: Option<&About<'_>>,
        names: impl Iterator<Item = &'a str> + Clone,
    ) -> Vec<Misplaced> {
        let mut found = Found::default();
        match kpi {
            Some(kpi) => found.note("period", rules::period(kpi, self.period)),
            None => {
                let remedy = suggest::remedy(&self.kpi, names, "the KPIs are");
                found.note("kpi", Err(Mistake::NoKpi { name: self.kpi.clone(), remedy }));
            }
        }
        found.note("target", rules::target(self.target, kpi));
        found.note("until", rules::dates(self.from, self.until));
        self.check_ramp(&mut found);
        if let Some(curve) = &self.curve {
            self.check_curve(curve, kpi, &mut found);
        }
        for mistake in rules::team(&self.whose, !self.ramp.is_empty(), self.presence) {
            let field = if mistake == Mistake::TeamRamp { "ramp" } else { "presence" };
            found.note(field, Err(mistake));
        }
        found.0
    }

    fn check_ramp(&self, found: &mut Found) {
        let mut before = None;
        for (at, step) in self.ramp.iter().enumerate() {
            let months = u64::from(step.until_month);
            found.note(format!("ramp[{at}].until_month"), rules::months(before, months));
            found.note(format!("ramp[{at}].share"), rules::share(step.share));
            before = Some(months);
        }
    }

    fn check_curve(&self, curve: &Curve, kpi: Option<&About<'_>>, found: &mut Found) {
        let Curve { months, shares } = curve;
        let before = found.0.len();
        if let Some(kpi) = kpi {
            found.note("curve", rules::curve::kind(kpi.goal_kind));
        }
        match rules::curve::parts(self.period, *months) {
            Ok(parts) => {
                found.note("curve.shares", rules::curve::count(shares.len(), parts, self.period))
            }
            Err(mistake) => found.note("curve.by", Err(mistake)),
        }
        for (at, share) in shares.iter().enumerate() {
            found.note(format!("curve.shares[{at}]"), rules::share(*share));
        }
        if found.0.len() == before {
            found.note("curve.shares", rules::curve::sum(shares));
        }
    }
}

#[derive(Default)]
struct Found(Vec<Misplaced>);

impl Found {
    fn note(&mut self, field: impl Into<String>, rule: Result<(), Mistake>) {
        self.0.extend(rule.err().map(|mistake| Misplaced { field: field.into(), mistake }));
    }
}

impl Goal {
    /// What somebody has to write for it.
    pub fn draft(&self, model: &Model) -> Draft {
        let Self { kpi, period, target, whose, from, until, ramp, presence, curve, .. } =
            self.clone();
        let kpi = model.kpi(kpi).name.clone();
        Draft { kpi, period, target, whose, from, until, ramp, presence, curve }
    }
}

impl Whose {
    /// Why there is nobody whom it means, if that is so.
    pub fn nobody(&self, roster: &Roster) -> Option<String> {
        let reps = roster.reps();
        // Asked of every goal in a list, of which there may be one for each rep.
        let rep = |id: &str| match *roster.scope(roster.named(&format!("rep:{id}"))?) {
            Scope::Rep(rep) => Some(rep),
            Scope::Org | Scope::Unassigned | Scope::Team(_) | Scope::Ended => None,
        };
        match self {
            Self::Everyone => reps.is_empty().then(|| "there are no reps".to_owned()),
            Self::Rep(id) => rep(id).is_none().then(|| format!("there is no rep `{id}`")),
            Self::Role(role) => {
                let known = reps.iter().any(|rep| rep.role.as_deref() == Some(role));
                (!known).then(|| format!("no rep has the role `{role}`"))
            }
            Self::EachOf(id) | Self::Team(id) => match rep(id) {
                None => Some(format!("there is no rep `{id}`")),
                Some(rep) if roster.team(rep).is_none() => Some(format!("`{id}` manages nobody")),
                Some(_) => None,
            },
        }
    }

    /// Whether a goal for them may be that of a rep.
    pub fn includes(&self, rep: usize, roster: &Roster) -> bool {
        let reps = roster.reps();
        match self {
            Self::Everyone => true,
            Self::Rep(id) => reps[rep].id == *id,
            Self::Role(role) => reps[rep].role.as_deref() == Some(role),
            Self::EachOf(id) => {
                let mut above =
                    std::iter::successors(roster.manager(rep), |at| roster.manager(*at));
                above.any(|above| reps[above].id == *id)
            }
            Self::Team(_) => false,
        }
    }
}

impl fmt::Display for Whose {
    /// As a flag or a cell of a table has it: `rep:U1`, `role:ae`, `each_of:M1`, `team:M1`, `everyone`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rep(id) => write!(f, "rep:{id}"),
            Self::Role(role) => write!(f, "role:{role}"),
            Self::EachOf(id) => write!(f, "each_of:{id}"),
            Self::Team(id) => write!(f, "team:{id}"),
            Self::Everyone => f.write_str("everyone"),
        }
    }
}

/// A text names nobody whom a goal can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write `rep:<id>`, `role:<role>`, `each_of:<manager>`, `team:<manager>` or `everyone`")]
pub struct ParseWhoseError;

impl std::str::FromStr for Whose {
    type Err = ParseWhoseError;

    fn from_str(text: &str) -> Result<Self, ParseWhoseError> {
        if text == "everyone" {
            return Ok(Self::Everyone);
        }
        let (kind, id) = text.split_once(':').ok_or(ParseWhoseError)?;
        let make = match kind {
            "rep" => Self::Rep,
            "role" => Self::Role,
            "each_of" => Self::EachOf,
            "team" => Self::Team,
            _ => return Err(ParseWhoseError),
        };
        if id.is_empty() { Err(ParseWhoseError) } else { Ok(make(id.to_owned())) }
    }
}
