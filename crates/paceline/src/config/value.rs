//! Scalars read as what their keys mean: decimals, dates, names, addresses, durations.

use std::fmt::Display;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::tz::TimeZone;
use paceline_core::day::Day;
use paceline_core::decimal::{Decimal, ParseDecimalError};

use super::located::{Exact, Located, Text};
use super::report::Report;
use paceline_core::suggest;

/// An exact decimal: nothing of what was written is rounded away.
pub(super) fn decimal(number: &Located<Exact>, report: &mut Report) -> Option<Decimal> {
    let text = number.value.0.as_str();
    let refuse = |message: String, remedy: &str, report: &mut Report| {
        report.error(number.at, message, remedy)
    };
    match Decimal::exactly(text) {
        Ok(value) => Some(value),
        Err(ParseDecimalError::TooFine) => {
            refuse(format!("`{text}` has more than six places"), "round it to six places", report);
            None
        }
        Err(error) => {
            let remedy = if text.ends_with('%') {
                "write it without `%`: 0.25 for 25 %"
            } else {
                "write a number such as 42000 or 0.95"
            };
            refuse(format!("`{text}`: {error}"), remedy, report);
            None
        }
    }
}

pub(super) fn date(text: &Text, report: &mut Report) -> Option<Day> {
    let day = Day::parse(text.as_str());
    if day.is_none() {
        report.error(
            text.at,
            format_args!("`{}` is not a day of the calendar", text.as_str()),
            "write it as YYYY-MM-DD: 2026-11-23",
        );
    }
    day
}

pub(super) fn time_zone(text: &Text, report: &mut Report) -> Option<TimeZone> {
    let found = TimeZone::get(text.as_str()).ok();
    if found.is_none() {
        let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let remedy = match suggest::closest(text.as_str(), names.iter().map(String::as_str)) {
            Some(close) => format!("did you mean `{close}`?"),
            None => "write a name of the IANA time zone database, such as Europe/Madrid or UTC"
                .to_owned(),
        };
        report.error(text.at, format_args!("no time zone is called `{}`", text.as_str()), remedy);
    }
    found
}

pub(super) fn address(text: &Text, report: &mut Report) -> Option<SocketAddr> {
    let address = text.value.parse().ok();
    if address.is_none() {
        report.error(
            text.at,
            format_args!("`{}` is not an IP address and a port", text.as_str()),
            "write it as 127.0.0.1:8080, or 0.0.0.0:8080 to listen everywhere",
        );
    }
    address
}

/// `90s`, `15m`, `2h` or `1d`.
pub(super) fn duration(text: &Text, report: &mut Report) -> Option<Duration> {
    let seconds = seconds(text.as_str());
    if seconds.is_none() {
        report.error(
            text.at,
            format_args!("`{}` is not a duration", text.as_str()),
            "write a whole number and s, m, h or d: 15m",
        );
    }
    seconds.map(Duration::from_secs)
}

fn seconds(text: &str) -> Option<u64> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// What a topic may be called.
pub(super) fn topic(text: &Text, report: &mut Report) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name = text.as_str();
    if !name.is_empty()
        && name.len() <= 249
        && name.chars().all(fits)
        && name != "."
        && name != ".."
    {
        return Some(name.to_owned());
    }
    report.error(
        text.at,
        format_args!("`{name}` cannot be the name of a Kafka topic"),
        "use 1 to 249 letters, digits, `.`, `_` and `-`",
    );
    None
}

/// Words that CEL keeps for itself, and the one that we do.
const RESERVED: [&str; 25] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "states",
    "true",
    "var",
    "void",
    "while",
    "date",
    "timestamp",
    "has",
];

/// A name that expressions can use.
pub(super) fn identifier(text: &Text, what: impl Display, report: &mut Report) {
    let name = text.as_str();
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let fits = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !(starts && fits) {
        report.error(
            text.at,
            format_args!("`{name}` cannot be the name of {what}"),
            "use lower-case letters, digits and `_`, not beginning with a digit",
        );
    } else if RESERVED.contains(&name) {
        report.error(
            text.at,
            format_args!("`{name}` has a meaning of its own in expressions"),
            "choose another name",
        );
    }
}

/// A text that must say something.
pub(super) fn not_empty(text: &Text, what: &str, report: &mut Report) {
    if text.value.trim().is_empty() {
        report.error(text.at, format_args!("{what} is empty"), "write it, or leave the key out");
    }
}
