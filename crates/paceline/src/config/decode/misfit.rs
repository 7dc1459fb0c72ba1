//! Why a value does not fit the type it is read as.

use std::fmt;

use serde::de;

use crate::config::place::At;

/// A value that does not fit, and where.
#[derive(Debug)]
pub(super) struct Misfit {
    pub(super) at: Option<At>,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    UnknownKey { key: String, expected: &'static [&'static str] },
    UnknownWord { word: String, expected: &'static [&'static str] },
    Missing { key: &'static str },
    Type { expected: String, found: String },
    Other { message: String },
}

impl Misfit {
    /// The misfit at a place, unless it knows a place further in.
    pub(super) fn or_at(mut self, at: At) -> Self {
        self.at.get_or_insert(at);
        self
    }
}

impl From<Kind> for Misfit {
    fn from(kind: Kind) -> Self {
        Self { at: None, kind }
    }
}

impl std::error::Error for Misfit {}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Kind::Other { message: message.to_string() }.into()
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let found = match found {
            de::Unexpected::Seq => "a list".to_owned(),
            de::Unexpected::Map => "a mapping".to_owned(),
            de::Unexpected::Unit | de::Unexpected::Option => "nothing".to_owned(),
            other => other.to_string(),
        };
        Kind::Type { expected: expected.to_string(), found }.into()
    }

    fn unknown_field(key: &str, expected: &'static [&'static str]) -> Self {
        Kind::UnknownKey { key: key.to_owned(), expected }.into()
    }

    fn unknown_variant(word: &str, expected: &'static [&'static str]) -> Self {
        Kind::UnknownWord { word: word.to_owned(), expected }.into()
    }

    fn missing_field(key: &'static str) -> Self {
        Kind::Missing { key }.into()
    }
}
