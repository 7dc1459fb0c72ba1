//! throw-away
use paceline_core::entity::*;
use paceline_crm::*;
use std::hint::black_box;
use std::time::Instant;
#[derive(serde::Deserialize)]
#[allow(dead_code)]
struct Env<'a> { #[serde(borrow)] after: Option<After<'a>>, #[serde(borrow)] source: Src<'a>, op: &'a str }
#[derive(serde::Deserialize)]
#[allow(dead_code)]
struct After<'a> { id: &'a str, owner_id: Option<&'a str>, stage: Option<&'a str>, amount: Option<&'a str>, close_date: Option<i32>, created_at: Option<&'a str>, is_deleted: Option<bool>, #[serde(borrow)] name: Option<std::borrow::Cow<'a, str>> }
#[derive(serde::Deserialize)]
#[allow(dead_code)]
struct Src<'a> { ts_ms: i64, ts_us: i64, lsn: Option<i64>, table: &'a str }
fn f(id: u8, path: &str, kind: FieldType) -> FieldBinding { FieldBinding { id: FieldId(id), path: path.into(), kind, scale: None } }
fn time(name: &str, len: usize, mut g: impl FnMut()) {
    for _ in 0..200_000 { g() }
    let mut best = f64::MAX;
    for _ in 0..7 { let t = Instant::now(); for _ in 0..300_000 { g() } best = best.min(t.elapsed().as_nanos() as f64 / 300_000.0); }
    println!("{name}: {best:.0} ns ({len} bytes)");
}
fn main() {
    let bind = || vec![EntityBinding { entity: EntityId(0), names: vec!["opportunity".into()], fields: vec![
        f(0,"owner_id",FieldType::Text), f(1,"name",FieldType::Text), f(2,"stage",FieldType::Text), f(3,"amount",FieldType::Decimal), f(4,"close_date",FieldType::Date), f(5,"created_at",FieldType::Timestamp), f(6,"is_deleted",FieldType::Bool)] }];
    let value = r#"{"before":null,"after":{"id":"006-1","owner_id":"005-a","name":"Acme renewal","stage":"Negotiation","amount":"20000.00","close_date":20634,"created_at":"2026-02-01T08:00:00.123456Z","is_deleted":false},"source":{"version":"3.6.3.Final","connector":"postgresql","name":"json-string","ts_ms":1795417398419,"snapshot":"false","db":"crm","sequence":"[\"26741672\",\"26741672\"]","ts_us":1795417398419255,"ts_ns":1795417398419255000,"schema":"crm","table":"opportunity","txId":764,"lsn":26741672,"xmin":null,"origin":null,"origin_lsn":null},"transaction":null,"op":"u","ts_ms":1795417398897,"ts_us":1795417398897137,"ts_ns":1795417398897137609}"#;
    let pad = 830 - value.len(); 
    let value = value.replace("Acme renewal", &format!("Acme renewal{}", "x".repeat(pad)));
    let key = br#"{"id":"006-1"}"#;
    time("struct from_slice", value.len(), || { black_box(serde_json::from_slice::<Env>(black_box(value.as_bytes())).unwrap()); });
    time("struct from_str", value.len(), || { black_box(serde_json::from_str::<Env>(black_box(&value)).unwrap()); });
    time("ignored from_slice", value.len(), || { black_box(serde_json::from_slice::<serde::de::IgnoredAny>(black_box(value.as_bytes())).unwrap()); });
    for fixed in [None, Some(EntityId(0))] {
        let mut d = Decoder::new(Format::Debezium, fixed, bind());
        time("decoder debezium", value.len(), || { black_box(d.decode(&Message { key: Some(key), value: Some(black_box(value.as_bytes())), time: Default::default(), offset: 1 }).unwrap()); });
    }
    let Some(file) = std::env::args().nth(1) else { return };
    let text = std::fs::read_to_string(file).unwrap();
    let rec: serde_json::Value = serde_json::from_str(text.lines().nth(2).unwrap()).unwrap();
    let (k, v) = (rec["key"].as_str().unwrap(), rec["value"].as_str().unwrap());
    let mut d = Decoder::new(Format::Debezium, None, bind());
    time("decoder with schema", v.len(), || { black_box(d.decode(&Message { key: Some(k.as_bytes()), value: Some(black_box(v.as_bytes())), time: Default::default(), offset: 1 }).unwrap()); });
    time("ignored with schema", v.len(), || { black_box(serde_json::from_slice::<serde::de::IgnoredAny>(black_box(v.as_bytes())).unwrap()); });
    let nat = r#"{"entity":"opportunity","id":"0061x00000A","op":"upsert","version":17,"time":"2026-11-23T10:00:00Z","set":{"owner_id":"0051x01","amount":"1200.50","stage":"Closed Won","close_date":"2026-11-20"},"unset":["NextStep"]}"#;
    let mut d = Decoder::new(Format::Paceline, None, bind());
    time("native", nat.len(), || { black_box(d.decode(&Message { key: Some(k.as_bytes()), value: Some(black_box(nat.as_bytes())), time: Default::default(), offset: 1 }).unwrap()); });
}
