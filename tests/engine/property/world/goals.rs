//! Goals for everybody, a role, a team or a rep.

use std::fmt::{self, Write as _};

use jiff::{ToSpan, civil::Date};
use proptest::{prelude::*, sample::select};

use super::{
    World,
    extras::{Curve, Extras, GoalExtra},
    kpis::Shown,
    reps::{Rep, manager_of},
};

#[derive(Clone, Debug)]
pub(crate) struct Goal {
    pub(super) kpi: u8,
    pub(super) period: u8,
    pub(super) target: &'static str,
    pub(super) whose: u8,
    pub(super) who: u8,
    pub(super) from: Option<i32>,
    pub(super) lasts: Option<i32>,
}

/// What a goal comes to in a world.
pub(crate) struct Terms {
    kpi: String,
    period: &'static str,
    target: &'static str,
    whose: String,
    from: Option<Date>,
    until: Option<Date>,
    ramp: Vec<(u32, &'static str)>,
    presence: bool,
    curve: Option<Curve>,
    features: Vec<&'static str>,
}

pub(crate) fn goal() -> impl Strategy<Value = Goal> {
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
        extras: &Extras,
        start: Date,
    ) -> fmt::Result {
        writeln!(self.yaml, "goals:")?;
        let mut written: Vec<(String, &str, String, Option<Date>)> = Vec::new();
        for (nth, goal) in goals.iter().enumerate() {
            // The first ones go around, so that most KPIs have one.
            let kpi = &self.shown[(nth + usize::from(goal.kpi) / 128) % self.shown.len()];
            let terms = goal.terms(kpi, &self.reps, &extras.goals[nth], start);
            let names = (terms.kpi.clone(), terms.period, terms.whose.clone(), terms.from);
            // Two goals with nothing to choose between them are a mistake of the config.
            if written.contains(&names) {
                continue;
            }
            written.push(names);
            writeln!(self.yaml, "  - {}", terms.json(false))?;
            self.features.extend(terms.features);
        }
        assert!(!self.shown.is_empty() && !written.is_empty());
        Ok(())
    }
}

impl Goal {
    /// A team's own goal has neither ramp nor presence; only what is reached in parts of a period has a curve.
    pub(crate) fn terms(&self, kpi: &Shown, reps: &[Rep], extra: &GoalExtra, start: Date) -> Terms {
        let period = kpi.periods[usize::from(self.period) % kpi.periods.len()];
        let (kind, whose) = self.whose(reps);
        let from = self.from.map(|days| start + days.days());
        let of_team = kind == "goal of a team";
        let ramp = if of_team { Vec::new() } else { extra.ramp.clone() };
        let curve = extra.curve_of(kpi, period);
        let mut terms = Terms {
            kpi: kpi.name.clone(),
            period,
            target: if self.target == "0" && !kpi.lower { "1" } else { self.target },
            whose,
            from,
            until: self.lasts.map(|lasts| from.unwrap_or(start) + lasts.days()),
            ramp,
            presence: !of_team && extra.presence,
            curve,
            features: vec![kind],
        };
        terms.note_features(kpi);
        terms
    }

    fn whose(&self, reps: &[Rep]) -> (&'static str, String) {
        let who = usize::from(self.who);
        let managers: Vec<usize> =
            (0..reps.len()).filter_map(|rep| manager_of(reps, rep)).collect();
        let manager = managers.get(who % managers.len().max(1));
        let roles: Vec<&str> = reps.iter().filter_map(|rep| rep.role).collect();
        let role = roles.get(who % roles.len().max(1));
        match (self.whose, manager, role) {
            (1 | 2, ..) => ("goal of a rep", format!(r#"{{"rep":"U{}"}}"#, who % reps.len())),
            (3, _, Some(role)) => ("goal of a role", format!(r#"{{"role":"{role}"}}"#)),
            (4, Some(manager), _) => {
                ("goal of each of a team", format!(r#"{{"each_of":"U{manager}"}}"#))
            }
            (5, Some(manager), _) => ("goal of a team", format!(r#"{{"team":"U{manager}"}}"#)),
            _ => ("goal of everyone", r#""everyone""#.to_owned()),
        }
    }
}

impl Terms {
    fn note_features(&mut self, kpi: &Shown) {
        let ramps = !self.ramp.is_empty();
        let features = [
            (self.target == "0", "goal of 0"),
            (self.from.is_some(), "goal with a first day"),
            (self.until.is_some(), "goal with a last day"),
            (ramps, "ramp"),
            (ramps && kpi.goal_kind == "hold", "ramp of what is held"),
            (ramps && kpi.lower, "ramp where less is better"),
            (self.presence, "presence"),
            (ramps && self.presence, "ramp and presence"),
        ];
        self.features
            .extend(features.into_iter().filter_map(|(occurs, what)| occurs.then_some(what)));
        self.features.extend(self.curve.as_ref().map(|curve| curve.feature));
    }

    /// As JSON, which YAML is too; in the log of goals numbers are in quotes.
    pub(crate) fn json(&self, quoted: bool) -> String {
        let number = |text: &str| if quoted { format!("\"{text}\"") } else { text.to_owned() };
        let Self { kpi, period, target, whose, .. } = self;
        let target = number(target);
        let mut json =
            format!(r#"{{"kpi":"{kpi}","period":"{period}","target":{target},"for":{whose}"#);
        for (name, day) in [("from", self.from), ("until", self.until)] {
            json += &day.map_or_else(String::new, |day| format!(r#","{name}":"{day}""#));
        }
        if !self.ramp.is_empty() {
            let step = |(until, share): &(u32, &str)| {
                format!(r#"{{"until_month":{until},"share":{}}}"#, number(share))
            };
            let steps: Vec<String> = self.ramp.iter().map(step).collect();
            json += &format!(r#","ramp":[{}]"#, steps.join(","));
        }
        if self.presence {
            json += r#","presence":true"#;
        }
        if let Some(Curve { by, shares, .. }) = &self.curve {
            let shares: Vec<String> = shares.split(", ").map(number).collect();
            json += &format!(r#","curve":{{"by":"{by}","shares":[{}]}}"#, shares.join(","));
        }
        json + "}"
    }
}
