//! One JSON value, looked at no deeper than its type, whose numbers never pass through a float.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;
use smallvec::SmallVec;

use crate::json::Care;

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Null,
    Bool(bool),
    /// An integer whose text is the only one it can have.
    Int(i64),
    /// A number as written.
    Number(&'a str),
    /// A string without its quotes and escapes.
    Text(Cow<'a, str>),
    /// A string whose escapes name no character, such as half a surrogate pair.
    BadText,
    /// An object or an array as written.
    Nested(&'a str),
}

impl<'a> Piece<'a> {
    /// The value of a raw JSON text, which is valid and without space around it.
    pub(crate) fn of(raw: &'a str) -> Self {
        match raw.as_bytes().first() {
            Some(b'"') => {
                serde_json::from_str(raw).map_or(Self::BadText, |Text(text)| Self::Text(text))
            }
            Some(b'n') | None => Self::Null,
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'{' | b'[') => Self::Nested(raw),
            Some(_) => Self::Number(raw),
        }
    }

    /// The value that is all of `text`.
    pub(crate) fn read(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<&RawValue>(text).map(|raw| Self::of(raw.get()))
    }

    /// The text of a scalar: a string, or a number or bool as written.
    pub(crate) fn scalar_text(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Number(text) => Some(Cow::Borrowed(text)),
            Self::Int(number) => Some(Cow::Owned(number.to_string())),
            Self::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
            Self::Null | Self::BadText | Self::Nested(_) => None,
        }
    }

    /// An integer of 64 bits, as a number or as a string.
    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Number(text) => text.parse().ok(),
            Self::Text(text) => text.parse().ok(),
            Self::Null | Self::Bool(_) | Self::BadText | Self::Nested(_) => None,
        }
    }

    /// Whether only [`Care::Exact`] reads it.
    pub(crate) fn needs_care(&self) -> bool {
        match self {
            Self::Number(text) => text.parse::<i64>().is_err(),
            Self::Nested(_) => true,
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Text(_) | Self::BadText => false,
        }
    }
}

impl<'a> DeserializeSeed<'a> for Care {
    type Value = Piece<'a>;

    #[inline]
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Piece<'a>, D::Error> {
        match self {
            Self::Quick => deserializer.deserialize_any(Quick),
            Self::Exact => <&RawValue>::deserialize(deserializer).map(|raw| Piece::of(raw.get())),
        }
    }
}

/// Refuses what it cannot hold exactly: fractions, numbers beyond 64 bits, nesting.
struct Quick;

impl<'a> Visitor<'a> for Quick {
    type Value = Piece<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar without a fraction")
    }

    #[inline]
    fn visit_unit<E: Error>(self) -> Result<Piece<'a>, E> {
        Ok(Piece::Null)
    }

    #[inline]
    fn visit_bool<E: Error>(self, flag: bool) -> Result<Piece<'a>, E> {
        Ok(Piece::Bool(flag))
    }

    #[inline]
    fn visit_i64<E: Error>(self, number: i64) -> Result<Piece<'a>, E> {
        Ok(Piece::Int(number))
    }

    #[inline]
    fn visit_u64<E: Error>(self, number: u64) -> Result<Piece<'a>, E> {
        i64::try_from(number).map(Piece::Int).map_err(E::custom)
    }

    #[inline]
    fn visit_borrowed_str<E: Error>(self, text: &'a str) -> Result<Piece<'a>, E> {
        Ok(Piece::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Piece<'a>, E> {
        Ok(Piece::Text(Cow::Owned(text.to_owned())))
    }
}

/// A string, borrowed unless it holds escapes.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Strings of an array.
pub(crate) type Texts<'a> = SmallVec<[Cow<'a, str>; 1]>;

/// The strings of a raw array, none of a null. `None` when it is something else.
pub(crate) fn texts(raw: &str) -> Option<Texts<'_>> {
    serde_json::from_str(raw).map(|List(texts)| texts).ok()
}

struct List<'a>(Texts<'a>);

impl<'a> Deserialize<'a> for List<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor)
    }
}

struct ListVisitor;

impl<'a> Visitor<'a> for ListVisitor {
    type Value = List<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of strings")
    }

    fn visit_unit<E: Error>(self) -> Result<List<'a>, E> {
        Ok(List(Texts::new()))
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut elements: S) -> Result<List<'a>, S::Error> {
        let mut texts = Texts::new();
        while let Some(Text(text)) = elements.next_element()? {
            texts.push(text);
        }
        Ok(List(texts))
    }
}

#[cfg(test)]
mod tests {
    use super::{Care, Piece, texts};
    use proptest::prelude::{any, prop_assert_eq, prop_oneof, proptest};
    use proptest::strategy::Strategy as _;
    use serde::de::DeserializeSeed as _;
    use std::borrow::Cow;

    fn quick(raw: &str) -> Option<Piece<'_>> {
        Care::Quick.deserialize(&mut serde_json::Deserializer::from_str(raw)).ok()
    }

    #[test]
    fn borrows_texts_unless_they_hold_escapes() {
        for read in [|raw| Some(Piece::of(raw)), quick] {
            assert!(matches!(read("\"größe\""), Some(Piece::Text(Cow::Borrowed("größe")))));
            let escaped = read(r#""a\"b\ud83d\ude80""#);
            assert_eq!(escaped, Some(Piece::Text(Cow::Owned("a\"b🚀".to_owned()))));
        }
    }

    #[test]
    fn what_is_not_held_exactly_is_refused() {
        for raw in ["1.5", "1e3", "-0", "9223372036854775808", "1e400", "[1]", "{}", r#""\ud83d""#]
        {
            assert_eq!(quick(raw), None, "{raw}");
        }
        assert_eq!(Piece::of("-1.50e3"), Piece::Number("-1.50e3"));
        assert_eq!(Piece::of("-0").scalar_text(), Some("-0".into()));
        assert_eq!(Piece::of(r#""\ud83d""#), Piece::BadText);
        assert_eq!(Piece::of("[1]"), Piece::Nested("[1]"));
        assert_eq!(Piece::of("[1]").scalar_text(), None);
    }

    #[test]
    fn lists_of_strings() {
        let some = |list: &[&'static str]| Some(list.iter().map(|text| (*text).into()).collect());
        assert_eq!(texts(r#"["a" , "\u0062"]"#), some(&["a", "b"]));
        assert_eq!(texts("null"), some(&[]));
        for raw in ["[1]", "{}", "\"a\"", r#"["\ud83d"]"#] {
            assert_eq!(texts(raw), None, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn both_cares_tell_the_same(raw in prop_oneof![
            any::<i64>().prop_map(|number| number.to_string()),
            any::<u64>().prop_map(|number| number.to_string()),
            any::<f64>().prop_map(|number| serde_json::Value::from(number).to_string()),
            any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
            any::<bool>().prop_map(|flag| flag.to_string()),
        ]) {
            if let Some(quick) = quick(&raw) {
                prop_assert_eq!(quick.scalar_text(), Piece::of(&raw).scalar_text());
                prop_assert_eq!(quick.integer(), Piece::of(&raw).integer());
            }
        }
    }
}
