//! Rates that one lane reads and others fold by.

use jiff::Timestamp;
use paceline_core::decimal::Decimal;
use paceline_engine::Cause;

use crate::engine::Engine;

const CONFIG: &str = "
kafka: {brokers: localhost:9092}
sources:
  - {topic: crm.opportunity, format: paceline, entity: opportunity}
  - {topic: crm.rate, format: paceline, entity: exchange_rate}
currency: {org: EUR, rates: {entity: exchange_rate, from: code, to: org_code, date: start, rate: rate}}
entities:
  opportunity:
    fields:
      owner: {path: OwnerId, type: text}
      amount: {path: Amount, type: money, currency: CurrencyIsoCode}
  exchange_rate:
    fields:
      code: {path: IsoCode, type: text}
      org_code: {path: OrgCode, type: text}
      start: {path: StartDate, type: date}
      rate: {path: Rate, type: decimal}
reps: {list: [{id: U1}]}
kpis:
  - {name: pipeline, type: simple, entity: opportunity, agg: sum, expr: amount, credit: owner, periods: [month]}
";
const DEALS: usize = 0;
const RATES: usize = 1;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// An engine of two lanes, of which the first reads deals and the second rates.
fn engine() -> Engine {
    let mut engine = Engine::new(CONFIG, &[1, 1], 2);
    let lanes = [DEALS, RATES].map(|source| engine.lane_of(source, 0));
    assert_eq!(lanes, [0, 1]);
    send(&mut engine, DEALS, "D1", r#""OwnerId":"U1","Amount":1000,"CurrencyIsoCode":"USD""#, 1);
    send_rate(&mut engine, "0.8", 1);
    engine
}

fn send(engine: &mut Engine, source: usize, id: &str, set: &str, version: i64) {
    let message = format!(r#"{{"id":"{id}","op":"upsert","version":{version},"set":{{{set}}}}}"#);
    let time = at("2026-11-20T10:00:00Z");
    let (lane, _) = engine.send((source, 0), Some(id.as_bytes()), Some(message.as_bytes()), time);
    assert_eq!(engine.take(lane), [true]);
}

fn send_rate(engine: &mut Engine, rate: &str, version: i64) {
    let set = format!(r#""IsoCode":"USD","OrgCode":"EUR","StartDate":"2026-11-01","Rate":{rate}"#);
    send(engine, RATES, "R1", &set, version);
}

/// The pipeline of the rep, and for how many records it is not known.
fn pipeline(engine: &Engine, now: &str) -> (Option<Decimal>, i64) {
    let standings = engine.standings(None, at(now));
    let is_reps = |standing: &&_| engine.names(standing).0 == "rep:U1";
    let standing = standings.iter().find(is_reps).expect("a standing of the rep");
    (standing.numbers.actual, standing.doubt.incomplete)
}

#[test]
fn the_board_opens_when_all_lanes_fold_by_the_rates_of_then() {
    let mut engine = engine();
    let now = at("2026-11-20T10:00:00Z");
    engine.catch_up(now);
    assert!(!engine.live.is_open(), "the lane of the deals knows no rate yet");
    engine.commit(1, now);
    assert!(!engine.live.is_open());
    engine.commit(0, now);
    assert!(engine.live.is_open());
    assert_eq!(pipeline(&engine, "2026-11-20T10:00:00Z"), (Some(Decimal::from_int(800)), 0));
}

#[test]
fn numbers_are_not_complete_until_other_lanes_have_followed() {
    let mut engine = engine();
    engine.open(at("2026-11-20T10:00:00Z"));
    let is_revaluing =
        |engine: &Engine| engine.live.freshness().causes().contains(&Cause::Revaluing);
    assert!(!is_revaluing(&engine));
    send_rate(&mut engine, "0.9", 2);
    engine.commit(1, at("2026-11-20T11:00:00Z"));
    assert!(is_revaluing(&engine));
    let before = engine.live.revision();
    assert_eq!(pipeline(&engine, "2026-11-20T11:00:00Z"), (Some(Decimal::from_int(800)), 0));
    engine.commit(0, at("2026-11-20T12:00:00Z"));
    assert!(!is_revaluing(&engine));
    assert_eq!(engine.live.revision().0, before.0 + 1, "all is revalued in one revision");
    assert_eq!(pipeline(&engine, "2026-11-20T12:00:00Z"), (Some(Decimal::from_int(900)), 0));
}

#[test]
fn a_rate_that_says_the_same_again_or_of_no_money_revalues_nothing() {
    let mut engine = engine();
    engine.open(at("2026-11-20T10:00:00Z"));
    let before = engine.live.revision();
    send_rate(&mut engine, "0.80", 2);
    let other = r#""IsoCode":"GBP","OrgCode":"EUR","StartDate":"2026-11-01","Rate":1.15"#;
    send(&mut engine, RATES, "R2", other, 1);
    for lane in [1, 0] {
        engine.commit(lane, at("2026-11-20T11:00:00Z"));
    }
    assert_eq!(engine.live.revision(), before);
    assert_eq!(pipeline(&engine, "2026-11-20T11:00:00Z"), (Some(Decimal::from_int(800)), 0));
}
