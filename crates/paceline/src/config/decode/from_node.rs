//! A serde deserializer over the tree of texts.

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::misfit::{Kind, Misfit};
use crate::config::located::LOCATED;
use crate::config::node::{Entry, Node, Value};
use crate::config::place::At;

/// A node to be read as a type.
pub(super) struct FromNode<'a>(pub(super) &'a Node);

impl FromNode<'_> {
    fn refuse(&self, expected: &str) -> Misfit {
        let found = match &self.0.value {
            Value::Map(entries) if entries.len() > 1 => {
                format!("a mapping of {} keys", entries.len())
            }
            _ => self.0.kind().to_owned(),
        };
        let kind = Kind::Type { expected: expected.to_owned(), found };
        Misfit::from(kind).or_at(self.0.at)
    }

    fn scalar(&self, expected: &str) -> Result<&str, Misfit> {
        self.0.scalar().ok_or_else(|| self.refuse(expected))
    }

    fn parse<T: std::str::FromStr>(&self, expected: &str) -> Result<T, Misfit> {
        let text = self.scalar(expected)?;
        let refused = || {
            Misfit::from(Kind::Type { expected: expected.to_owned(), found: format!("`{text}`") })
        };
        text.parse().map_err(|_| refused().or_at(self.0.at))
    }
}

/// Reads whole numbers of every width.
macro_rules! whole_numbers {
    ($words:literal: $($method:ident $visit:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
            visitor.$visit(self.parse($words)?).map_err(|misfit: Misfit| misfit.or_at(self.0.at))
        }
    )*};
}

impl<'de> Deserializer<'de> for FromNode<'_> {
    type Error = Misfit;

    whole_numbers! { "a whole number":
        deserialize_i8 visit_i8, deserialize_i16 visit_i16, deserialize_i32 visit_i32, deserialize_i64 visit_i64,
    }

    whole_numbers! { "a whole number of 0 or more":
        deserialize_u8 visit_u8, deserialize_u16 visit_u16, deserialize_u32 visit_u32, deserialize_u64 visit_u64,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match &self.0.value {
            Value::Nothing => visitor.visit_unit(),
            Value::Scalar(_) => self.deserialize_str(visitor),
            Value::List(_) => self.deserialize_seq(visitor),
            Value::Map(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_bool(self.parse("true or false")?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_str(self.scalar("text")?).map_err(|misfit: Misfit| misfit.or_at(self.0.at))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        if matches!(self.0.value, Value::Nothing) {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        if name == LOCATED {
            let at = self.0.at;
            return visitor.visit_seq(PlaceThenValue { at, value: Some(self), told: false });
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        let Value::List(items) = &self.0.value else { return Err(self.refuse("a list")) };
        visitor.visit_seq(Items(items.iter())).map_err(|misfit| misfit.or_at(self.0.at))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        let Value::Map(entries) = &self.0.value else { return Err(self.refuse("a mapping")) };
        let pairs = Pairs { entries: entries.iter(), value: None };
        visitor.visit_map(pairs).map_err(|misfit| misfit.or_at(self.0.at))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let choice = match &self.0.value {
            Value::Scalar(word) => Choice { word, at: self.0.at, value: None },
            Value::Map(entries) if entries.len() == 1 => Choice {
                word: &entries[0].key,
                at: entries[0].key_at,
                value: Some(&entries[0].node),
            },
            Value::Nothing | Value::List(_) | Value::Map(_) => {
                return Err(self.refuse(&format!("one of {}", words.join(", "))));
            }
        };
        visitor.visit_enum(choice).map_err(|misfit| misfit.or_at(self.0.at))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct }
}

/// What [`LOCATED`] asks for.
struct PlaceThenValue<D> {
    at: At,
    value: Option<D>,
    told: bool,
}

impl<'de, D: Deserializer<'de, Error = Misfit>> SeqAccess<'de> for PlaceThenValue<D> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Misfit> {
        if !self.told {
            self.told = true;
            return seed.deserialize(self.at.0.into_deserializer()).map(Some);
        }
        self.value.take().map(|value| seed.deserialize(value)).transpose()
    }
}

struct Items<'a>(std::slice::Iter<'a, Node>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Misfit> {
        self.0
            .next()
            .map(|item| seed.deserialize(FromNode(item)).map_err(|misfit| misfit.or_at(item.at)))
            .transpose()
    }
}

struct Pairs<'a> {
    entries: std::slice::Iter<'a, Entry>,
    value: Option<&'a Node>,
}

impl<'de> MapAccess<'de> for Pairs<'_> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Misfit> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.value = Some(&entry.node);
        seed.deserialize(Key(entry)).map(Some).map_err(|misfit| misfit.or_at(entry.key_at))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Misfit> {
        let node = self
            .value
            .take()
            .ok_or_else(|| <Misfit as de::Error>::custom("a key without a value"))?;
        seed.deserialize(FromNode(node)).map_err(|misfit| misfit.or_at(node.at))
    }
}

/// A key to be read as a type.
struct Key<'a>(&'a Entry);

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_str(&self.0.key)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_seq(PlaceThenValue { at: self.0.key_at, value: Some(self), told: false })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A word, or a word with a value.
struct Choice<'a> {
    word: &'a str,
    at: At,
    value: Option<&'a Node>,
}

impl<'a, 'de> EnumAccess<'de> for Choice<'a> {
    type Error = Misfit;
    type Variant = Chosen<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Chosen<'a>), Misfit> {
        let word: StrDeserializer<'_, Misfit> = self.word.into_deserializer();
        let variant = seed.deserialize(word).map_err(|misfit| misfit.or_at(self.at))?;
        Ok((variant, Chosen { word: self.word, value: self.value }))
    }
}

struct Chosen<'a> {
    word: &'a str,
    value: Option<&'a Node>,
}

impl<'de> VariantAccess<'de> for Chosen<'_> {
    type Error = Misfit;

    fn unit_variant(self) -> Result<(), Misfit> {
        let expected = format!("`{}` alone", self.word);
        self.value.map_or(Ok(()), |node| Err(FromNode(node).refuse(&expected)))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Misfit> {
        let expected = format!("`{{{}: …}}`", self.word);
        let lonely =
            || Misfit::from(Kind::Type { expected, found: format!("`{}` alone", self.word) });
        seed.deserialize(FromNode(self.value.ok_or_else(lonely)?))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Misfit> {
        Err(de::Error::custom("a list has no meaning here"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Misfit> {
        Err(de::Error::custom("a mapping has no meaning here"))
    }
}
