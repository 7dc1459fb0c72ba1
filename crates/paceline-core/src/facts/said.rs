//! What a row says of a rep.

use jiff::tz::TimeZone;

use super::Wrong;
use crate::calendar::{Calendar, CalendarId};
use crate::day::Day;
use crate::roster::Rep;

/// What a row says of a rep: of each key nothing, that it is none, or what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// What people call them. None: their id.
    pub name: Option<Option<String>>,
    /// Their manager's id.
    pub manager: Option<Option<String>>,
    /// Their role.
    pub role: Option<Option<String>>,
    /// Their first day.
    pub start: Option<Option<Day>>,
    /// Their last day.
    pub end: Option<Option<Day>>,
    /// The name of their time zone. None: that of the calendar.
    pub time_zone: Option<Option<String>>,
    /// The name of their calendar. None: the default one.
    pub calendar: Option<Option<String>>,
    /// When they are off: the first and the last day of each time.
    pub time_off: Option<Vec<(Day, Day)>>,
}

impl Said {
    /// Lets another row lie over this one: what that mentions is as it says.
    pub(super) fn change_by(&mut self, over: &Self) {
        let Self { name, manager, role, start, end, time_zone, calendar, time_off } = over;
        change(&mut self.name, name);
        change(&mut self.manager, manager);
        change(&mut self.role, role);
        change(&mut self.start, start);
        change(&mut self.end, end);
        change(&mut self.time_zone, time_zone);
        change(&mut self.calendar, calendar);
        change(&mut self.time_off, time_off);
    }

    /// The rep of whom it says all there is, and what of that cannot hold.
    pub(super) fn rep(self, id: &str, calendars: &[Calendar]) -> (Rep, Vec<Wrong>) {
        let mut wrong = Vec::new();
        let zone = self.time_zone.flatten().and_then(|zone| {
            let found = TimeZone::get(&zone).ok();
            wrong.extend(found.is_none().then_some(Wrong::UnknownZone));
            found
        });
        let calendar = self.calendar.flatten().and_then(|calendar| {
            let found = calendars.iter().position(|known| known.name == calendar);
            wrong.extend(found.is_none().then_some(Wrong::UnknownCalendar));
            found.map(|at| CalendarId(at as u16))
        });
        let rep = Rep {
            id: id.to_owned(),
            name: self.name.flatten().unwrap_or_else(|| id.to_owned()),
            manager: self.manager.flatten(),
            role: self.role.flatten(),
            start: self.start.flatten(),
            end: self.end.flatten(),
            zone,
            calendar: calendar.unwrap_or_default(),
            time_off: self.time_off.unwrap_or_default(),
        };
        (rep, wrong)
    }
}

fn change<T: Clone>(value: &mut Option<T>, over: &Option<T>) {
    if over.is_some() {
        value.clone_from(over);
    }
}
