//! Reads a message of `format: paceline` into a change, exactly and whole: one wrong field refuses the message.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use num_traits::Signed;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    config::{Config, Entity, FieldType},
    filter::V,
    number,
    records::{Change, Message, What},
};

/// Why a message is no change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

#[derive(Deserialize)]
struct Wire<'a> {
    entity: Option<String>,
    id: Option<String>,
    op: String,
    version: Option<i64>,
    time: Option<String>,
    #[serde(default, borrow)]
    set: BTreeMap<String, &'a RawValue>,
    #[serde(default)]
    unset: Vec<String>,
}

/// The record (entity and id) and what happened to it.
///
/// # Errors
/// When the message is malformed, names no record, or a field holds something else than its type.
pub fn read(config: &Config, message: Message<'_>) -> Result<((String, String), Change), Refused> {
    let Some(value) = message.value else { return tombstone(config, message) };
    let text = std::str::from_utf8(value).map_err(refused)?;
    let wire: Wire<'_> = serde_json::from_str(text).map_err(refused)?;
    let name = entity_name(config, message, wire.entity.as_deref())?;
    let id = match &wire.id {
        Some(id) => id.clone(),
        None => key(message)?,
    };
    let entity = &config.entities[&name];
    let change = Change {
        version: Some(wire.version.unwrap_or(message.offset)),
        time: match &wire.time {
            Some(time) => time.parse().map_err(refused)?,
            None => message.timestamp,
        },
        what: what(entity, &wire)?,
    };
    Ok(((name, id), change))
}

fn tombstone(config: &Config, message: Message<'_>) -> Result<((String, String), Change), Refused> {
    let record = (entity_name(config, message, None)?, key(message)?);
    Ok((record, Change { version: None, time: message.timestamp, what: What::Tombstone }))
}

fn what(entity: &Entity, wire: &Wire<'_>) -> Result<What, Refused> {
    let fields = fields(entity, wire)?;
    match wire.op.as_str() {
        "upsert" | "undelete" => Ok(What::Full(fields)),
        "patch" => Ok(What::Patch(fields)),
        "delete" => Ok(What::Delete),
        "gap" => Ok(What::Gap),
        op => Err(Refused(format!("unknown operation {op}"))),
    }
}

fn fields(entity: &Entity, wire: &Wire<'_>) -> Result<BTreeMap<String, V>, Refused> {
    let mut fields = BTreeMap::new();
    for (name, field) in &entity.fields {
        if wire.unset.contains(&field.path) {
            fields.insert(name.clone(), V::Null);
        }
        if let Some(raw) = wire.set.get(&field.path) {
            let value = read_value(raw.get(), field.kind);
            let wrong = || Refused(format!("{} is no {:?}", field.path, field.kind));
            fields.insert(name.clone(), value.ok_or_else(wrong)?);
        }
    }
    Ok(fields)
}

/// The source's entity, else the one whose name the message says.
fn entity_name(
    config: &Config,
    message: Message<'_>,
    said: Option<&str>,
) -> Result<String, Refused> {
    let source = config.sources.iter().find(|source| source.topic == message.topic);
    let fixed = source.and_then(|source| source.entity.clone());
    let known = |said: &str| {
        let named = config.entities.iter().find(|(name, entity)| {
            **name == said.to_lowercase() || entity.names.iter().any(|other| other == said)
        });
        named.map(|(name, _)| name.clone())
    };
    let name = fixed.or_else(|| said.and_then(known));
    let name = name.filter(|name| config.entities.contains_key(name));
    name.ok_or_else(|| Refused("no entity".to_owned()))
}

fn key(message: Message<'_>) -> Result<String, Refused> {
    let key = message.key.filter(|key| !key.is_empty());
    let key = key.ok_or_else(|| Refused("no record id".to_owned()))?;
    Ok(std::str::from_utf8(key).map_err(refused)?.to_owned())
}

/// `None` when the JSON is no value of the type.
fn read_value(raw: &str, kind: FieldType) -> Option<V> {
    let raw = raw.trim();
    if raw == "null" {
        return Some(V::Null);
    }
    let quoted = raw.starts_with('"');
    let text = if quoted { serde_json::from_str(raw).ok()? } else { raw.to_owned() };
    if text.starts_with(['{', '[']) && !quoted {
        return None;
    }
    match kind {
        FieldType::Text => Some(V::Text(text)),
        FieldType::Bool => Some(V::Bool(text.parse().ok()?)),
        FieldType::Int => integer(&text),
        FieldType::Decimal => decimal(&text, quoted),
        FieldType::Date if quoted => date(&text),
        FieldType::Timestamp if quoted => Some(V::Instant(text.parse::<Timestamp>().ok()?)),
        FieldType::Date | FieldType::Timestamp => None,
    }
}

fn integer(text: &str) -> Option<V> {
    let number = number::parse(text)?;
    number.is_integer().then_some(V::Num(number))
}

fn decimal(text: &str, quoted: bool) -> Option<V> {
    if quoted && text.eq_ignore_ascii_case("nan") {
        return Some(V::Null);
    }
    let number = number::rounded(&number::parse(text)?);
    let limit = number::whole(10).pow(24);
    (number.abs() <= limit).then_some(V::Num(number))
}

/// A day, also written as its midnight.
fn date(text: &str) -> Option<V> {
    let day = text.split_once('T').map_or(text, |(day, _)| day);
    let midnight = text[day.len()..].chars().all(|c| "T0:.Z+".contains(c));
    midnight.then(|| day.parse::<Date>().ok().map(V::Date)).flatten()
}

fn refused(error: impl std::fmt::Display) -> Refused {
    Refused(error.to_string())
}
