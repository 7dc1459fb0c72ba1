//! `calendars`: working days, working hours, weeks and fiscal years.

use paceline_core::calendar::{Calendar, CalendarId, FiscalPattern, Hours};
use paceline_core::decimal::Decimal;
use paceline_core::suggest;
use schemars::JsonSchema;
use serde::Deserialize;

use super::holidays::{Holidays, RawHoliday};
use super::located::{Entries, Exact, Located, Text};
use super::report::Report;
use super::value;

/// When those who follow it work, and how their year is cut. A key left out has its default, whatever `default` says.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Calendar")]
pub(super) struct RawCalendar {
    /// The IANA time zone of everyone without an own. Default: `UTC`.
    time_zone: Option<Text>,
    /// The first day of the week. Default: `monday`.
    week_start: Option<Weekday>,
    /// How much of a working day each weekday is. Default: Monday to Friday, 1 each.
    working_days: Option<Located<WorkingDays>>,
    /// Working hours, `HH:MM-HH:MM` in local time, at most until `24:00`. Default: `09:00-17:00`.
    hours: Option<Text>,
    /// Days on which nobody works, whatever the weekday: days, those of countries, those in files. Default: none.
    holidays: Option<Vec<Located<RawHoliday>>>,
    /// Month and day on which the fiscal year starts, `MM-DD`, the day at most 28. Default: `01-01`.
    fiscal_year_start: Option<Text>,
    /// How the fiscal year is cut. Default: `months`.
    fiscal_pattern: Option<Pattern>,
}

/// A day of the week.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// How a fiscal year is cut.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "FiscalPattern")]
enum Pattern {
    /// Twelve months from the first day of the fiscal year.
    Months,
    /// Quarters of 4, 4 and 5 weeks; the year starts on the first day of the week that is nearest to
    /// `fiscal_year_start`, and a 53rd week belongs to its last month.
    #[serde(rename = "4-4-5")]
    FourFourFive,
}

/// How much of a working day each weekday is: 1 a whole one, 0.6 a short one. Weekdays left out are days off.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WorkingDays {
    /// Monday. Default: 0.
    mon: Option<Located<Exact>>,
    /// Tuesday. Default: 0.
    tue: Option<Located<Exact>>,
    /// Wednesday. Default: 0.
    wed: Option<Located<Exact>>,
    /// Thursday. Default: 0.
    thu: Option<Located<Exact>>,
    /// Friday. Default: 0.
    fri: Option<Located<Exact>>,
    /// Saturday. Default: 0.
    sat: Option<Located<Exact>>,
    /// Sunday. Default: 0.
    sun: Option<Located<Exact>>,
}

/// The calendar of the org, and of everyone without another.
const DEFAULT: &str = "default";

/// Compiles all calendars; [`CalendarId`] is the index. The first is `default`, also where it is not described.
pub(super) fn compile(
    raw: &Entries<RawCalendar>,
    notes: &mut Vec<String>,
    report: &mut Report,
) -> Vec<Calendar> {
    let mut calendars = vec![Calendar::default()];
    let mut holidays = Holidays::default();
    for (name, raw) in &raw.0 {
        value::not_empty(name, "the name of a calendar", report);
        if name.as_str() != DEFAULT && name.value.eq_ignore_ascii_case(DEFAULT) {
            report.error(
                name.at,
                format_args!("`{}` is not the calendar of those who name no other", name.as_str()),
                "write `default`",
            );
        }
        let calendar = Calendar {
            name: name.value.clone(),
            ..raw.compile(name.as_str(), &mut holidays, report)
        };
        if name.as_str() == DEFAULT {
            calendars[0] = calendar;
        } else {
            calendars.push(calendar);
        }
    }
    notes.append(&mut holidays.notes);
    calendars
}

/// The calendar of a name.
pub(super) fn named(
    name: &Text,
    calendars: &[Calendar],
    report: &mut Report,
) -> Option<CalendarId> {
    let found = calendars.iter().position(|calendar| calendar.name == name.value);
    if found.is_none() {
        let known = calendars.iter().map(|calendar| calendar.name.as_str());
        let remedy = suggest::remedy(name.as_str(), known, "the calendars are");
        report.unknown(name.at, format_args!("there is no calendar `{}`", name.as_str()), remedy);
    }
    found.map(|at| CalendarId(at as u16))
}

impl RawCalendar {
    fn compile(&self, name: &str, holidays: &mut Holidays, report: &mut Report) -> Calendar {
        let default = Calendar::default();
        let zone = self.time_zone.as_ref().and_then(|zone| value::time_zone(zone, report));
        let weights = self.working_days.as_ref().map(|days| weights(days, report));
        let hours = self.hours.as_ref().and_then(|hours| working_hours(hours, report));
        let holidays = holidays.of(name, self.holidays.as_deref().unwrap_or_default(), report);
        let fiscal = self.fiscal_year_start.as_ref().and_then(|start| fiscal_start(start, report));
        Calendar {
            zone: zone.unwrap_or(default.zone),
            week_start: self.week_start.map_or(default.week_start, |day| day as usize),
            weights: weights.unwrap_or(default.weights),
            hours: hours.unwrap_or(default.hours),
            holidays,
            fiscal_year_start: fiscal.unwrap_or(default.fiscal_year_start),
            fiscal_pattern: match self.fiscal_pattern {
                None | Some(Pattern::Months) => FiscalPattern::Months,
                Some(Pattern::FourFourFive) => FiscalPattern::FourFourFive,
            },
            name: default.name,
        }
    }
}

fn weights(days: &Located<WorkingDays>, report: &mut Report) -> [Decimal; 7] {
    let WorkingDays { mon, tue, wed, thu, fri, sat, sun } = &days.value;
    let before = report.len();
    let weights = [mon, tue, wed, thu, fri, sat, sun]
        .map(|day| day.as_ref().map_or(Decimal::ZERO, |day| weight(day, report)));
    if weights.iter().all(|weight| *weight == Decimal::ZERO) && report.len() == before {
        report.error(
            days.at,
            "no weekday is a working day",
            "give at least one weekday a weight above 0: `mon: 1`",
        );
    }
    weights
}

fn weight(day: &Located<Exact>, report: &mut Report) -> Decimal {
    let Some(weight) = value::decimal(day, report) else { return Decimal::ZERO };
    if weight < Decimal::ZERO {
        report.error(
            day.at,
            "a weight cannot be negative",
            "write 1 for a whole working day, 0.5 for half of one, 0 for a day off",
        );
    }
    weight
}

fn working_hours(text: &Text, report: &mut Report) -> Option<Hours> {
    let times =
        text.value.split_once('-').and_then(|(start, end)| Some((seconds(start)?, seconds(end)?)));
    let Some((start, end)) = times else {
        report.error(
            text.at,
            format_args!("`{}` are not hours", text.as_str()),
            "write them as \"09:00-17:00\", in quotes",
        );
        return None;
    };
    if start >= end {
        let remedy = "write the earlier time first; work that goes over midnight is not supported";
        report.error(text.at, "work ends before it begins", remedy);
    }
    Some(Hours { start, end })
}

/// Seconds after midnight of `HH:MM`, up to `24:00`.
fn seconds(text: &str) -> Option<u32> {
    let (hour, minute) = text.trim().split_once(':')?;
    let seconds =
        two_digits(hour)? * 3_600 + two_digits(minute).filter(|minute| *minute < 60)? * 60;
    (seconds <= 86_400).then_some(seconds)
}

fn two_digits(text: &str) -> Option<u32> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

fn fiscal_start(text: &Text, report: &mut Report) -> Option<(i8, i8)> {
    let parts = text
        .value
        .split_once('-')
        .and_then(|(month, day)| Some((two_digits(month)?, two_digits(day)?)));
    let found = parts.filter(|(month, day)| (1..=12).contains(month) && (1..=28).contains(day));
    if found.is_none() {
        report.error(
            text.at,
            format_args!("`{}` is not a month and a day up to 28", text.as_str()),
            "write it as MM-DD, such as 02-01; a fiscal year starts on a day that every month has",
        );
    }
    found.map(|(month, day)| (month as i8, day as i8))
}
