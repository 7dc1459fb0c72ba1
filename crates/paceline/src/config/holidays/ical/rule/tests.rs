//! Which days rules name, counted on a calendar on paper.

use paceline_core::day::Day;

use super::Rule;

fn day(text: &str) -> Day {
    Day::parse(text).expect("a day")
}

/// The first so many days that a rule names.
fn first(rule: &str, start: &str, count: usize) -> Vec<String> {
    let days = Rule::parse(rule).expect(rule).days(day(start));
    days.iter().take(count).map(ToString::to_string).collect()
}

#[test]
fn rules_name_days() {
    let cases: [(&str, &str, &[&str]); 20] = [
        // Christmas, in two spellings, and every other year.
        ("FREQ=YEARLY", "2026-12-25", &["2026-12-25", "2027-12-25", "2028-12-25"]),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25", "2026-12-25", &["2026-12-25", "2027-12-25"]),
        ("FREQ=YEARLY;INTERVAL=2", "2026-12-25", &["2026-12-25", "2028-12-25", "2030-12-25"]),
        // Thanksgiving.
        (
            "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
            "2026-11-26",
            &["2026-11-26", "2027-11-25", "2028-11-23", "2029-11-22"],
        ),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=TH;BYSETPOS=4", "2026-11-26", &["2026-11-26", "2027-11-25"]),
        ("FREQ=MONTHLY;INTERVAL=12;BYDAY=+4TH", "2026-11-26", &["2026-11-26", "2027-11-25"]),
        // Memorial Day is the last Monday of May, Labor Day the first of September.
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", "2026-05-25", &["2026-05-25", "2027-05-31"]),
        ("freq=yearly;bymonth=9;byday=1mo", "2026-09-07", &["2026-09-07", "2027-09-06"]),
        // The Monday before 25 May: one that falls on the 18th to the 24th.
        (
            "FREQ=YEARLY;BYMONTH=5;BYDAY=MO;BYMONTHDAY=18,19,20,21,22,23,24",
            "2026-05-18",
            &["2026-05-18", "2027-05-24", "2028-05-22"],
        ),
        // The first and the last Friday of the year; the days in the middle of it.
        ("FREQ=YEARLY;BYDAY=1FR,-1FR", "2026-01-02", &["2026-01-02", "2026-12-25", "2027-01-01"]),
        ("FREQ=YEARLY;BYYEARDAY=1,-1", "2026-01-01", &["2026-01-01", "2026-12-31", "2027-01-01"]),
        // Only leap years have it.
        ("FREQ=YEARLY", "2024-02-29", &["2024-02-29", "2028-02-29", "2032-02-29"]),
        ("FREQ=MONTHLY", "2026-01-31", &["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", &["2026-01-31", "2026-02-28", "2026-03-31"]),
        // The last working day of a month.
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "2026-01-30",
            &["2026-01-30", "2026-02-27", "2026-03-31"],
        ),
        // Every other week; on which of them a Sunday is depends on where weeks start (an example of RFC 5545).
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            "1997-08-05",
            &["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            "1997-08-05",
            &["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"],
        ),
        // It ends, the last day included.
        ("FREQ=YEARLY;COUNT=2", "2026-12-25", &["2026-12-25", "2027-12-25"]),
        ("FREQ=YEARLY;UNTIL=20281225", "2026-12-25", &["2026-12-25", "2027-12-25", "2028-12-25"]),
        ("FREQ=DAILY;UNTIL=20261227T000000Z;", "2026-12-26", &["2026-12-26", "2026-12-27"]),
    ];
    for (rule, start, days) in cases {
        let ends = rule.contains("COUNT") || rule.contains("UNTIL");
        let named = first(rule, start, if ends { usize::MAX } else { days.len() });
        assert_eq!(named, days, "{rule} from {start}");
    }
}

#[test]
fn what_has_no_end_ends_with_2100() {
    let days = first("FREQ=YEARLY", "2026-12-25", usize::MAX);
    assert_eq!((days.len(), days.last().map(String::as_str)), (75, Some("2100-12-25")));
    let days = first("FREQ=DAILY", "2026-01-01", usize::MAX);
    assert_eq!(days.last().map(String::as_str), Some("2100-12-31"));
    assert!(first("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2026-01-01", 1).is_empty());
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (rule, after, message) in [
        ("BYMONTH=12", 0, "the rule has no FREQ"),
        ("FREQ=YEARLY;BYMONTH=13", 12, "`BYMONTH=13` is not understood"),
        ("FREQ=YEARLY;BYMONTHDAY=0", 12, "`BYMONTHDAY=0` is not understood"),
        ("FREQ=YEARLY;BYDAY=4XX", 12, "`BYDAY=4XX` is not understood"),
        ("FREQ=YEARLY;BYDAY=é", 12, "`BYDAY=é` is not understood"),
        ("FREQ=YEARLY;INTERVAL=0", 12, "`INTERVAL=0` is not understood"),
        ("FREQ=YEARLY;COUNT=-1", 12, "`COUNT=-1` is not understood"),
        ("FREQ=YEARLY;UNTIL=20261225T120000Z", 12, "`UNTIL=20261225T120000Z` is not understood"),
        ("FREQ=FORTNIGHTLY", 0, "`FREQ=FORTNIGHTLY` is not understood"),
        ("FREQ=YEARLY;BYMONTH=1;BYMONTH=2", 22, "`BYMONTH` is there twice"),
        ("FREQ=YEARLY;BYWEEKNO=20", 12, "`BYWEEKNO` is not supported"),
        ("FREQ=YEARLY;COUNT=2;UNTIL=20301225", 0, "COUNT or by UNTIL"),
        ("FREQ=YEARLY;BYSETPOS=1", 0, "BYSETPOS chooses"),
        ("FREQ=WEEKLY;BYDAY=2MO", 0, "FREQ=MONTHLY or YEARLY"),
        ("FREQ=WEEKLY;BYMONTHDAY=2", 0, "a week has no BYMONTHDAY"),
        ("FREQ=MONTHLY;BYYEARDAY=2", 0, "BYYEARDAY is for FREQ=YEARLY"),
        ("FREQ=HOURLY", 0, "repeats within a day"),
    ] {
        let mistake = Rule::parse(rule).expect_err(rule);
        assert!(mistake.message.contains(message), "{rule}: {mistake:?}");
        assert_eq!(mistake.after, after, "{rule}");
    }
}
