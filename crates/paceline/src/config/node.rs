//! The config as a tree of texts: what a YAML file says, each value with its place and none of them interpreted.
//!
//! Scalars stay the text that was written. So `0.1` never passes through a float, `01-01` is no number, and a
//! value can be checked as what its key means.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{MessageFormatter, Spanned, UserMessageFormatter};

use super::place::{At, Place};
use super::report::Report;

/// A value and its place.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) at: At,
    pub(super) value: Value,
}

/// What a value is before anyone asks what it means.
#[derive(Clone)]
pub(super) enum Value {
    Nothing,
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a mapping and its value.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_at: At,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        let Value::Map(entries) = &mut self.value else { return None };
        entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.node)
    }

    /// Takes a key and its value out of a mapping.
    pub(super) fn take(&mut self, key: &str) -> Option<Entry> {
        let Value::Map(entries) = &mut self.value else { return None };
        let at = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(at))
    }

    pub(super) fn entries(&self) -> &[Entry] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    pub(super) fn items(&self) -> &[Self] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    pub(super) fn scalar(&self) -> Option<&str> {
        if let Value::Scalar(text) = &self.value { Some(text) } else { None }
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self.value, Value::Nothing)
    }

    /// The value in words, for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Nothing => "nothing",
            Value::Scalar(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// Reads a YAML text; an empty one is an empty mapping.
pub(super) fn read(text: &str, file: usize, report: &mut Report) -> Option<Node> {
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::Error,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Parsed>(text, options) {
        Ok(parsed) => {
            let top = report.places.top(file);
            let mut builder = Builder { text, file, report };
            let value = builder.value(parsed, top);
            let value =
                if matches!(value, Value::Nothing) { Value::Map(Vec::new()) } else { value };
            Some(Node { at: top, value })
        }
        Err(error) => {
            refuse(&error, file, report);
            None
        }
    }
}

fn refuse(error: &serde_saphyr::Error, file: usize, report: &mut Report) {
    let error = error.without_snippet();
    let (line, column) = error
        .location()
        .map_or((1, 1), |at| (at.line().max(1) as usize, at.column().max(1) as usize));
    let message = UserMessageFormatter.format_message(error);
    let remedy = if matches!(error, serde_saphyr::Error::DuplicateMappingKey { .. }) {
        "keep one of the two"
    } else {
        "mend the YAML: look at indentation, quotes and brackets here and just above"
    };
    report.error_in_file(file, line, column, &message, remedy);
}

struct Builder<'a> {
    text: &'a str,
    file: usize,
    report: &'a mut Report,
}

type Parsed = Spanned<Raw>;

impl Builder<'_> {
    fn node(&mut self, parsed: Parsed, parent: At, label: &str) -> Node {
        let at = self.place(&parsed, parent, label);
        let value = self.value(parsed, at);
        Node { at, value }
    }

    fn place<T>(&mut self, parsed: &Spanned<T>, parent: At, label: &str) -> At {
        let (location, span) = (parsed.defined, self.span(parsed));
        self.report.places.add(Place {
            file: self.file,
            line: location.line() as usize,
            column: location.column() as usize,
            span,
            parent: Some(parent),
            label: label.to_owned(),
        })
    }

    fn span<T>(&self, parsed: &Spanned<T>) -> std::ops::Range<usize> {
        let span = parsed.defined.span();
        let (Some(start), Some(length)) = (span.byte_offset(), span.byte_len()) else {
            return 0..0;
        };
        start as usize..(start + length) as usize
    }

    fn value(&mut self, parsed: Parsed, at: At) -> Value {
        let span = self.span(&parsed);
        match parsed.value {
            Raw::Nothing => Value::Nothing,
            Raw::Text(text) => Value::Scalar(text),
            Raw::Plain => Value::Scalar(self.text.get(span).unwrap_or_default().trim().to_owned()),
            Raw::List(items) => Value::List(self.list(items, at)),
            Raw::Map(entries) => Value::Map(self.map(entries, at)),
        }
    }

    fn list(&mut self, items: Vec<Parsed>, at: At) -> Vec<Node> {
        let mut nodes = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let node = self.node(item, at, &format!("[{index}]"));
            let name = ["id", "name"].into_iter().find_map(|key| node.get(key)?.scalar());
            if let Some(name) = name.filter(|name| !name.is_empty()) {
                self.report.places.relabel(node.at, name);
            }
            nodes.push(node);
        }
        nodes
    }

    fn map(&mut self, entries: Vec<(Spanned<String>, Parsed)>, at: At) -> Vec<Entry> {
        let entry = |(key, value): (Spanned<String>, Parsed)| {
            let key_at = self.place(&key, at, &key.value);
            let node = self.node(value, at, &key.value);
            Entry { key: key.value, key_at, node }
        };
        entries.into_iter().map(entry).collect()
    }
}

/// What the YAML parser says of a value.
enum Raw {
    Nothing,
    Text(String),
    /// A scalar the parser takes for a number or a bool: its text is read from the file.
    Plain,
    List(Vec<Parsed>),
    Map(Vec<(Spanned<String>, Parsed)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Nothing)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Nothing)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}
