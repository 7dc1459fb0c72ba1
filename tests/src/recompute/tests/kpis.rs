//! Filters, values, credit and aggregates.

use super::{super::filter::V, BOOKINGS, Feed, config};
use crate::recompute::{filter::Filter, number};

#[test]
fn filters_know_three_values() {
    let config = config(&[], &[]);
    let num = |text: &str| V::Num(number::parse(text).unwrap());
    let row = |field: &str| match field {
        "amount" => num("1200.50"),
        "stage" => V::Text("Closed Won".into()),
        "hot" => V::Bool(true),
        "days" | "account" => V::Null,
        "close_date" => V::Date("2026-11-23".parse().unwrap()),
        "closed_at" => V::Instant("2026-11-23T10:00:00Z".parse().unwrap()),
        _ => V::Unknown, // owner
    };
    let (yes, no, unknown) = (V::Bool(true), V::Bool(false), V::Unknown);
    let cases = [
        ("stage in states.won", &yes),
        ("stage in states.open || stage == 'Closed Won'", &yes),
        ("stage in ['Proposal', 'Closed Lost']", &no),
        ("owner == 'U1'", &unknown),
        ("owner == null", &unknown),
        ("owner in ['U1']", &unknown),
        ("owner == 'U1' && hot", &unknown),
        ("owner == 'U1' && !hot", &no), // false whatever the owner
        ("owner == 'U1' || hot", &yes), // true whatever the owner
        ("!(owner == 'U1')", &unknown),
        ("owner == 'U1' ? true : true", &unknown),
        ("days > 1", &no),
        ("!(days > 1)", &yes), // the comparison is false, its opposite true
        ("days != 1", &no),
        ("days == null && amount != null && null == account", &yes),
        ("account in ['x']", &no),
        ("days + 1 == null", &yes), // arithmetic with null is null
        ("amount / 0 > 0 || amount / 0 <= 0", &no),
        ("close_date >= date('2026-11-23') && close_date < date('2026-12-01')", &yes),
        ("closed_at == timestamp('2026-11-23T11:00:00+01:00')", &yes),
        ("amount * 0.1 == 120.05", &yes), // no float gets this right for all amounts
        ("stage != 'Größe' && amount == 1200.5", &yes),
        ("amount > -0.5 && -amount < -1.2e3", &yes),
        ("amount - 200.50 == 1000", &yes),
    ];
    for (text, expected) in cases {
        let filter = Filter::compile(text, &config.entities["opportunity"]).unwrap();
        assert_eq!(&filter.value(&row), expected, "{text}");
    }
}

#[test]
fn decimal_literals_are_taken_as_written() {
    let config = config(&[], &[]);
    for (text, expected) in [
        ("0.1", "0.1"),
        ("-0.30000000000000004", "-0.30000000000000004"),
        ("'é' == 'é' ? 123456789012345.678901 : 0.5", "123456789012345.678901"),
        ("1e-3 + 1.10", "1.101"),
    ] {
        let filter = Filter::compile(text, &config.entities["opportunity"]).unwrap();
        let value = filter.value(&|_: &str| V::Unknown);
        assert_eq!(value, V::Num(number::parse(expected).unwrap()), "{text}");
    }
}

#[test]
fn amounts_of_sixteen_digits_add_up_exactly() {
    let mut feed = Feed::new(config(&[BOOKINGS], &[]));
    feed.won("A", "U1", "9007199254740993.01", 2); // above 2^53
    feed.won("B", "U1", "0.0000005", 2); // half of the last place: to the even 0
    feed.won("C", "U1", "0.0000015", 2); // to the even 0.000002
    assert_eq!(feed.actual("rep:U1", "bookings"), "9007199254740993.010002");
}

#[test]
fn everything_moves_with_the_owner() {
    let mut feed = Feed::new(config(&[BOOKINGS], &[]));
    feed.won("A", "U1", "100", 2);
    feed.won("B", "U2", "10", 2);
    feed.won("C", "", "1", 2);
    let all = |feed: &Feed| {
        ["rep:U1", "rep:U2", "rep:M1", "team:M1", "unassigned", "org"]
            .map(|scope| feed.actual(scope, "bookings"))
    };
    assert_eq!(all(&feed), ["100", "10", "0", "110", "1", "111"]);
    feed.say("A", "patch", 2, r#""set":{"OwnerId":"U2"}"#);
    assert_eq!(all(&feed), ["0", "110", "0", "110", "1", "111"]);
    feed.say("A", "patch", 3, r#""set":{"OwnerId":"somebody else"}"#);
    assert_eq!(all(&feed), ["0", "10", "0", "10", "101", "111"]);
    feed.say("A", "patch", 4, r#""set":{"OwnerId":"M1"}"#);
    feed.say("C", "delete", 2, "");
    assert_eq!(all(&feed), ["0", "10", "100", "110", "0", "110"]);
}

#[test]
fn what_is_unknown_contributes_nothing_and_null_adds_nothing() {
    let mut feed = Feed::new(config(&[BOOKINGS], &[]));
    let patch = r#""set":{"OwnerId":"U1","StageName":"Closed Won","CloseDate":"2026-11-02"}"#;
    feed.say("A", "patch", 1, patch); // its amount was never seen
    feed.say("B", "upsert", 1, patch); // its amount is null
    feed.won("C", "U1", "7", 2);
    feed.say("C", "patch", 2, r#""unset":["CloseDate"]"#); // in no period
    let row = feed.row("2026-11-23T13:00:00Z", "rep:U1", "bookings");
    assert_eq!((row.actual.as_str(), row.sample, row.in_doubt), ("0", 0, true));
    feed.say("A", "patch", 2, r#""set":{"Amount":5}"#);
    let row = feed.row("2026-11-23T13:00:00Z", "rep:U1", "bookings");
    assert_eq!((row.actual.as_str(), row.sample, row.in_doubt), ("5", 1, false));
}

#[test]
fn aggregates_forget_what_is_withdrawn() {
    let kpi = |name: &str, agg: &str, expr: &str| {
        BOOKINGS
            .replace("name: bookings", &format!("name: {name}"))
            .replace("agg: sum", &format!("agg: {agg}"))
            .replace("expr: amount", expr)
    };
    let kpis = [
        kpi("deals", "count", "expr: amount"),
        kpi("smallest", "min", "expr: amount"),
        kpi("largest", "max", "expr: amount"),
        kpi("average", "avg", "expr: amount"),
        kpi("accounts", "count_distinct", "expr: account"),
    ];
    let kpis: Vec<&str> = kpis.iter().map(String::as_str).collect();
    let mut feed = Feed::new(config(&kpis, &[]));
    let all = |feed: &Feed, scope: &str| {
        ["deals", "smallest", "largest", "average", "accounts"].map(|kpi| feed.actual(scope, kpi))
    };
    assert_eq!(all(&feed, "org"), ["0", "", "", "", "0"]);
    for (id, owner, amount, account) in [
        ("A", "U1", "10", "x"),
        ("B", "U1", "20", "x"),
        ("C", "U2", "70", "x"),
        ("D", "U2", "1", "y"),
    ] {
        feed.won(id, owner, amount, 2);
        feed.say(id, "patch", 2, &format!(r#""set":{{"AccountId":"{account}"}}"#));
    }
    assert_eq!(all(&feed, "rep:U1"), ["2", "10", "20", "15", "1"]);
    // 101 / 4; the account x is one account for the team.
    assert_eq!(all(&feed, "team:M1"), ["4", "1", "70", "25.25", "2"]);
    feed.say("C", "delete", 3, "");
    feed.say("D", "patch", 3, r#""set":{"StageName":"Closed Lost"}"#);
    assert_eq!(all(&feed, "rep:U2"), ["0", "", "", "", "0"]);
    assert_eq!(all(&feed, "team:M1"), ["2", "10", "20", "15", "1"]);
    feed.won("E", "U2", "0.01", 3);
    // 30.01 / 3 = 10.003333…
    assert_eq!(all(&feed, "team:M1"), ["3", "0.01", "20", "10.003333", "1"]);
}

#[test]
fn medians_and_percentiles_are_of_all_members_together() {
    let kpi = |name: &str, agg: &str| {
        BOOKINGS
            .replace("name: bookings", &format!("name: {name}"))
            .replace("agg: sum", &format!("agg: {agg}"))
    };
    let mut feed = Feed::new(config(&[&kpi("middle", "median"), &kpi("most", "p90")], &[]));
    let both = |feed: &Feed, scope: &str| ["middle", "most"].map(|kpi| feed.actual(scope, kpi));
    assert_eq!(both(&feed, "org"), ["", ""]);
    for (id, amount) in [("A", "1"), ("B", "2"), ("C", "2"), ("D", "100")] {
        feed.won(id, "U1", amount, 2);
    }
    // Of 1, 2, 2, 100 the two in the middle are 2 and 2; of four values the fourth is the first with 90 % below or at it.
    assert_eq!(both(&feed, "rep:U1"), ["2", "100"]);
    for nth in 0..6 {
        feed.won(&format!("E{nth}"), "U2", &(3 + nth).to_string(), 3);
    }
    // Ben has 3, 4, 5, 6, 7, 8. Together 1, 2, 2, 3, 4, 5, 6, 7, 8, 100: the fifth and sixth are 4 and 5, the ninth is 8.
    assert_eq!(both(&feed, "rep:U2"), ["5.5", "8"]);
    assert_eq!(both(&feed, "team:M1"), ["4.5", "8"]);
    feed.say("D", "delete", 2, "");
    // Nine are left: the fifth is 4; 90 % of nine are 8.1, so the ninth, 8.
    assert_eq!(both(&feed, "team:M1"), ["4", "8"]);
}

#[test]
fn a_ratio_comes_from_sums_and_needs_a_denominator() {
    let closed = r#"{name: closed, type: simple, entity: opportunity, where: "stage in states.won || stage in states.lost",
        agg: count, at: close_date, credit: owner, periods: []}"#;
    let won = r#"{name: won, type: simple, entity: opportunity, where: "stage in states.won", agg: count, at: close_date,
        credit: owner, periods: []}"#;
    let rate = "{name: win_rate, type: ratio, numerator: won, denominator: closed, unit: ratio, periods: [month]}";
    let mut feed = Feed::new(config(&[closed, won, rate], &[]));
    feed.won("A", "U1", "1", 2);
    for (id, owner) in [("B", "U1"), ("C", "U1"), ("D", "U2")] {
        feed.won(id, owner, "1", 2);
        feed.say(id, "patch", 2, r#""set":{"StageName":"Closed Lost"}"#);
    }
    // 1 of 3; 0 of 1; 1 of 4, which is not the mean of the two; 0 of 0.
    assert_eq!(feed.actual("rep:U1", "win_rate"), "0.333333");
    assert_eq!(feed.actual("rep:U2", "win_rate"), "0");
    assert_eq!(feed.actual("team:M1", "win_rate"), "0.25");
    assert_eq!(feed.actual("rep:M1", "win_rate"), "");
    assert_eq!(feed.row("2026-11-23T13:00:00Z", "rep:U1", "win_rate").sample, 3);
}

#[test]
fn a_stock_is_the_state_right_now() {
    let open = r#"{name: open, type: simple, entity: opportunity, where: "stage in states.open", agg: sum, expr: amount,
        credit: owner, periods: [month]}"#;
    let mut feed = Feed::new(config(&[open], &[]));
    feed.say("A", "upsert", 1, r#""set":{"OwnerId":"U1","Amount":5,"StageName":"Proposal"}"#);
    assert_eq!(feed.actual("rep:U1", "open"), "5");
    let past = crate::recompute::standings_on(
        &feed.config,
        &feed.records,
        super::at("2026-11-23T13:00:00Z"),
        Some("2026-10-31".parse().unwrap()),
        &mut crate::recompute::StatusMemory::new(),
    );
    assert!(past.iter().all(|row| row.actual.is_empty() && row.period.name == "2026-10"));
}
