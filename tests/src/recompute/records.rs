//! What is known of each record: all changes ever taken are kept, and an image is worked out from them by definition.
//!
//! An engine merges a change into an image and forgets it. Keeping everything instead makes each rule one sentence:
//! the newest change that speaks of a field gives its value, whatever the order of arrival was.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    config::Config,
    filter::V,
    native::{self, Refused},
};

/// One message of a topic.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The topic it is from.
    pub topic: &'a str,
    /// The offset, which is the version of a change that has none.
    pub offset: i64,
    /// The Kafka timestamp, which is the time of a change that has none.
    pub timestamp: Timestamp,
    /// The key, which is the id of a change that has none.
    pub key: Option<&'a [u8]>,
    /// The value; a null one deletes.
    pub value: Option<&'a [u8]>,
}

/// One change of one record.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its place in the record's history. A null value on a key never seen has none, and is older than all others.
    pub version: Option<i64>,
    /// When it happened.
    pub time: Timestamp,
    /// What happened.
    pub what: What,
}

/// What happened to a record.
#[derive(Clone, Debug)]
pub enum What {
    /// A full image: a field that is not listed is null.
    Full(BTreeMap<String, V>),
    /// Only what is listed changed.
    Patch(BTreeMap<String, V>),
    /// It is gone.
    Delete,
    /// It is gone, at the version the image had when the message came. Wins against a full image of that version.
    Tombstone,
    /// Something changed, but the source does not say what.
    Gap,
}

/// All changes of all records, each record's in the order of arrival, and what is said about reps.
#[derive(Clone, Debug, Default)]
pub struct Records {
    changes: BTreeMap<(String, String), Vec<Change>>,
    /// By key the newest message about reps, with its offset.
    rep_rows: BTreeMap<Vec<u8>, (i64, Option<Vec<u8>>)>,
}

/// What a record looks like.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// The values of the fields.
    pub fields: BTreeMap<String, V>,
    /// Whether it exists.
    pub alive: bool,
    /// Whether something about it was missed.
    pub in_doubt: bool,
}

impl Image {
    /// The value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> V {
        self.fields.get(name).cloned().unwrap_or(V::Unknown)
    }
}

impl Records {
    /// Takes a message.
    ///
    /// # Errors
    /// A message that is no change is refused whole and leaves nothing behind. One about reps is taken with whatever it
    /// says, provided that it has a key: a wrong one takes the place of the one before.
    pub fn take(&mut self, config: &Config, message: Message<'_>) -> Result<(), Refused> {
        if message.topic == config.topics.reps {
            return self.take_rep_row(message);
        }
        let (record, change) = native::read(config, message)?;
        self.add(record, change);
        Ok(())
    }

    fn take_rep_row(&mut self, message: Message<'_>) -> Result<(), Refused> {
        let key = message.key.ok_or_else(|| Refused("no key".to_owned()))?;
        let known = self.rep_rows.get(key).map(|(offset, _)| *offset);
        if known.is_none_or(|known| known <= message.offset) {
            let value = message.value.map(<[u8]>::to_vec);
            self.rep_rows.insert(key.to_vec(), (message.offset, value));
        }
        Ok(())
    }

    /// What is said about reps and was not withdrawn, by key.
    pub fn rep_rows(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let rows = self.rep_rows.iter();
        rows.filter_map(|(key, (_, value))| Some((key.as_slice(), value.as_deref()?)))
    }

    /// Takes a change that has been read already.
    pub fn add(&mut self, (entity, id): (String, String), mut change: Change) {
        let changes = self.changes.entry((entity, id)).or_default();
        if matches!(change.what, What::Tombstone) {
            change.version = image_version(changes);
        }
        changes.push(change);
    }

    /// The images of an entity's records, by id.
    #[must_use]
    pub fn images(&self, config: &Config, entity: &str) -> Vec<(String, Image)> {
        let fields = config.entities.get(entity).map(|entity| &entity.fields);
        let names: Vec<&String> = fields.into_iter().flatten().map(|(name, _)| name).collect();
        let of_entity = self.changes.iter().filter(|((of, _), _)| of == entity);
        of_entity.map(|((_, id), changes)| (id.clone(), image(&names, changes))).collect()
    }
}

impl Records {
    /// How a record looked after each change that spoke of fields, in the order in which these came, each with the
    /// change's time.
    #[must_use]
    pub fn history(&self, config: &Config, entity: &str, id: &str) -> Vec<(Timestamp, Image)> {
        let fields = config.entities.get(entity).map(|entity| &entity.fields);
        let names: Vec<&String> = fields.into_iter().flatten().map(|(name, _)| name).collect();
        let record = (entity.to_owned(), id.to_owned());
        let changes = self.changes.get(&record).map_or(&[][..], Vec::as_slice);
        let speaks = |change: &Change| matches!(change.what, What::Full(_) | What::Patch(_));
        let nth = (0..changes.len()).filter(|nth| speaks(&changes[*nth]));
        nth.map(|nth| (changes[nth].time, image(&names, &changes[..=nth]))).collect()
    }
}

/// The version of an image is that of the newest change that went into it; a gap brings nothing.
fn image_version(changes: &[Change]) -> Option<i64> {
    newest(changes, |what| !matches!(what, What::Gap)).flatten()
}

fn image(names: &[&String], changes: &[Change]) -> Image {
    let mut fields = BTreeMap::new();
    for name in names {
        fields.insert((*name).clone(), field(name, changes));
    }
    let alive = is_alive(changes);
    Image { fields, alive, in_doubt: is_in_doubt(changes, alive) }
}

/// The value that the newest change gives which speaks of the field; of two equally new ones, the first to come.
fn field(name: &str, changes: &[Change]) -> V {
    let mut found = V::Unknown;
    let mut found_version = None;
    for change in changes {
        let said = match &change.what {
            What::Full(fields) => Some(fields.get(name).cloned().unwrap_or(V::Null)),
            What::Patch(fields) => fields.get(name).cloned(),
            What::Delete | What::Tombstone | What::Gap => None,
        };
        let Some(said) = said else { continue };
        if found_version.is_none_or(|version| change.version > version) {
            found = said;
            found_version = Some(change.version);
        }
    }
    found
}

fn is_alive(changes: &[Change]) -> bool {
    let full = newest(changes, is_full);
    let delete = newest(changes, is_delete);
    let tombstone = newest(changes, |what| matches!(what, What::Tombstone));
    // `None` is "there is none", which is older than any.
    !(delete > full || (tombstone.is_some() && tombstone >= full))
}

fn is_in_doubt(changes: &[Change], alive: bool) -> bool {
    let gap = newest(changes, |what| matches!(what, What::Gap));
    let patch = newest(changes, |what| matches!(what, What::Patch(_)));
    gap > newest(changes, is_full) || (!alive && patch > newest(changes, is_delete))
}

fn is_full(what: &What) -> bool {
    matches!(what, What::Full(_))
}

fn is_delete(what: &What) -> bool {
    matches!(what, What::Delete | What::Tombstone)
}

/// The newest version among the changes of a kind.
fn newest(changes: &[Change], kind: impl Fn(&What) -> bool) -> Option<Option<i64>> {
    changes.iter().filter(|change| kind(&change.what)).map(|change| change.version).max()
}
