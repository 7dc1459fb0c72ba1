//! A buffer of Kafka messages: one block of bytes, and where each message's key and value lie in it.

use jiff::Timestamp;

use crate::Entity;

/// One message, ready to be produced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// The entity, which decides the topic.
    pub entity: Entity,
    /// The time of the change, for the Kafka timestamp.
    pub time: Timestamp,
    /// The key, which decides the partition.
    pub key: Option<&'a [u8]>,
    /// The value; none is a tombstone.
    pub value: Option<&'a [u8]>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    entity: Entity,
    time: Timestamp,
    start: usize,
    key_end: usize,
    end: usize,
    has_value: bool,
}

/// Messages in the order in which they have to be produced.
#[derive(Debug, Clone, Default)]
pub struct Messages {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

impl Messages {
    /// Forgets all messages but keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
    }

    /// How many messages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Bytes of all keys and values.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The messages in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Message<'_>> {
        self.places.iter().map(|place| Message {
            entity: place.entity,
            time: place.time,
            key: Some(&self.bytes[place.start..place.key_end]),
            value: place.has_value.then(|| &self.bytes[place.key_end..place.end]),
        })
    }

    /// Appends a message whose key and value the two functions write.
    pub(super) fn push(
        &mut self,
        (entity, time): (Entity, Timestamp),
        key: impl FnOnce(&mut Vec<u8>),
        value: impl FnOnce(&mut Vec<u8>),
    ) {
        let start = self.bytes.len();
        key(&mut self.bytes);
        let key_end = self.bytes.len();
        value(&mut self.bytes);
        self.places.push(Place {
            entity,
            time,
            start,
            key_end,
            end: self.bytes.len(),
            has_value: true,
        });
    }

    /// Appends a message without a value.
    pub(super) fn push_tombstone(
        &mut self,
        (entity, time): (Entity, Timestamp),
        key: impl FnOnce(&mut Vec<u8>),
    ) {
        self.push((entity, time), key, |_| ());
        if let Some(place) = self.places.last_mut() {
            place.has_value = false;
        }
    }
}
