//! JSON objects walked key by key without a tree, and single JSON values as text.
//!
//! Values that may be needed are taken as the raw text they have in the message, so that a number never
//! passes through a float.

use std::borrow::Cow;

use crate::error::Problem;
use crate::scan::{Cursor, Malformed, special};

/// Something that takes what it needs of an object's keys.
pub(crate) trait Object<'a> {
    /// A key it needs.
    type Key: Copy;
    /// What to say where something else than an object stands.
    const NOT_AN_OBJECT: Problem;

    /// Recognises a key; `None` skips its value.
    fn key(&mut self, name: &str) -> Option<Self::Key>;
    /// Takes the value of a recognised key, which is next.
    fn value(&mut self, key: Self::Key, cursor: &mut Cursor<'a>) -> Result<(), Malformed>;
    /// Called before the first key, each time the object is met.
    fn begin(&mut self) {}
    /// Called instead when there is something else than an object; answers whether that may be.
    fn otherwise(&mut self, _other: Other) -> bool {
        false
    }
}

/// What stands where an object could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Other {
    /// JSON null.
    Null,
    /// A scalar or an array.
    Value,
}

/// Walks `text`, which must be one object and nothing behind it.
pub(crate) fn walk<'a, T: Object<'a>>(text: &'a str, object: &mut T) -> Result<(), Malformed> {
    let mut cursor = Cursor::new(text);
    cursor.walk(object)?;
    cursor.end()
}

/// The raw value that is all of `text`.
pub(crate) fn value(text: &str) -> Result<&str, Malformed> {
    let mut cursor = Cursor::new(text);
    let raw = cursor.raw()?;
    cursor.end()?;
    Ok(raw)
}

impl<'a> Cursor<'a> {
    /// Walks the object that is next.
    pub(crate) fn walk<T: Object<'a>>(&mut self, object: &mut T) -> Result<(), Malformed> {
        if self.peek() != Some(b'{') {
            return self.walk_other(object);
        }
        object.begin();
        if self.open(b'}')? {
            return Ok(());
        }
        loop {
            let name = self.name()?;
            let key = if name.escaped {
                unescape(name.text).and_then(|name| object.key(&name))
            } else {
                object.key(name.text)
            };
            match key {
                Some(key) => object.value(key, self)?,
                None => self.skip()?,
            }
            if self.close(b'}')? {
                return Ok(());
            }
        }
    }

    fn walk_other<T: Object<'a>>(&mut self, object: &mut T) -> Result<(), Malformed> {
        let here = self.malformed(T::NOT_AN_OBJECT);
        let other = if self.raw()? == "null" { Other::Null } else { Other::Value };
        if object.otherwise(other) { Ok(()) } else { Err(here) }
    }
}

fn unescape(inner: &str) -> Option<String> {
    serde_json::from_str(&format!("\"{inner}\"")).ok()
}

/// A JSON value, looked at no deeper than its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Null,
    Bool(bool),
    /// A number as written.
    Number(&'a str),
    /// A string without its quotes and escapes.
    Text(Cow<'a, str>),
    /// An object or an array as written.
    Nested(&'a str),
}

/// A string whose escapes name no character, such as half a surrogate pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadEscape;

/// Tells the type of a raw value, which is valid JSON without space around it.
pub(crate) fn piece(raw: &str) -> Result<Piece<'_>, BadEscape> {
    Ok(match raw.as_bytes().first() {
        Some(b'"') => Piece::Text(unquote(raw)?),
        Some(b'n') | None => Piece::Null,
        Some(b't') => Piece::Bool(true),
        Some(b'f') => Piece::Bool(false),
        Some(b'{' | b'[') => Piece::Nested(raw),
        Some(_) => Piece::Number(raw),
    })
}

fn unquote(raw: &str) -> Result<Cow<'_, str>, BadEscape> {
    let inner = raw.get(1..raw.len() - 1).unwrap_or_default();
    if special(inner.as_bytes(), 0) == inner.len() {
        return Ok(Cow::Borrowed(inner));
    }
    serde_json::from_str(raw).map(Cow::Owned).map_err(|_| BadEscape)
}

/// The text of a scalar: a string, or a number or bool as written. `None` for null, nesting and bad escapes.
pub(crate) fn scalar_text(raw: &str) -> Option<Cow<'_, str>> {
    match piece(raw).ok()? {
        Piece::Text(text) => Some(text),
        Piece::Number(_) | Piece::Bool(_) => Some(Cow::Borrowed(raw)),
        Piece::Null | Piece::Nested(_) => None,
    }
}

/// An integer of 64 bits, as a number or as a string.
pub(crate) fn integer(raw: &str) -> Option<i64> {
    scalar_text(raw)?.parse().ok()
}

/// The raw elements of an array; `None` when it is none.
pub(crate) fn elements(raw: &str) -> Option<Vec<&str>> {
    let mut cursor = Cursor::new(raw);
    let mut elements = Vec::new();
    if cursor.peek() != Some(b'[') || cursor.open(b']').ok()? {
        return raw.starts_with('[').then_some(elements);
    }
    loop {
        elements.push(cursor.raw().ok()?);
        if cursor.close(b']').ok()? {
            return Some(elements);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BadEscape, Piece, piece, scalar_text};
    use std::borrow::Cow;

    #[test]
    fn borrows_texts_unless_they_hold_escapes() {
        assert!(matches!(piece("\"größe\""), Ok(Piece::Text(Cow::Borrowed("größe")))));
        assert_eq!(
            piece(r#""a\"b\ud83d\ude80""#),
            Ok(Piece::Text(Cow::Owned("a\"b🚀".to_owned())))
        );
        assert_eq!(piece(r#""\ud83d""#), Err(BadEscape));
        assert_eq!(piece("-1.50e3"), Ok(Piece::Number("-1.50e3")));
        assert_eq!(scalar_text("12"), Some(Cow::Borrowed("12")));
        assert_eq!(scalar_text("null"), None);
        assert_eq!(scalar_text("[1]"), None);
    }
}
