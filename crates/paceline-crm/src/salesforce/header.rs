//! `ChangeEventHeader`, and the lists of field names in it.

use std::borrow::Cow;

use jiff::Timestamp;
use paceline_core::change::Op;
use paceline_core::entity::FieldType;
use paceline_core::version::Version;
use smallvec::SmallVec;

use crate::error::{DecodeError, Fault, Problem};
use crate::json::{self, Object, Piece};
use crate::scan::{Cursor, Malformed};
use crate::time::{self, Unit};

/// The header as raw text.
#[derive(Default)]
pub(super) struct Header<'a> {
    pub(super) seen: bool,
    pub(super) entity: Option<&'a str>,
    ids: Option<&'a str>,
    op: Option<&'a str>,
    commit_time: Option<&'a str>,
    commit: Option<&'a str>,
    sequence: Option<&'a str>,
    pub(super) changed: Names<'a>,
    pub(super) nulled: Option<Names<'a>>,
    pub(super) diffs: Names<'a>,
}

/// The records of an event.
pub(super) enum Ids<'a> {
    Of(SmallVec<[Cow<'a, str>; 1]>),
    /// A wildcard.
    Any,
}

impl<'a> Header<'a> {
    pub(super) fn op(&self) -> Result<Op, DecodeError> {
        let missing = DecodeError::Missing { what: "ChangeEventHeader.changeType" };
        let op = self.op.and_then(json::scalar_text).ok_or(missing)?;
        Ok(match &*op {
            "CREATE" | "UNDELETE" => Op::Full,
            "UPDATE" => Op::Patch,
            "DELETE" => Op::Delete,
            "GAP_CREATE" | "GAP_UPDATE" | "GAP_DELETE" | "GAP_UNDELETE" => Op::Gap,
            "GAP_OVERFLOW" => Op::Overflow,
            _ => return Err(DecodeError::op(&op)),
        })
    }

    pub(super) fn ids(&self) -> Result<Ids<'a>, DecodeError> {
        let what = "ChangeEventHeader.recordIds";
        let fault = || DecodeError::Envelope { what, fault: Fault::Expected(FieldType::Text) };
        let raw = self.ids.filter(|raw| *raw != "null").unwrap_or("[]");
        let mut ids = SmallVec::<[Cow<'a, str>; 1]>::new();
        if let Some(id) = only_element(raw) {
            ids.push(Cow::Borrowed(id));
        } else {
            for element in json::elements(raw).ok_or_else(fault)? {
                let Ok(Piece::Text(id)) = json::piece(element) else { return Err(fault()) };
                ids.push(id);
            }
        }
        if ids.iter().any(|id| id.is_empty()) {
            return Err(DecodeError::MissingId);
        }
        Ok(if ids.iter().any(|id| id.ends_with('*')) { Ids::Any } else { Ids::Of(ids) })
    }

    pub(super) fn time(&self) -> Result<Option<Timestamp>, DecodeError> {
        let Some(millis) = integer(self.commit_time, COMMIT_TIME)? else { return Ok(None) };
        let instant = time::instant_of(millis, Unit::Millis);
        instant.map(Some).map_err(|fault| DecodeError::Envelope { what: COMMIT_TIME, fault })
    }

    /// Commit time (44 bits), commit number (64) and sequence (20): 128 in this order.
    pub(super) fn version(&self) -> Result<Version, DecodeError> {
        let missing = || DecodeError::Missing { what: "a replay id or commit timestamp" };
        let time = integer(self.commit_time, COMMIT_TIME)?.ok_or_else(missing)?;
        let commit = integer(self.commit, "ChangeEventHeader.commitNumber")?.unwrap_or(0);
        let sequence = integer(self.sequence, "ChangeEventHeader.sequenceNumber")?.unwrap_or(0);
        let (time, commit, sequence) = (clamp(time, 44), clamp(commit, 63), clamp(sequence, 20));
        let bits = time << 84 | commit << 20 | sequence;
        Ok(Version::from_parts((bits >> 64) as u64, bits as u64))
    }
}

const COMMIT_TIME: &str = "ChangeEventHeader.commitTimestamp";

fn clamp(number: i64, bits: u32) -> u128 {
    u128::try_from(number).unwrap_or(0).min((1 << bits) - 1)
}

fn integer(raw: Option<&str>, what: &'static str) -> Result<Option<i64>, DecodeError> {
    let Some(raw) = raw.filter(|raw| *raw != "null") else { return Ok(None) };
    json::integer(raw).map(Some).ok_or(DecodeError::Version { what })
}

/// The string of `["…"]` when it needs no unescaping: nearly every list of ids.
fn only_element(raw: &str) -> Option<&str> {
    let inner = raw.strip_prefix("[\"")?.strip_suffix("\"]")?;
    (!inner.bytes().any(|byte| matches!(byte, b'"' | b'\\'))).then_some(inner)
}

#[derive(Clone, Copy)]
pub(super) enum Key {
    Entity,
    Ids,
    Op,
    CommitTime,
    Commit,
    Sequence,
    Changed,
    Nulled,
    Diffs,
}

impl<'a> Object<'a> for Header<'a> {
    type Key = Key;
    const NOT_AN_OBJECT: Problem = Problem::HeaderShape;

    fn key(&mut self, name: &str) -> Option<Key> {
        Some(match name {
            "entityName" => Key::Entity,
            "recordIds" => Key::Ids,
            "changeType" => Key::Op,
            "commitTimestamp" => Key::CommitTime,
            "commitNumber" => Key::Commit,
            "sequenceNumber" => Key::Sequence,
            "changedFields" => Key::Changed,
            "nulledFields" => Key::Nulled,
            "diffFields" => Key::Diffs,
            _ => return None,
        })
    }

    fn begin(&mut self) {
        self.seen = true;
    }

    fn value(&mut self, key: Key, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        let raw = cursor.raw()?;
        match key {
            Key::Entity => self.entity = Some(raw),
            Key::Ids => self.ids = Some(raw),
            Key::Op => self.op = Some(raw),
            Key::CommitTime => self.commit_time = Some(raw),
            Key::Commit => self.commit = Some(raw),
            Key::Sequence => self.sequence = Some(raw),
            Key::Changed => self.changed = Names(raw),
            Key::Nulled => self.nulled = (raw != "null").then_some(Names(raw)),
            Key::Diffs => self.diffs = Names(raw),
        }
        Ok(())
    }
}

/// A raw list of field names.
#[derive(Clone, Copy, Default)]
pub(super) struct Names<'a>(&'a str);

impl Names<'_> {
    pub(super) fn is_empty(self) -> Result<bool, DecodeError> {
        Ok(matches!(self.0, "" | "null" | "[]") || self.elements()?.is_empty())
    }

    /// Whether the field of a path is listed; `None` if it may be in an undecoded bitmap (`0x400800`, or
    /// `4-0x10` for the parts of a compound field).
    pub(super) fn names(self, path: &str) -> Result<Option<bool>, DecodeError> {
        let mut bitmap = false;
        for element in self.elements()? {
            let Ok(Piece::Text(name)) = json::piece(element) else { return Err(Self::fault()) };
            if same_field(&name, path) {
                return Ok(Some(true));
            }
            bitmap |= is_bitmap(&name);
        }
        Ok(if bitmap { None } else { Some(false) })
    }

    fn elements(&self) -> Result<Vec<&str>, DecodeError> {
        let raw = if matches!(self.0, "" | "null") { "[]" } else { self.0 };
        json::elements(raw).ok_or_else(Self::fault)
    }

    fn fault() -> DecodeError {
        DecodeError::Envelope {
            what: "a field list of ChangeEventHeader",
            fault: Fault::Expected(FieldType::Text),
        }
    }
}

/// Compound parts are listed as `Name.FirstName` whether the row nests them or not, and a compound as a whole
/// stands for its parts.
fn same_field(listed: &str, path: &str) -> bool {
    let last = |name: &str| name.rsplit_once('.').is_some_and(|(_, last)| last == path);
    listed == path
        || last(listed)
        || path.strip_prefix(listed).is_some_and(|rest| rest.starts_with('.'))
}

fn is_bitmap(name: &str) -> bool {
    let hex = name.split_once('-').map_or(name, |(_, hex)| hex);
    hex.strip_prefix("0x")
        .is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::{Names, is_bitmap, only_element};

    #[test]
    fn finds_listed_fields() {
        let names = Names(r#"["Amount","Name.FirstName","BillingAddress"]"#);
        for (path, listed) in [
            ("Amount", true),
            ("FirstName", true),
            ("Name.FirstName", true),
            ("BillingAddress.City", true),
            ("City", false),
            ("Name", false),
            ("Amounts", false),
        ] {
            assert_eq!(names.names(path).expect("a list"), Some(listed), "{path}");
        }
        assert_eq!(Names(r#"["0x400800"]"#).names("Amount").expect("a list"), None);
        assert!(Names("[1]").names("Amount").is_err());
        assert!(Names("{}").is_empty().is_err());
    }

    #[test]
    fn knows_bitmaps_and_single_ids() {
        assert!(is_bitmap("0x650004E0") && is_bitmap("4-0x10"));
        assert!(!is_bitmap("Amount") && !is_bitmap("x-0xyz"));
        assert_eq!(only_element(r#"["001"]"#), Some("001"));
        assert_eq!(only_element(r#"["001","002"]"#), None);
        assert_eq!(only_element(r#"["\u0030"]"#), None);
    }
}
