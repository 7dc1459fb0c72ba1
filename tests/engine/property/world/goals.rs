//! Goals for everybody, a role, a team or a rep.

use std::fmt::{self, Write as _};

use jiff::{ToSpan, civil::Date};
use proptest::{prelude::*, sample::select};

use super::{
    World,
    extras::Extras,
    kpis::Shown,
    reps::{Rep, manager_of},
};

#[derive(Clone, Debug)]
pub(super) struct Goal {
    pub(super) kpi: u8,
    pub(super) period: u8,
    pub(super) target: &'static str,
    pub(super) whose: u8,
    pub(super) who: u8,
    pub(super) from: Option<i32>,
    pub(super) lasts: Option<i32>,
}

pub(super) fn goal() -> impl Strategy<Value = Goal> {
    let targets =
        ["100", "1", "0.5", "3", "42000", "1000.5", "0", "7.333333", "250", "2", "0.000001", "10"];
    (
        any::<u8>(),
        any::<u8>(),
        select(targets.to_vec()),
        0..8_u8,
        any::<u8>(),
        prop::option::weighted(0.4, -60..45_i32),
        prop::option::weighted(0.3, 0..60_i32),
    )
        .prop_map(|(kpi, period, target, whose, who, from, lasts)| Goal {
            kpi,
            period,
            target,
            whose,
            who,
            from,
            lasts,
        })
}

impl World {
    pub(super) fn write_goals(
        &mut self,
        goals: &[Goal],
        shown: &[Shown],
        reps: &[Rep],
        extras: &Extras,
        start: Date,
    ) -> fmt::Result {
        writeln!(self.yaml, "goals:")?;
        let mut written: Vec<(String, String, String, Option<Date>)> = Vec::new();
        for (nth, goal) in goals.iter().enumerate() {
            // The first ones go around, so that most KPIs have one.
            let kpi = &shown[(nth + usize::from(goal.kpi) / 128) % shown.len()];
            let period = kpi.periods[usize::from(goal.period) % kpi.periods.len()];
            let (kind, whose) = goal.whose(reps);
            let from = goal.from.map(|days| start + days.days());
            let names = (kpi.name.clone(), period.to_owned(), whose.clone(), from);
            // Two goals with nothing to choose between them are a mistake of the config.
            if written.contains(&names) {
                continue;
            }
            written.push(names);
            self.features.push(kind);
            let target = if goal.target == "0" && !kpi.lower { "1" } else { goal.target };
            self.features.extend((target == "0").then_some("goal of 0"));
            write!(
                self.yaml,
                "  - {{kpi: {}, period: {period}, target: {target}, for: {whose}",
                kpi.name
            )?;
            if let Some(from) = from {
                write!(self.yaml, ", from: {from}")?;
                self.features.push("goal with a first day");
            }
            if let Some(lasts) = goal.lasts {
                write!(self.yaml, ", until: {}", from.unwrap_or(start) + lasts.days())?;
                self.features.push("goal with a last day");
            }
            if let Some(extra) = extras.goals.get(nth) {
                self.write_goal_extra(extra, kind == "goal of a team", kpi, period)?;
            }
            writeln!(self.yaml, "}}")?;
        }
        assert!(!shown.is_empty() && !written.is_empty());
        Ok(())
    }
}

impl Goal {
    fn whose(&self, reps: &[Rep]) -> (&'static str, String) {
        let who = usize::from(self.who);
        let managers: Vec<usize> =
            (0..reps.len()).filter_map(|rep| manager_of(reps, rep)).collect();
        let manager = managers.get(who % managers.len().max(1));
        let roles: Vec<&str> = reps.iter().filter_map(|rep| rep.role).collect();
        let role = roles.get(who % roles.len().max(1));
        match (self.whose, manager, role) {
            (1 | 2, ..) => ("goal of a rep", format!("{{rep: U{}}}", who % reps.len())),
            (3, _, Some(role)) => ("goal of a role", format!("{{role: {role}}}")),
            (4, Some(manager), _) => ("goal of each of a team", format!("{{each_of: U{manager}}}")),
            (5, Some(manager), _) => ("goal of a team", format!("{{team: U{manager}}}")),
            _ => ("goal of everyone", "everyone".to_owned()),
        }
    }
}
