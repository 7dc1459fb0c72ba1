//! Reps: whom they report to, and when and where they work.

use std::fmt::{self, Write as _};

use jiff::civil::Date;
use proptest::{prelude::*, sample::select};

use super::{
    World,
    calendars::ZONES,
    extras::{Extras, RepExtra},
};

#[derive(Clone, Debug)]
pub(super) struct Rep {
    pub(super) manager: Option<u8>,
    pub(super) role: Option<&'static str>,
    pub(super) zone: Option<&'static str>,
}

pub(super) fn rep() -> impl Strategy<Value = Rep> {
    let manager = prop::option::weighted(0.75, any::<u8>());
    let role = prop::option::of(select(&["ae", "se"][..]));
    (manager, role, prop::option::of(select(&ZONES[..]))).prop_map(|(manager, role, zone)| Rep {
        manager,
        role,
        zone,
    })
}

impl World {
    pub(super) fn write_reps(&mut self, reps: &[Rep], extras: &Extras, start: Date) -> fmt::Result {
        writeln!(self.yaml, "reps:\n  list:")?;
        for (at, rep) in reps.iter().enumerate() {
            write!(self.yaml, "    - {{id: U{at}")?;
            if let Some(manager) = manager_of(reps, at) {
                write!(self.yaml, ", manager: U{manager}")?;
                let above = manager_of(reps, manager).map(|above| manager_of(reps, above));
                self.features.extend(above.is_some().then_some("managers on two levels"));
                self.features
                    .extend(above.flatten().is_some().then_some("managers on three levels"));
            }
            if let Some(role) = rep.role {
                write!(self.yaml, ", role: {role}")?;
            }
            if let Some(zone) = rep.zone {
                self.features.push("zone of a rep");
                let zone = if extras.samoa { "Pacific/Apia" } else { zone };
                self.features.extend(extras.samoa.then_some("a day that a zone leaves out"));
                write!(self.yaml, ", time_zone: {zone}")?;
            }
            if let Some(extra) = extras.reps.get(at) {
                self.write_extra(extra, extras.calendars.len(), start)?;
            }
            writeln!(self.yaml, "}}")?;
        }
        Ok(())
    }

    fn write_extra(&mut self, extra: &RepExtra, calendars: usize, start: Date) -> fmt::Result {
        if let Some(calendar) = extra.calendar.filter(|_| calendars > 0) {
            write!(self.yaml, ", calendar: other{}", usize::from(calendar) % calendars)?;
            self.features.push("calendar of a rep");
        }
        if let Some(first) = extra.first_day(start) {
            write!(self.yaml, ", start: {first}")?;
            self.features.push("a rep with a first day");
        }
        if let Some(last) = extra.last_day(start) {
            write!(self.yaml, ", end: {last}")?;
            self.features.push("a rep with a last day");
        }
        let off: Vec<String> = extra
            .time_off(start)
            .map(|(from, to)| match to {
                Some(to) => format!("{{from: {from}, to: {to}}}"),
                None => format!("{{from: {from}}}"),
            })
            .collect();
        if off.is_empty() {
            return Ok(());
        }
        self.features.push("time off");
        write!(self.yaml, ", time_off: [{}]", off.join(", "))
    }
}

/// Managers come first in the list, so there is no circle.
pub(super) fn manager_of(reps: &[Rep], rep: usize) -> Option<usize> {
    let chosen = usize::from(reps[rep].manager?);
    (rep > 0).then(|| chosen % rep)
}
