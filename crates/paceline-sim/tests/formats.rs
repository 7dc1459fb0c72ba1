//! Three formats tell one story: read back by independent, simple readers they end in the same rows.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, also in its helpers")]

use std::collections::BTreeMap;

use jiff::civil::date;
use paceline_sim::{
    Change, Entity, Field, Id, Op, Options, Organisation, Row, Simulation, Value,
    config::{ConfigOptions, yaml},
    format::{Format, Messages, debezium, native, salesforce},
    garbage::garbage,
};
use serde_json::Value as Json;

/// Rows by id, fields by CRM name; every value as one text, whatever its format made of it.
type Rows = BTreeMap<String, BTreeMap<&'static str, String>>;

fn changes(seed: u64, count: usize) -> Vec<Change> {
    Simulation::new(Organisation::new(Options::new(seed, 40, 5, date(2026, 10, 1))))
        .take(count)
        .collect()
}

fn truth(changes: &[Change]) -> Rows {
    let mut rows = Rows::new();
    for change in changes {
        for (_, row) in change.records() {
            let id = row.id().to_string();
            if change.op == Op::Delete {
                rows.remove(&id);
            } else {
                rows.insert(id, image(row));
            }
        }
    }
    rows
}

fn image(row: &Row) -> BTreeMap<&'static str, String> {
    let known = Field::of(row.entity()).iter().filter(|field| row.value(**field) != Value::Null);
    known.map(|field| (field.name(), text(row.value(*field)))).collect()
}

fn text(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) => text.to_owned(),
        Value::Phrase(words) => words.join(" "),
        Value::Id(id) => id.to_string(),
        Value::Cents(cents) => cents.to_string(),
        Value::Percent(percent) => percent.to_string(),
        Value::Day(day) => day.to_string(),
        Value::Time(ms) => ms.to_string(),
    }
}

/// A JSON value of this field in the spelling of [`text`].
fn read(field: Field, json: &Json) -> String {
    let plain = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    match field {
        Field::Amount => {
            let (whole, part) = plain.split_once('.').unwrap_or((&plain, "0"));
            (whole.parse::<i64>().unwrap() * 100 + format!("{part:0<2}").parse::<i64>().unwrap())
                .to_string()
        }
        Field::CloseDate if plain.contains('-') => epoch_day(&plain).to_string(),
        Field::CloseDate => (plain.parse::<i64>().unwrap()
            / if plain.len() > 8 { 86_400_000 } else { 1 })
        .to_string(),
        Field::CreatedDate
        | Field::LastModifiedDate
        | Field::StartDateTime
        | Field::EndDateTime
        | Field::CompletedDateTime
            if plain.contains('T') =>
        {
            plain.parse::<jiff::Timestamp>().unwrap().as_millisecond().to_string()
        }
        _ => plain,
    }
}

fn epoch_day(text: &str) -> i64 {
    let midnight =
        text.parse::<jiff::civil::Date>().unwrap().to_zoned(jiff::tz::TimeZone::UTC).unwrap();
    midnight.timestamp().as_second() / 86_400
}

/// Writes the changes and reads them back with `apply`, which gets the entity, key and value of every message.
fn told(
    format: Format,
    changes: &[Change],
    apply: impl Fn(&mut Rows, Entity, &str, Option<Json>),
) -> Rows {
    let (mut rows, mut messages) = (Rows::new(), Messages::default());
    for change in changes {
        messages.clear();
        format.write(change, &mut messages);
        for message in messages.iter() {
            assert_eq!(message.entity, change.entity());
            let key = std::str::from_utf8(message.key.unwrap()).unwrap();
            let value = message.value.map(|value| serde_json::from_slice(value).unwrap());
            apply(&mut rows, message.entity, key, value);
        }
    }
    rows
}

fn set(row: &mut BTreeMap<&'static str, String>, field: Field, json: &Json) {
    if json.is_null() {
        row.remove(field.name());
    } else {
        row.insert(field.name(), read(field, json));
    }
}

fn apply_native(rows: &mut Rows, entity: Entity, key: &str, value: Option<Json>) {
    let value = value.unwrap();
    assert_eq!(value["id"], key);
    assert_eq!(value["entity"], entity.name());
    let op = value["op"].as_str().unwrap();
    if op == "delete" {
        rows.remove(key);
        return;
    }
    let row = rows.entry(key.to_owned()).or_default();
    if op != "patch" {
        row.clear();
    }
    for field in Field::of(entity) {
        if let Some(json) = value["set"].get(field.name()) {
            set(row, *field, json);
        }
        if value["unset"]
            .as_array()
            .is_some_and(|unset| unset.iter().any(|name| name == field.name()))
        {
            row.remove(field.name());
        }
    }
}

fn apply_cometd(rows: &mut Rows, entity: Entity, _key: &str, value: Option<Json>) {
    let payload = &value.unwrap()["payload"];
    let header = &payload["ChangeEventHeader"];
    assert_eq!(header["entityName"], entity.object());
    for id in header["recordIds"].as_array().unwrap() {
        let id = id.as_str().unwrap().to_owned();
        if header["changeType"] == "DELETE" {
            rows.remove(&id);
            continue;
        }
        let row = rows.entry(id).or_default();
        for field in Field::of(entity) {
            if let Some(json) = payload.get(field.name()) {
                set(row, *field, json);
            }
        }
    }
}

fn apply_confluent(rows: &mut Rows, entity: Entity, _key: &str, value: Option<Json>) {
    let value = value.unwrap();
    let header = &value["ChangeEventHeader"];
    for id in header["recordIds"].as_array().unwrap() {
        let id = id.as_str().unwrap().to_owned();
        if header["changeType"] == "DELETE" {
            rows.remove(&id);
            continue;
        }
        let row = rows.entry(id).or_default();
        for field in Field::of(entity) {
            let json = &value[field.name()];
            let listed =
                header["changedFields"].as_array().unwrap().iter().any(|name| name == field.name());
            if listed || header["changeType"] != "UPDATE" {
                set(row, *field, json);
            } else {
                assert!(json.is_null());
            }
        }
    }
}

fn apply_debezium(rows: &mut Rows, entity: Entity, key: &str, value: Option<Json>) {
    let key: Json = serde_json::from_str(key).unwrap();
    let id = key["id"].as_str().unwrap();
    let Some(value) = value else {
        assert!(!rows.contains_key(id), "a tombstone comes after its delete");
        return;
    };
    assert_eq!(value["source"]["table"], entity.name());
    if value["op"] == "d" {
        assert_eq!(value["before"]["id"], id);
        rows.remove(id);
        return;
    }
    let row = rows.entry(id.to_owned()).or_default();
    for field in Field::of(entity) {
        set(row, *field, value["after"].get(field.column()).unwrap());
    }
}

#[test]
fn all_formats_end_in_the_same_rows() {
    let changes = changes(11, 9000);
    assert!(changes.iter().any(|change| !change.rest.is_empty()));
    let truth = truth(&changes);
    let merged = salesforce::Options::default();
    let confluent = salesforce::Options { shape: salesforce::Shape::Confluent, ..merged };
    assert_eq!(told(Format::native(), &changes, apply_native), truth);
    assert_eq!(told(Format::Native(native::Options { full: true }), &changes, apply_native), truth);
    assert_eq!(told(Format::Salesforce(merged), &changes, apply_cometd), truth);
    assert_eq!(
        told(
            Format::Salesforce(salesforce::Options { merge: false, ..merged }),
            &changes,
            apply_cometd
        ),
        truth
    );
    assert_eq!(told(Format::Salesforce(confluent), &changes, apply_confluent), truth);
    assert_eq!(told(Format::debezium(), &changes, apply_debezium), truth);
}

#[test]
fn schemas_describe_every_column() {
    let format = Format::Debezium(debezium::Options { with_schema: true, snapshot: true });
    let mut messages = Messages::default();
    changes(12, 2500).iter().for_each(|change| format.write(change, &mut messages));
    for message in messages.iter() {
        let key: Json = serde_json::from_slice(message.key.unwrap()).unwrap();
        assert!(key["schema"]["name"].as_str().unwrap().ends_with(".Key"));
        let Some(value) = message.value else { continue };
        let value: Json = serde_json::from_slice(value).unwrap();
        let columns = value["schema"]["fields"][1]["fields"].as_array().unwrap();
        let row = [&value["payload"]["after"], &value["payload"]["before"]]
            .into_iter()
            .find_map(Json::as_object)
            .unwrap();
        assert_eq!(columns.len(), row.len());
        assert!(columns.iter().all(|column| row.contains_key(column["field"].as_str().unwrap())));
        assert!(
            value["payload"]["op"] != "c"
                || key["payload"]["id"] == value["payload"]["after"]["id"]
        );
    }
}

#[test]
fn log_positions_and_replay_ids_strictly_increase() {
    let changes = changes(13, 6000);
    let growing = |format: Format, position: fn(&Json) -> Option<u64>| {
        let mut messages = Messages::default();
        changes.iter().for_each(|change| format.write(change, &mut messages));
        let values = messages.iter().filter_map(|message| {
            message.value.map(|value| serde_json::from_slice(value).unwrap())
        });
        let positions: Vec<u64> = values.map(|value: Json| position(&value).unwrap()).collect();
        assert!(positions.is_sorted_by(|a, b| a < b));
    };
    growing(Format::debezium(), |value| value["source"]["lsn"].as_u64());
    growing(Format::salesforce(), |value| value["event"]["replayId"].as_u64());
    growing(Format::native(), |value| value["version"].as_u64());
}

#[test]
fn a_debezium_opportunity_is_about_830_bytes() {
    let mut messages = Messages::default();
    changes(14, 5000).iter().for_each(|change| Format::debezium().write(change, &mut messages));
    let sizes: Vec<usize> = messages
        .iter()
        .filter(|m| m.entity == Entity::Opportunity)
        .filter_map(|m| m.value.map(<[u8]>::len))
        .collect();
    let mean = sizes.iter().sum::<usize>() / sizes.len();
    assert!((780..=880).contains(&mean), "{mean}");
}

#[test]
fn the_config_is_yaml_and_names_everybody() {
    for format in [Format::native(), Format::salesforce(), Format::debezium()] {
        let organisation = Organisation::new(Options::new(9, 60, 15, date(2026, 10, 1)));
        let text = yaml(&organisation, &ConfigOptions::new(format, "localhost:9092"));
        let config: Json =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(config["reps"]["list"].as_array().unwrap().len(), 60);
        assert_eq!(config["sources"][0]["format"], format.name());
        assert_eq!(config["kpis"].as_array().unwrap().len(), 9);
        assert!(
            config["goals"]
                .as_array()
                .unwrap()
                .iter()
                .all(|goal| goal["target"].as_f64().unwrap() > 0.0)
        );
    }
}

#[test]
fn no_opportunities_only_config_mentions_meetings() {
    let mut options = Options::new(9, 10, 2, date(2026, 10, 1));
    options.activities = false;
    let text =
        yaml(&Organisation::new(options), &ConfigOptions::new(Format::native(), "localhost:9092"));
    assert!(!text.contains("meeting") && !text.contains("task"), "{text}");
}

#[test]
fn garbage_is_reproducible_and_varied() {
    let ids: Vec<Id> = changes(1, 50).iter().map(Change::id).collect();
    for format in [Format::native(), Format::salesforce(), Format::debezium()] {
        let bad = garbage(format, 3, 42, &ids);
        assert_eq!(bad, garbage(format, 3, 42, &ids));
        let kinds: std::collections::BTreeSet<_> = bad.iter().map(|bad| bad.fault).collect();
        assert_eq!(kinds.len(), 14);
        for bad in &bad {
            let whole = serde_json::from_slice::<Json>(&bad.value).is_ok();
            let broken =
                ["truncated", "not UTF-8", "empty value", "not JSON", "number is out of range"];
            assert_eq!(whole, !broken.contains(&bad.fault), "{}", bad.fault);
        }
    }
}
