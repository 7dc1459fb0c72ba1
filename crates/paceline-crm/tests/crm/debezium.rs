//! Debezium's envelopes: captured messages end to end, and case by case what they do not show.

use crate::common::{DEAL, Source, check, entity};
use paceline_core::entity::{EntityId, FieldType};
use paceline_crm::{EntityBinding, Format};

fn deal() -> EntityBinding {
    entity(
        DEAL,
        &["opportunity"],
        &[
            ("owner_id", FieldType::Text),
            ("name", FieldType::Text),
            ("stage", FieldType::Text),
            ("amount", FieldType::Decimal),
            ("close_date", FieldType::Date),
            ("created_at", FieldType::Timestamp),
            ("is_deleted", FieldType::Bool),
            ("probability", FieldType::Int),
        ],
    )
}

fn open() -> Source {
    let other = entity(
        EntityId(9),
        &["account"],
        &[("name", FieldType::Text), ("source", FieldType::Text)],
    );
    Source::new(Format::Debezium, None, vec![other, deal()])
}

fn fixed() -> Source {
    Source::new(Format::Debezium, Some(DEAL), vec![deal()])
}

/// The offset of each captured record, what it says without its version, and how its version moved.
fn captured(file: &str) -> Vec<(i64, String)> {
    let mut source = fixed();
    let records = file.lines().map(|line| {
        let record: serde_json::Value = serde_json::from_str(line).expect("a record");
        let offset = record["offset"].as_i64().expect("an offset");
        let time = jiff::Timestamp::from_millisecond(record["timestamp"].as_i64().expect("a time"))
            .expect("in range");
        (offset, source.show_at(record["key"].as_str(), record["value"].as_str(), time, offset))
    });
    records.collect()
}

#[test]
fn captured_messages() {
    for file in [
        include_str!("fixtures/debezium-string.jsonl"),
        include_str!("fixtures/debezium-schema-precise.jsonl"),
    ] {
        let read = captured(file);
        assert_eq!(read.len(), 27);
        for (offset, expected) in [
            (
                0,
                r#"Full [006-snap-1] T owner_id="005-a" name="Snapshot deal" stage="Prospecting" amount=1500 close_date=2026-03-31 created_at=2026-01-15T09:30:00.123456Z is_deleted=false"#,
            ),
            (
                1,
                r#"Full [006-1] T owner_id="005-a" name="Acme renewal" stage="Prospecting" amount=12345.67 close_date=2026-06-30 created_at=2026-02-01T08:00:00.123456Z is_deleted=false"#,
            ),
            (
                3,
                r#"Full [006-1] T owner_id="005-a" name="Acme renewal" stage="Negotiation" amount=20000 close_date=2026-06-30 created_at=2026-02-01T08:00:00.123456Z is_deleted=true"#,
            ),
            (4, "Delete [006-1] T"),
            (5, "Tombstone [006-1] T"),
            (
                6,
                "Full [006-nulls] T owner_id=null name=null stage=null amount=null close_date=null created_at=null is_deleted=null",
            ),
            (
                7,
                r#"Full [006-edge] T owner_id="005-b" name="Größe \"q\" \\ 日本 🚀" stage="Closed Won" amount=-0.01 close_date=1969-12-31 created_at=1969-12-31T23:59:59.999999Z is_deleted=false"#,
            ),
            (
                8,
                r#"Full [006-max] T owner_id="005-b" name="max" stage=null amount=9999999999999999.99 close_date=9999-12-31 created_at=9999-12-30T22:00:00.999999999Z is_deleted=false"#,
            ),
            (
                12,
                r#"Full [006-tx-1] T owner_id="005-d" name="tx 1" stage="Prospecting" amount=1.1 close_date=2026-07-02 created_at=2026-02-02T00:00:00Z is_deleted=false"#,
            ),
            (13, "Delete [006-tx-2] T"),
            (14, "Tombstone [006-tx-2] T"),
            (
                15,
                r#"Full [006-renamed] T owner_id="005-c" name="tx 2" stage="Prospecting" amount=2.1 close_date=2026-07-03 created_at=2026-02-02T00:00:00Z is_deleted=false"#,
            ),
            (
                17,
                r#"Full [006-toast] T owner_id="005-a" name=kept stage="Proposal" amount=1 close_date=2026-08-01 created_at=2026-02-03T00:00:00Z is_deleted=false"#,
            ),
            (
                18,
                r#"Full [006-tx-1] T owner_id="005-d" name="tx 1" stage="Prospecting" amount=2.5 close_date=2026-07-02 created_at=2026-02-02T00:00:00Z is_deleted=false"#,
            ),
            (19, "Delete [006-tx-1] T"),
            (
                21,
                r#"Full [006-newcol] T owner_id="005-a" name="new column" stage="Prospecting" amount=5 close_date=2026-09-01 created_at=2026-02-04T00:00:00Z is_deleted=false probability=40"#,
            ),
            (
                23,
                "Full [006-nan] T owner_id=null name=null stage=null amount=null close_date=null created_at=null is_deleted=null probability=null",
            ),
            (
                24,
                "Full [006-inf] T owner_id=null name=null stage=null amount=null close_date=null created_at=null is_deleted=null probability=null",
            ),
        ] {
            let line = read.iter().find(|(at, line)| *at == offset && !line.starts_with("ignored"));
            assert_eq!(
                line.map(|(_, line)| without_position(line)),
                Some(expected.to_owned()),
                "offset {offset}"
            );
        }
        assert!(read.iter().any(|(_, line)| line == "ignored logical_message"));
        let versions: Vec<u64> = read
            .iter()
            .filter_map(|(_, line)| version(line))
            .filter(|version| *version > 0)
            .collect();
        assert!(versions.is_sorted(), "log positions rise: {versions:?}");
    }
}

#[test]
fn a_captured_message_has_position_and_commit_time() {
    let read = captured(include_str!("fixtures/debezium-string.jsonl"));
    assert!(
        read[1].1.starts_with("opportunity Full [006-1] v=26741440 t=2026-11-23T07:03:18.417574Z "),
        "{}",
        read[1].1
    );
}

fn without_position(line: &str) -> String {
    let words = line
        .strip_prefix("opportunity ")
        .expect("a change")
        .split(' ')
        .filter(|word| !word.starts_with("v="));
    words.map(|word| if word.starts_with("t=") { "T" } else { word }).collect::<Vec<_>>().join(" ")
}

fn version(line: &str) -> Option<u64> {
    line.split(' ').find_map(|word| word.strip_prefix("v="))?.parse().ok()
}

const SOURCE: &str = r#""source":{"ts_ms":1764000000000,"table":"Opportunity","lsn":24023128}"#;
const AT: &str = "v=24023128 t=2025-11-24T16:00:00Z";

#[test]
fn operations_in_any_order_of_keys() {
    let row = r#""after":{"owner_id":4,"amount":"12500.00"}"#;
    let full = format!(r#"opportunity Full [17] {AT} owner_id="4" amount=12500"#);
    let key = Some(r#"{"id":17}"#);
    for op in ["c", "u", "r"] {
        let parts = [row, SOURCE, &format!(r#""op":"{op}""#), r#""before":null"#];
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
            let value = format!("{{{}}}", order.map(|part| parts[part]).join(","));
            check(open, &[(key, Some(&value), &full)]);
            let wrapped = [
                format!(r#"{{"schema":{{"type":"struct"}},"payload":{value}}}"#),
                format!(r#"{{"payload":{value},"schema":null}}"#),
            ];
            check(open, &[(key, Some(&wrapped[0]), &full), (key, Some(&wrapped[1]), &full)]);
        }
    }
    check(
        open,
        &[
            (
                key,
                Some(&format!(r#"{{"op":"d","after":null,{SOURCE}}}"#)),
                &format!("opportunity Delete [17] {AT}"),
            ),
            (
                None,
                Some(&format!(r#"{{"op":"t","after":null,"before":null,{SOURCE}}}"#)),
                &format!("opportunity Overflow [] {AT}"),
            ),
            (
                None,
                Some(r#"{"op":"m","message":{"prefix":"crm"},"source":{"table":""}}"#),
                "ignored logical_message",
            ),
            (None, Some(r#"{"ts_ms":1764000000000}"#), "ignored heartbeat"),
            (
                None,
                Some(r#"{"status":"BEGIN","id":"771:2","event_count":null,"ts_ms":5}"#),
                "ignored transaction",
            ),
            (
                None,
                Some(r#"{"schema":{},"payload":{"status":"END","id":"771:2"}}"#),
                "ignored transaction",
            ),
            (
                key,
                Some(&format!(
                    r#"{{"op":"c","after":{{}},{}}}"#,
                    SOURCE.replace("Opportunity", "task")
                )),
                "ignored entity",
            ),
            (key, None, "ignored tombstone"),
        ],
    );
    check(
        fixed,
        &[
            (key, None, "opportunity Tombstone [17] v=min t=2026-01-01T00:00:00Z"),
            (
                Some(r#"{"schema":{},"payload":{"id":17}}"#),
                None,
                "opportunity Tombstone [17] v=min t=2026-01-01T00:00:00Z",
            ),
        ],
    );
}

#[test]
fn an_entity_changes_between_messages() {
    let deal = format!(r#"{{"op":"c","after":{{"name":5,"source":"web"}},{SOURCE}}}"#);
    let account = deal.replace("Opportunity", "account");
    check(
        open,
        &[
            (Some("1"), Some(&deal), &format!(r#"opportunity Full [1] {AT} name="5""#)),
            (Some("1"), Some(&account), &format!(r#"account Full [1] {AT} name="5" source="web""#)),
        ],
    );
}

#[test]
fn rejects_what_is_malformed() {
    let key = Some(r#"{"id":17}"#);
    let with = |op: &str, after: &str| format!(r#"{{"op":"{op}","after":{after},{SOURCE}}}"#);
    for (value, expected) in [
        (with("x", "{}"), r#"op: unknown operation "x""#),
        (with("c", "null"), "missing: message without after"),
        (with("c", "[1]"), "missing: message without after"),
        (with("c", r#"{"amount":true}"#), "field: field amount: expected a value of type decimal"),
        (with("c", r#"{"amount":"EtaH"}"#), "field: field amount: not a decimal number"),
        (with("c", r#"{"close_date":9999999}"#), "field: field close_date: number out of range"),
        (
            with("c", r#"{"is_deleted":2}"#),
            "field: field is_deleted: expected a value of type bool",
        ),
        (
            r#"{"op":"c","after":{}}"#.to_owned(),
            "missing: message without a log position or time in source",
        ),
        (r#"{"id":1,"name":"a"}"#.to_owned(), "missing: message without op"),
        (
            "5".to_owned(),
            "shape: malformed json in the message value: the message is not an object at line 1 column 1",
        ),
        (
            with("c", "{},"),
            "json: malformed json in the message value: key must be a string at line 1 column 22",
        ),
    ] {
        check(fixed, &[(key, Some(&value), expected)]);
    }
    let value = with("c", "{}");
    check(
        fixed,
        &[
            (None, Some(&value), "missing_id: message without a record id"),
            (Some(r#"{"id":null}"#), Some(&value), "missing_id: message without a record id"),
            (
                Some("{"),
                Some(&value),
                "json: malformed json in the message key: EOF while parsing an object at line 1 column 1",
            ),
        ],
    );
}

#[test]
fn units_and_scales_of_a_schema() {
    let column = |name: &str, field: &str, more: &str| {
        format!(r#"{{"name":"{name}","field":"{field}"{more}}}"#)
    };
    let message = |columns: &[String], row: &str| {
        let schema =
            format!(r#"{{"fields":[{{"field":"after","fields":[{}]}}]}}"#, columns.join(","));
        format!(r#"{{"schema":{schema},"payload":{{"op":"c","after":{row},{SOURCE}}}}}"#)
    };
    let micros = message(
        &[
            column("io.debezium.time.MicroTimestamp", "created_at", ""),
            column(
                "org.apache.kafka.connect.data.Decimal",
                "amount",
                r#","parameters":{"scale":"3"}"#,
            ),
            column("io.debezium.time.Timestamp", "close_date", ""),
        ],
        r#"{"created_at":5,"amount":"/w==","close_date":86400000}"#,
    );
    let millis = message(
        &[
            column("io.debezium.time.Timestamp", "created_at", ""),
            column("io.debezium.data.VariableScaleDecimal", "amount", ""),
            column("io.debezium.time.Date", "close_date", ""),
        ],
        r#"{"created_at":5,"amount":{"scale":1,"value":"/w=="},"close_date":1}"#,
    );
    check(
        open,
        &[
            (
                Some("1"),
                Some(&micros),
                &format!(
                    "opportunity Full [1] {AT} amount=-0.001 close_date=1970-01-02 created_at=1970-01-01T00:00:00.000005Z"
                ),
            ),
            (
                Some("1"),
                Some(&millis),
                &format!(
                    "opportunity Full [1] {AT} amount=-0.1 close_date=1970-01-02 created_at=1970-01-01T00:00:00.005Z"
                ),
            ),
            (
                Some("1"),
                Some(
                    r#"{"schema":{"fields":5},"payload":{"op":"c","after":{},"source":{"lsn":1,"table":"opportunity"}}}"#,
                ),
                "missing: message without a readable schema",
            ),
        ],
    );
}

#[test]
fn a_scale_of_the_config() {
    let mut binding = deal();
    binding.fields[3].scale = Some(2);
    let mut source = Source::new(Format::Debezium, Some(DEAL), vec![binding]);
    let value = format!(r#"{{"op":"c","after":{{"amount":"EtaH"}},{SOURCE}}}"#);
    assert_eq!(
        source.show(Some("1"), Some(&value)),
        format!("opportunity Full [1] {AT} amount=12345.67")
    );
}

#[test]
fn flat_rows() {
    let added = r#""__source_ts_ms":1764000000000,"__source_lsn":24023128"#;
    check(
        fixed,
        &[
            (
                Some("1"),
                Some(&format!(
                    r#"{{"id":1,"name":"a","op":"x","source":"web","after":"noon","status":"open","amount":null,"__deleted":"false","__op":"u",{added}}}"#
                )),
                &format!(r#"opportunity Full [1] {AT} name="a" amount=null"#),
            ),
            (
                Some("1"),
                Some(&format!(r#"{{"__deleted":"true","name":null,{added}}}"#)),
                &format!("opportunity Delete [1] {AT}"),
            ),
            (
                Some("1"),
                Some(&format!(r#"{{"name":"a","__op":"d",{added}}}"#)),
                &format!("opportunity Delete [1] {AT}"),
            ),
            (
                Some("1"),
                Some(&format!(r#"{{"op":"c","after":{{"name":"b"}},{SOURCE}}}"#)),
                &format!(r#"opportunity Full [1] {AT} name="b""#),
            ),
        ],
    );
    let named = format!(r#"{{"name":"a","source":"web","__op":"c","__table":"account",{added}}}"#);
    check(
        open,
        &[(Some("1"), Some(&named), &format!(r#"account Full [1] {AT} name="a" source="web""#))],
    );
}
