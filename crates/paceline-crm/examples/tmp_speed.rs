//! Throw-away.
use paceline_core::entity::{EntityId, FieldId, FieldType};
use paceline_crm::{Decoder, EntityBinding, FieldBinding, Format, Message};
use serde::Deserialize;
use std::borrow::Cow;
use std::hint::black_box;
use std::time::Instant;

fn entity(id: u16, name: &str, fields: &[(&str, FieldType)]) -> EntityBinding {
    EntityBinding {
        entity: EntityId(id),
        names: vec![name.to_owned()],
        fields: fields
            .iter()
            .enumerate()
            .map(|(i, (p, k))| FieldBinding {
                id: FieldId(i as u8),
                path: (*p).to_owned(),
                kind: *k,
                scale: None,
            })
            .collect(),
    }
}

fn best(name: &str, mut f: impl FnMut()) {
    let mut best = f64::MAX;
    for _ in 0..60 {
        let n = 8_000;
        let t = Instant::now();
        for _ in 0..n {
            f();
        }
        best = best.min(t.elapsed().as_nanos() as f64 / n as f64);
    }
    println!("{name:40} {best:8.0} ns");
}

#[derive(Deserialize)]
struct Ev<'a> {
    #[serde(borrow)]
    after: Option<Row<'a>>,
    #[serde(borrow)]
    source: Src<'a>,
    #[serde(borrow)]
    op: Cow<'a, str>,
}
#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    owner_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    stage: Option<Cow<'a, str>>,
    #[serde(borrow)]
    amount: Option<Cow<'a, str>>,
    close_date: Option<i64>,
    #[serde(borrow)]
    created_at: Option<Cow<'a, str>>,
    is_deleted: Option<bool>,
}
#[derive(Deserialize)]
struct Src<'a> {
    #[serde(borrow)]
    table: Cow<'a, str>,
    ts_us: Option<i64>,
    ts_ms: Option<i64>,
    lsn: Option<i64>,
}

fn main() {
    use FieldType::*;
    let fields = [
        ("owner_id", Text),
        ("name", Text),
        ("stage", Text),
        ("amount", FieldType::Decimal),
        ("close_date", Date),
        ("created_at", Timestamp),
        ("is_deleted", Bool),
        ("probability", Int),
    ];
    let row = r#"{"id":"006-1","owner_id":"005-a","name":"Acme renewal","stage":"Prospecting","amount":"12345.67","close_date":20634,"created_at":"2026-02-01T08:00:00.123456Z","is_deleted":false}"#;
    let deb = format!(
        r#"{{"before":{row},"after":{row},"source":{{"version":"3.6.3.Final","connector":"postgresql","name":"json-string","ts_ms":1795417398417,"snapshot":"false","db":"crm","sequence":"[null,\"26741440\"]","ts_us":1795417398417574,"ts_ns":1795417398417574000,"schema":"crm","table":"opportunity","txId":763,"lsn":26741440,"xmin":null,"origin":null,"origin_lsn":null}},"transaction":null,"op":"u","ts_ms":1795417398890,"ts_us":1795417398890754,"ts_ns":1795417398890754854}}"#
    );
    let line =
        include_str!("../tests/fixtures/debezium-schema-precise.jsonl").lines().nth(3).unwrap();
    let rec: serde_json::Value = serde_json::from_str(line).unwrap();
    let schema = rec["value"].as_str().unwrap().to_owned();
    let skey = rec["key"].as_str().unwrap().to_owned();
    let nfields = [
        ("OwnerId", Text),
        ("Amount", FieldType::Decimal),
        ("CloseDate", Date),
        ("StageName", Text),
        ("IsClosed", Bool),
    ];
    let native = r#"{"entity":"opportunity","id":"0065i00000AbCdEAAV","op":"patch","version":17345,"time":"2026-11-23T10:00:00.123Z","set":{"OwnerId":"0055i000003uX2eAAE","Amount":"1200.50","CloseDate":"2026-11-20","IsClosed":false}}"#;
    let cometd = r#"{"schema":"bDnzY1EFkTYEKV0HYghVyg","payload":{"LastModifiedDate":"2022-06-23T15:21:44.000Z","Amount":12.50,"CloseDate":"2026-11-20","OwnerId":"0055i000003uX2eAAE","ChangeEventHeader":{"commitNumber":286001238094,"commitUser":"0055i000003uX2eAAE","sequenceNumber":1,"entityName":"Opportunity","changeType":"UPDATE","changedFields":["LastModifiedDate","Amount","CloseDate","OwnerId"],"changeOrigin":"","transactionKey":"00026831-c8e1-13c6-e65f-c3b849d556ee","commitTimestamp":1655997704000,"recordIds":["a005i000004XJGIAA4"]}},"event":{"replayId":8407465}}"#;
    println!(
        "debezium {} schema {} native {} cometd {}",
        deb.len(),
        schema.len(),
        native.len(),
        cometd.len()
    );
    let run = |name: &str, format, fixed, fields: &[(&str, FieldType)], key: &str, value: &str| {
        let mut d = Decoder::new(
            format,
            fixed,
            vec![entity(9, "account", &fields[..2]), entity(3, "opportunity", fields)],
        );
        let time = jiff::Timestamp::UNIX_EPOCH;
        let m =
            Message { key: Some(key.as_bytes()), value: Some(value.as_bytes()), time, offset: 7 };
        d.decode(&m).unwrap();
        best(name, || {
            black_box(d.decode(black_box(&m))).unwrap();
        });
    };
    let key = r#"{"id":"006-1"}"#;
    let only = std::env::args().nth(1);
    if let Some(n) = &only {
        let n: usize = n.parse().unwrap();
        let mut d = Decoder::new(
            Format::Debezium,
            Some(EntityId(3)),
            vec![entity(9, "account", &fields[..2]), entity(3, "opportunity", &fields)],
        );
        let m = Message {
            key: Some(br#"{"id":"006-1"}"#),
            value: Some(deb.as_bytes()),
            time: jiff::Timestamp::UNIX_EPOCH,
            offset: 7,
        };
        for _ in 0..n {
            black_box(d.decode(black_box(&m))).unwrap();
        }
        return;
    }
    for _ in 0..2 {
        run("debezium fixed", Format::Debezium, Some(EntityId(3)), &fields, key, &deb);
        run("debezium by name", Format::Debezium, None, &fields, key, &deb);
        run(
            "debezium float amount",
            Format::Debezium,
            None,
            &fields,
            key,
            &deb.replace("\"12345.67\"", "12345.67"),
        );
        run("debezium with schema", Format::Debezium, Some(EntityId(3)), &fields, &skey, &schema);
        run(
            "debezium with schema, plain key",
            Format::Debezium,
            Some(EntityId(3)),
            &fields,
            key,
            &schema,
        );
        run("native", Format::Paceline, None, &nfields, "k", native);
        run("cometd", Format::Salesforce, None, &nfields, "k", cometd);
        best("borrowed from_str", || {
            let e: Ev<'_> = serde_json::from_str(black_box(&deb)).unwrap();
            black_box(e);
        });
        best("utf8 + borrowed from_str", || {
            let e: Ev<'_> =
                serde_json::from_str(std::str::from_utf8(black_box(deb.as_bytes())).unwrap())
                    .unwrap();
            black_box(e);
        });
        best("borrowed from_slice", || {
            let e: Ev<'_> = serde_json::from_slice(black_box(deb.as_bytes())).unwrap();
            black_box(e);
        });
        best("ignored", || {
            let e: serde::de::IgnoredAny = serde_json::from_str(black_box(&deb)).unwrap();
            black_box(e);
        });
        best("utf8 std", || {
            black_box(std::str::from_utf8(black_box(deb.as_bytes())).unwrap());
        });
        println!();
    }
    let _ = |e: Ev<'_>| {
        let r = e.after.unwrap();
        black_box((
            r.id,
            r.owner_id,
            r.name,
            r.stage,
            r.amount,
            r.close_date,
            r.created_at,
            r.is_deleted,
            e.source.table,
            e.source.ts_us,
            e.source.ts_ms,
            e.source.lsn,
            e.op,
        ));
    };
}
