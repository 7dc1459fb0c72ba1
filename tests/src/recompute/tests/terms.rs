//! Ramps, presence and curves: what a goal comes to day by day.

use super::{
    super::{config::Config, status::Status},
    BASE, BOOKINGS, Feed,
};

/// What a rep has in a KPI's only period: goal and expected.
fn due(feed: &Feed, now: &str, scope: &str) -> (String, String) {
    let row = feed.row(now, scope, "bookings");
    (row.goal, row.expected)
}

fn is(goal: &str, expected: &str) -> (String, String) {
    (goal.to_owned(), expected.to_owned())
}

/// The organisation with facts about Ben, who works in UTC, and one goal for everyone with the rest of its mapping.
fn feed(ben: &str, kpi: &str, goal: &str) -> Feed {
    let plain = "{id: U2, name: Ben, manager: M1, role: ae}";
    let base = BASE.replace(plain, &plain.replace('}', &format!("{ben}}}")));
    let goals = format!("goals: [{{kpi: bookings, for: everyone, {goal}}}]");
    Feed::new(Config::read(&format!("{base}kpis: [{kpi}]\n{goals}\n")).unwrap())
}

#[test]
fn who_starts_in_mid_month_has_the_days_from_then_on() {
    // From Monday 16 November on 11 of 21 working days: 22,000 of 42,000. On the 23rd at 13:00 5.5 of them are over, as many
    // are left.
    let feed =
        feed(", start: 2026-11-16", BOOKINGS, "period: month, target: 42000, presence: true");
    let now = "2026-11-23T13:00:00Z";
    assert_eq!(due(&feed, now, "rep:U2"), is("22000", "11000"));
    let row = feed.row(now, "rep:U2", "bookings");
    assert_eq!(row.required_per_day, "4000"); // 22,000 over 5.5 days
    assert_eq!(due(&feed, "2026-11-15T00:00:00Z", "rep:U2"), is("22000", "0"));
    // Max and Ana (whose 14:00 it is, 5 of 8 hours) are there all the time: 42,000 each, 31,000 and 31,250 due.
    assert_eq!(due(&feed, now, "team:M1"), is("106000", "73250"));
    // In the month before the start nothing is left of the goal.
    let feed =
        self::feed(", start: 2026-12-01", BOOKINGS, "period: month, target: 42000, presence: true");
    let row = feed.row(now, "rep:U2", "bookings");
    assert_eq!((row.goal.as_str(), row.status), ("0", Status::NoGoal));
}

#[test]
fn the_last_day_employed_counts_and_days_off_do_not() {
    // Of 21 working days two (27 and 30) come after the end, and four (3, 9, 10, 11) are off; the 8th is a Sunday anyway.
    // 15 are left, 30,000.
    let ben =
        ", end: 2026-11-26, time_off: [{from: 2026-11-03}, {from: 2026-11-08, to: 2026-11-11}]";
    let feed = feed(ben, BOOKINGS, "period: month, target: 42000, presence: true");
    // Until the 12th at 13:00 the days 2, 4, 5, 6 and half of the 12th are over.
    assert_eq!(due(&feed, "2026-11-12T13:00:00Z", "rep:U2"), is("30000", "9000"));
    // On a day off nothing falls due.
    assert_eq!(due(&feed, "2026-11-10T13:00:00Z", "rep:U2"), is("30000", "8000"));
    assert_eq!(due(&feed, "2026-11-30T13:00:00Z", "rep:U2"), is("30000", "30000"));
}

#[test]
fn a_step_in_mid_month_counts_by_days() {
    // Three months are completed on Monday 16 November: 10 working days at 0.25, 11 at 0.6 of 2,000 a day:
    // 5,000 + 13,200.
    let ramp = "ramp: [{until_month: 3, share: 0.25}, {until_month: 6, share: 0.6}]";
    let goal = format!("period: month, target: 42000, {ramp}");
    let month = feed(", start: 2026-08-16", BOOKINGS, &goal);
    assert_eq!(due(&month, "2026-11-16T13:00:00Z", "rep:U2"), is("18200", "5600"));
    // Who has no start is past all steps.
    assert_eq!(due(&month, "2026-11-16T13:00:00Z", "rep:M1"), is("42000", "21000"));
    // Six months are over by December; before the start the first step holds.
    let past = feed(", start: 2026-05-01", BOOKINGS, &goal);
    assert_eq!(due(&past, "2026-11-01T00:00:00Z", "rep:U2"), is("42000", "0"));
    let before = feed(", start: 2027-05-01", BOOKINGS, &goal);
    assert_eq!(due(&before, "2026-11-01T00:00:00Z", "rep:U2"), is("10500", "0"));
    // With presence too: 11 days from the start on, at 0.25.
    let goal = format!("{goal}, presence: true");
    let both = feed(", start: 2026-11-16", BOOKINGS, &goal);
    assert_eq!(due(&both, "2026-11-16T13:00:00Z", "rep:U2"), is("5500", "250"));
}

#[test]
fn a_month_of_tenure_ends_with_a_shorter_month() {
    // From 31 January 2026 one month is completed on 28 February, a Saturday: of 20 days in February all are before
    // it. In March all 22 are after it.
    let goal = "period: month, target: 2200, ramp: [{until_month: 1, share: 0.5}]";
    let feed = feed(", start: 2026-01-31", BOOKINGS, goal);
    assert_eq!(due(&feed, "2026-02-27T17:00:00Z", "rep:U2"), is("1100", "1100"));
    assert_eq!(due(&feed, "2026-03-02T09:00:00Z", "rep:U2"), is("2200", "0"));
    // From 27 January on it is completed on 27 February, a Friday.
    let earlier = self::feed(", start: 2026-01-27", BOOKINGS, goal);
    // 19 days at half of 110, one at 110.
    assert_eq!(due(&earlier, "2026-02-26T17:00:00Z", "rep:U2"), is("1155", "1045"));
}

#[test]
fn a_curve_spreads_by_months() {
    // October has 22, November 21, December 23 working days. 250,000: 62,500, 75,000 and 112,500. Until 23 November at 13:00
    // October and 15.5 of 21 days: 62,500 + 55,357.142857…
    let kpi = BOOKINGS.replace("[month]", "[quarter]");
    let goal = "period: quarter, target: 250000, curve: {by: month, shares: [0.25, 0.30, 0.45]}";
    let quarter = feed("", &kpi, goal);
    let now = "2026-11-23T13:00:00Z";
    assert_eq!(due(&quarter, now, "rep:U2"), is("250000", "117857.142857"));
    // Off in all of December: 137,500 are left.
    let off = feed(
        ", time_off: [{from: 2026-12-01, to: 2026-12-31}]",
        &kpi,
        &format!("{goal}, presence: true"),
    );
    assert_eq!(due(&off, now, "rep:U2"), is("137500", "117857.142857"));
}

#[test]
fn a_part_without_working_days_passes_its_share_on() {
    let kpi = BOOKINGS.replace("[month]", "[quarter]");
    let goal = "period: quarter, target: 100, curve: {by: month, shares: [0.1, 0.2, 0.7]}";
    let with = |from: &str, to: &str| {
        let mut feed = feed("", &kpi, goal);
        let days = |day: &jiff::civil::Date| *day <= to.parse().unwrap();
        let first: jiff::civil::Date = from.parse().unwrap();
        let series = first.series(jiff::ToSpan::days(1)).take_while(days);
        feed.config.calendars.default.holidays = series.collect();
        feed
    };
    let at_end_of =
        |feed: &Feed, month: &str| due(feed, &format!("2026-{month}T23:00:00Z"), "rep:U2").1;
    // Without October its 10 fall due in November with its own 20.
    let feed = with("2026-10-01", "2026-10-31");
    assert_eq!((at_end_of(&feed, "10-31"), at_end_of(&feed, "11-30")), ("0".into(), "30".into()));
    // Without December its 70 go back to November.
    let feed = with("2026-12-01", "2026-12-31");
    assert_eq!((at_end_of(&feed, "10-31"), at_end_of(&feed, "11-30")), ("10".into(), "100".into()));
    // Without both of them all of it is in November.
    let mut feed = with("2026-12-01", "2026-12-31");
    let october = with("2026-10-01", "2026-10-31").config.calendars.default.holidays;
    feed.config.calendars.default.holidays.extend(october);
    assert_eq!((at_end_of(&feed, "10-31"), at_end_of(&feed, "11-30")), ("0".into(), "100".into()));
}

#[test]
fn a_curve_by_quarters_in_a_year() {
    // The last quarter has 22 + 21 + 23 = 66 working days, of which 22 + 15.5 are over: 600 + 400 × 37.5 / 66.
    let kpi = BOOKINGS.replace("[month]", "[year]");
    let goal = "period: year, target: 1000, curve: {by: quarter, shares: [0.1, 0.2, 0.3, 0.4]}";
    let feed = feed("", &kpi, goal);
    assert_eq!(due(&feed, "2026-11-23T13:00:00Z", "rep:U2"), is("1000", "827.272727"));
}

#[test]
fn what_is_held_takes_the_share_of_today() {
    let kpi = BOOKINGS.replace("reach", "hold").replace(" at: close_date,", "");
    let goal = "period: month, target: 100, presence: true, ramp: [{until_month: 1, share: 0}, {until_month: 2, share: 0.5}]";
    let feed = feed(", start: 2026-10-16", &kpi, goal);
    let row = |now, scope| {
        let row = feed.row(now, scope, "bookings");
        (row.goal, row.status)
    };
    assert_eq!(row("2026-11-15T23:00:00Z", "rep:U2"), ("0".into(), Status::NoGoal));
    assert_eq!(row("2026-11-16T00:00:00Z", "rep:U2"), ("50".into(), Status::Behind));
    assert_eq!(row("2026-11-16T00:00:00Z", "team:M1"), ("250".into(), Status::Behind));
    assert_eq!(row("2026-12-16T00:00:00Z", "rep:U2"), ("100".into(), Status::Behind));
}

#[test]
fn a_rate_knows_no_ramp() {
    let kpi = BOOKINGS.replace("reach", "rate").replace("agg: sum", "agg: avg");
    let goal = "period: month, target: 100, ramp: [{until_month: 12, share: 0.5}]";
    let feed = feed(", start: 2026-11-16", &kpi, goal);
    assert_eq!(feed.row("2026-11-16T12:00:00Z", "rep:U2", "bookings").goal, "100");
}

#[test]
fn a_ramp_never_lowers_a_cap_but_presence_does() {
    let kpi = BOOKINGS.replace("goal_kind", "better: lower, goal_kind");
    let ramp = "period: month, target: 42, ramp: [{until_month: 12, share: 0.5}]";
    let ramped = feed(", start: 2026-11-16", &kpi, ramp);
    assert_eq!(due(&ramped, "2026-11-16T13:00:00Z", "rep:U2"), is("42", "21"));
    let present = feed(", start: 2026-11-16", &kpi, &format!("{ramp}, presence: true"));
    assert_eq!(due(&present, "2026-11-16T13:00:00Z", "rep:U2"), is("22", "1"));
}

#[test]
fn each_day_of_a_rolling_window_has_its_own_share() {
    let kpi = BOOKINGS.replace("[month]", "[rolling-7d]");
    let goal =
        "period: rolling-7d, target: 10, presence: true, ramp: [{until_month: 1, share: 0.5}]";
    let feed = feed(", start: 2026-11-23", &kpi, goal);
    // Five working days of 2 each, of which Ben is there on the last, at half: all of it is due at once.
    assert_eq!(due(&feed, "2026-11-23T12:00:00Z", "rep:U2"), is("1", "1"));
    // A month is completed on 23 December: four days at half and the last one whole.
    assert_eq!(due(&feed, "2026-12-22T23:59:59Z", "rep:U2"), is("5", "5"));
    assert_eq!(due(&feed, "2026-12-23T00:00:00Z", "rep:U2"), is("6", "6"));
}

#[test]
fn what_members_have_in_common_is_what_their_goals_come_to() {
    // Ben's tenure makes his hold goal differ from the others' until 16 December.
    let kpi = BOOKINGS.replace("reach", "hold").replace("agg: sum", "agg: avg");
    let goal = "period: month, target: 100, ramp: [{until_month: 1, share: 0.5}]";
    let feed = feed(", start: 2026-11-16", &kpi, goal);
    let goal = |now| feed.row(now, "team:M1", "bookings").goal;
    assert_eq!(
        (goal("2026-12-15T23:00:00Z"), goal("2026-12-16T00:00:00Z")),
        (String::new(), "100".into())
    );
}

#[test]
fn a_member_of_whose_goal_nothing_is_left_is_taken_by_the_target() {
    let kpi = BOOKINGS.replace("reach", "hold").replace("agg: sum", "agg: avg");
    let goal = "period: month, target: 100, ramp: [{until_month: 1, share: 0}]";
    let feed = feed(", start: 2026-11-16", &kpi, goal);
    let row = |scope| feed.row("2026-11-23T12:00:00Z", scope, "bookings");
    assert_eq!((row("rep:U2").goal, row("rep:U2").status), ("0".into(), Status::NoGoal));
    assert_eq!(row("team:M1").goal, "100");
}
