//! Reps: whom they report to, and when and where they work; as rows of the config, or as users of the CRM.

use std::fmt::{self, Write as _};

use jiff::{ToSpan, civil::Date};
use proptest::{prelude::*, sample::select};

use super::{
    Subject, World,
    calendars::ZONES,
    extras::{Extras, RepExtra},
    wider::{RepRow, Wider},
};

#[derive(Clone, Debug)]
pub(crate) struct Rep {
    pub(super) manager: Option<u8>,
    pub(super) role: Option<&'static str>,
    pub(super) zone: Option<&'static str>,
}

/// What a row says of a rep.
#[derive(Default)]
struct Says {
    manager: Option<usize>,
    role: Option<&'static str>,
    zone: Option<&'static str>,
    calendar: Option<String>,
    start: Option<Date>,
    end: Option<Date>,
    off: Vec<String>,
    from: Option<Date>,
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
    pub(super) fn write_reps(
        &mut self,
        reps: &[Rep],
        extras: &Extras,
        wider: &Wider,
        start: Date,
    ) -> fmt::Result {
        self.reps = reps.to_vec();
        if wider.reps_are_users {
            writeln!(self.yaml, "reps: {{from: user, where: active}}")?;
            self.features.push("reps that are users");
            for at in 0..reps.len() {
                let says = self.says(at, &extras.reps[at], extras, start);
                self.opening.push((Subject::User, at as u8, says.user()));
            }
            return Ok(());
        }
        writeln!(self.yaml, "reps:\n  list:")?;
        for at in 0..reps.len() {
            let says = self.says(at, &extras.reps[at], extras, start);
            writeln!(self.yaml, "    - {}", says.row(at))?;
            if let Some(row) = &wider.rows[at] {
                let says = self.says_later(at, row, extras, start);
                writeln!(self.yaml, "    - {}", says.row(at))?;
                self.dates.extend(says.from);
                self.features.push("a row from a day on");
            }
        }
        Ok(())
    }

    fn says(&mut self, at: usize, extra: &RepExtra, extras: &Extras, start: Date) -> Says {
        let (reps, calendars) = (&self.reps, extras.calendars.len());
        let manager = manager_of(reps, at);
        let above = manager.and_then(|manager| manager_of(reps, manager));
        let off = extra.time_off(start).map(|(from, to)| match to {
            Some(to) => format!("{{from: {from}, to: {to}}}"),
            None => format!("{{from: {from}}}"),
        });
        let zone = reps[at].zone.map(|zone| if extras.samoa { "Pacific/Apia" } else { zone });
        let calendar = extra.calendar.filter(|_| calendars > 0);
        let says = Says {
            manager,
            role: reps[at].role,
            zone,
            calendar: calendar.map(|chosen| format!("other{}", usize::from(chosen) % calendars)),
            start: extra.first_day(start),
            end: extra.last_day(start),
            off: off.collect(),
            from: None,
        };
        let on_three = above.is_some_and(|above| manager_of(reps, above).is_some());
        let features = [
            (above.is_some(), "managers on two levels"),
            (on_three, "managers on three levels"),
            (says.zone.is_some(), "zone of a rep"),
            (says.zone.is_some() && extras.samoa, "a day that a zone leaves out"),
            (says.calendar.is_some(), "calendar of a rep"),
            (says.start.is_some(), "a rep with a first day"),
            (says.end.is_some(), "a rep with a last day"),
            (!says.off.is_empty(), "time off"),
        ];
        self.features
            .extend(features.into_iter().filter_map(|(occurs, what)| occurs.then_some(what)));
        says
    }

    /// What a later row says: all of it is other than before.
    fn says_later(&self, at: usize, row: &RepRow, extras: &Extras, start: Date) -> Says {
        let calendars = extras.calendars.len();
        let manager = row.manager.filter(|_| at > 0).map(|chosen| usize::from(chosen) % at);
        let calendar = row.calendar.filter(|_| calendars > 0);
        Says {
            manager,
            role: row.role,
            zone: row.zone,
            calendar: calendar.map(|chosen| format!("other{}", usize::from(chosen) % calendars)),
            from: Some(start + row.from.days()),
            ..Says::default()
        }
    }
}

impl Says {
    /// As a row of the config.
    fn row(&self, at: usize) -> String {
        let mut row = format!("{{id: U{at}");
        let mut say = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                write!(row, ", {name}: {value}").expect("a string takes any text");
            }
        };
        say("from", self.from.map(|day| day.to_string()));
        say("manager", self.manager.map(|manager| format!("U{manager}")));
        say("role", self.role.map(str::to_owned));
        say("time_zone", self.zone.map(str::to_owned));
        say("calendar", self.calendar.clone());
        say("start", self.start.map(|day| day.to_string()));
        say("end", self.end.map(|day| day.to_string()));
        say("time_off", (!self.off.is_empty()).then(|| format!("[{}]", self.off.join(", "))));
        row + "}"
    }

    /// As the fields of a user.
    fn user(&self) -> String {
        let text =
            |text: Option<String>| text.map_or_else(|| "null".to_owned(), |it| format!("\"{it}\""));
        format!(
            r#"{{"ManagerId":{},"Role":{},"TimeZone":{},"Calendar":{},"StartDate":{},"EndDate":{},"IsActive":true}}"#,
            text(self.manager.map(|manager| format!("U{manager}"))),
            text(self.role.map(str::to_owned)),
            text(self.zone.map(str::to_owned)),
            text(self.calendar.clone()),
            text(self.start.map(|day| day.to_string())),
            text(self.end.map(|day| day.to_string())),
        )
    }
}

/// Managers come first in the list, so there is no circle.
pub(super) fn manager_of(reps: &[Rep], rep: usize) -> Option<usize> {
    let chosen = usize::from(reps[rep].manager?);
    (rep > 0).then(|| chosen % rep)
}
