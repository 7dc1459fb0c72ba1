//! Looking across, from a record to one of another entity that it names.

use super::{BASE, Feed};
use crate::recompute::{Row, config::Config};

const NOW: &str = "2026-11-23T13:00:00Z";

/// The organisation with accounts, which deals name, and tasks, which name deals.
fn feed(kpis: &[&str]) -> Feed {
    let base = BASE
        .replace("entity: opportunity}]", "entity: opportunity}, {topic: crm.account, entity: account}, {topic: crm.task, entity: task}]")
        .replace("account:    {path: AccountId, type: text}", "account: {path: AccountId, type: text, entity: account}");
    let others = r#"
  account:
    fields:
      type:  {path: Type, type: text}
      size:  {path: Size, type: decimal}
      due:   {path: Due, type: date}
    states: {field: type, order: [Prospect, Customer], sets: {open: [Prospect], won: [Customer]}}
  task:
    fields:
      deal: {path: WhatId, type: text, entity: opportunity}
      kind: {path: Kind, type: text}
reps:"#;
    let base = base.replacen("\nreps:", others, 1);
    let kpis = kpis.join(", ");
    Feed::new(Config::read(&format!("{base}kpis: [{kpis}]\n")).unwrap())
}

fn deals(rest: &str) -> String {
    format!(
        "{{name: deals, type: simple, entity: opportunity, agg: count, credit: owner, periods: [month], {rest}}}"
    )
}

impl Feed {
    fn deal(&mut self, id: &str, version: i64, account: &str) {
        let set = format!(r#""set":{{"OwnerId":"U1","Amount":8,"AccountId":{account}}}"#);
        self.say(id, "upsert", version, &set);
    }

    fn account(&mut self, id: &str, op: &str, version: i64, rest: &str) {
        self.say_on("crm.account", id, op, version, rest);
    }
}

fn look(feed: &Feed, scope: &str) -> (String, bool) {
    let Row { actual, in_doubt, .. } = feed.row(NOW, scope, "deals");
    (actual, in_doubt)
}

fn is(actual: &str, in_doubt: bool) -> (String, bool) {
    (actual.to_owned(), in_doubt)
}

#[test]
fn a_condition_over_the_named_record() {
    let mut feed = feed(&[&deals(r#"where: "account.type == 'Customer'""#)]);
    feed.deal("D1", 1, "\"A1\"");
    assert_eq!(look(&feed, "rep:U1"), is("0", true)); // no change ever mentioned A1
    assert_eq!(look(&feed, "rep:U2"), is("0", false)); // the deal is Ana's, that is known
    feed.account("A1", "patch", 1, r#""set":{"Size":1}"#);
    assert_eq!(look(&feed, "rep:U1"), is("0", true)); // its type is unknown
    feed.account("A1", "patch", 2, r#""set":{"Type":"Customer"}"#);
    assert_eq!(look(&feed, "rep:U1"), is("1", false));
    feed.account("A1", "patch", 3, r#""unset":["Type"]"#);
    assert_eq!(look(&feed, "rep:U1"), is("0", false)); // null is no customer
    feed.account("A1", "patch", 4, r#""set":{"Type":"Customer"}"#);
    feed.account("A1", "delete", 5, "");
    assert_eq!(look(&feed, "rep:U1"), is("0", false)); // dead: null
    feed.account("A1", "undelete", 6, r#""set":{"Type":"Customer"}"#);
    assert_eq!(look(&feed, "rep:U1"), is("1", false));
    feed.deal("D1", 2, "null");
    assert_eq!(look(&feed, "rep:U1"), is("0", false)); // names no account
    feed.say("D2", "patch", 1, r#""set":{"OwnerId":"U2"}"#);
    assert_eq!(look(&feed, "rep:U2"), is("0", true)); // its account was never seen
}

#[test]
fn a_dead_record_has_null_in_every_field() {
    let mut feed = feed(&[&deals(r#"where: "account.type == null""#)]);
    feed.deal("D1", 1, "\"A1\"");
    feed.account("A1", "upsert", 1, r#""set":{"Type":"Customer"}"#);
    assert_eq!(look(&feed, "rep:U1"), is("0", false));
    feed.account("A1", "delete", 2, "");
    assert_eq!(look(&feed, "rep:U1"), is("1", false));
}

#[test]
fn values_dates_and_sets_of_states_across() {
    let size =
        deals("expr: account.size * 2 + amount, at: account.due").replace("agg: count", "agg: sum");
    let mut feed = feed(&[&size]);
    feed.deal("D1", 1, "\"A1\"");
    feed.account("A1", "upsert", 1, r#""set":{"Size":"1.5","Due":"2026-11-02"}"#);
    assert_eq!(look(&feed, "rep:U1"), is("11", false)); // 1.5 × 2 + 8
    feed.account("A1", "patch", 2, r#""set":{"Due":"2026-10-02"}"#);
    assert_eq!(look(&feed, "rep:U1"), is("0", false)); // in October

    let won = deals(r#"where: "account.type in account.states.won""#);
    let mut feed = self::feed(&[&won]);
    feed.deal("D1", 1, "\"A1\"");
    feed.account("A1", "upsert", 1, r#""set":{"Type":"Prospect"}"#);
    assert_eq!(look(&feed, "rep:U1"), is("0", false));
    feed.account("A1", "upsert", 2, r#""set":{"Type":"Customer"}"#);
    assert_eq!(look(&feed, "rep:U1"), is("1", false));
}

#[test]
fn credit_goes_to_the_owner_of_the_named_record() {
    let kpi = "{name: deals, type: simple, entity: task, agg: count, credit: deal.owner, periods: [month]}";
    let mut feed = feed(&[kpi]);
    feed.say_on("crm.task", "T1", "upsert", 1, r#""set":{"WhatId":"D1"}"#);
    let all = |feed: &Feed| ["rep:U1", "rep:U2", "unassigned", "org"].map(|s| look(feed, s));
    // Nobody knows yet whose it is: it may be anyone's.
    assert_eq!(all(&feed), [(); 4].map(|()| is("0", true)));
    feed.deal("D1", 1, "null");
    assert_eq!(all(&feed), [is("1", false), is("0", false), is("0", false), is("1", false)]);
    feed.say("D1", "patch", 2, r#""set":{"OwnerId":"U2"}"#);
    assert_eq!(all(&feed), [is("0", false), is("1", false), is("0", false), is("1", false)]);
    feed.say("D1", "delete", 3, "");
    assert_eq!(all(&feed), [is("0", false), is("0", false), is("1", false), is("1", false)]);
}

#[test]
fn doubt_about_the_named_record_is_doubt_about_all_that_name_it() {
    let across = deals(r#"where: "account.type == 'Customer'""#);
    let own = deals("").replace("name: deals", "name: own");
    let mut feed = feed(&[&across, &own]);
    feed.account("A1", "upsert", 1, r#""set":{"Type":"Customer"}"#);
    feed.account("A2", "upsert", 1, r#""set":{"Type":"Customer"}"#);
    feed.deal("D1", 1, "\"A1\"");
    feed.say("D2", "upsert", 1, r#""set":{"OwnerId":"U2","AccountId":"A2"}"#);
    feed.account("A1", "gap", 2, "");
    assert_eq!(look(&feed, "rep:U1"), is("1", true));
    assert_eq!(look(&feed, "rep:U2"), is("1", false)); // names another account
    let doubt = feed.row(NOW, "rep:U1", "deals").doubt;
    assert!(doubt.missed && !doubt.incomplete);
    assert!(!feed.row(NOW, "rep:U1", "own").in_doubt); // does not look across
    feed.account("A1", "upsert", 3, r#""set":{"Type":"Customer"}"#);
    assert_eq!(look(&feed, "rep:U1"), is("1", false));
}

#[test]
fn what_stands_for_a_moment_may_be_of_the_named_record() {
    let mut feed = feed(&[&deals(r#"at: "first(stage in states.won, else: account.due)""#)]);
    let won = |account: &str| {
        format!(r#""set":{{"OwnerId":"U1","StageName":"Closed Won","AccountId":{account}}}"#)
    };
    feed.account("A1", "upsert", 1, r#""set":{"Due":"2026-10-02"}"#);
    feed.say("D1", "upsert", 1, &won("\"A1\""));
    assert_eq!(look(&feed, "rep:U1"), is("0", false)); // in October
    feed.account("A1", "patch", 2, r#""set":{"Due":"2026-11-02"}"#);
    assert_eq!(look(&feed, "rep:U1"), is("1", false)); // in November
    feed.account("A1", "gap", 3, "");
    assert_eq!(look(&feed, "rep:U1"), is("1", true)); // A1 may say another day by now
    feed.account("A1", "delete", 4, "");
    assert_eq!(look(&feed, "rep:U1"), is("0", false)); // null: when D1 was first seen, in 1970
    feed.say("D1", "upsert", 2, &won("\"A2\""));
    assert_eq!(look(&feed, "rep:U1"), is("0", true)); // A2 was never heard of
}
