//! What holds for every message: no panic, the same reading whatever came before, and the reading of a plain
//! walk over a JSON tree.

use crate::common::{DEAL, Source, entity};
use paceline_core::day::Day;
use paceline_core::decimal::Decimal;
use paceline_core::entity::{EntityId, FieldType};
use paceline_crm::Format;
use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::Index;
use serde_json::{Map, Value, json};

const FORMATS: [Format; 3] = [Format::Paceline, Format::Salesforce, Format::Debezium];

/// The bound fields, by the letter they have in both entities.
const FIELDS: [(&str, FieldType); 6] = [
    ("text", FieldType::Text),
    ("flag", FieldType::Bool),
    ("count", FieldType::Int),
    ("amount", FieldType::Decimal),
    ("day", FieldType::Date),
    ("in.ner", FieldType::Text),
];

fn source(format: Format, fixed: Option<EntityId>) -> Source {
    let entities = vec![
        entity(EntityId(1), &["lead"], &FIELDS[..2]),
        entity(DEAL, &["deal", "opportunity"], &FIELDS),
    ];
    Source::new(format, fixed, entities)
}

/// A message of every format and shape, to damage.
fn messages() -> Vec<String> {
    let fixture = include_str!("fixtures/debezium-schema-precise.jsonl")
        .lines()
        .chain(include_str!("fixtures/debezium-string.jsonl").lines());
    let values = fixture.filter_map(|line| {
        serde_json::from_str::<Value>(line).expect("a record")["value"].as_str().map(str::to_owned)
    });
    let mut messages: Vec<String> = values.filter(|value| value.len() < 4000).collect();
    let header = r#""ChangeEventHeader":{"entityName":"Lead","recordIds":["a","b"],"changeType":"UPDATE","changedFields":["text"],"nulledFields":["0x1"],"diffFields":["flag"],"commitTimestamp":1}"#;
    messages.extend([
        r#"{"entity":"deal","id":"a","op":"upsert","version":17,"time":"2026-11-23T10:00:00Z","set":{"amount":"1.5","day":"2026-11-20","in":{"ner":"\u00e4"}},"unset":["text"]}"#.to_owned(),
        format!(r#"{{"payload":{{{header},"text":null,"flag":true}},"event":{{"replayId":8}}}}"#),
        format!(r#"{{"ReplayId":"7",{header},"text":null,"flag":null}}"#),
        r#"{"text":"a","flag":1,"__deleted":"false","__lsn":5,"__table":"lead"}"#.to_owned(),
    ]);
    messages
}

/// A JSON text of bound and other values of every type.
fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        (any::<i32>(), 0u32..9)
            .prop_map(|(digits, places)| Value::from(format!("{}e-{places}", digits))),
        (-800_000..800_000i32).prop_map(|days| Value::from(Day(days).to_string())),
        prop::sample::select(vec!["true", "false", "NaN", "2026-02-30", "12.0", ""])
            .prop_map(Value::from),
    ]
}

fn row() -> impl Strategy<Value = Map<String, Value>> {
    let inner =
        prop_oneof![scalar(), scalar().prop_map(|value| json!({ "ner": value })), Just(json!({}))];
    let names = prop::sample::select(vec![
        "text", "flag", "count", "amount", "day", "other", "Text", "op", "id",
    ]);
    let columns = prop::collection::vec((names.prop_map(str::to_owned), scalar()), 0..8);
    (columns, prop::option::of(inner)).prop_map(|(columns, inner)| {
        let inner = inner.map(|inner| ("in".to_owned(), inner));
        columns.into_iter().chain(inner).collect()
    })
}

/// What a plain walk says of a row: the shown fields, or nothing if one is malformed.
fn expected(row: &Map<String, Value>, debezium: bool) -> Option<String> {
    let mut shown = String::new();
    for (path, kind) in FIELDS {
        let value = match path.split_once('.') {
            None => row.get(path),
            Some((outer, inner)) => match row.get(outer) {
                Some(Value::Object(object)) => object.get(inner),
                Some(Value::Null) => Some(&Value::Null),
                Some(_) => return None,
                None => None,
            },
        };
        if let Some(value) = value {
            shown.push_str(&format!(" {path}={}", expected_value(value, kind, debezium)?));
        }
    }
    Some(shown)
}

fn expected_value(value: &Value, kind: FieldType, debezium: bool) -> Option<String> {
    let text = match value {
        Value::Null => return Some("null".to_owned()),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => return None,
    };
    match kind {
        FieldType::Text => Some(format!("{text:?}")),
        FieldType::Bool if debezium && value.is_number() => {
            (text == "0" || text == "1").then(|| (text == "1").to_string())
        }
        FieldType::Bool => (text == "true" || text == "false").then_some(text),
        FieldType::Int if value.is_boolean() => None,
        FieldType::Int => text
            .strip_suffix(".0")
            .unwrap_or(&text)
            .parse::<i64>()
            .ok()
            .map(|number| number.to_string()),
        FieldType::Decimal if value.is_boolean() => None,
        FieldType::Decimal if text == "NaN" => Some("null".to_owned()),
        FieldType::Decimal => Decimal::parse(&text).ok().map(|number| number.to_string()),
        FieldType::Date if value.is_number() => {
            let days = value
                .as_i64()
                .filter(|days| debezium && (-4_371_587..=2_932_896).contains(days))?;
            Some(Day(days as i32).to_string())
        }
        FieldType::Date => Day::parse(&text).map(|day| day.to_string()),
        FieldType::Timestamp => None,
    }
}

/// Members in another order, as text.
fn shuffled(members: Vec<(&str, Value)>, by: &[Index]) -> String {
    let mut members = members;
    for (at, with) in by.iter().enumerate() {
        let at = at % members.len();
        let with = with.index(members.len());
        members.swap(at, with);
    }
    let members = members.iter().map(|(name, value)| format!("{}:{value}", Value::from(*name)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(key in any::<Option<Vec<u8>>>(), value in any::<Vec<u8>>(), offset in any::<i64>()) {
        for format in FORMATS {
            for fixed in [None, Some(DEAL)] {
                let mut decoder = paceline_crm::Decoder::new(format, fixed, vec![entity(DEAL, &["deal"], &FIELDS)]);
                let time = jiff::Timestamp::UNIX_EPOCH;
                drop(decoder.decode(&paceline_crm::Message { key: key.as_deref(), value: Some(&value), time, offset }));
                drop(decoder.decode(&paceline_crm::Message { key: Some(&value), value: None, time, offset }));
            }
        }
    }

    #[test]
    fn damaged_messages_never_panic_and_read_the_same_after_others(
        damages in prop::collection::vec((any::<Index>(), any::<Index>(), any::<Index>(), "[\\PC\"{}:,0-9\\\\]{0,3}"), 1..12),
        fixed in any::<bool>(),
    ) {
        let messages = messages();
        let fixed = fixed.then_some(DEAL);
        for format in FORMATS {
            let mut seasoned = source(format, fixed);
            for (which, from, to, with) in &damages {
                let message = which.get(&messages);
                let chars: Vec<char> = message.chars().collect();
                let (from, to) = (from.index(chars.len()), to.index(chars.len()));
                // Most damage is small, some of it large.
                let to = if to % 4 == 0 { from.max(to) } else { (from + to % 4).min(chars.len()) };
                let damaged: String = chars[..from].iter().chain(with.chars().collect::<Vec<_>>().iter()).chain(&chars[to..]).collect();
                for value in [message, &damaged] {
                    let fresh = source(format, fixed).show(Some("{\"id\":1}"), Some(value));
                    prop_assert_eq!(seasoned.show(Some("{\"id\":1}"), Some(value)), fresh, "{}", value);
                    prop_assert_eq!(seasoned.show(Some(value), None), source(format, fixed).show(Some(value), None));
                }
            }
        }
    }

    #[test]
    fn native_patches_read_as_a_tree_does(row in row(), id in "[a-z]{1,9}", version in any::<i64>(), order in prop::collection::vec(any::<Index>(), 6)) {
        let members = vec![("entity", json!("Deal")), ("id", json!(id)), ("op", json!("patch")), ("version", json!(version)), ("set", Value::Object(row.clone())), ("x", json!([row]))];
        let line = source(Format::Paceline, None).show(None, Some(&shuffled(members, &order)));
        match expected(&row, false) {
            Some(fields) => prop_assert_eq!(line, format!("deal Patch [{id}] v={version} t=2026-01-01T00:00:00Z{fields}")),
            None => prop_assert_eq!(line.split(':').next(), Some("field")),
        }
    }

    #[test]
    fn debezium_rows_read_as_a_tree_does(row in row(), before in row(), lsn in any::<i64>(), order in prop::collection::vec(any::<Index>(), 6), wrap in any::<bool>()) {
        let block = json!({"ts_ms": 1_767_225_600_000i64, "table": "OPPORTUNITY", "lsn": lsn, "sequence": "[null,\"5\"]"});
        let members = vec![("before", Value::Object(before)), ("after", Value::Object(row.clone())), ("source", block), ("op", json!("u")), ("transaction", Value::Null)];
        let mut value = shuffled(members, &order);
        if wrap {
            value = format!(r#"{{"schema":{{"type":"struct","fields":[]}},"payload":{value}}}"#);
        }
        let line = source(Format::Debezium, None).show(Some("{\"id\":\"k\"}"), Some(&value));
        match expected(&row, true) {
            Some(fields) => prop_assert_eq!(line, format!("deal Full [k] v={lsn} t=2026-01-01T00:00:00Z{fields}")),
            None => prop_assert_eq!(line.split(':').next(), Some("field")),
        }
    }

    #[test]
    fn salesforce_creates_read_as_a_tree_does(row in row(), replay_id in any::<i64>(), order in prop::collection::vec(any::<Index>(), 8)) {
        // Dates in Salesforce may be numbers and empty texts are null, which the walk does not know.
        let row: Map<String, Value> = row.into_iter().filter(|(name, value)| name == "text" || !(value == "" || value.is_number() && name == "day")).collect();
        let header = json!({"entityName": "Opportunity", "recordIds": ["k"], "changeType": "CREATE", "commitTimestamp": 1_767_225_600_000i64});
        let mut members: Vec<(&str, Value)> = row.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        members.push(("ChangeEventHeader", header));
        let payload = shuffled(members, &order);
        let value = format!(r#"{{"event":{{"replayId":{replay_id}}},"payload":{payload}}}"#);
        let line = source(Format::Salesforce, None).show(None, Some(&value));
        match expected(&row, false) {
            Some(fields) => prop_assert_eq!(line, format!("deal Full [k] v={replay_id} t=2026-01-01T00:00:00Z{fields}")),
            None => prop_assert_eq!(line.split(':').next(), Some("field")),
        }
    }
}
