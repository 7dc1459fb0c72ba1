//! Rules by which an event of whole days repeats (RFC 5545, RRULE), because calendar programs write Christmas like that.
//!
//! The `rrule` crate knows rules too, but of instants: it reads the machine's time zone for days, brings a second database
//! of zones, and takes `4TH,MO` for days that are both. Of whole days a rule is a filter.

#[cfg(test)]
mod tests;

use jiff::civil::Date;
use paceline_core::day::Day;

use super::property;

/// The last day on which something repeats: 31 December 2100.
const LAST: Date = Date::constant(2100, 12, 31);

/// A rule.
#[derive(Debug)]
pub(super) struct Rule {
    every: Every,
    interval: usize,
    count: Option<usize>,
    until: Option<Day>,
    /// The first day of the week, 0 for Monday.
    week_start: usize,
    months: Vec<i32>,
    /// Days of the month; negative ones from its end.
    month_days: Vec<i32>,
    /// Days of the year; negative ones from its end.
    year_days: Vec<i32>,
    /// Which of a weekday, negative ones from the end, 0 for each; and the weekday, 0 for Monday.
    weekdays: Vec<(i32, usize)>,
    /// Which of the days of a period; negative ones from the end.
    positions: Vec<i32>,
}

/// What a rule goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Every {
    Year,
    Month,
    Week,
    Day,
}

/// What is wrong with a rule, and where: the place of a part among those between semicolons, in characters.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) after: usize,
    pub(super) message: String,
    pub(super) remedy: &'static str,
}

const AS_WRITTEN: &str = "write it as in `RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH`";
const OF_THEIR_OWN: &str = "give each day an event of its own, or name the country: `{country: …}`";

impl Rule {
    /// Reads `FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25`.
    pub(super) fn parse(text: &str) -> Result<Self, Mistake> {
        let mut rule = Self {
            every: Every::Year,
            interval: 1,
            count: None,
            until: None,
            week_start: 0,
            months: Vec::new(),
            month_days: Vec::new(),
            year_days: Vec::new(),
            weekdays: Vec::new(),
            positions: Vec::new(),
        };
        let mut seen: Vec<String> = Vec::new();
        let mut after = 0;
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = name.to_ascii_uppercase();
            let read = if seen.contains(&name) {
                Err((format!("`{name}` is there twice"), AS_WRITTEN))
            } else {
                rule.part(&name, &value.to_ascii_uppercase())
            };
            read.map_err(|(message, remedy)| Mistake { after, message, remedy })?;
            seen.push(name);
            after += part.chars().count() + 1;
        }
        let fits = if seen.iter().any(|name| name == "FREQ") {
            rule.fits()
        } else {
            Err("the rule has no FREQ")
        };
        let mistake =
            |message: &str| Mistake { after: 0, message: message.to_owned(), remedy: AS_WRITTEN };
        fits.map_err(mistake)?;
        Ok(rule)
    }

    fn part(&mut self, name: &str, value: &str) -> Result<(), (String, &'static str)> {
        let wrong = || (format!("`{name}={value}` is not understood"), AS_WRITTEN);
        match name {
            "FREQ" => {
                self.every = match value {
                    "YEARLY" => Every::Year,
                    "MONTHLY" => Every::Month,
                    "WEEKLY" => Every::Week,
                    "DAILY" => Every::Day,
                    "HOURLY" | "MINUTELY" | "SECONDLY" => {
                        let message = format!(
                            "`{name}={value}` repeats within a day, and a holiday is a whole one"
                        );
                        return Err((message, OF_THEIR_OWN));
                    }
                    _ => return Err(wrong()),
                };
            }
            "INTERVAL" => self.interval = number(value, 1, 1_000).ok_or_else(wrong)? as usize,
            "COUNT" => {
                self.count = Some(number(value, 1, 100_000).ok_or_else(wrong)? as usize);
            }
            "UNTIL" => self.until = Some(until(value).ok_or_else(wrong)?),
            "WKST" => self.week_start = weekday(value).ok_or_else(wrong)?,
            "BYMONTH" => self.months = numbers(value, 1, 12).ok_or_else(wrong)?,
            "BYMONTHDAY" => self.month_days = numbers(value, -31, 31).ok_or_else(wrong)?,
            "BYYEARDAY" => self.year_days = numbers(value, -366, 366).ok_or_else(wrong)?,
            "BYSETPOS" => self.positions = numbers(value, -366, 366).ok_or_else(wrong)?,
            "BYDAY" => {
                self.weekdays =
                    value.split(',').map(nth_weekday).collect::<Option<_>>().ok_or_else(wrong)?;
            }
            _ => return Err((format!("`{name}` is not supported"), OF_THEIR_OWN)),
        }
        Ok(())
    }

    /// Whether its parts go together.
    fn fits(&self) -> Result<(), &'static str> {
        let nth = self.weekdays.iter().any(|(nth, _)| *nth != 0);
        let days = [&self.months, &self.month_days, &self.year_days];
        let chosen = !self.weekdays.is_empty() || days.iter().any(|days| !days.is_empty());
        match self.every {
            _ if self.count.is_some() && self.until.is_some() => {
                Err("a rule ends by COUNT or by UNTIL, not by both")
            }
            _ if !self.positions.is_empty() && !chosen => {
                Err("BYSETPOS chooses among the days of another part")
            }
            Every::Week | Every::Day if nth => {
                Err("the nth of a weekday is one of a month or a year: FREQ=MONTHLY or YEARLY")
            }
            Every::Week if !self.month_days.is_empty() => Err("a week has no BYMONTHDAY"),
            Every::Month | Every::Week | Every::Day if !self.year_days.is_empty() => {
                Err("BYYEARDAY is for FREQ=YEARLY")
            }
            Every::Year | Every::Month | Every::Week | Every::Day => Ok(()),
        }
    }

    /// The days that it names from a start on, in their order, up to 2100.
    pub(super) fn days(&self, start: Day) -> Vec<Day> {
        let last = self.until.unwrap_or(Day(i32::MAX)).min(Day::from_civil(LAST));
        let periods = (0..).step_by(self.interval).map(|n| self.period(start, n));
        let days = periods.take_while(|(first, _)| *first <= last).flat_map(|period| {
            let named = self.within(start, period);
            named.into_iter().filter(|day| start <= *day && *day <= last)
        });
        days.take(self.count.unwrap_or(usize::MAX)).collect()
    }

    /// The first day of the period `n` after that of the start, and the first day after it.
    fn period(&self, start: Day, n: i32) -> (Day, Day) {
        let date = start.civil();
        let month = |months: i32| {
            let (year, month) = (months.div_euclid(12) as i16, months.rem_euclid(12) as i8 + 1);
            Date::new(year, month, 1).map_or(Day(i32::MAX), Day::from_civil)
        };
        match self.every {
            Every::Year => {
                let months = (i32::from(date.year()) + n) * 12;
                (month(months), month(months + 12))
            }
            Every::Month => {
                let months = i32::from(date.year()) * 12 + i32::from(date.month()) - 1 + n;
                (month(months), month(months + 1))
            }
            Every::Week => {
                let since = (start.weekday() + 7 - self.week_start) as i32 % 7;
                (start.plus(7 * n - since), start.plus(7 * n - since + 7))
            }
            Every::Day => (start.plus(n), start.plus(n + 1)),
        }
    }

    /// The days of a period that it names.
    fn within(&self, start: Day, (first, end): (Day, Day)) -> Vec<Day> {
        let start = start.civil();
        let days: Vec<Day> =
            (first.0..end.0).map(Day).filter(|day| self.names(start, day.civil())).collect();
        let count = days.len() as i32;
        let chosen = (1..).zip(&days).filter(|(at, _)| listed(&self.positions, *at, count));
        chosen.map(|(_, day)| *day).collect()
    }

    /// Whether a date is one of its days; what it does not say is as with the start.
    fn names(&self, start: Date, date: Date) -> bool {
        let month = i32::from(date.month());
        let chosen =
            !self.weekdays.is_empty() || !self.month_days.is_empty() || !self.year_days.is_empty();
        let alike = match self.every {
            _ if chosen => true,
            Every::Year => {
                start.day() == date.day()
                    && (!self.months.is_empty() || start.month() == date.month())
            }
            Every::Month => start.day() == date.day(),
            Every::Week => start.weekday() == date.weekday(),
            Every::Day => true,
        };
        alike
            && (self.months.is_empty() || self.months.contains(&month))
            && listed(&self.month_days, date.day().into(), date.days_in_month().into())
            && listed(&self.year_days, date.day_of_year().into(), date.days_in_year().into())
            && (self.weekdays.is_empty() || self.weekdays.iter().any(|day| self.is_nth(*day, date)))
    }

    /// Whether a date is the nth of a weekday in its month, or in its year where a rule of years names no months.
    fn is_nth(&self, (nth, weekday): (i32, usize), date: Date) -> bool {
        let of_year = self.every == Every::Year && self.months.is_empty();
        let (at, of) = if of_year {
            (i32::from(date.day_of_year()), i32::from(date.days_in_year()))
        } else {
            (i32::from(date.day()), i32::from(date.days_in_month()))
        };
        let (from_start, from_end) = ((at - 1) / 7 + 1, -((of - at) / 7 + 1));
        weekday == Day::from_civil(date).weekday() && [0, from_start, from_end].contains(&nth)
    }
}

/// Whether the `at`-th of `of` is in a list, of which negative numbers count from the end; an empty list holds all.
fn listed(list: &[i32], at: i32, of: i32) -> bool {
    list.is_empty() || list.contains(&at) || list.contains(&(at - of - 1))
}

fn numbers(text: &str, least: i32, most: i32) -> Option<Vec<i32>> {
    text.split(',').map(|number_text| number(number_text, least, most)).collect()
}

/// A number within bounds that is not 0.
fn number(text: &str, least: i32, most: i32) -> Option<i32> {
    let number = text.parse().ok()?;
    (number != 0 && least <= number && number <= most).then_some(number)
}

/// `20301225`, also with midnight behind it, as some programs write it.
fn until(text: &str) -> Option<Day> {
    let (date, time) = text.split_once('T').unwrap_or((text, "000000"));
    matches!(time, "000000" | "000000Z").then(|| property::day(date)).flatten()
}

/// `TH`, `4TH` or `-1MO`
fn nth_weekday(text: &str) -> Option<(i32, usize)> {
    let (nth, day) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let nth = if nth.is_empty() { 0 } else { number(nth, -53, 53)? };
    Some((nth, weekday(day)?))
}

fn weekday(text: &str) -> Option<usize> {
    ["MO", "TU", "WE", "TH", "FR", "SA", "SU"].iter().position(|day| *day == text)
}
