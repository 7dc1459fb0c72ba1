//! Reps: whom they report to, and when and where they work.

use jiff::{civil::Date, tz::TimeZone};
use serde::Deserialize;

use super::read::{date, some_date, some_zone};

/// The reps.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Reps {
    /// One by one; of one rep there may be several rows, each from another day on.
    #[serde(default)]
    pub list: Vec<Rep>,
    /// The entity whose records they are instead.
    pub from: Option<String>,
    /// Which of these are reps.
    #[serde(rename = "where")]
    pub filter: Option<String>,
}

/// A rep.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Rep {
    /// The id that records name.
    pub id: String,
    /// The first day on which the row holds; without one it always did.
    #[serde(default, deserialize_with = "some_date")]
    pub from: Option<Date>,
    /// The id of the manager.
    pub manager: Option<String>,
    /// The role that goals name.
    pub role: Option<String>,
    /// The first day employed; without one it was always so, and the tenure is long enough for any ramp.
    #[serde(default, deserialize_with = "some_date")]
    pub start: Option<Date>,
    /// The last day employed.
    #[serde(default, deserialize_with = "some_date")]
    pub end: Option<Date>,
    /// The own time zone; without one the calendar's.
    #[serde(default, deserialize_with = "some_zone")]
    pub time_zone: Option<TimeZone>,
    /// The name of the calendar; without one the default one.
    pub calendar: Option<String>,
    /// Days off.
    #[serde(default)]
    pub time_off: Vec<TimeOff>,
}

impl Rep {
    /// A rep of whom nothing else is known.
    #[must_use]
    pub fn named(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            from: None,
            manager: None,
            role: None,
            start: None,
            end: None,
            time_zone: None,
            calendar: None,
            time_off: Vec::new(),
        }
    }

    /// Whether the rep is employed and not off on a day.
    #[must_use]
    pub fn is_present(&self, day: Date) -> bool {
        let employed =
            self.start.is_none_or(|start| start <= day) && self.end.is_none_or(|end| day <= end);
        employed && !self.is_off(day)
    }

    /// Whether a day is one of the rep's days off.
    #[must_use]
    pub fn is_off(&self, day: Date) -> bool {
        self.time_off.iter().any(|off| off.holds(day))
    }
}

/// Days off in a row.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeOff {
    /// The first.
    #[serde(deserialize_with = "date")]
    pub from: Date,
    /// The last; without one there is only the first.
    #[serde(default, deserialize_with = "some_date")]
    pub to: Option<Date>,
}

impl TimeOff {
    /// Whether the last day is not before the first.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.to.is_none_or(|to| self.from <= to)
    }

    fn holds(&self, day: Date) -> bool {
        self.from <= day && day <= self.to.unwrap_or(self.from)
    }
}
