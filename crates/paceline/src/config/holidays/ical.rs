//! An iCalendar file (RFC 5545) of holidays, because calendar programs and authorities hand them out so.
//!
//! An event of whole days is a holiday on each of them. Events with times of day and cancelled ones are none. What
//! repeats is refused rather than understood by half.

use paceline_core::day::Day;

use super::Lines;

/// The longest event that can be meant, in days.
const DAYS_MAX: i32 = 366;

/// What a file says.
#[derive(Default)]
pub(super) struct Read {
    pub(super) days: Vec<Day>,
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
}

/// Reads the days of all events.
pub(super) fn read(text: &str, file: &mut Lines<'_>) -> Read {
    let (mut read, mut within, mut event) = (Read::default(), Vec::new(), Event::default());
    for line in unfolded(text) {
        let Some(property) = Property::parse(&line) else { continue };
        let kind = property.value.trim().to_ascii_uppercase();
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
                    std::mem::take(&mut event).close(&mut read, file);
                }
            }
            _ if within.last().is_some_and(|kind| kind == "VEVENT") => event.take(&property, file),
            _ => {}
        }
    }
    if within.iter().any(|kind| kind == "VEVENT") {
        let remedy = "the file seems to be cut off: get it anew";
        file.error(event.line, 1, "an event without an end", remedy);
    }
    read
}

/// A line as it was before it was folded, and where it begins.
struct Line {
    number: usize,
    text: String,
}

/// The lines of a file; one that begins with a blank goes on with the line before.
fn unfolded(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some(before)) => before.text.push_str(rest),
            _ => lines.push(Line { number: index + 1, text: line.to_owned() }),
        }
    }
    lines
}

struct Property<'a> {
    line: usize,
    /// In upper case.
    name: String,
    parameters: &'a str,
    value: &'a str,
    /// Where the value begins, in characters from 1.
    column: usize,
}

impl<'a> Property<'a> {
    /// `NAME;PARAMETER="a:b":value`
    fn parse(line: &'a Line) -> Option<Self> {
        let mut quoted = false;
        let colon = line.text.find(|c| {
            quoted ^= c == '"';
            c == ':' && !quoted
        })?;
        let (head, value) = (&line.text[..colon], &line.text[colon + 1..]);
        let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
        let column = head.chars().count() + 2;
        let name = name.trim().to_ascii_uppercase();
        Some(Self { line: line.number, name, parameters, value, column })
    }

    fn error(&self, message: &str, remedy: &str, file: &mut Lines<'_>) {
        file.error(self.line, self.column, message, remedy);
    }

    /// A day, or a time of day.
    fn moment(&self, file: &mut Lines<'_>) -> Option<Moment> {
        let value = self.value.trim();
        let (date, time) =
            value.split_once('T').map_or((value, None), |(date, time)| (date, Some(time)));
        let day = day(date);
        if day.is_none() {
            let remedy = format!("write it as YYYYMMDD: `{};VALUE=DATE:20261225`", self.name);
            self.error(&format!("`{value}` is not a day of the calendar"), &remedy, file);
        }
        let says_day =
            self.parameters.split(';').any(|part| part.eq_ignore_ascii_case("VALUE=DATE"));
        Some(if time.is_some() && !says_day { Moment::Time } else { Moment::Day(day?) })
    }
}

enum Moment {
    Day(Day),
    Time,
}

/// `YYYYMMDD`
fn day(text: &str) -> Option<Day> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Day::parse(&format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))
}

/// What is known of an event so far.
#[derive(Default)]
struct Event {
    /// Where it begins.
    line: usize,
    start: Option<Day>,
    end: Option<End>,
    /// The line and column of its end.
    end_at: (usize, usize),
    /// The line that says that it repeats.
    repeats: Option<usize>,
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
    fn take(&mut self, property: &Property<'_>, file: &mut Lines<'_>) {
        match property.name.as_str() {
            "DTSTART" => match property.moment(file) {
                Some(Moment::Day(day)) => self.start = Some(day),
                Some(Moment::Time) => self.timed = true,
                None => self.refused = true,
            },
            "DTEND" => match property.moment(file) {
                Some(Moment::Day(day)) => self.ends(End::Before(day), property),
                Some(Moment::Time) => self.ends(End::Time, property),
                None => self.refused = true,
            },
            "DURATION" => {
                let end = whole_days(property.value.trim()).map_or(End::Time, End::After);
                self.ends(end, property);
            }
            "RRULE" | "RDATE" => self.repeats = Some(property.line),
            "STATUS" => self.cancelled = property.value.trim().eq_ignore_ascii_case("CANCELLED"),
            _ => {}
        }
    }

    fn ends(&mut self, end: End, property: &Property<'_>) {
        self.end = Some(end);
        self.end_at = (property.line, property.column);
    }

    /// Adds its days, when all of it was seen.
    fn close(self, read: &mut Read, file: &mut Lines<'_>) {
        if self.cancelled || self.refused {
            return;
        }
        if self.timed {
            read.timed += 1;
            return;
        }
        let Some(start) = self.start else {
            let remedy = "give it one: `DTSTART;VALUE=DATE:20261225`";
            return file.error(self.line, 1, "the event has no DTSTART", remedy);
        };
        if let Some(line) = self.repeats {
            let remedy = "give each day an event of its own, or name the country: `{country: …}`";
            return file.error(line, 1, "events that repeat are not supported", remedy);
        }
        match self.count(start) {
            Ok(count) => read.days.extend((0..count).map(|after| start.plus(after))),
            Err(message) => {
                let remedy = "write the first day after the event: `DTEND;VALUE=DATE:20261227`";
                file.error(self.end_at.0, self.end_at.1, &message, remedy);
            }
        }
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
