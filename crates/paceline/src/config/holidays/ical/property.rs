//! The lines of an iCalendar file, as properties.

use paceline_core::day::Day;

use super::super::Lines;

/// A line as it was before it was folded, and where it begins.
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) text: String,
}

/// The lines of a file; one that begins with a blank goes on with the line before.
pub(super) fn unfolded(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some(before)) => before.text.push_str(rest),
            _ => lines.push(Line { number: index + 1, text: line.to_owned() }),
        }
    }
    lines
}

/// A property: `NAME;PARAMETER="a:b":value`
#[derive(Clone, Debug)]
pub(super) struct Property {
    pub(super) line: usize,
    /// In upper case.
    pub(super) name: String,
    parameters: String,
    pub(super) value: String,
    /// Where the value begins, in characters from 1.
    pub(super) column: usize,
}

impl Property {
    pub(super) fn parse(line: &Line) -> Option<Self> {
        let mut quoted = false;
        let colon = line.text.find(|c| {
            quoted ^= c == '"';
            c == ':' && !quoted
        })?;
        let (head, value) = (&line.text[..colon], &line.text[colon + 1..]);
        let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
        let column = head.chars().count() + 2;
        let name = name.trim().to_ascii_uppercase();
        let (parameters, value) = (parameters.to_owned(), value.trim().to_owned());
        Some(Self { line: line.number, name, parameters, value, column })
    }

    pub(super) fn error(&self, message: &str, remedy: &str, file: &mut Lines<'_>) {
        file.error(self.line, self.column, message, remedy);
    }

    /// A day, or a time of day.
    pub(super) fn moment(&self, file: &mut Lines<'_>) -> Option<Moment> {
        self.moment_at(&self.value, self.column, file)
    }

    /// The days of a list; `None` when one is no day, which is told.
    pub(super) fn days(&self, file: &mut Lines<'_>) -> Option<Vec<Day>> {
        let mut column = self.column;
        let mut days = Some(Vec::new());
        for value in self.value.split(',') {
            let day = match self.moment_at(value, column, file) {
                Some(Moment::Day(day)) => Some(day),
                Some(Moment::Time) => {
                    let message = format!("`{value}` is a time, and the event lasts whole days");
                    let remedy = format!("write days: `{};VALUE=DATE:20261225`", self.name);
                    file.error(self.line, column, &message, &remedy);
                    None
                }
                None => None,
            };
            column += value.chars().count() + 1;
            days = days.zip(day).map(|(mut days, day)| {
                days.push(day);
                days
            });
        }
        days
    }

    fn moment_at(&self, value: &str, column: usize, file: &mut Lines<'_>) -> Option<Moment> {
        let (date, time) =
            value.split_once('T').map_or((value, None), |(date, time)| (date, Some(time)));
        let day = day(date);
        if day.is_none() {
            let message = format!("`{value}` is not a day of the calendar");
            let remedy = format!("write it as YYYYMMDD: `{};VALUE=DATE:20261225`", self.name);
            file.error(self.line, column, &message, &remedy);
        }
        let says_day =
            self.parameters.split(';').any(|part| part.eq_ignore_ascii_case("VALUE=DATE"));
        Some(if time.is_some() && !says_day { Moment::Time } else { Moment::Day(day?) })
    }
}

/// When something is.
pub(super) enum Moment {
    Day(Day),
    Time,
}

/// `YYYYMMDD`
pub(super) fn day(text: &str) -> Option<Day> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Day::parse(&format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))
}
