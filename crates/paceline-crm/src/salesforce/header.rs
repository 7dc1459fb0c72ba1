//! `ChangeEventHeader`, and the lists of field names in it.

use std::borrow::Cow;

use jiff::Timestamp;
use paceline_core::change::Op;
use paceline_core::entity::FieldType;
use paceline_core::version::Version;
use serde::de::MapAccess;

use crate::error::{DecodeError, Fault};
use crate::json::{Member, Object};
use crate::piece::{Piece, Texts, texts};
use crate::time::{self, Unit};

/// The header as JSON values.
#[derive(Default)]
pub(super) struct Header<'a> {
    pub(super) seen: bool,
    pub(super) entity: Option<Piece<'a>>,
    op: Option<Piece<'a>>,
    commit_time: Option<Piece<'a>>,
    commit: Option<Piece<'a>>,
    sequence: Option<Piece<'a>>,
    user: Option<Piece<'a>>,
    ids: List<'a>,
    pub(super) changed: List<'a>,
    pub(super) nulled: Option<List<'a>>,
    pub(super) diffs: List<'a>,
}

/// The records of an event.
pub(super) enum Ids<'a> {
    Of(Texts<'a>),
    /// A wildcard.
    Any,
}

impl<'a> Header<'a> {
    pub(super) fn op(&self) -> Result<Op, DecodeError> {
        let missing = DecodeError::Missing { what: "ChangeEventHeader.changeType" };
        let op = self.op.as_ref().and_then(Piece::scalar_text).ok_or(missing)?;
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
        let ids = self.ids.texts("ChangeEventHeader.recordIds")?;
        if ids.iter().any(|id| id.is_empty()) {
            return Err(DecodeError::MissingId);
        }
        Ok(if ids.iter().any(|id| id.ends_with('*')) { Ids::Any } else { Ids::Of(ids) })
    }

    pub(super) fn time(&self) -> Result<Option<Timestamp>, DecodeError> {
        let Some(millis) = integer(&self.commit_time, COMMIT_TIME)? else { return Ok(None) };
        let instant = time::instant_of(millis, Unit::Millis);
        instant.map(Some).map_err(|fault| DecodeError::Envelope { what: COMMIT_TIME, fault })
    }

    /// The id of the user who made the change.
    pub(super) fn user(&self) -> Option<Cow<'a, str>> {
        self.user.as_ref().and_then(Piece::scalar_text).filter(|user| !user.is_empty())
    }

    /// Commit time (44 bits), commit number (64) and sequence (20): 128 in this order.
    pub(super) fn version(&self) -> Result<Version, DecodeError> {
        let missing = || DecodeError::Missing { what: "a replay id or commit timestamp" };
        let time = integer(&self.commit_time, COMMIT_TIME)?.ok_or_else(missing)?;
        let commit = integer(&self.commit, "ChangeEventHeader.commitNumber")?.unwrap_or(0);
        let sequence = integer(&self.sequence, "ChangeEventHeader.sequenceNumber")?.unwrap_or(0);
        let (time, commit, sequence) = (clamp(time, 44), clamp(commit, 63), clamp(sequence, 20));
        let bits = time << 84 | commit << 20 | sequence;
        Ok(Version::from_parts((bits >> 64) as u64, bits as u64))
    }
}

const COMMIT_TIME: &str = "ChangeEventHeader.commitTimestamp";

fn clamp(number: i64, bits: u32) -> u128 {
    u128::try_from(number).unwrap_or(0).min((1 << bits) - 1)
}

fn integer(piece: &Option<Piece<'_>>, what: &'static str) -> Result<Option<i64>, DecodeError> {
    match piece {
        None | Some(Piece::Null) => Ok(None),
        Some(piece) => piece.integer().map(Some).ok_or(DecodeError::Version { what }),
    }
}

#[derive(Clone, Copy)]
pub(super) enum Key {
    Entity,
    Ids,
    Op,
    CommitTime,
    Commit,
    Sequence,
    User,
    Changed,
    Nulled,
    Diffs,
}

impl<'a> Object<'a> for Header<'a> {
    type Key = Key;
    const NOT_AN_OBJECT: &'static str = "ChangeEventHeader is not an object";

    fn key(&mut self, name: &str) -> Option<Key> {
        Some(match name {
            "entityName" => Key::Entity,
            "recordIds" => Key::Ids,
            "changeType" => Key::Op,
            "commitTimestamp" => Key::CommitTime,
            "commitNumber" => Key::Commit,
            "sequenceNumber" => Key::Sequence,
            "commitUser" => Key::User,
            "changedFields" => Key::Changed,
            "nulledFields" => Key::Nulled,
            "diffFields" => Key::Diffs,
            _ => return None,
        })
    }

    fn begin(&mut self) {
        self.seen = true;
    }

    fn value<M: MapAccess<'a>>(&mut self, key: Key, member: Member<'_, M>) -> Result<(), M::Error> {
        match key {
            Key::Entity => self.entity = Some(member.piece()?),
            Key::Op => self.op = Some(member.piece()?),
            Key::CommitTime => self.commit_time = Some(member.piece()?),
            Key::Commit => self.commit = Some(member.piece()?),
            Key::Sequence => self.sequence = Some(member.piece()?),
            Key::User => self.user = Some(member.piece()?),
            Key::Ids => self.ids = List(member.raw()?),
            Key::Changed => self.changed = List(member.raw()?),
            Key::Nulled => self.nulled = Some(member.raw()?).filter(|raw| *raw != "null").map(List),
            Key::Diffs => self.diffs = List(member.raw()?),
        }
        Ok(())
    }
}

/// A list of strings as written; empty when there is none.
#[derive(Clone, Copy)]
pub(super) struct List<'a>(&'a str);

impl Default for List<'_> {
    fn default() -> Self {
        Self("null")
    }
}

impl<'a> List<'a> {
    fn texts(self, what: &'static str) -> Result<Texts<'a>, DecodeError> {
        let fault = Fault::Expected(FieldType::Text);
        texts(self.0).ok_or(DecodeError::Envelope { what, fault })
    }

    /// The list as field names.
    pub(super) fn read(self) -> Result<Names<'a>, DecodeError> {
        self.texts("a field list of ChangeEventHeader").map(Names)
    }
}

/// A list of field names.
pub(super) struct Names<'a>(Texts<'a>);

impl Names<'_> {
    /// Whether the field of a path is listed; `None` if it may be in an undecoded bitmap (`0x400800`, or
    /// `4-0x10` for the parts of a compound field).
    pub(super) fn names(&self, path: &str) -> Option<bool> {
        if self.0.iter().any(|name| same_field(name, path)) {
            return Some(true);
        }
        if self.0.iter().any(|name| is_bitmap(name)) { None } else { Some(false) }
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
    use super::{List, is_bitmap};

    #[test]
    fn finds_listed_fields() {
        let names = List(r#"["Amount","Name.FirstName","BillingAddress"]"#).read().expect("a list");
        for (path, listed) in [
            ("Amount", true),
            ("FirstName", true),
            ("Name.FirstName", true),
            ("BillingAddress.City", true),
            ("City", false),
            ("Name", false),
            ("Amounts", false),
        ] {
            assert_eq!(names.names(path), Some(listed), "{path}");
        }
        assert_eq!(List(r#"["0x400800"]"#).read().expect("a list").names("Amount"), None);
        assert!(List("[1]").read().is_err());
        assert!(List("{}").read().is_err());
    }

    #[test]
    fn knows_bitmaps() {
        assert!(is_bitmap("0x650004E0") && is_bitmap("4-0x10"));
        assert!(!is_bitmap("Amount") && !is_bitmap("x-0xyz"));
    }
}
