//! Periods, their names, working hours and time zones.

use jiff::tz::TimeZone;

use super::{
    super::{
        calendar::{self, Period},
        config::{Calendar, PeriodKind},
        number,
    },
    BOOKINGS, Feed, at, config,
};

pub(super) fn check(calendar: &Calendar, cases: &[(&str, &str, &str, &str, &str)]) {
    for (day, kind, name, start, end) in cases {
        let kind: PeriodKind = kind.parse().unwrap();
        let period = Period::holding(calendar, kind, day.parse().unwrap());
        let found = (period.name.as_str(), period.start.to_string(), period.end.to_string());
        assert_eq!(found, (*name, (*start).to_owned(), (*end).to_owned()), "{day} {kind}");
    }
}

#[test]
fn periods_of_a_plain_year() {
    check(
        &Calendar::default(),
        &[
            ("2026-11-23", "day", "2026-11-23", "2026-11-23", "2026-11-23"),
            ("2026-11-23", "month", "2026-11", "2026-11-01", "2026-11-30"),
            ("2028-02-03", "month", "2028-02", "2028-02-01", "2028-02-29"),
            ("2026-11-23", "quarter", "2026-Q4", "2026-10-01", "2026-12-31"),
            ("2026-03-31", "quarter", "2026-Q1", "2026-01-01", "2026-03-31"),
            ("2026-11-23", "year", "2026", "2026-01-01", "2026-12-31"),
            // The window holds today and 29 days before.
            ("2026-11-23", "rolling-30d", "rolling-30d", "2026-10-25", "2026-11-23"),
        ],
    );
}

#[test]
fn iso_weeks_across_the_end_of_the_year() {
    check(
        &Calendar::default(),
        &[
            ("2026-11-23", "week", "2026-W48", "2026-11-23", "2026-11-29"),
            // 2026 begins on a Thursday, so it has 53 weeks, and the first days of 2027 are in the last of them.
            ("2026-12-28", "week", "2026-W53", "2026-12-28", "2027-01-03"),
            ("2027-01-01", "week", "2026-W53", "2026-12-28", "2027-01-03"),
            ("2027-01-04", "week", "2027-W01", "2027-01-04", "2027-01-10"),
            // The last days of 2024 are in the first week of 2025.
            ("2024-12-30", "week", "2025-W01", "2024-12-30", "2025-01-05"),
        ],
    );
    let sunday = Calendar { week_start: jiff::civil::Weekday::Sunday, ..Calendar::default() };
    check(&sunday, &[("2026-11-23", "week", "W2026-11-22", "2026-11-22", "2026-11-28")]);
    check(&sunday, &[("2026-11-22", "week", "W2026-11-22", "2026-11-22", "2026-11-28")]);
}

#[test]
fn a_fiscal_year_from_february_is_named_by_its_last_day() {
    let february = Calendar { fiscal_year_start: (2, 1), ..Calendar::default() };
    check(
        &february,
        &[
            ("2026-02-01", "quarter", "FY2027-Q1", "2026-02-01", "2026-04-30"),
            ("2026-11-23", "quarter", "FY2027-Q4", "2026-11-01", "2027-01-31"),
            ("2026-01-31", "quarter", "FY2026-Q4", "2025-11-01", "2026-01-31"),
            ("2026-11-23", "year", "FY2027", "2026-02-01", "2027-01-31"),
            ("2026-01-31", "year", "FY2026", "2025-02-01", "2026-01-31"),
            ("2026-01-31", "month", "2026-01", "2026-01-01", "2026-01-31"), // months stay calendar months
        ],
    );
    let tax = Calendar { fiscal_year_start: (4, 6), ..Calendar::default() };
    check(
        &tax,
        &[
            ("2026-04-05", "year", "FY2026", "2025-04-06", "2026-04-05"),
            ("2026-07-06", "quarter", "FY2027-Q2", "2026-07-06", "2026-10-05"),
        ],
    );
}

#[test]
fn a_day_of_25_hours_passes_more_slowly() {
    // Madrid, 25 October 2026: the clock goes back at 03:00. From midnight (22:00 UTC) to 12:30 (11:30 UTC) are
    // 13.5 hours of 25.
    let madrid = TimeZone::get("Europe/Madrid").unwrap();
    let working_days = [1; 7].map(number::whole);
    let calendar = Calendar { working_days, hours: (0, 24 * 60), ..Calendar::default() };
    let day = Period::holding(&calendar, PeriodKind::Day, "2026-10-25".parse().unwrap());
    let done = |now| calendar::work_done(&calendar, &madrid, &day.days(), at(now));
    assert_eq!(done("2026-10-25T11:30:00Z"), number::parse("0.54").unwrap());
    assert_eq!(done("2026-10-24T22:00:00Z"), number::whole(0));
    assert_eq!(done("2026-10-25T22:59:59Z"), number::Exact::new(89_999.into(), 90_000.into()));
    assert_eq!(done("2026-10-25T23:00:00Z"), number::whole(1));
}

#[test]
fn weights_and_holidays_count() {
    // November 2026 has 5 Mondays (2, 9, 16, 23, 30) and 4 of each other day. With Friday at 0.6 and Thursday the
    // 26th off: 5 + 4 + 4 + 3 + 4 × 0.6 = 18.4. Until Friday the 27th at 11:00, a quarter of its hours:
    // 4 + 4 + 4 + 3 + 3 × 0.6 + 0.15 = 16.95.
    let mut calendar = Calendar::default();
    calendar.working_days[4] = number::parse("0.6").unwrap();
    calendar.holidays.push("2026-11-26".parse().unwrap());
    let month = Period::holding(&calendar, PeriodKind::Month, "2026-11-01".parse().unwrap());
    assert_eq!(number::text(&calendar::work(&calendar, &month.days())), "18.4");
    let done =
        calendar::work_done(&calendar, &TimeZone::UTC, &month.days(), at("2026-11-27T11:00:00Z"));
    assert_eq!(number::text(&done), "16.95");
}

#[test]
fn an_instant_counts_on_the_day_it_is_where_the_owner_is() {
    let kpi = BOOKINGS.replace("at: close_date", "at: closed_at");
    let mut feed = Feed::new(config(&[&kpi], &[]));
    for (id, owner) in [("A", "U1"), ("B", "U2"), ("C", "nobody")] {
        feed.won(id, owner, "1", 1);
        // 00:30 on 1 December in Madrid, still November in UTC.
        feed.say(id, "patch", 2, r#""set":{"ClosedAt":"2026-11-30T23:30:00Z"}"#);
    }
    let actual = |now| {
        ["rep:U1", "rep:U2", "unassigned", "org"].map(|scope| {
            let row = feed.row(now, scope, "bookings");
            (row.period.name, row.actual)
        })
    };
    let row = |period: &str, actual: &str| (period.to_owned(), actual.to_owned());
    let expected =
        [row("2026-11", "0"), row("2026-11", "1"), row("2026-11", "1"), row("2026-11", "2")];
    assert_eq!(actual("2026-11-30T22:59:59Z"), expected);
    // In Madrid the month has turned, elsewhere not.
    let expected =
        [row("2026-12", "1"), row("2026-11", "1"), row("2026-11", "1"), row("2026-11", "2")];
    assert_eq!(actual("2026-11-30T23:00:00Z"), expected);
}
