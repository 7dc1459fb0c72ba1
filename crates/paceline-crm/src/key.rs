//! Record ids from Kafka keys.
//!
//! A key is a JSON object of primary key columns (Debezium; Salesforce connectors write `{"Id":…}`), bare or
//! under `payload` beside its schema, or a JSON string, or plain text that is the id itself.

use std::borrow::Cow;

use serde::de::MapAccess;
use smallvec::SmallVec;

use crate::error::{DecodeError, Part};
use crate::json::{self, Care, Member, Object};
use crate::piece::Piece;

/// The bytes of a part of a record as text.
pub(crate) fn utf8(bytes: &[u8], part: Part) -> Result<&str, DecodeError> {
    std::str::from_utf8(bytes).map_err(|error| DecodeError::Utf8 { part, at: error.valid_up_to() })
}

/// The whole key as the id.
pub(crate) fn plain(key: Option<&[u8]>) -> Result<Cow<'_, str>, DecodeError> {
    let text = utf8(key.unwrap_or_default(), Part::Key)?;
    if text.is_empty() { Err(DecodeError::MissingId) } else { Ok(Cow::Borrowed(text)) }
}

/// The id of a key of primary key columns. Several columns are joined with `/`; a `/` or `\` within one then has
/// a `\` before it.
pub(crate) fn id(key: Option<&[u8]>) -> Result<Cow<'_, str>, DecodeError> {
    let text = utf8(key.unwrap_or_default(), Part::Key)?;
    let id = match text.as_bytes().first() {
        Some(b'{') => Columns::of(text).map(|columns| columns.id()),
        Some(b'"') => Piece::read(text).map(|piece| piece.scalar_text()),
        _ => return plain(key),
    };
    let id = id.map_err(|error| DecodeError::json(Part::Key, error))?;
    id.filter(|id| !id.is_empty()).ok_or(DecodeError::MissingId)
}

/// The members of a key.
#[derive(Default)]
struct Columns<'a> {
    all: SmallVec<[Piece<'a>; 2]>,
    schema: Option<Piece<'a>>,
    payload: Option<Piece<'a>>,
}

impl<'a> Columns<'a> {
    fn of(text: &'a str) -> Result<Self, serde_json::Error> {
        let mut columns = Self::default();
        json::read(text, &mut columns)?;
        Ok(columns)
    }

    /// `None` when the key names no record.
    fn id(&self) -> Option<Cow<'a, str>> {
        match self.wrapped() {
            Some(Piece::Nested(raw)) if raw.starts_with('{') => Self::of(raw).ok()?.joined(),
            Some(payload) => payload.scalar_text(),
            None => self.joined(),
        }
    }

    /// The payload beside a schema, if these two are all there is and the first is no column.
    fn wrapped(&self) -> Option<&Piece<'a>> {
        let is_schema = match self.schema.as_ref()? {
            Piece::Null => true,
            Piece::Nested(raw) => raw.starts_with('{'),
            _ => false,
        };
        self.payload.as_ref().filter(|_| is_schema && self.all.len() == 2)
    }

    fn joined(&self) -> Option<Cow<'a, str>> {
        if let [column] = self.all.as_slice() {
            return column.scalar_text();
        }
        let mut joined = String::new();
        for (index, column) in self.all.iter().enumerate() {
            if index > 0 {
                joined.push('/');
            }
            joined.push_str(&escaped(&column.scalar_text()?));
        }
        Some(Cow::Owned(joined))
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('/', "\\/")
}

#[derive(Clone, Copy)]
enum Column {
    Schema,
    Payload,
    Any,
}

impl<'a> Object<'a> for Columns<'a> {
    type Key = Column;
    const NOT_AN_OBJECT: &'static str = "the key is not an object";

    fn begin(&mut self) {
        *self = Self::default();
    }

    fn key(&mut self, name: &str) -> Option<Column> {
        Some(match name {
            "schema" => Column::Schema,
            "payload" => Column::Payload,
            _ => Column::Any,
        })
    }

    fn value<M: MapAccess<'a>>(
        &mut self,
        key: Column,
        member: Member<'_, M>,
    ) -> Result<(), M::Error> {
        let piece = match key {
            Column::Schema | Column::Payload => member.piece_with(Care::Exact)?,
            Column::Any => member.piece()?,
        };
        match key {
            Column::Schema => self.schema = Some(piece.clone()),
            Column::Payload => self.payload = Some(piece.clone()),
            Column::Any => {}
        }
        self.all.push(piece);
        Ok(())
    }
}

/// A JSON value as a record id; `None` for null.
pub(crate) fn id_text<'a>(piece: &Piece<'a>) -> Result<Option<Cow<'a, str>>, DecodeError> {
    if *piece == Piece::Null {
        return Ok(None);
    }
    let text = piece.scalar_text().filter(|text| !text.is_empty());
    text.map(Some).ok_or(DecodeError::MissingId)
}

#[cfg(test)]
mod tests {
    fn id(key: &str) -> Result<String, &'static str> {
        super::id(Some(key.as_bytes())).map(String::from).map_err(|error| error.reason())
    }

    #[test]
    fn reads_ids() {
        for (key, expected) in [
            (r#"{"id":"006-1"}"#, "006-1"),
            (r#"{"id":17}"#, "17"),
            (r#" {"id":17}"#, r#" {"id":17}"#),
            (r#"{"org":4,"id":"a"}"#, "4/a"),
            (r#"{"org":"4/a","id":"b\\"}"#, r"4\/a/b\\"),
            (r#"{"schema":{"type":"struct"},"payload":{"id":"006-1"}}"#, "006-1"),
            (r#"{"payload":{"id":"006-1"},"schema":{"type":"struct"}}"#, "006-1"),
            (r#"{"schema":{"type":"string"},"payload":"006-1"}"#, "006-1"),
            (r#"{"schema":null,"payload":17}"#, "17"),
            (r#"{"schema":"a","payload":"b"}"#, "a/b"),
            (r#""006-1""#, "006-1"),
            ("006-1", "006-1"),
            ("17", "17"),
            (r#"{"id":"\u00e4"}"#, "ä"),
        ] {
            assert_eq!(id(key), Ok(expected.to_owned()), "{key}");
        }
    }

    #[test]
    fn refuses_keys_without_an_id() {
        for key in [
            "",
            "{}\u{0}",
            r#"{"id":null}"#,
            r#"{"id":[1]}"#,
            r#"{"id":""}"#,
            r#""""#,
            "{\"id\":1",
            "{}",
        ] {
            assert!(id(key).is_err(), "{key}");
        }
        assert_eq!(super::id(None).map_err(|error| error.reason()), Err("missing_id"));
        assert_eq!(super::id(Some(b"\xff")).map_err(|error| error.reason()), Err("utf8"));
    }
}
