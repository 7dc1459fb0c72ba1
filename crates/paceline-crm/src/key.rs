//! Record ids from Kafka keys.
//!
//! A key is a JSON object of primary key columns (Debezium; Salesforce connectors write `{"Id":…}`), bare or
//! under `payload` beside its schema, or a JSON string, or plain text that is the id itself.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::error::{DecodeError, Part, Problem};
use crate::json::{self, Object, Piece};
use crate::scan::{Cursor, Malformed};
use crate::wrapped::Wrapper;

/// The bytes of a part of a record as text.
pub(crate) fn utf8(bytes: &[u8], part: Part) -> Result<&str, DecodeError> {
    std::str::from_utf8(bytes).map_err(|error| DecodeError::Utf8 { part, at: error.valid_up_to() })
}

/// The whole key as the id.
pub(crate) fn plain(key: Option<&[u8]>) -> Result<Cow<'_, str>, DecodeError> {
    let text = utf8(key.unwrap_or_default(), Part::Key)?;
    if text.is_empty() { Err(DecodeError::MissingId) } else { Ok(Cow::Borrowed(text)) }
}

/// Reads keys of primary key columns, remembering the schema around the last one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    wrapper: Option<Wrapper>,
}

impl Columns {
    /// The id of a key. Several columns are joined with `/`; a `/` or `\` within one then has a `\` before it.
    pub(crate) fn id<'a>(&mut self, key: Option<&'a [u8]>) -> Result<Cow<'a, str>, DecodeError> {
        let text = utf8(key.unwrap_or_default(), Part::Key)?;
        if !text.starts_with(['{', '"']) {
            return plain(key);
        }
        if let Some(column) = only_column(text) {
            let id = json::scalar_text(column).filter(|id| !id.is_empty());
            return id.ok_or(DecodeError::MissingId);
        }
        if let Some(body) = self.wrapper.as_ref().and_then(|wrapper| wrapper.strip(text))
            && let Ok(id) = id_of(body)
        {
            return id.ok_or(DecodeError::MissingId);
        }
        let id =
            self.id_with_schema(text).map_err(|malformed| malformed.within(text, Part::Key))?;
        id.ok_or(DecodeError::MissingId)
    }

    fn id_with_schema<'a>(&mut self, text: &'a str) -> Result<Option<Cow<'a, str>>, Malformed> {
        let Some((schema, payload)) = Parts::of(text)?.wrapped() else { return id_of(text) };
        self.wrapper = Wrapper::around(text, schema);
        id_of(payload)
    }
}

/// The id of a key without a schema around it; `None` when it names no record.
fn id_of(text: &str) -> Result<Option<Cow<'_, str>>, Malformed> {
    if let Some(column) = only_column(text) {
        return Ok(json::scalar_text(column).filter(|id| !id.is_empty()));
    }
    let id = if text.trim_start().starts_with('{') {
        Parts::of(text)?.joined()
    } else {
        json::scalar_text(json::value(text)?)
    };
    Ok(id.filter(|id| !id.is_empty()))
}

/// The column of a key that has one: nearly every key.
fn only_column(text: &str) -> Option<&str> {
    let mut cursor = Cursor::new(text);
    if cursor.peek() != Some(b'{') || cursor.open(b'}').ok()? {
        return None;
    }
    cursor.name().ok()?;
    let column = cursor.raw().ok()?;
    let only = cursor.close(b'}').ok()? && cursor.end().is_ok();
    only.then_some(column)
}

#[derive(Default)]
struct Parts<'a> {
    columns: SmallVec<[&'a str; 4]>,
    schema: Option<&'a str>,
    payload: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, Malformed> {
        let mut parts = Self::default();
        if text.trim_start().starts_with('{') {
            json::walk(text, &mut parts)?;
        }
        Ok(parts)
    }

    /// Schema and payload, if these two are all there is and the first is no column.
    fn wrapped(&self) -> Option<(&'a str, &'a str)> {
        let schema = self.schema.filter(|schema| schema.starts_with('{') || *schema == "null")?;
        Some((schema, self.payload.filter(|_| self.columns.len() == 2)?))
    }

    fn joined(&self) -> Option<Cow<'a, str>> {
        if let [column] = self.columns.as_slice() {
            return json::scalar_text(column);
        }
        let mut joined = String::new();
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                joined.push('/');
            }
            joined.push_str(&escaped(&json::scalar_text(column)?));
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

impl<'a> Object<'a> for Parts<'a> {
    type Key = Column;
    const NOT_AN_OBJECT: Problem = Problem::KeyShape;

    fn key(&mut self, name: &str) -> Option<Column> {
        Some(match name {
            "schema" => Column::Schema,
            "payload" => Column::Payload,
            _ => Column::Any,
        })
    }

    fn value(&mut self, key: Column, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        let raw = cursor.raw()?;
        self.columns.push(raw);
        match key {
            Column::Schema => self.schema = Some(raw),
            Column::Payload => self.payload = Some(raw),
            Column::Any => {}
        }
        Ok(())
    }
}

/// Whether a raw value is a string that a record id may be: not null, not empty.
pub(crate) fn id_text(raw: &str) -> Result<Option<Cow<'_, str>>, DecodeError> {
    match json::piece(raw) {
        Ok(Piece::Null) => Ok(None),
        Ok(Piece::Text(text)) if text.is_empty() => Err(DecodeError::MissingId),
        Ok(Piece::Text(text)) => Ok(Some(text)),
        Ok(Piece::Number(_) | Piece::Bool(_)) => Ok(Some(Cow::Borrowed(raw))),
        Ok(Piece::Nested(_)) | Err(_) => Err(DecodeError::MissingId),
    }
}

#[cfg(test)]
mod tests {
    use super::Columns;

    fn id(key: &str) -> Result<String, &'static str> {
        let mut columns = Columns::default();
        let first =
            columns.id(Some(key.as_bytes())).map(String::from).map_err(|error| error.reason());
        let again =
            columns.id(Some(key.as_bytes())).map(String::from).map_err(|error| error.reason());
        assert_eq!(first, again, "with what was remembered");
        first
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
        assert_eq!(Columns::default().id(None).map_err(|error| error.reason()), Err("missing_id"));
        assert_eq!(
            Columns::default().id(Some(b"\xff")).map_err(|error| error.reason()),
            Err("utf8")
        );
    }
}
