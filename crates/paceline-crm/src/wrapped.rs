//! The `{"schema":…,"payload":…}` that Kafka Connect's JsonConverter puts around a value.
//!
//! The schema is several times as long as the payload and the same in nearly every message, so its text is
//! remembered: a message that starts with it is read from the payload on.

/// The text of a message up to its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrapper {
    head: Box<str>,
}

const BEFORE: &str = "{\"schema\":";
const BETWEEN: &str = ",\"payload\":";

impl Wrapper {
    /// The wrapper of a message whose raw schema is `schema`, a part of `text`; `None` unless it is laid out
    /// as the converter does, without spaces and the schema first.
    pub(crate) fn around(text: &str, schema: &str) -> Option<Self> {
        let end = BEFORE.len() + schema.len();
        let laid_out = text.starts_with(BEFORE)
            && text.get(BEFORE.len()..end) == Some(schema)
            && text.get(end..)?.starts_with(BETWEEN);
        laid_out.then(|| Self { head: text[..end + BETWEEN.len()].into() })
    }

    /// What stands between the head and the last brace. It is the payload if it reads as one JSON value.
    pub(crate) fn strip<'a>(&self, text: &'a str) -> Option<&'a str> {
        text.strip_prefix(&*self.head)?.trim_end_matches([' ', '\t', '\r', '\n']).strip_suffix('}')
    }
}

#[cfg(test)]
mod tests {
    use super::Wrapper;

    #[test]
    fn strips_what_it_wraps() {
        let wrapper =
            Wrapper::around(r#"{"schema":{"a":1},"payload":5}"#, r#"{"a":1}"#).expect("laid out");
        assert_eq!(
            wrapper.strip("{\"schema\":{\"a\":1},\"payload\":{\"b\":2}} \n"),
            Some(r#"{"b":2}"#)
        );
        assert_eq!(wrapper.strip(r#"{"schema":{"a":2},"payload":{"b":2}}"#), None);
        assert_eq!(wrapper.strip(r#"{"schema":{"a":1},"payload":"#), None);
        assert_eq!(Wrapper::around(r#"{"payload":5,"schema":{"a":1}}"#, r#"{"a":1}"#), None);
    }
}
