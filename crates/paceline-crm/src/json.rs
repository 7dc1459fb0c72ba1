//! JSON objects read key by key in one pass of `serde_json`, without a tree.
//!
//! A message is first read [`Care::Quick`]: what cannot be held exactly so (a number with a fraction, which
//! would pass through a float, or nesting where a scalar is usual) is refused. A message that is refused is read
//! again with [`Care::Exact`], by the raw text of each value, and that reading counts.

use std::fmt;

use serde::de::{
    Deserialize as _, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};
use serde_json::value::RawValue;

use crate::piece::Piece;

/// What to say of a message or payload that is no object.
pub(crate) const NO_MESSAGE: &str = "the message is not an object";

/// Something that takes what it needs of an object's keys.
pub(crate) trait Object<'a> {
    /// A key it needs.
    type Key;
    /// What to say where something else than an object stands.
    const NOT_AN_OBJECT: &'static str;

    /// Recognises a key; `None` skips its value.
    fn key(&mut self, name: &str) -> Option<Self::Key>;
    /// Takes the value of a recognised key.
    fn value<M: MapAccess<'a>>(
        &mut self,
        key: Self::Key,
        member: Member<'_, M>,
    ) -> Result<(), M::Error>;
    /// Called before the first key, each time the object is met. A message may be read twice, but then the
    /// second reading repeats all that the first one did.
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

/// How a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Care {
    /// In place, refusing what would lose something.
    Quick,
    /// By its raw text.
    Exact,
}

/// Reads `text`, which must be one object and nothing behind it. Answers with how much care that took.
pub(crate) fn read<'a, T: Object<'a>>(
    text: &'a str,
    object: &mut T,
) -> Result<Care, serde_json::Error> {
    if read_with(Care::Quick, text, object).is_ok() {
        return Ok(Care::Quick);
    }
    read_with(Care::Exact, text, object).map(|()| Care::Exact)
}

/// Reads `text` with this care only.
fn read_with<'a, T: Object<'a>>(
    care: Care,
    text: &'a str,
    object: &mut T,
) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Walk { object, care }.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// The value of a key that was just read.
pub(crate) struct Member<'m, M> {
    map: &'m mut M,
    care: Care,
}

impl<'a, M: MapAccess<'a>> Member<'_, M> {
    /// Takes it as a scalar.
    #[inline]
    pub(crate) fn piece(self) -> Result<Piece<'a>, M::Error> {
        self.map.next_value_seed(self.care)
    }

    /// Takes it with at least this care.
    #[inline]
    pub(crate) fn piece_with(self, care: Care) -> Result<Piece<'a>, M::Error> {
        self.map.next_value_seed(self.care.max(care))
    }

    /// Takes it as written.
    pub(crate) fn raw(self) -> Result<&'a str, M::Error> {
        self.map.next_value::<&RawValue>().map(RawValue::get)
    }

    /// Takes it as an object.
    pub(crate) fn object<T: Object<'a>>(self, object: &mut T) -> Result<(), M::Error> {
        self.map.next_value_seed(Walk { object, care: self.care })
    }

    /// Takes it as an object that may be something else, be that of any value JSON has.
    #[inline]
    pub(crate) fn maybe_object<T: Object<'a>>(self, object: &mut T) -> Result<(), M::Error> {
        match self.care {
            Care::Quick => self.object(object),
            Care::Exact => self.piece_and_object(object).map(drop),
        }
    }

    /// Takes it both as it is and as such an object.
    pub(crate) fn piece_and_object<T: Object<'a>>(
        self,
        object: &mut T,
    ) -> Result<Piece<'a>, M::Error> {
        let care = self.care;
        let raw = self.raw()?;
        let piece = Piece::of(raw);
        let other = match piece {
            Piece::Nested(_) if raw.starts_with('{') => {
                read_with(care, raw, object).map_err(M::Error::custom)?;
                return Ok(piece);
            }
            Piece::Null => Other::Null,
            _ => Other::Value,
        };
        if object.otherwise(other) { Ok(piece) } else { Err(M::Error::custom(T::NOT_AN_OBJECT)) }
    }
}

/// Hands the keys of an object to `object`.
struct Walk<'o, T> {
    object: &'o mut T,
    care: Care,
}

impl<T> Walk<'_, T> {
    fn otherwise<'a, E: serde::de::Error>(self, other: Other) -> Result<(), E>
    where
        T: Object<'a>,
    {
        if self.object.otherwise(other) { Ok(()) } else { Err(E::custom(T::NOT_AN_OBJECT)) }
    }
}

impl<'a, T: Object<'a>> DeserializeSeed<'a> for Walk<'_, T> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a, T: Object<'a>> Visitor<'a> for Walk<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    #[inline]
    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        let Self { object, care } = self;
        object.begin();
        while let Some(key) = map.next_key_seed(KeyOf { object: &mut *object, care })? {
            match key {
                Some(key) => object.value(key, Member { map: &mut map, care })?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut elements: S) -> Result<(), S::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        self.otherwise(Other::Value)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.otherwise(Other::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.otherwise(Other::Value)
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.otherwise(Other::Value)
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.otherwise(Other::Value)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.otherwise(Other::Value)
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.otherwise(Other::Value)
    }
}

/// Recognises a key. One whose escapes name no character is none.
struct KeyOf<'o, T> {
    object: &'o mut T,
    care: Care,
}

impl<'a, T: Object<'a>> DeserializeSeed<'a> for KeyOf<'_, T> {
    type Value = Option<T::Key>;

    #[inline]
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match self.care {
            Care::Quick => deserializer.deserialize_identifier(self),
            Care::Exact => Ok(match Piece::of(<&RawValue>::deserialize(deserializer)?.get()) {
                Piece::Text(name) => self.object.key(&name),
                _ => None,
            }),
        }
    }
}

impl<'a, T: Object<'a>> Visitor<'a> for KeyOf<'_, T> {
    type Value = Option<T::Key>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    #[inline]
    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.object.key(name))
    }
}
