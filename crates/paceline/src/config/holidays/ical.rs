//! An iCalendar file (RFC 5545) of holidays, because calendar programs and authorities hand them out so.
//!
//! An event of whole days is a holiday on each of them, as often as it repeats. Events with times of day and cancelled ones
//! are none.

mod property;
mod rule;

use paceline_core::day::Day;

use self::property::{Moment, Property, unfolded};
use self::rule::Rule;
use super::Lines;

/// The longest event that can be meant, in days.
const DAYS_MAX: i32 = 366;

/// What a file says.
#[derive(Default)]
pub(super) struct Read {
    events: Vec<Event>,
    /// How many events were left out because they have times of day.
    timed: usize,
}

impl Read {
    /// What a person should know who named the file.
    pub(super) fn note(&self, path: &str) -> Option<String> {
        let events = if self.timed == 1 { "event has a time" } else { "events have times" };
        (self.timed > 0).then(|| {
            format!(
                "`{path}`: {} {events} of day and no effect: a holiday is a whole day",
                self.timed
            )
        })
    }

    /// The days of all events.
    pub(super) fn days(&self, file: &mut Lines<'_>) -> Vec<Day> {
        let days = |event: &Event| event.days(self, file).unwrap_or_default();
        self.events.iter().flat_map(days).collect()
    }

    /// Whether the event of a day was moved or cancelled: another event stands for it.
    fn is_replaced(&self, uid: Option<&str>, day: Day) -> bool {
        let replaces = |event: &&Event| event.replaces == Some(day) && event.uid.as_deref() == uid;
        uid.is_some() && self.events.iter().any(|event| replaces(&event))
    }
}

/// Reads all events.
pub(super) fn read(text: &str, file: &mut Lines<'_>) -> Read {
    let (mut read, mut within, mut event) = (Read::default(), Vec::new(), Event::default());
    for line in unfolded(text) {
        let Some(property) = Property::parse(&line) else { continue };
        let kind = property.value.to_ascii_uppercase();
        match property.name.as_str() {
            "BEGIN" => {
                if kind == "VEVENT" {
                    event = Event { line: line.number, ..Event::default() };
                }
                within.push(kind);
            }
            "END" => {
                within.pop();
                if kind == "VEVENT" {
                    let event = std::mem::take(&mut event);
                    read.timed += usize::from(event.timed && !event.cancelled && !event.refused);
                    read.events.push(event);
                }
            }
            _ if within.last().is_some_and(|kind| kind == "VEVENT") => event.take(property, file),
            _ => {}
        }
    }
    if within.iter().any(|kind| kind == "VEVENT") {
        let remedy = "the file seems to be cut off: get it anew";
        file.error(event.line, 1, "an event without an end", remedy);
    }
    read
}

/// What is known of an event so far.
#[derive(Default)]
struct Event {
    /// Where it begins.
    line: usize,
    uid: Option<String>,
    start: Option<Day>,
    end: Option<End>,
    /// The line and column of its end.
    end_at: (usize, usize),
    /// By what it repeats: RRULE, RDATE and EXDATE. They are read when it is known that it lasts whole days.
    repeats: Vec<Property>,
    /// The day of another event, one of those that repeat, in whose place it is.
    replaces: Option<Day>,
    /// Whether it starts at a time of day.
    timed: bool,
    cancelled: bool,
    /// Whether a mistake of it was told.
    refused: bool,
}

enum End {
    /// The first day after it.
    Before(Day),
    /// After so many days.
    After(i32),
    Time,
}

impl Event {
    fn take(&mut self, property: Property, file: &mut Lines<'_>) {
        match property.name.as_str() {
            "DTSTART" => match property.moment(file) {
                Some(Moment::Day(day)) => self.start = Some(day),
                Some(Moment::Time) => self.timed = true,
                None => self.refused = true,
            },
            "DTEND" => match property.moment(file) {
                Some(Moment::Day(day)) => self.ends(End::Before(day), &property),
                Some(Moment::Time) => self.ends(End::Time, &property),
                None => self.refused = true,
            },
            "DURATION" => {
                let end = whole_days(&property.value).map_or(End::Time, End::After);
                self.ends(end, &property);
            }
            "UID" => self.uid = Some(property.value),
            "RECURRENCE-ID" => match property.moment(file) {
                Some(Moment::Day(day)) => self.replaces = Some(day),
                Some(Moment::Time) => {}
                None => self.refused = true,
            },
            "RRULE" | "RDATE" | "EXDATE" | "EXRULE" => self.repeats.push(property),
            "STATUS" => self.cancelled = property.value.eq_ignore_ascii_case("CANCELLED"),
            _ => {}
        }
    }

    fn ends(&mut self, end: End, property: &Property) {
        self.end = Some(end);
        self.end_at = (property.line, property.column);
    }

    /// Its days; `None` after a mistake, which is told.
    fn days(&self, all: &Read, file: &mut Lines<'_>) -> Option<Vec<Day>> {
        if self.cancelled || self.refused || self.timed {
            return None;
        }
        let Some(start) = self.start else {
            let remedy = "give it one: `DTSTART;VALUE=DATE:20261225`";
            file.error(self.line, 1, "the event has no DTSTART", remedy);
            return None;
        };
        let mut starts = self.starts(start, file)?;
        if self.replaces.is_none() {
            starts.retain(|day| !all.is_replaced(self.uid.as_deref(), *day));
        }
        let count = self.count(start).map_err(|message| {
            let remedy = "write the first day after the event: `DTEND;VALUE=DATE:20261227`";
            file.error(self.end_at.0, self.end_at.1, &message, remedy);
        });
        let count = count.ok()?;
        Some(starts.iter().flat_map(|start| (0..count).map(|after| start.plus(after))).collect())
    }

    /// The days on which it starts, one after another.
    fn starts(&self, start: Day, file: &mut Lines<'_>) -> Option<Vec<Day>> {
        let (mut starts, mut without, mut rules) = (vec![start], Vec::new(), 0);
        for property in &self.repeats {
            match property.name.as_str() {
                "RDATE" => starts.extend(property.days(file)?),
                "EXDATE" => without.extend(property.days(file)?),
                "RRULE" if rules == 0 => {
                    rules += 1;
                    starts.extend(repeated(property, start, file)?);
                }
                _ => {
                    let message = "an event repeats by one RRULE, and by no EXRULE";
                    let remedy = "make an event of each rule, and list what is left out as EXDATE";
                    property.error(message, remedy, file);
                    return None;
                }
            }
        }
        starts.retain(|day| !without.contains(day));
        Some(starts)
    }

    /// How many days it lasts. One of no length lasts the day it is on, as calendar programs show it.
    fn count(&self, start: Day) -> Result<i32, String> {
        let count = match self.end {
            None => 1,
            Some(End::Before(end)) => end.0 - start.0,
            Some(End::After(count)) => count,
            Some(End::Time) => {
                return Err("the event starts on a day and ends at a time".to_owned());
            }
        };
        match count {
            ..0 => Err(format!("the event ends before it starts, on {start}")),
            0 => Ok(1),
            1..=DAYS_MAX => Ok(count),
            _ => Err(format!("the event lasts {count} days, and {DAYS_MAX} is the most")),
        }
    }
}

/// The days that a rule names, of which the event's own must be one.
fn repeated(property: &Property, start: Day, file: &mut Lines<'_>) -> Option<Vec<Day>> {
    let days = match Rule::parse(&property.value) {
        Ok(rule) => rule.days(start),
        Err(mistake) => {
            let column = property.column + mistake.after;
            file.error(property.line, column, &mistake.message, mistake.remedy);
            return None;
        }
    };
    let Some(first) = days.first() else {
        let message = format!("the rule names no day from {start} on");
        property.error(&message, "leave the rule out, or mend it", file);
        return None;
    };
    if *first != start {
        let message = format!("the event starts on {start}, and its rule names {first} first");
        let remedy = "let DTSTART be the first day that the rule names";
        property.error(&message, remedy, file);
        return None;
    }
    Some(days)
}

/// `P2D` or `P1W`
fn whole_days(text: &str) -> Option<i32> {
    let text = text.strip_prefix('+').unwrap_or(text).strip_prefix('P')?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let count: u16 = digits.parse().ok()?;
    match unit {
        "D" => Some(i32::from(count)),
        "W" => Some(i32::from(count) * 7),
        _ => None,
    }
}
