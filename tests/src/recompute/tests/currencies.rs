//! Money in other currencies.

use super::{BASE, Feed};
use crate::recompute::{Row, config::Config};

const NOW: &str = "2026-11-23T13:00:00Z";

const LIST: &str = "[{from: USD, to: EUR, date: 2026-11-01, rate: 0.9}, {from: USD, to: EUR, date: 2026-11-15, rate: 0.8},
    {from: GBP, to: USD, date: 2026-01-01, rate: 1.25}, {from: EUR, to: JPY, date: 2026-01-01, rate: 160}]";

const RECORDS: &str = "{entity: exchange_rate, from: of, to: into, date: day, rate: rate}";

/// The organisation, which counts in euros, with amounts in any currency and one KPI `k`.
fn feed(rates: &str, kpi: &str) -> Feed {
    let base = BASE
        .replace("entity: opportunity}]", "entity: opportunity}, {topic: crm.rate, entity: exchange_rate}, {topic: crm.split, entity: split}]")
        .replace("{path: Amount, type: decimal}", "{path: Amount, type: money, currency: Iso}\n      list: {path: List, type: money, currency: Iso}");
    let others = r"
  exchange_rate:
    fields:
      of:   {path: Of, type: text}
      into: {path: Into, type: text}
      day:  {path: Day, type: date}
      rate: {path: Rate, type: decimal}
  split:
    fields:
      deal:    {path: OpportunityId, type: text, entity: opportunity}
      who:     {path: UserId, type: text}
      percent: {path: Percent, type: decimal}
reps:";
    let base = base.replacen("\nreps:", others, 1);
    let kpi = format!("{{name: k, type: simple, periods: [month], {kpi}}}");
    let yaml = format!("{base}currency: {{org: EUR, rates: {rates}}}\nkpis: [{kpi}]\n");
    Feed::new(Config::read(&yaml).unwrap())
}

const SUM: &str = "entity: opportunity, agg: sum, expr: amount, at: close_date, credit: owner";

impl Feed {
    /// What Ben's deal is, as the rest of a full image.
    fn bens(&mut self, version: i64, amount: &str, currency: &str, date: &str) {
        let set = format!(
            r#""set":{{"OwnerId":"U2","Amount":"{amount}","List":"200","Iso":{currency},"CloseDate":"{date}"}}"#
        );
        self.say("D", "upsert", version, &set);
    }

    fn rate(&mut self, id: &str, version: i64, of: &str, day: &str, rate: &str) {
        let set = format!(r#""set":{{"Of":"{of}","Into":"EUR","Day":"{day}","Rate":"{rate}"}}"#);
        self.say_on("crm.rate", id, "upsert", version, &set);
    }
}

fn look(feed: &Feed, now: &str, scope: &str) -> (String, bool) {
    let Row { actual, in_doubt, .. } = feed.row(now, scope, "k");
    (actual, in_doubt)
}

fn is(actual: &str, in_doubt: bool) -> (String, bool) {
    (actual.to_owned(), in_doubt)
}

#[test]
fn the_latest_direct_rate_until_the_day_counts() {
    let mut feed = feed(LIST, SUM);
    let october = "2026-10-31T13:00:00Z";
    let cases = [
        ("\"USD\"", "2026-11-01", NOW, is("90", false)),
        ("\"USD\"", "2026-11-14", NOW, is("90", false)),
        ("\"USD\"", "2026-11-15", NOW, is("80", false)),
        ("\"USD\"", "2026-11-30", NOW, is("80", false)),
        ("\"USD\"", "2026-10-31", october, is("0", true)), // before the first rate
        ("\"GBP\"", "2026-11-15", NOW, is("0", true)),     // not by way of dollars
        ("\"JPY\"", "2026-11-15", NOW, is("0", true)),     // not the other way round
        ("\"EUR\"", "2026-11-15", NOW, is("100", false)),
        ("null", "2026-11-15", NOW, is("100", false)), // the organisation's
    ];
    for (version, (currency, date, now, expected)) in (1..).zip(cases) {
        feed.bens(version, "100", currency, date);
        assert_eq!(look(&feed, now, "rep:U2"), expected, "{currency} on {date}");
        assert!(!look(&feed, now, "rep:U1").1);
    }
    let patch = r#""set":{"OwnerId":"U1","Amount":1,"CloseDate":"2026-11-20"}"#;
    feed.say("E", "patch", 1, patch); // its currency was never seen
    assert_eq!(look(&feed, NOW, "rep:U1"), is("0", true));
}

#[test]
fn what_is_worked_out_is_converted_and_rounded_once() {
    // 3 millionths by 2 are 1.5, in euros 1.35: one. Rounded before, it would be 2, in euros 1.8: two.
    let mut feed = feed(LIST, &SUM.replace("expr: amount", "expr: amount / 2"));
    feed.bens(1, "0.000003", "\"USD\"", "2026-11-02");
    assert_eq!(look(&feed, NOW, "org"), is("0.000001", false));
    for (expr, expected) in [
        ("amount - list", "-90"),              // (100 − 200) × 0.9
        ("hot == null ? amount : list", "90"), // chosen
        ("-amount + 0", "-90"),
        ("2 * amount", "180"),
        ("amount / list", "0.5"), // no money any more
        ("amount / list * list", "90"),
        ("amount > 0 ? 1 : 0", "1"),
    ] {
        let mut feed = self::feed(LIST, &SUM.replace("expr: amount", &format!("expr: '{expr}'")));
        feed.bens(1, "100", "\"USD\"", "2026-11-02");
        assert_eq!(look(&feed, NOW, "org"), is(expected, false), "{expr}");
    }
}

#[test]
fn all_but_counts_are_of_what_things_are_worth() {
    let agg = |agg: &str| {
        let mut feed = feed(LIST, &SUM.replace("agg: sum", &format!("agg: {agg}")));
        feed.bens(1, "100", "\"USD\"", "2026-11-02");
        let euros = r#""set":{"OwnerId":"U1","Amount":100,"Iso":"EUR","CloseDate":"2026-11-02"}"#;
        feed.say("E", "upsert", 1, euros);
        feed.say("F", "upsert", 1, &euros.replace("EUR", "XYZ")); // of which there is no rate
        look(&feed, NOW, "org")
    };
    assert_eq!(agg("sum"), is("190", true));
    assert_eq!(agg("min"), is("90", true));
    assert_eq!(agg("avg"), is("95", true));
    // Counted are values as they stand: 100 three times.
    assert_eq!(agg("count_distinct"), is("1", false));
    assert_eq!(agg("count"), is("3", false));
}

#[test]
fn a_stock_is_worth_what_it_is_today() {
    let mut feed = feed(LIST, "entity: opportunity, agg: sum, expr: amount, credit: owner");
    feed.config.calendars.default.time_zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    feed.bens(1, "100", "\"USD\"", "2026-11-02");
    // The 15th begins in New York.
    assert_eq!(look(&feed, "2026-11-15T04:59:59.999999999Z", "rep:U2"), is("90", false));
    assert_eq!(look(&feed, "2026-11-15T05:00:00Z", "rep:U2"), is("80", false));
    // One board sees both.
    let board = crate::recompute::Board::new(&feed.config, &feed.records);
    let actual = |now| {
        let rows = board.rows(super::at(now), None, &mut Default::default(), |_, _, _| true);
        rows.iter().find(|row| row.scope == "org").unwrap().actual.clone()
    };
    assert_eq!(actual("2026-11-15T04:59:59Z"), "90");
    assert_eq!(actual("2026-11-15T05:00:00Z"), "80");
}

#[test]
fn rates_are_records_too() {
    let mut feed = feed(RECORDS, SUM);
    feed.bens(1, "100", "\"USD\"", "2026-11-20");
    assert_eq!(look(&feed, NOW, "rep:U2"), is("0", true));
    feed.rate("R1", 1, "USD", "2026-11-01", "0.9");
    assert_eq!(look(&feed, NOW, "rep:U2"), is("90", false));
    feed.rate("R0", 1, "USD", "2026-11-01", "0.7"); // not the greatest id for that day
    feed.rate("R2", 1, "USD", "2026-11-20", "0"); // no rate
    feed.rate("R3", 1, "GBP", "2026-11-20", "2");
    assert_eq!(look(&feed, NOW, "rep:U2"), is("90", false));
    feed.rate("R2", 2, "USD", "2026-11-20", "0.5");
    assert_eq!(look(&feed, NOW, "rep:U2"), is("50", false));
    feed.say_on("crm.rate", "R2", "patch", 3, r#""unset":["Into"]"#);
    assert_eq!(look(&feed, NOW, "rep:U2"), is("90", false));
    feed.say_on("crm.rate", "R1", "delete", 2, "");
    assert_eq!(look(&feed, NOW, "rep:U2"), is("70", false));
}

#[test]
fn money_of_a_named_record_is_in_that_ones_currency() {
    let kpi = "entity: split, agg: sum, expr: deal.amount * percent / 100, at: deal.close_date";
    let mut feed = feed(LIST, &format!("{kpi}, credit: who"));
    feed.bens(1, "100", "\"USD\"", "2026-11-02");
    let split = r#""set":{"OpportunityId":"D","UserId":"U1","Percent":50}"#;
    feed.say_on("crm.split", "S", "upsert", 1, split);
    // Half of 100 dollars.
    assert_eq!(look(&feed, NOW, "rep:U1"), is("45", false));
}

#[test]
fn of_what_is_split_each_rep_has_the_rate_of_the_own_day() {
    let credit = "{splits: split, record: deal, who: who, share: percent}";
    let kpi = SUM
        .replace("close_date", "closed_at")
        .replace("credit: owner", &format!("credit: {credit}"));
    let mut feed = feed(LIST, &kpi);
    feed.bens(1, "100", "\"USD\"", "2026-11-02");
    // The 15th in Madrid, where Ana is; in UTC still the 14th.
    feed.say("D", "patch", 2, r#""set":{"ClosedAt":"2026-11-14T23:30:00Z"}"#);
    for (id, who) in [("S1", "U1"), ("S2", "U2")] {
        let set = format!(r#""set":{{"OpportunityId":"D","UserId":"{who}","Percent":50}}"#);
        feed.say_on("crm.split", id, "upsert", 1, &set);
    }
    // Half of 80 and half of 90.
    let all = ["rep:U1", "rep:U2", "team:M1"].map(|scope| look(&feed, NOW, scope));
    assert_eq!(all, [is("40", false), is("45", false), is("85", false)]);
}
