//! Messages that no decoder should accept, each wrong in one known way.
//!
//! A topic written by people holds everything. Mixed into a good stream, these have to end up in the dead-letter topic
//! without moving a single number, which is why they name records that exist.

use crate::{Id, format::Format, rng::Rng};

/// A message to be rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Garbage {
    /// The key; an opportunity's id in the format's spelling, except when the fault is that there is none.
    pub key: Option<Vec<u8>>,
    /// The value.
    pub value: Vec<u8>,
    /// What is wrong with it.
    pub fault: &'static str,
}

/// `count` messages about opportunities out of `ids`, going through all kinds of faults in turn.
#[must_use]
pub fn garbage(format: Format, seed: u64, count: usize, ids: &[Id]) -> Vec<Garbage> {
    let mut rng = Rng::new(seed ^ 0x6761_7262);
    let faults = faults();
    (0..count)
        .map(|n| {
            let id =
                rng.pick(ids).map_or_else(|| "0061x00000unknown".to_owned(), |id| id.to_string());
            faults[n % faults.len()].message(format, &id, rng.range(3, 60) as usize)
        })
        .collect()
}

/// How one fault is made.
enum Fault {
    /// These bytes, whatever the format.
    Bytes(&'static str, &'static [u8]),
    /// A good message cut short.
    Truncated,
    /// A good message with this amount and close date, as JSON.
    Fields(&'static str, &'static str, &'static str),
    /// A good message with this operation.
    Op(&'static str, &'static str),
    /// A good message without any id.
    NoId,
    /// A good message with a byte that is not UTF-8.
    NotUtf8,
}

fn faults() -> [Fault; 14] {
    [
        Fault::Truncated,
        Fault::Fields("amount is a word", "\"abc\"", ""),
        Fault::Fields("date does not exist", "\"10.00\"", "\"2026-02-30\""),
        Fault::Fields("number is out of range", "1e999999", ""),
        Fault::NotUtf8,
        Fault::NoId,
        Fault::Op("unknown operation", "explode"),
        Fault::Bytes("array instead of object", b"[1,2,3]"),
        Fault::Bytes("empty value", b""),
        Fault::Fields("amount is an object", "{\"value\":1}", ""),
        Fault::Bytes("text instead of object", b"\"closed won\""),
        Fault::Op("empty operation", ""),
        Fault::Fields("amount is a list", "[1]", ""),
        Fault::Bytes("not JSON", b"<change><id>1</id></change>"),
    ]
}

impl Fault {
    fn message(&self, format: Format, id: &str, cut: usize) -> Garbage {
        let (fault, key, value) = match self {
            Self::Bytes(fault, bytes) => (*fault, Some(id), bytes.to_vec()),
            Self::Truncated => {
                ("truncated", Some(id), good(format, id).into_bytes()[..cut].to_vec())
            }
            Self::Fields(fault, amount, date) => {
                let date = if date.is_empty() { good_date(format) } else { date };
                (*fault, Some(id), body(format, id, good_op(format), amount, date).into_bytes())
            }
            Self::Op(fault, op) => {
                (*fault, Some(id), body(format, id, op, "10.00", good_date(format)).into_bytes())
            }
            Self::NoId => {
                ("no id", None, good(format, id).replace(&format!("\"{id}\""), "null").into_bytes())
            }
            Self::NotUtf8 => ("not UTF-8", Some(id), not_utf8(good(format, id))),
        };
        Garbage { key: key.map(|id| self::key(format, id)), value, fault }
    }
}

fn key(format: Format, id: &str) -> Vec<u8> {
    match format {
        Format::Debezium(_) => format!("{{\"id\":\"{id}\"}}").into_bytes(),
        Format::Native(_) | Format::Salesforce(_) => id.as_bytes().to_vec(),
    }
}

fn not_utf8(good: String) -> Vec<u8> {
    let mut bytes = good.into_bytes();
    if let Some(place) = bytes.windows(4).position(|w| w == b"Prop") {
        bytes[place + 1] = 0xff;
    }
    bytes
}

fn good(format: Format, id: &str) -> String {
    body(format, id, good_op(format), "10.00", good_date(format))
}

fn good_op(format: Format) -> &'static str {
    match format {
        Format::Native(_) => "upsert",
        Format::Salesforce(_) => "UPDATE",
        Format::Debezium(_) => "u",
    }
}

fn good_date(format: Format) -> &'static str {
    match format {
        Format::Debezium(_) => "20634",
        Format::Native(_) | Format::Salesforce(_) => "\"2026-06-30\"",
    }
}

/// A message that would be accepted, if operation, amount and date were right.
fn body(format: Format, id: &str, op: &str, amount: &str, date: &str) -> String {
    match format {
        Format::Native(_) => format!(
            r#"{{"entity":"opportunity","id":"{id}","op":"{op}","version":999999999,"time":"2026-06-30T10:00:00Z","set":{{"OwnerId":"nobody","Amount":{amount},"StageName":"Proposal","CloseDate":{date}}}}}"#
        ),
        Format::Salesforce(_) => format!(
            r#"{{"schema":"bDnzY1EFkTYEKV0HYghVyg","payload":{{"Amount":{amount},"StageName":"Proposal","CloseDate":{date},"ChangeEventHeader":{{"commitNumber":1,"commitUser":"nobody","sequenceNumber":1,"entityName":"Opportunity","changeType":"{op}","changedFields":["Amount","StageName","CloseDate"],"changeOrigin":"","transactionKey":"garbage","commitTimestamp":1782813600000,"recordIds":["{id}"]}}}},"event":{{"replayId":999999999}}}}"#
        ),
        Format::Debezium(_) => format!(
            r#"{{"before":null,"after":{{"id":"{id}","owner_id":"nobody","amount":{amount},"stage":"Proposal","close_date":{date}}},"source":{{"connector":"postgresql","name":"crm","ts_ms":1782813600000,"snapshot":"false","db":"crm","schema":"public","table":"opportunity","txId":1,"lsn":999999999999}},"op":"{op}","ts_ms":1782813600100}}"#
        ),
    }
}
