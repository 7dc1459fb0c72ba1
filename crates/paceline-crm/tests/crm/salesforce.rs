//! Salesforce Change Data Capture in its shapes, case by case.

use crate::common::{DEAL, Source, check, entity};
use paceline_core::entity::{EntityId, FieldType};
use paceline_crm::Format;

fn source() -> Source {
    let deal = entity(
        DEAL,
        &["opportunity"],
        &[
            ("OwnerId", FieldType::Text),
            ("Amount", FieldType::Decimal),
            ("CloseDate", FieldType::Date),
            ("CreatedDate", FieldType::Timestamp),
            ("FirstName", FieldType::Text),
            ("Address.City", FieldType::Text),
        ],
    );
    let custom = entity(EntityId(9), &["box__c"], &[("Move__c", FieldType::Bool)]);
    Source::new(Format::Salesforce, None, vec![deal, custom])
}

fn header(op: &str, more: &str) -> String {
    format!(
        r#""ChangeEventHeader":{{"entityName":"Opportunity","recordIds":["006A"],"changeType":"{op}","changedFields":["Amount","Name.FirstName"],"commitTimestamp":1596116025000,"commitNumber":10832042834831,"sequenceNumber":1{more}}}"#
    )
}

fn cometd(op: &str, more: &str, fields: &str) -> String {
    format!(
        r#"{{"schema":"x","payload":{{{}{fields}}},"event":{{"replayId":8407465}}}}"#,
        header(op, more)
    )
}

fn flat(op: &str, more: &str, fields: &str) -> String {
    format!(
        r#"{{"Id":"006A","ReplayId":"1305887",{}{fields},"_ObjectType":"OpportunityChangeEvent"}}"#,
        header(op, more)
    )
}

fn expect(value: &str, expected: &str) {
    check(source, &[(Some("ignored"), Some(value), expected)]);
}

const TIME: &str = "t=2020-07-30T13:33:45Z";

#[test]
fn a_public_sample() {
    let event = r#"{"schema":"bDnzY1EFkTYEKV0HYghVyg",
 "payload":{"LastModifiedDate":"2022-06-23T15:21:44.000Z","Move__c":true,
  "ChangeEventHeader":{"commitNumber":286001238094,"commitUser":"0055i000003uX2eAAE","sequenceNumber":1,
   "entityName":"Box__c","changeType":"UPDATE","changedFields":["LastModifiedDate","Move__c"],"changeOrigin":"",
   "transactionKey":"00026831-c8e1-13c6-e65f-c3b849d556ee","commitTimestamp":1655997704000,"recordIds":["a005i000004XJGIAA4"]}},
 "event":{"replayId":8407465}}"#;
    let line = "box__c Patch [a005i000004XJGIAA4] v=8407465 t=2022-06-23T15:21:44Z by=0055i000003uX2eAAE Move__c=true";
    expect(event, line);
    expect(&format!(r#"{{"channel":"/data/ChangeEvents","data":{event}}}"#), line);
}

#[test]
fn who_made_it() {
    for (user, shown) in [
        (r#""005A""#, " by=005A"),
        (r#""005\u0041""#, " by=005A"),
        ("17", " by=17"),
        ("\"\"", ""),
        ("null", ""),
        ("[]", ""),
    ] {
        let event = cometd("DELETE", &format!(r#","commitUser":{user}"#), "");
        expect(&event, &format!("opportunity Delete [006A] v=8407465 {TIME}{shown}"));
    }
}

#[test]
fn operations() {
    for (op, shown) in [("CREATE", "Full"), ("UNDELETE", "Full"), ("UPDATE", "Patch")] {
        let line =
            format!(r#"opportunity {shown} [006A] v=8407465 {TIME} OwnerId="005" Amount=12.5"#);
        expect(&cometd(op, "", r#","OwnerId":"005","Amount":12.50"#), &line);
    }
    for (op, shown) in [
        ("DELETE", "Delete"),
        ("GAP_CREATE", "Gap"),
        ("GAP_UPDATE", "Gap"),
        ("GAP_DELETE", "Gap"),
        ("GAP_UNDELETE", "Gap"),
    ] {
        expect(&cometd(op, "", ""), &format!("opportunity {shown} [006A] v=8407465 {TIME}"));
    }
    expect(&cometd("GAP_OVERFLOW", "", ""), &format!("opportunity Overflow [] v=8407465 {TIME}"));
    expect(&cometd("SNAPSHOT", "", ""), r#"op: unknown operation "SNAPSHOT""#);
}

#[test]
fn many_ids_wildcards_and_none() {
    let with = |ids: &str, op: &str| cometd(op, "", r#","Amount":1"#).replace(r#"["006A"]"#, ids);
    expect(
        &with(r#"["a","b" , "c"]"#, "UPDATE"),
        &format!("opportunity Patch [a b c] v=8407465 {TIME} Amount=1"),
    );
    expect(&with(r#"["001*"]"#, "UPDATE"), &format!("opportunity Overflow [] v=8407465 {TIME}"));
    expect(&with("[]", "GAP_OVERFLOW"), &format!("opportunity Overflow [] v=8407465 {TIME}"));
    expect(&with("[]", "UPDATE"), "missing_id: message without a record id");
    expect(&with("null", "UPDATE"), "missing_id: message without a record id");
    expect(&with(r#"[""]"#, "UPDATE"), "missing_id: message without a record id");
    expect(
        &with("[5]", "UPDATE"),
        "envelope: message part ChangeEventHeader.recordIds: expected a value of type text",
    );
}

#[test]
fn null_nulled_and_absent() {
    let nulls =
        r#","Amount":null,"FirstName":null,"CloseDate":null,"Address":null,"OwnerId":"005""#;
    let all = r#"OwnerId="005" Amount=null CloseDate=null FirstName=null Address.City=null"#;
    // CometD carries what changed, so each null is a value.
    expect(
        &cometd("UPDATE", "", nulls),
        &format!("opportunity Patch [006A] v=8407465 {TIME} {all}"),
    );
    // A flat row carries everything: only what is listed counts, by its last part too.
    let listed = r#"OwnerId="005" Amount=null FirstName=null"#;
    expect(
        &flat("UPDATE", "", nulls),
        &format!("opportunity Patch [006A] v=1305887 {TIME} {listed}"),
    );
    expect(&flat("CREATE", "", nulls), &format!("opportunity Full [006A] v=1305887 {TIME} {all}"));
    // A decoded Pub/Sub message lists what is nulled.
    let nulled = r#","nulledFields":["CloseDate","Address"]"#;
    let listed = r#"OwnerId="005" CloseDate=null Address.City=null"#;
    expect(
        &cometd("UPDATE", nulled, nulls),
        &format!("opportunity Patch [006A] v=8407465 {TIME} {listed}"),
    );
    let empty = r#","nulledFields":[]"#;
    expect(
        &cometd("UPDATE", empty, nulls),
        &format!(r#"opportunity Patch [006A] v=8407465 {TIME} OwnerId="005""#),
    );
    // A bitmap says that something is nulled, not what.
    let bitmap = r#","nulledFields":["0x400800"]"#;
    expect(&cometd("UPDATE", bitmap, nulls), &format!("opportunity Gap [006A] v=8407465 {TIME}"));
    let known = r#","OwnerId":"005""#;
    expect(
        &cometd("UPDATE", bitmap, known),
        &format!(r#"opportunity Patch [006A] v=8407465 {TIME} OwnerId="005""#),
    );
}

#[test]
fn a_diff_of_a_bound_field_is_a_gap() {
    let fields = r#","OwnerId":"--- a\n+++ b","Amount":5"#;
    let gap = format!("opportunity Gap [006A] v=8407465 {TIME}");
    expect(&cometd("UPDATE", r#","diffFields":["OwnerId"]"#, fields), &gap);
    expect(&cometd("UPDATE", r#","diffFields":["0x20"]"#, fields), &gap);
    let patch =
        format!(r#"opportunity Patch [006A] v=8407465 {TIME} OwnerId="--- a\n+++ b" Amount=5"#);
    expect(&cometd("UPDATE", r#","diffFields":["Description"]"#, fields), &patch);
    expect(&cometd("UPDATE", r#","diffFields":[]"#, fields), &patch);
    expect(
        &cometd("UPDATE", r#","diffFields":["0x20"]"#, r#","Amount":5"#),
        &format!("opportunity Patch [006A] v=8407465 {TIME} Amount=5"),
    );
}

#[test]
fn under_a_schema() {
    let row = flat("UPDATE", "", r#","Amount":"","CreatedDate":1596116025000"#);
    let line = format!(
        "opportunity Patch [006A] v=1305887 {TIME} Amount=null CreatedDate=2020-07-30T13:33:45Z"
    );
    let wrapped = format!(r#"{{"schema":{{"type":"struct"}},"payload":{row}}}"#);
    check(
        source,
        &[
            (None, Some(&wrapped), &line),
            (None, Some(&format!("{wrapped} \n")), &line),
            (None, Some(&format!(r#"{{"payload":{row},"schema":{{"type":"struct"}}}}"#)), &line),
            (
                None,
                Some(&wrapped.replace("\"Amount\":\"\"", "\"Amount\":tru")),
                "json: malformed json in the message value: expected ident at line 1 column 302",
            ),
        ],
    );
}

#[test]
fn wrappers_within_wrappers_end() {
    expect(
        &r#"{"data":"#.repeat(1_000_000),
        "json: malformed json in the message value: recursion limit exceeded at line 1 column 1017",
    );
}

#[test]
fn versions_and_entities() {
    let event = cometd("GAP_UPDATE", "", "");
    let triple = ((1_596_116_025_000u128 << 84) | (10_832_042_834_831 << 20) | 1) + 1;
    for replay in ["\"AAAAAAAAB9w=\"", "null"] {
        let event = event.replace("8407465", replay);
        expect(&event, &format!("opportunity Gap [006A] v={triple:#x} {TIME}"));
    }
    let nameless = flat("GAP_UPDATE", "", "").replace(r#""entityName":"Opportunity","#, "");
    expect(&nameless, &format!("opportunity Gap [006A] v=1305887 {TIME}"));
    expect(
        &nameless.replace("OpportunityChangeEvent", "Box__ChangeEvent"),
        &format!("box__c Gap [006A] v=1305887 {TIME}"),
    );
    expect(&event.replace("Opportunity", "Lead"), "ignored entity");
    expect(
        &event.replace(r#""entityName":"Opportunity","#, ""),
        "entity: message without an entity, and the source has no fixed one",
    );
    expect(r#"{"payload":{"Amount":1}}"#, "missing: message without ChangeEventHeader");
    expect(
        r#"{"ChangeEventHeader":7}"#,
        "shape: malformed json in the message value: ChangeEventHeader is not an object at line 1 column 22",
    );
    expect(
        &event.replace("1596116025000", "\"soon\""),
        "version: ChangeEventHeader.commitTimestamp is not an integer of 64 bits",
    );
}

#[test]
fn tombstones_need_a_fixed_entity() {
    check(source, &[(Some("006A"), None, "ignored tombstone")]);
    let fixed =
        || Source::new(Format::Salesforce, Some(DEAL), vec![entity(DEAL, &["opportunity"], &[])]);
    for key in ["006A", r#"{"Id":"006A"}"#, "\"006A\""] {
        check(
            fixed,
            &[(Some(key), None, "opportunity Tombstone [006A] v=min t=2026-01-01T00:00:00Z")],
        );
    }
}
