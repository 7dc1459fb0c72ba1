//! Why a message is no change: what is wrong, and where in the message.

use std::fmt;

use paceline_core::decimal::ParseDecimalError;
use paceline_core::entity::FieldType;

/// Why a message could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Bytes that are not UTF-8.
    #[error("invalid utf-8 in the message {part} at byte {at}")]
    Utf8 {
        /// Where.
        part: Part,
        /// Bytes before the first invalid one.
        at: usize,
    },
    /// Not JSON, or JSON of another shape than the format has.
    #[error("malformed json in the message {part}: {}", without_values(error))]
    Json {
        /// Which part.
        part: Part,
        /// What is wrong, and where in the part.
        error: serde_json::Error,
    },
    /// A bound field that holds something else than its type.
    #[error("field {path}: {fault}")]
    Field {
        /// The path of the field.
        path: Box<str>,
        /// What is wrong with it.
        fault: Fault,
    },
    /// Something every message of the format has.
    #[error("message without {what}")]
    Missing {
        /// What is missing.
        what: &'static str,
    },
    /// A part of the envelope that holds something else than it should.
    #[error("message part {what}: {fault}")]
    Envelope {
        /// Which part.
        what: &'static str,
        /// What is wrong with it.
        fault: Fault,
    },
    /// Neither the message nor its Kafka key names a record.
    #[error("message without a record id")]
    MissingId,
    /// Neither the message nor the config names an entity.
    #[error("message without an entity, and the source has no fixed one")]
    MissingEntity,
    /// An operation the format does not have.
    #[error("unknown operation {op:?}")]
    Op {
        /// Its name, cut to 40 characters, if it is a word; otherwise nobody knows what it may be.
        op: Box<str>,
    },
    /// A version that is not an integer of 64 bits.
    #[error("{what} is not an integer of 64 bits")]
    Version {
        /// Where it stands.
        what: &'static str,
    },
}

impl DecodeError {
    /// A short stable label for a metric.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Utf8 { .. } => "utf8",
            Self::Json { error, .. } if error.is_data() => "shape",
            Self::Json { .. } => "json",
            Self::Field { .. } => "field",
            Self::Missing { .. } => "missing",
            Self::Envelope { .. } => "envelope",
            Self::MissingId => "missing_id",
            Self::MissingEntity => "entity",
            Self::Op { .. } => "op",
            Self::Version { .. } => "version",
        }
    }

    pub(crate) fn json(part: Part, error: serde_json::Error) -> Self {
        Self::Json { part, error }
    }

    pub(crate) fn op(text: &str) -> Self {
        Self::Op { op: if is_word(text) { text.chars().take(40).collect() } else { "…".into() } }
    }
}

/// What is wrong with JSON of another shape, and where, without the value that is found there: records are personal, and what is
/// said of them goes to logs.
pub fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    for (head, short) in [
        ("invalid type: ", "another type of value"),
        ("invalid value: ", "another value"),
        ("unknown variant ", "another word"),
    ] {
        if let Some(at) = text.rfind(", expected").filter(|_| text.starts_with(head)) {
            return format!("{short}{}", &text[at..]);
        }
    }
    let name =
        text.strip_prefix("unknown field `").and_then(|rest| rest.rsplit_once("`, expected"));
    match name {
        Some((name, _)) if !is_word(name) => {
            format!("a field that is not known, at line {} column {}", error.line(), error.column())
        }
        _ => text,
    }
}

/// Whether a text may be a name that a program was given, rather than something that was said by or of a person.
fn is_word(text: &str) -> bool {
    text.len() <= 99 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A part of a Kafka record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "key",
            Self::Value => "value",
        })
    }
}

/// What is wrong with one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// JSON of another type, or text of another form.
    #[error("expected a value of type {0}")]
    Expected(FieldType),
    /// No decimal number.
    #[error(transparent)]
    Decimal(#[from] ParseDecimalError),
    /// A number no value of the type can have.
    #[error("number out of range")]
    OutOfRange,
    /// A date with a time of day other than midnight.
    #[error("a date with a time of day; bind it as a timestamp")]
    TimeOfDay,
    /// Not base64 of up to sixteen bytes.
    #[error("not the base64 bytes of a decimal")]
    Base64,
    /// An escape that names no character.
    #[error("invalid escape in text")]
    Escape,
}

#[cfg(test)]
mod tests {
    use super::{DecodeError, Part, without_values};
    use serde::Deserialize;
    use serde::de::IgnoredAny;

    #[test]
    fn tells_where_and_quotes_no_payload() {
        let malformed = serde_json::from_str::<IgnoredAny>("{\"secret\":\n oops}");
        assert_eq!(
            DecodeError::json(Part::Value, malformed.expect_err("malformed")).to_string(),
            "malformed json in the message value: expected value at line 2 column 2"
        );
        assert_eq!(
            DecodeError::op(&"x".repeat(99)).to_string().len(),
            "unknown operation \"\"".len() + 40
        );
        assert_eq!(DecodeError::op("ana@example.com").to_string(), "unknown operation \"…\"");
    }

    #[test]
    fn json_of_another_shape_is_told_without_what_it_says() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "it is only tried to be read")]
        struct Shape {
            number: u32,
            word: Option<Word>,
        }
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Word {
            Yes,
            No,
        }
        for (text, told) in [
            (r#"{"number":"ana@x.y"}"#, "another type of value, expected u32 at line 1 column 19"),
            (r#"{"number":-3}"#, "another value, expected u32 at line 1 column 12"),
            (
                r#""ana@x.y, expected""#,
                "another type of value, expected struct Shape at line 1 column 19",
            ),
            (
                r#"{"number":1,"word":"a, expected"}"#,
                "another word, expected `yes` or `no` at line 1 column 32",
            ),
            (r#"{"ana@x.y":1}"#, "a field that is not known, at line 1 column 10"),
            (
                r#"{"nummer":1}"#,
                "unknown field `nummer`, expected `number` or `word` at line 1 column 9",
            ),
            ("{}", "missing field `number` at line 1 column 2"),
            ("{", "EOF while parsing an object at line 1 column 1"),
        ] {
            let error = serde_json::from_str::<Shape>(text).expect_err("it is another shape");
            assert_eq!(without_values(&error), told, "{text}");
        }
    }
}
