//! Several calendars, 4-4-5 years, and days that are missing or too long.

use jiff::civil::Weekday;

use super::{
    super::{
        calendar::{self, Period},
        config::{Calendar, Config, Pattern, PeriodKind},
        number, standings,
    },
    BASE, Feed, at,
    time::check,
};

fn retail() -> Calendar {
    Calendar {
        week_start: Weekday::Sunday,
        fiscal_year_start: (2, 1),
        fiscal_pattern: Pattern::FourFourFive,
        ..Calendar::default()
    }
}

#[test]
fn a_retail_year_of_weeks() {
    // 1 February 2026 is a Sunday, so the year starts on it. 1 February 2027 is a Monday: the nearest Sunday is 31
    // January. So FY2027 has 364 days, 52 weeks: P01 to P12 of 4, 4, 5, 4, 4, 5 … weeks.
    check(
        &retail(),
        &[
            ("2026-02-01", "month", "FY2027-P01", "2026-02-01", "2026-02-28"),
            ("2026-03-01", "month", "FY2027-P02", "2026-03-01", "2026-03-28"),
            ("2026-03-29", "month", "FY2027-P03", "2026-03-29", "2026-05-02"),
            ("2026-11-23", "month", "FY2027-P10", "2026-11-01", "2026-11-28"),
            ("2026-11-29", "month", "FY2027-P11", "2026-11-29", "2026-12-26"),
            ("2026-12-27", "month", "FY2027-P12", "2026-12-27", "2027-01-30"),
            ("2026-05-02", "quarter", "FY2027-Q1", "2026-02-01", "2026-05-02"),
            ("2026-11-23", "quarter", "FY2027-Q4", "2026-11-01", "2027-01-30"),
            ("2027-01-30", "year", "FY2027", "2026-02-01", "2027-01-30"),
            ("2027-01-31", "year", "FY2028", "2027-01-31", "2028-01-29"),
            ("2026-01-31", "year", "FY2026", "2025-02-02", "2026-01-31"),
            ("2026-11-23", "week", "W2026-11-22", "2026-11-22", "2026-11-28"),
        ],
    );
}

#[test]
fn the_53rd_week_is_in_the_last_month() {
    // 1 February 2023 is a Wednesday: the nearest Sunday is 29 January. 1 February 2024 is a Thursday: the nearest is
    // 4 February, three days after. From 29 January 2023 to 3 February 2024 are 371 days, 53 weeks.
    check(
        &retail(),
        &[
            ("2024-02-03", "year", "FY2024", "2023-01-29", "2024-02-03"),
            ("2024-02-03", "quarter", "FY2024-Q4", "2023-10-29", "2024-02-03"),
            ("2024-02-03", "month", "FY2024-P12", "2023-12-24", "2024-02-03"), // six weeks
            ("2023-12-23", "month", "FY2024-P11", "2023-11-26", "2023-12-23"),
            ("2024-02-04", "month", "FY2025-P01", "2024-02-04", "2024-03-02"),
        ],
    );
}

#[test]
fn a_year_of_weeks_from_january_may_begin_in_december() {
    // 1 January 2026 is a Thursday: the nearest Monday is 29 December 2025. 1 January 2027 is a Friday: the nearest
    // Monday is 4 January 2027. So 2026 has 53 weeks.
    let weeks = Calendar { fiscal_pattern: Pattern::FourFourFive, ..Calendar::default() };
    check(
        &weeks,
        &[
            ("2025-12-29", "year", "2026", "2025-12-29", "2027-01-03"),
            ("2025-12-28", "year", "2025", "2024-12-30", "2025-12-28"),
            ("2025-12-29", "month", "FY2026-P01", "2025-12-29", "2026-01-25"),
            ("2027-01-03", "month", "FY2026-P12", "2026-11-23", "2027-01-03"),
            ("2027-01-03", "quarter", "2026-Q4", "2026-09-28", "2027-01-03"),
        ],
    );
}

const TWO: &str = r#"calendars:
  default: {}
  north: {time_zone: America/New_York, fiscal_year_start: 02-01}
kpis:
  - {name: deals, type: simple, entity: opportunity, agg: count, at: closed_at, credit: owner, goal_kind: reach, periods: [quarter]}
goals:
  - {kpi: deals, period: quarter, target: 66, for: {role: ae}}
"#;

#[test]
fn one_instant_is_in_two_quarters() {
    let reps = "{id: U2, name: Ben, manager: M1, role: ae}";
    let base = BASE.replace(reps, "{id: U2, name: Ben, manager: M1, role: ae, calendar: north}");
    let mut feed = Feed::new(Config::read(&(base + TWO)).unwrap());
    // 03:00 UTC on 1 November is 22:00 on 31 October in New York (still UTC-4: 23:00).
    feed.say("A", "upsert", 1, r#""set":{"OwnerId":"U2","ClosedAt":"2026-11-01T03:00:00Z"}"#);
    let rows = standings(
        &feed.config,
        &feed.records,
        at("2026-11-01T03:00:00Z"),
        &mut super::StatusMemory::new(),
    );
    let row = |scope: &str| rows.iter().find(|row| row.scope == scope).unwrap();
    let shown = |scope: &str| {
        let row = row(scope);
        let name = row.period.name.as_str();
        (name, row.actual.as_str(), row.goal.as_str(), row.expected.as_str())
    };
    // For Ben it is the last day of FY2027-Q3, all of whose working days are over.
    assert_eq!(shown("rep:U2"), ("FY2027-Q3", "1", "66", "66"));
    // October 2026 has 22 working days, the quarter 22 + 21 + 23 = 66: one a day.
    assert_eq!(shown("rep:U1"), ("2026-Q4", "0", "66", "22"));
    // The team's quarter ends on 31 December, which is in Ben's FY2027-Q4 from November to January, of which nothing is
    // due. The deal of 31 October is in it.
    assert_eq!(shown("team:M1"), ("2026-Q4", "1", "132", "22"));
    assert_eq!(shown("org"), ("2026-Q4", "1", "132", "22"));
}

#[test]
fn a_calendar_leaves_out_what_no_calendar_says() {
    let config = Config::read(
        "calendars:\n  default: {hours: \"08:00-12:00\", fiscal_pattern: 4-4-5}\n  b: {time_zone: Asia/Kolkata}\n",
    )
    .unwrap();
    assert_eq!(config.calendars.default.fiscal_pattern, Pattern::FourFourFive);
    let other = config.calendars.named("b");
    assert_eq!((other.hours, other.fiscal_pattern), ((540, 1020), Pattern::Months));
}

#[test]
fn a_day_that_never_was_is_no_day() {
    // Samoa went from Thursday 29 to Saturday 31 December 2011: its week had four working days.
    let zone = jiff::tz::TimeZone::get("Pacific/Apia").unwrap();
    let calendar = Calendar::default();
    let week = Period::holding(&calendar, PeriodKind::Week, "2011-12-29".parse().unwrap());
    let days = calendar::existing(&zone, week.days());
    assert_eq!((days.len(), week.days().len()), (6, 7));
    assert_eq!(number::text(&calendar::work(&calendar, &days)), "4");
    let done = |now| calendar::work_done(&calendar, &zone, &days, at(now));
    assert_eq!(number::text(&done("2011-12-30T09:59:59.999999999Z")), "4");
    assert_eq!(number::text(&done("2011-12-30T10:00:00Z")), "4");
}

#[test]
fn an_hour_that_is_missing_makes_the_day_shorter() {
    // Madrid, Sunday 29 March 2026: 02:00 is 03:00. Of 00:00 to 04:00 there are three hours; at 03:30 (01:30 UTC) two
    // and a half are over.
    let zone = jiff::tz::TimeZone::get("Europe/Madrid").unwrap();
    let working_days = [1; 7].map(number::whole);
    let calendar = Calendar { working_days, hours: (0, 240), ..Calendar::default() };
    let day = ["2026-03-29".parse().unwrap()];
    let done = calendar::work_done(&calendar, &zone, &day, at("2026-03-29T01:30:00Z"));
    assert_eq!(done, number::Exact::new(5.into(), 6.into()));
}
