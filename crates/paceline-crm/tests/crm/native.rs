//! Paceline's own format, case by case.

use crate::common::{DEAL, Source, check, entity};
use paceline_core::entity::{EntityId, FieldType};
use paceline_crm::Format;

fn open() -> Source {
    source(None)
}

fn fixed() -> Source {
    source(Some(DEAL))
}

fn source(fixed: Option<EntityId>) -> Source {
    let deal = entity(
        DEAL,
        &["deal", "opportunity"],
        &[
            ("OwnerId", FieldType::Text),
            ("Amount", FieldType::Decimal),
            ("Close", FieldType::Date),
            ("Owner.Name", FieldType::Text),
            ("Owner.Boss.Name", FieldType::Text),
        ],
    );
    let user =
        entity(EntityId(9), &["user"], &[("Name", FieldType::Text), ("Owner", FieldType::Int)]);
    Source::new(Format::Paceline, fixed, vec![deal, user])
}

#[test]
fn operations() {
    check(
        open,
        &[
            (
                Some("k"),
                Some(
                    r#"{"entity":"opportunity","id":"a","op":"upsert","version":17,"time":"2026-11-23T10:00:00Z","set":{"OwnerId":"u","Amount":"1200.50","Close":"2026-11-20","Next":[{}]},"unset":["NextStep"]}"#,
                ),
                r#"deal Full [a] v=17 t=2026-11-23T10:00:00Z OwnerId="u" Amount=1200.5 Close=2026-11-20"#,
            ),
            (
                None,
                Some(
                    r#"{"unset":["Amount"],"set":{"OwnerId":null},"op":"patch","id":17,"entity":"DEAL","extra":{"op":1}}"#,
                ),
                "deal Patch [17] v=7 t=2026-01-01T00:00:00Z OwnerId=null Amount=null",
            ),
            (
                Some("k"),
                Some(r#"{"entity":"deal","op":"delete","version":-3,"set":{"Amount":"not read"}}"#),
                "deal Delete [k] v=-3 t=2026-01-01T00:00:00Z",
            ),
            (
                None,
                Some(r#"{"entity":"deal","id":"a","op":"gap","time":null}"#),
                "deal Gap [a] v=7 t=2026-01-01T00:00:00Z",
            ),
            (
                None,
                Some(r#"{"entity":"deal","id":"a","op":"undelete","set":{}}"#),
                "deal Full [a] v=7 t=2026-01-01T00:00:00Z",
            ),
            (
                None,
                Some(
                    r#"{"entity":"user","id":"u","op":"patch","set":{"Name":"Ana \"A\" \u00e4 🚀","Owner":5}}"#,
                ),
                r#"user Patch [u] v=7 t=2026-01-01T00:00:00Z Name="Ana \"A\" ä 🚀" Owner=5"#,
            ),
            (None, Some(r#"{"entity":"task","id":"u","op":"patch","set":{}}"#), "ignored entity"),
        ],
    );
}

#[test]
fn a_fixed_entity_wins_and_takes_tombstones() {
    check(
        fixed,
        &[
            (Some("k"), None, "deal Tombstone [k] v=min t=2026-01-01T00:00:00Z"),
            (
                Some(r#"{"id":"k"}"#),
                None,
                r#"deal Tombstone [{"id":"k"}] v=min t=2026-01-01T00:00:00Z"#,
            ),
            (None, None, "missing_id: message without a record id"),
            (
                None,
                Some(r#"{"entity":"user","id":"a","op":"gap"}"#),
                "deal Gap [a] v=7 t=2026-01-01T00:00:00Z",
            ),
            (None, Some(r#"{"id":"a","op":"gap"}"#), "deal Gap [a] v=7 t=2026-01-01T00:00:00Z"),
        ],
    );
    check(
        open,
        &[(Some("k"), None, "entity: message without an entity, and the source has no fixed one")],
    );
}

#[test]
fn nested_fields_and_duplicates() {
    let patch = |set: &str| format!(r#"{{"id":"a","op":"patch","set":{set}}}"#);
    for (set, fields) in [
        (r#"{"Owner":{"Name":"A","Boss":{"Name":"B"}}}"#, r#" Owner.Name="A" Owner.Boss.Name="B""#),
        (r#"{"Owner":null}"#, " Owner.Name=null Owner.Boss.Name=null"),
        (r#"{"Owner":{"Boss":null}}"#, " Owner.Boss.Name=null"),
        (r#"{"Owner":{}}"#, ""),
        (r#"{"Owner":{"Name":"A"},"Owner":{}}"#, ""),
        (r#"{"Amount":"x","Amount":2}"#, " Amount=2"),
        (r#"{"\u0041mount":3}"#, " Amount=3"),
    ] {
        let expected = format!("deal Patch [a] v=7 t=2026-01-01T00:00:00Z{fields}");
        check(fixed, &[(None, Some(&patch(set)), &expected)]);
    }
    check(
        fixed,
        &[
            (
                None,
                Some(
                    r#"{"id":"a","op":"patch","set":{"Amount":1,"Owner":{"Name":"x"}},"unset":["Amount","Owner","Nope"]}"#,
                ),
                "deal Patch [a] v=7 t=2026-01-01T00:00:00Z Amount=null Owner.Name=null Owner.Boss.Name=null",
            ),
            (
                None,
                Some(r#"{"id":"a","op":"patch","set":{"Owner":5}}"#),
                "field: field Owner.Name: expected a value of type text",
            ),
        ],
    );
}

#[test]
fn rejects_what_is_malformed() {
    let at = |column: u32, problem: &str| {
        format!("malformed json in the message value: {problem} at line 1 column {column}")
    };
    for (value, expected) in [
        ("", format!("json: {}", at(0, "EOF while parsing a value"))),
        ("[]", format!("shape: {}", at(2, "the message is not an object"))),
        (r#"{"id":"a","op":"gap"} x"#, format!("json: {}", at(23, "trailing characters"))),
        (r#"{"id":"a","op":"gap""#, format!("json: {}", at(20, "EOF while parsing an object"))),
        (
            r#"{"id":"a","op":"patch","set":[]}"#,
            format!("shape: {}", at(31, "the row is not an object")),
        ),
        (
            r#"{"id":"a","op":"patch","set":null}"#,
            format!("shape: {}", at(33, "the row is not an object")),
        ),
        (r#"{"id":"a","op":"merge"}"#, r#"op: unknown operation "merge""#.to_owned()),
        (r#"{"id":"a"}"#, "missing: message without op".to_owned()),
        (r#"{"op":"gap"}"#, "missing_id: message without a record id".to_owned()),
        (r#"{"id":"","op":"gap"}"#, "missing_id: message without a record id".to_owned()),
        (
            r#"{"id":"a","op":"gap","version":1.5}"#,
            "version: version is not an integer of 64 bits".to_owned(),
        ),
        (
            r#"{"id":"a","op":"gap","time":5}"#,
            "envelope: message part time: expected a value of type timestamp".to_owned(),
        ),
        (
            r#"{"id":"a","op":"patch","unset":"Amount"}"#,
            "envelope: message part unset: expected a value of type text".to_owned(),
        ),
        (
            r#"{"id":"a","op":"patch","set":{"Amount":"12,5"}}"#,
            "field: field Amount: not a decimal number".to_owned(),
        ),
        (
            r#"{"id":"a","op":"patch","set":{"Close":"2026-02-30"}}"#,
            "field: field Close: expected a value of type date".to_owned(),
        ),
        (
            r#"{"id":"a","op":"patch","set":{"OwnerId":"\ud800"}}"#,
            "field: field OwnerId: invalid escape in text".to_owned(),
        ),
    ] {
        check(fixed, &[(None, Some(value), &expected)]);
    }
    check(
        open,
        &[(
            None,
            Some(r#"{"id":"a","op":"gap"}"#),
            "entity: message without an entity, and the source has no fixed one",
        )],
    );
}

#[test]
fn what_is_not_bound_may_be_anything() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for odd in ["1e999", "-0.0", r#""\ud800""#, r#"{"\ud800":1}"#, "[{}]", &deep] {
        let message = |entity: &str, path: &str| {
            format!(
                r#"{{"entity":"{entity}","id":"u","op":"patch","\udc00":1,"x":{odd},"set":{{"{path}":{odd}}}}}"#
            )
        };
        let (user, deal) = (message("user", "Owner.Name"), message("deal", "Name"));
        let end = "[u] v=7 t=2026-01-01T00:00:00Z";
        check(
            open,
            &[
                (None, Some(&user), &format!("user Patch {end}")),
                (None, Some(&deal), &format!("deal Patch {end}")),
                (
                    None,
                    Some(&message("user", "Owner").replace("patch", "delete")),
                    &format!("user Delete {end}"),
                ),
            ],
        );
    }
}

#[test]
fn fractions_are_read_exactly() {
    for (amount, shown) in [
        ("0.1", "0.1"),
        ("12345678901234567.890123", "12345678901234567.890123"),
        ("1.0E16", "10000000000000000"),
        ("-0", "0"),
        ("18446744073709551616", "18446744073709551616"),
        ("7", "7"),
    ] {
        let message =
            format!(r#"{{"id":"a","op":"patch","set":{{"OwnerId":{amount},"Amount":{amount}}}}}"#);
        let expected = format!(
            r#"deal Patch [a] v=7 t=2026-01-01T00:00:00Z OwnerId="{amount}" Amount={shown}"#
        );
        check(fixed, &[(None, Some(&message), &expected)]);
    }
}
