//! A lane without Kafka: the engine fed from memory, to see what each of its steps costs.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use jiff::Timestamp;
use paceline::config::Config;
use paceline_crm::{Decoder, Message};
use paceline_engine::{Lane, Live, Partition, Source};
use paceline_sim::format;

use crate::events::{PARTITIONS, TOPIC};

/// A lane over all partitions of the topic.
#[derive(Debug)]
pub struct Feed {
    lane: Lane,
    offset: i64,
}

impl Feed {
    /// A lane that has seen nothing.
    pub fn new(config: &Config) -> Self {
        let (model, roster) = (Arc::new(config.model.clone()), Arc::new(config.roster.clone()));
        let live = Arc::new(Live::new(model, roster, vec![TOPIC.to_owned()]));
        let source = Source { topic: TOPIC.to_owned(), decoder: decoder(config), keyed: false };
        let partition =
            |number: i32| Partition { source: 0, number, shard: number as usize, target: i64::MAX };
        let partitions: Vec<Partition> = (0..PARTITIONS).map(partition).collect();
        live.expect(partitions.len());
        let lane = Lane::new(live, vec![source], &partitions);
        Self { lane, offset: 0 }
    }

    /// Takes messages, each of the partition beside it. Answers how many of them could be decoded.
    pub fn take<'a>(
        &mut self,
        messages: impl IntoIterator<Item = (usize, format::Message<'a>)>,
    ) -> usize {
        let Self { lane, offset } = self;
        let (first, mut rejected) = (*offset, 0);
        let read = messages.into_iter().map(|(partition, message)| {
            *offset += 1;
            (partition, as_read(&message, *offset))
        });
        lane.take(read, |_, _| rejected += 1);
        (*offset - first) as usize - rejected
    }

    /// Commits what was taken.
    pub fn commit(&mut self, now: Timestamp) {
        self.lane.commit(now);
    }
}

/// A decoder of what the only source of a config holds.
pub fn decoder(config: &Config) -> Decoder {
    let [source] = config.sources.as_slice() else {
        unreachable!("the benches' configs have one source")
    };
    config.decoder(source)
}

/// A generated message as a decoder gets it from Kafka.
pub fn as_read<'a>(message: &format::Message<'a>, offset: i64) -> Message<'a> {
    Message { key: message.key, value: message.value, time: message.time, offset }
}

/// The partition that a message's key hashes to.
pub fn partition(message: &format::Message<'_>) -> usize {
    let mut hasher = DefaultHasher::new();
    message.key.hash(&mut hasher);
    (hasher.finish() % PARTITIONS as u64) as usize
}
