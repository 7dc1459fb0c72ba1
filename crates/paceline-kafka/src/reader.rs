//! A reader: the partitions of one lane, as one queue of records.
//!
//! Partitions are assigned, not subscribed to: a lane keeps its record images for as long as the process
//! lives, so nothing may be moved away from under it.

use std::collections::HashMap;
use std::time::Duration;

use foldhash::fast::FixedState;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};

use crate::Error;
use crate::client::Settings;
use crate::health::{Health, Listener};
use crate::queue::{Fetched, Queue};

/// A partition of a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// The topic.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
}

/// A record as it lies in the client's memory.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The index of its partition in the reader's assignment.
    pub at: usize,
    /// Its offset.
    pub offset: i64,
    /// Its Kafka timestamp in milliseconds since 1970, if it has one.
    pub timestamp_ms: Option<i64>,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value; none for a tombstone.
    pub value: Option<&'a [u8]>,
}

/// What a poll brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Polled {
    /// How many records were handed over.
    pub records: usize,
    /// What does not mend itself, in the client's words.
    pub errors: Vec<String>,
}

/// The partitions of one lane.
pub struct Reader {
    queue: Queue<Listener>,
    assigned: Vec<Assigned>,
    /// By partition number the indexes of those that have it, of whichever topic.
    by_number: HashMap<i32, Vec<usize>, FixedState>,
}

impl Reader {
    /// A reader that starts at the earliest record of each partition.
    ///
    /// # Errors
    /// [`Error::Settings`] and [`Error::Assign`].
    pub fn new(settings: &Settings, assigned: Vec<Assigned>) -> Result<Self, Error> {
        Self::starting_at(settings, assigned, Offset::Beginning)
    }

    /// A reader that starts at an offset of each partition.
    pub(crate) fn starting_at(
        settings: &Settings,
        assigned: Vec<Assigned>,
        start: Offset,
    ) -> Result<Self, Error> {
        let listener = Listener::new(assigned.clone());
        let consumer: BaseConsumer<Listener> =
            settings.consumer().create_with_context(listener).map_err(Error::settings)?;
        let mut list = TopicPartitionList::new();
        for Assigned { topic, partition } in &assigned {
            list.add_partition_offset(topic, *partition, start).map_err(Error::Assign)?;
        }
        let queue = Queue::new(consumer).map_err(Error::Assign)?;
        for Assigned { topic, partition } in &assigned {
            queue.forward(topic, *partition).map_err(Error::Assign)?;
        }
        queue.consumer().assign(&list).map_err(Error::Assign)?;
        let mut by_number: HashMap<_, Vec<usize>, FixedState> = HashMap::default();
        for (at, assigned) in assigned.iter().enumerate() {
            by_number.entry(assigned.partition).or_default().push(at);
        }
        Ok(Self { queue, assigned, by_number })
    }

    /// Waits up to `wait` for a first record, then hands over what is there, at most `most` records.
    pub fn poll(
        &mut self,
        wait: Duration,
        most: usize,
        mut take: impl FnMut(&[Record<'_>]),
    ) -> Polled {
        let mut polled = Polled { records: 0, errors: self.serve() };
        let Self { queue, assigned, by_number } = self;
        queue.take(wait, most, |batch| {
            let mut records = Vec::with_capacity(batch.len());
            for fetched in batch {
                match fetched.ok() {
                    Ok(message) => {
                        records.push(record(message, place(by_number, assigned, message)));
                    }
                    Err(error) => note(error, &mut polled.errors),
                }
            }
            take(&records);
            polled.records += records.len();
        });
        polled
    }

    /// Takes what comes to the consumer rather than to the queue of records: statistics, and errors, which it answers.
    fn serve(&self) -> Vec<String> {
        let mut errors = Vec::new();
        while let Some(event) = self.queue.consumer().poll(Duration::ZERO) {
            match event {
                // Partitions are forwarded before they are assigned. Should a record come nonetheless, it is told.
                Ok(record) => errors.push(format!(
                    "record {} of {} partition {} came past its queue",
                    record.offset(),
                    record.topic(),
                    record.partition()
                )),
                Err(error) => note(error, &mut errors),
            }
        }
        errors
    }

    /// The statistics that came since the last call. [`Self::poll`] receives them before it hands over records: what
    /// they say was drained had been handed over by then.
    pub fn health(&self) -> Option<Health> {
        self.queue.consumer().context().take()
    }

    /// Commits positions under the consumer group: for each partition the offset after the last that is done.
    ///
    /// # Errors
    /// [`Error::Assign`] when the client refuses; a failure at the broker only shows in its log.
    pub fn commit(&self, offsets: impl IntoIterator<Item = (usize, i64)>) -> Result<(), Error> {
        let mut list = TopicPartitionList::new();
        for (at, offset) in offsets {
            let Assigned { topic, partition } = &self.assigned[at];
            list.add_partition_offset(topic, *partition, Offset::Offset(offset))
                .map_err(Error::Assign)?;
        }
        if list.count() == 0 {
            return Ok(());
        }
        self.queue.consumer().commit(&list, CommitMode::Async).map_err(Error::Assign)
    }
}

fn record(message: &Fetched, at: usize) -> Record<'_> {
    Record {
        at,
        offset: message.offset(),
        timestamp_ms: message.timestamp_ms(),
        key: message.key(),
        value: message.value(),
    }
}

/// The partition of a message; the name of its topic is looked at only where the number does not tell.
fn place(
    by_number: &HashMap<i32, Vec<usize>, FixedState>,
    assigned: &[Assigned],
    message: &Fetched,
) -> usize {
    match by_number.get(&message.partition()).map(Vec::as_slice) {
        Some([only]) => *only,
        Some(several) => {
            let topic = message.topic();
            let named = |at: &usize| assigned[*at].topic.as_bytes() == topic;
            several.iter().copied().find(named).unwrap_or(0)
        }
        // A reader is only given what is assigned to it.
        None => 0,
    }
}

fn note(error: KafkaError, errors: &mut Vec<String>) {
    if !mends_itself(&error) {
        errors.push(error.to_string());
    }
}

/// Lost connections come back by themselves, and statistics tell of them.
fn mends_itself(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::Resolve
                | Code::OperationTimedOut
                | Code::RequestTimedOut
                | Code::LeaderNotAvailable
                | Code::NotLeaderForPartition
                | Code::NodeUpdate
                | Code::Retry
        )
    )
}
