//! Whose goal it is, what a team's comes to, and what is due of it.

use super::{
    super::{expected_at, number, scope::Scope, status::Status},
    BOOKINGS, Feed, at, config,
};

const NOON: &str = "2026-11-23T12:00:00Z";

fn goals(feed: &Feed, kpi: &str) -> [String; 4] {
    ["rep:U1", "rep:U2", "team:M1", "org"].map(|scope| feed.row(NOON, scope, kpi).goal)
}

fn for_month(goals: &[(&str, &str)]) -> Vec<String> {
    let goal = |(whose, rest): &(&str, &str)| {
        format!("{{kpi: bookings, period: month, for: {whose}, target: {rest}}}")
    };
    goals.iter().map(goal).collect()
}

fn feed(list: &[(&str, &str)]) -> Feed {
    let list = for_month(list);
    Feed::new(config(&[BOOKINGS], &list.iter().map(String::as_str).collect::<Vec<_>>()))
}

#[test]
fn the_nearest_goal_wins_then_the_latest() {
    let everyone = ("everyone", "1");
    let each_of = ("{each_of: M1}", "2");
    let role = ("{role: ae}", "4");
    let rep = ("{rep: U1}", "8");
    // The manager has only what is for everyone; the team sums up.
    assert_eq!(goals(&feed(&[everyone]), "bookings"), ["1", "1", "3", "3"]);
    assert_eq!(goals(&feed(&[each_of, everyone]), "bookings"), ["2", "2", "5", "5"]);
    assert_eq!(goals(&feed(&[everyone, each_of, role]), "bookings"), ["4", "4", "9", "9"]);
    assert_eq!(goals(&feed(&[rep, role, each_of, everyone]), "bookings"), ["8", "4", "13", "13"]);
    assert_eq!(goals(&feed(&[rep]), "bookings"), ["8", "", "8", "8"]);
    assert_eq!(goals(&feed(&[rep, ("{team: M1}", "5")]), "bookings"), ["8", "", "5", "8"]);
}

#[test]
fn a_goal_is_in_force_on_the_last_day_of_the_period() {
    let list = [
        ("everyone", "1, from: 2026-01-01"),
        ("everyone", "2, from: 2026-11-30"), // starts on the last day
        ("everyone", "4, from: 2026-12-01"), // too late
        ("{rep: U1}", "8, from: 2026-11-01, until: 2026-11-29"), // ends before
    ];
    assert_eq!(goals(&feed(&list), "bookings"), ["2", "2", "6", "6"]);
}

#[test]
fn a_goal_set_while_running_wins_over_the_file_and_the_last_edit_over_the_others() {
    let mut feed = feed(&[("everyone", "1, from: 2026-06-01")]);
    let mut edited = feed.config.goals[0].clone();
    edited.from = Some("2026-01-01".parse().unwrap());
    for (edit, target) in [(2, 5), (1, 3)] {
        edited.edit = Some(edit);
        edited.target = number::whole(target);
        feed.config.goals.push(edited.clone());
    }
    assert_eq!(goals(&feed, "bookings"), ["5", "5", "15", "15"]);
    // The latest start counts more than the latest edit; one that starts too late is not in force.
    edited.from = Some("2026-02-01".parse().unwrap());
    (edited.edit, edited.target) = (Some(0), number::whole(7));
    feed.config.goals.push(edited.clone());
    edited.from = Some("2026-12-01".parse().unwrap());
    (edited.edit, edited.target) = (Some(3), number::whole(9));
    feed.config.goals.push(edited);
    assert_eq!(goals(&feed, "bookings"), ["7", "7", "21", "21"]);
}

#[test]
fn a_goal_of_the_file_that_is_nearer_stays() {
    let mut feed = feed(&[("{rep: U1}", "1"), ("everyone", "2")]);
    let mut edited = feed.config.goals[1].clone();
    (edited.edit, edited.target) = (Some(1), number::whole(5));
    feed.config.goals.push(edited);
    assert_eq!(goals(&feed, "bookings"), ["1", "5", "11", "11"]);
}

#[test]
fn members_fall_due_by_their_own_clocks() {
    // 42,000 over 21 working days: 2,000 a day, 15 of them past. At 12:00 UTC it is 13:00 in Madrid, half of U1's
    // day: 31,000. U2 and M1 are at 3 of 8 hours: 30,750.
    let feed = feed(&[("everyone", "42000")]);
    let due = |scope: &str| feed.row(NOON, scope, "bookings").expected;
    assert_eq!(due("rep:U1"), "31000");
    assert_eq!(due("rep:U2"), "30750");
    assert_eq!(due("team:M1"), "92500"); // 31,000 + 30,750 + 30,750
    assert_eq!(due("unassigned"), "");
    let kpi = &feed.config.kpis[0];
    let day = "2026-11-23".parse().unwrap();
    let team = Scope::Team("M1".into());
    let exact = expected_at(&feed.config, &team, kpi, kpi.periods[0], day, at(NOON));
    assert_eq!(exact, Some(number::whole(92_500)));
}

#[test]
fn a_team_with_its_own_goal_goes_by_its_own_clock() {
    let feed = feed(&[("everyone", "42000"), ("{team: M1}", "84000")]);
    let row = feed.row(NOON, "team:M1", "bookings");
    assert_eq!((row.goal.as_str(), row.expected.as_str()), ("84000", "61500")); // 15.375 of 21 days
}

#[test]
fn what_does_not_add_up_is_held_in_common() {
    let kpi = BOOKINGS.replace("agg: sum", "agg: avg").replace("reach", "hold");
    let list = |u2: &'static str| for_month(&[("{rep: U1}", "10"), ("{rep: U2}", u2)]);
    let feed = |u2| {
        let list = list(u2);
        Feed::new(config(&[&kpi], &list.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    assert_eq!(goals(&feed("10"), "bookings"), ["10", "10", "10", "10"]);
    assert_eq!(goals(&feed("11"), "bookings"), ["10", "11", "", ""]);
}

#[test]
fn hold_goals_of_sums_add_up_too() {
    let kpi = BOOKINGS.replace("reach", "hold").replace(" at: close_date,", "");
    let list = for_month(&[("{role: ae}", "10")]);
    let feed = Feed::new(config(&[&kpi], &[&list[0]]));
    assert_eq!(goals(&feed, "bookings"), ["10", "10", "20", "20"]);
    let row = feed.row(NOON, "team:M1", "bookings");
    assert_eq!((row.expected.as_str(), row.projected.as_str()), ("", ""));
    assert_eq!((row.remaining.as_str(), row.required_per_day.as_str()), ("20", ""));
}

#[test]
fn a_day_off_leaves_nothing_of_its_goal() {
    let kpi = BOOKINGS.replace("[month]", "[day]");
    let goal = "{kpi: bookings, period: day, for: everyone, target: 10}";
    let feed = Feed::new(config(&[&kpi], &[goal]));
    let row = |now| {
        let row = feed.row(now, "rep:U2", "bookings");
        (row.goal, row.expected, row.status)
    };
    // Saturday the 21st; Monday the 23rd at 11:00, a quarter of the day.
    assert_eq!(row("2026-11-21T11:00:00Z"), ("0".into(), "0".into(), Status::NoGoal));
    assert_eq!(row("2026-11-23T11:00:00Z"), ("10".into(), "2.5".into(), Status::Behind));
}

#[test]
fn a_rolling_window_is_due_whole() {
    let kpi = BOOKINGS.replace("[month]", "[rolling-7d]");
    let goal = "{kpi: bookings, period: rolling-7d, for: everyone, target: 10}";
    let mut feed = Feed::new(config(&[&kpi], &[goal]));
    feed.won("A", "U2", "9", 17); // the first day of the seven
    feed.won("B", "U2", "90", 16);
    let row = feed.row(NOON, "rep:U2", "bookings");
    assert_eq!((row.actual.as_str(), row.expected.as_str()), ("9", "10"));
    assert_eq!((row.projected.as_str(), row.required_per_day.as_str()), ("", ""));
    assert_eq!(row.status, Status::OnTrack); // 9 is not below 0.9 × 10
    let tomorrow = feed.row("2026-11-24T12:00:00Z", "rep:U2", "bookings");
    assert_eq!((tomorrow.actual.as_str(), tomorrow.status), ("0", Status::Behind));
}
