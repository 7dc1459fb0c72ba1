//! `goals`: targets, for whom and from when.

mod terms;

use paceline_core::calendar::Calendar;
use paceline_core::decimal::Decimal;
use paceline_core::goal::{self, Goal, Mistake, Origin, Whose};
use paceline_core::kpi::KpiId;
use paceline_core::period::PeriodKind;
use schemars::JsonSchema;
use serde::Deserialize;

use super::kpis::{self, Draft};
use super::located::{Exact, Located, Text};
use super::place::At;
use super::report::Report;
use super::reps::Reps;
use super::value;
use paceline_core::suggest;
use terms::{RawCurve, RawStep};

/// A target for a KPI, a kind of period and somebody.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Goal")]
pub(super) struct RawGoal {
    /// The KPI. Required.
    kpi: Text,
    /// The kind of period, one of the KPI's; a goal for months says nothing about quarters. Required.
    period: Text,
    /// What is to be reached or held, in the KPI's unit, exact to six places. 0 only where lower is better. Required.
    target: Located<Exact>,
    /// Whose goal it is. The most specific wins: rep, role, each_of, everyone; `team` is the team's own. Required.
    #[serde(rename = "for")]
    whose: Located<For>,
    /// The first day it is in force, `YYYY-MM-DD`. A period has the goal that is in force on its last day.
    /// Default: since ever.
    #[schemars(extend("format" = "date"))]
    from: Option<Text>,
    /// The last day it is in force, `YYYY-MM-DD`. Default: for ever.
    #[schemars(extend("format" = "date"))]
    until: Option<Text>,
    /// What share of the target is asked of a rep by tenure, each step for the working days on which it holds;
    /// afterwards all of it. Who has no `start` owes all of it. Default: all of it from the first day.
    ramp: Option<Vec<RawStep>>,
    /// Whether only the working days count on which the rep is employed and not off. Default: false.
    presence: Option<Located<bool>>,
    /// How the target is spread over the parts of a quarter or year. Default: evenly over its working days.
    curve: Option<Located<RawCurve>>,
}

/// Whose goal it is.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum For {
    /// Every rep.
    Everyone,
    /// One rep, by id.
    Rep(Text),
    /// Every rep with a role.
    Role(Text),
    /// Every rep below a manager, by the manager's id; the nearest manager wins.
    EachOf(Text),
    /// A team as such, by its manager's id, and nobody in it.
    Team(Text),
}

/// Compiles all goals.
pub(super) fn compile(
    raw: &[RawGoal],
    drafts: &[Draft],
    reps: &Reps,
    calendars: &[Calendar],
    notes: &mut Vec<String>,
    report: &mut Report,
) -> Vec<Goal> {
    let mut goals: Vec<(Goal, At)> = Vec::new();
    for raw in raw {
        let Some(goal) = raw.compile(drafts, reps, report) else { continue };
        check_tie(&goal, raw.whose.at, &goals, report);
        if let Some(note) = never_in_force(&goal, calendars) {
            notes.push(format!("{}: {note}", report.places.shown(raw.whose.at)));
        }
        goals.push((goal, raw.whose.at));
    }
    goals.into_iter().map(|(goal, _)| goal).collect()
}

/// Two goals with nothing to choose between them.
fn check_tie(goal: &Goal, at: At, before: &[(Goal, At)], report: &mut Report) {
    let ties = |other: &Goal| {
        (other.kpi, other.period, &other.whose, other.from)
            == (goal.kpi, goal.period, &goal.whose, goal.from)
    };
    if let Some((_, other)) = before.iter().find(|(other, _)| ties(other)) {
        let place = report.places.shown(*other);
        report.error(
            at,
            format_args!(
                "the goal at {place} has the same KPI, period, people and first day: neither wins"
            ),
            "keep one of the two, or give the later one a later `from`",
        );
    }
}

/// What is to be known of a goal that ends before the period in which it begins does. It may be one that was cut short,
/// and is no mistake then.
fn never_in_force(goal: &Goal, calendars: &[Calendar]) -> Option<String> {
    let (from, until, kind) = (goal.from?, goal.until?, goal.period);
    let end = |calendar: &Calendar| kind.holding(from, calendar).end;
    if kind.is_rolling() || calendars.iter().any(|calendar| end(calendar) <= until) {
        return None;
    }
    let end = end(calendars.first()?);
    Some(format!(
        "this goal is in force for no {kind}: from {from} to {until} none ends, and a {kind} has the goal that is in \
         force on its last day, here {end}"
    ))
}

impl RawGoal {
    fn compile(&self, drafts: &[Draft], reps: &Reps, report: &mut Report) -> Option<Goal> {
        let kpi = self.kpi(drafts, report);
        let period = kpis::period(&self.period, report);
        if let (Some(kpi), Some(period)) = (kpi, period) {
            self.check_period(&drafts[kpi], period, report);
        }
        let target = value::decimal(&self.target, report);
        if let Some(target) = target {
            self.check_target(target, kpi.map(|kpi| &drafts[kpi]), report);
        }
        let whose = self.whose(reps, report);
        let from = self.from.as_ref().map(|day| value::date(day, report));
        let until = self.until.as_ref().map(|day| value::date(day, report));
        if let (Err(mistake), Some(text)) =
            (goal::dates(from.flatten(), until.flatten()), &self.until)
        {
            report.mistake(text.at, &mistake);
        }
        let ramp = self.ramp.as_ref().map(|ramp| terms::ramp(ramp, report));
        let curve = self
            .curve
            .as_ref()
            .map(|curve| terms::curve(curve, period, kpi.map(|kpi| drafts[kpi].goal_kind), report));
        self.check_team(report);
        Some(Goal {
            kpi: KpiId(kpi? as u16),
            period: period?,
            target: target?,
            whose: whose?,
            from: given(from)?,
            until: given(until)?,
            ramp: given(ramp)?.unwrap_or_default(),
            presence: self.presence.as_ref().is_some_and(|presence| presence.value),
            curve: given(curve)?,
            origin: Origin::File,
        })
    }

    /// A team's own goal has fewer terms than a rep's.
    fn check_team(&self, report: &mut Report) {
        let For::Team(team) = &self.whose.value else { return };
        let whose = Whose::Team(team.value.clone());
        let presence = self.presence.as_ref().filter(|presence| presence.value);
        for mistake in goal::team(&whose, self.ramp.is_some(), presence.is_some()) {
            let at = match (&mistake, presence) {
                (Mistake::TeamPresence, Some(presence)) => presence.at,
                _ => self.whose.at,
            };
            report.mistake(at, &mistake);
        }
    }

    fn kpi(&self, drafts: &[Draft], report: &mut Report) -> Option<usize> {
        let found = drafts.iter().position(|draft| draft.name == self.kpi.value);
        if found.is_none() {
            let known = drafts.iter().map(|draft| draft.name.as_str());
            let remedy = suggest::remedy(self.kpi.as_str(), known, "the KPIs are");
            report.unknown(
                self.kpi.at,
                format_args!("there is no KPI `{}`", self.kpi.as_str()),
                remedy,
            );
        }
        found
    }

    fn check_period(&self, draft: &Draft, period: PeriodKind, report: &mut Report) {
        if let Err(mistake) = goal::period(&draft.about(), period) {
            report.unknown(self.period.at, &mistake, mistake.remedy());
        }
    }

    fn check_target(&self, target: Decimal, draft: Option<&Draft>, report: &mut Report) {
        let about = draft.map(Draft::about);
        if let Err(mistake) = goal::target(target, about.as_ref()) {
            report.mistake(self.target.at, &mistake);
        }
    }

    fn whose(&self, reps: &Reps, report: &mut Report) -> Option<Whose> {
        match &self.whose.value {
            For::Everyone => Some(Whose::Everyone),
            For::Rep(id) => rep(id, reps, report).then(|| Whose::Rep(id.value.clone())),
            For::Role(role) => {
                has_role(role, reps, report).then(|| Whose::Role(role.value.clone()))
            }
            For::EachOf(id) => manager(id, reps, report).then(|| Whose::EachOf(id.value.clone())),
            For::Team(id) => manager(id, reps, report).then(|| Whose::Team(id.value.clone())),
        }
    }
}

/// Something that was left out, or is right.
#[expect(clippy::option_option, reason = "left out and wrong are not the same")]
fn given<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(value) => value.map(Some),
    }
}

fn rep(id: &Text, reps: &Reps, report: &mut Report) -> bool {
    let known = reps.others || reps.reps().any(|rep| rep.id == id.value);
    if !known {
        let remedy = reps.remedy(id.as_str());
        report.unknown(id.at, format_args!("there is no rep `{}`", id.as_str()), remedy);
    }
    known
}

fn has_role(role: &Text, reps: &Reps, report: &mut Report) -> bool {
    let mut roles: Vec<&str> = reps.reps().filter_map(|rep| rep.role.as_deref()).collect();
    roles.sort_unstable();
    roles.dedup();
    let known = reps.others || roles.contains(&role.as_str());
    if !known {
        let remedy = suggest::remedy(role.as_str(), roles.into_iter(), "the roles are");
        report.unknown(role.at, format_args!("no rep has the role `{}`", role.as_str()), remedy);
    }
    known
}

fn manager(id: &Text, reps: &Reps, report: &mut Report) -> bool {
    if !rep(id, reps, report) {
        return false;
    }
    let manages = reps.others || reps.manages(id.as_str());
    if !manages {
        let remedy = format!("name a manager, or write `{{rep: {}}}`", id.as_str());
        report.unknown(id.at, format_args!("`{}` manages nobody", id.as_str()), remedy);
    }
    manages
}
