//! A bound entity, and decoded messages as one line of text each.

use jiff::Timestamp;
use paceline_core::change::{Change, Mention, Value};
use paceline_core::entity::{EntityId, FieldId, FieldType};
use paceline_core::version::Version;
use paceline_crm::{Decoded, Decoder, EntityBinding, FieldBinding, Format, Message};

/// The entity of most tests.
pub(crate) const DEAL: EntityId = EntityId(3);

/// Binds fields given as (path, type); the id is the index.
pub(crate) fn entity(id: EntityId, names: &[&str], fields: &[(&str, FieldType)]) -> EntityBinding {
    let field = |(index, (path, kind)): (usize, &(&str, FieldType))| FieldBinding {
        id: FieldId(index as u8),
        path: (*path).to_owned(),
        kind: *kind,
        scale: None,
    };
    EntityBinding {
        entity: id,
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        fields: fields.iter().enumerate().map(field).collect(),
    }
}

/// A source with its bindings, and what was decoded as text.
pub(crate) struct Source {
    decoder: Decoder,
    entities: Vec<EntityBinding>,
}

impl Source {
    /// A source of these entities.
    pub(crate) fn new(
        format: Format,
        fixed: Option<EntityId>,
        entities: Vec<EntityBinding>,
    ) -> Self {
        Self { decoder: Decoder::new(format, fixed, entities.clone()), entities }
    }

    /// Decodes at offset 7 and Kafka time 2026-01-01.
    pub(crate) fn show(&mut self, key: Option<&str>, value: Option<&str>) -> String {
        let time = "2026-01-01T00:00:00Z".parse().expect("an instant");
        self.show_at(key, value, time, 7)
    }

    /// Decodes, and writes `entity op [ids] v=… t=… by=… field=value …`, or why not.
    pub(crate) fn show_at(
        &mut self,
        key: Option<&str>,
        value: Option<&str>,
        time: Timestamp,
        offset: i64,
    ) -> String {
        let message =
            Message { key: key.map(str::as_bytes), value: value.map(str::as_bytes), time, offset };
        match self.decoder.decode(&message) {
            Ok(Decoded::Change(change)) => show(&change, &self.entities),
            Ok(Decoded::Ignored(reason)) => format!("ignored {reason}"),
            Err(error) => format!("{}: {error}", error.reason()),
        }
    }
}

fn show(change: &Change<'_>, entities: &[EntityBinding]) -> String {
    let binding = entities.iter().find(|binding| binding.entity == change.entity);
    let name = binding.map_or("?", |binding| binding.names[0].as_str());
    let version = show_version(change.version);
    let mut line =
        format!("{name} {:?} [{}] v={version} t={}", change.op, change.ids.join(" "), change.time);
    if let Some(actor) = &change.actor {
        line.push_str(&format!(" by={actor}"));
    }
    for (id, mention) in &change.fields {
        let path = binding.and_then(|binding| binding.fields.iter().find(|field| field.id == *id));
        let path = path.map_or("?", |field| field.path.as_str());
        line.push_str(&format!(" {path}={}", show_mention(mention)));
    }
    line
}

/// A counter in decimal, other versions in hexadecimal, none at all as `min`.
fn show_version(version: Version) -> String {
    let counter = version.bits().wrapping_sub(Version::from_counter(0).bits()) as i128;
    match i64::try_from(counter) {
        _ if version == Version::MIN => "min".to_owned(),
        Ok(counter) => counter.to_string(),
        Err(_) => format!("{:#x}", version.bits()),
    }
}

fn show_mention(mention: &Mention<'_>) -> String {
    match mention {
        Mention::Null => "null".to_owned(),
        Mention::Kept => "kept".to_owned(),
        Mention::Set(Value::Text(text)) => format!("{text:?}"),
        Mention::Set(Value::Bool(value)) => value.to_string(),
        Mention::Set(Value::Int(value)) => value.to_string(),
        Mention::Set(Value::Decimal(value)) => value.to_string(),
        Mention::Set(Value::Date(value)) => value.to_string(),
        Mention::Set(Value::Timestamp(value)) => value.to_string(),
    }
}

/// Checks cases of key, value and expected line, each by a fresh decoder and by one that has seen all before.
pub(crate) fn check(source: impl Fn() -> Source, cases: &[(Option<&str>, Option<&str>, &str)]) {
    let mut seasoned = source();
    for (key, value, expected) in cases {
        assert_eq!(source().show(*key, *value), *expected, "{key:?} {value:?}");
        assert_eq!(seasoned.show(*key, *value), *expected, "{key:?} {value:?} after others");
    }
    for (key, value, expected) in cases.iter().rev() {
        assert_eq!(seasoned.show(*key, *value), *expected, "{key:?} {value:?} in reverse");
    }
}
