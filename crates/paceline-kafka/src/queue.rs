//! A queue of messages that are taken many at a time, by librdkafka's own call for that.
//!
//! The safe wrapper hands out one message a call, each through an event and a counted reference of its own: a
//! third of what reading costs. It has no batches, so this file, and no other of paceline, is not safe Rust.
#![expect(unsafe_code, reason = "librdkafka's batch call has no safe wrapper; see the heading")]

use std::ffi::{CStr, CString};
use std::ptr::{self, NonNull};
use std::slice;
use std::time::Duration;

use rdkafka::bindings::{
    rd_kafka_consume_batch_queue, rd_kafka_message_destroy, rd_kafka_message_t,
    rd_kafka_message_timestamp, rd_kafka_queue_destroy, rd_kafka_queue_forward,
    rd_kafka_queue_get_partition, rd_kafka_queue_new, rd_kafka_queue_t, rd_kafka_timestamp_type_t,
    rd_kafka_topic_name,
};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// The most messages of one call: enough to share its cost, few enough to stay in the processor's cache.
const BATCH: usize = 256;

/// A consumer, and a queue of its own for the messages of its partitions. What else the consumer has to tell stays
/// on the consumer's queue.
pub(crate) struct Queue<C: ConsumerContext> {
    /// Alive for as long as the consumer, which is dropped after it.
    native: NonNull<rd_kafka_queue_t>,
    consumer: BaseConsumer<C>,
    /// What a call fills; empty between calls, and kept for its memory.
    batch: Vec<*mut rd_kafka_message_t>,
}

// SAFETY: librdkafka's handles may be used by any thread, and no message is in `batch` between calls.
unsafe impl<C: ConsumerContext> Send for Queue<C> {}

impl<C: ConsumerContext> Queue<C> {
    pub(crate) fn new(consumer: BaseConsumer<C>) -> Result<Self, KafkaError> {
        // SAFETY: the client is alive, and outlives the queue as a field of the same value.
        let native = unsafe { rd_kafka_queue_new(consumer.client().native_ptr()) };
        let native = NonNull::new(native)
            .ok_or_else(|| KafkaError::ClientCreation("no queue for messages".to_owned()))?;
        Ok(Self { native, consumer, batch: vec![ptr::null_mut(); BATCH] })
    }

    pub(crate) fn consumer(&self) -> &BaseConsumer<C> {
        &self.consumer
    }

    /// Has the messages of a partition come to this queue. Called before the partition is assigned, so that none is
    /// fetched for another queue: librdkafka keeps a forwarding that was there first.
    pub(crate) fn forward(&self, topic: &str, partition: i32) -> Result<(), KafkaError> {
        let unknown = || KafkaError::MessageConsumption(RDKafkaErrorCode::UnknownPartition);
        let topic = CString::new(topic).map_err(KafkaError::Nul)?;
        let client = self.consumer.client().native_ptr();
        // SAFETY: the client is alive, and the name ends with a zero.
        let from = unsafe { rd_kafka_queue_get_partition(client, topic.as_ptr(), partition) };
        let from = NonNull::new(from).ok_or_else(unknown)?;
        // SAFETY: both queues are alive; librdkafka keeps what it needs of them, so that the reference that was
        // taken two lines above is given back.
        unsafe {
            rd_kafka_queue_forward(from.as_ptr(), self.native.as_ptr());
            rd_kafka_queue_destroy(from.as_ptr());
        }
        Ok(())
    }

    /// Hands over messages, batch by batch, at most `most`: waits up to `wait` for the first, and for no other.
    pub(crate) fn take(&mut self, wait: Duration, most: usize, mut each: impl FnMut(&[Fetched])) {
        // A call waits until it has all that it was asked for, so the first asks for one.
        let (mut wait, mut room, mut taken) = (wait, 1, 0);
        // Given back when this call ends, also by a panic, while the consumer is still there.
        let mut fetched = Vec::with_capacity(BATCH);
        while taken < most {
            let brought = self.fetch(wait, room.min(most - taken));
            if brought == 0 {
                return;
            }
            let batch = self.batch[..brought].iter_mut();
            fetched.extend(batch.filter_map(Fetched::take));
            each(&fetched);
            fetched.clear();
            (wait, room, taken) = (Duration::ZERO, BATCH, taken + brought);
        }
    }

    /// Fills the front of the batch, and answers how far.
    fn fetch(&mut self, wait: Duration, room: usize) -> usize {
        let wait_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        let room = room.min(self.batch.len());
        let (queue, batch) = (self.native.as_ptr(), self.batch.as_mut_ptr());
        // SAFETY: the queue is alive, and the batch has room for as many messages.
        let brought = unsafe { rd_kafka_consume_batch_queue(queue, wait_ms, batch, room) };
        usize::try_from(brought).unwrap_or(0)
    }
}

impl<C: ConsumerContext> Drop for Queue<C> {
    fn drop(&mut self) {
        // SAFETY: the only reference to the queue, taken when it was made; the consumer is still alive.
        unsafe { rd_kafka_queue_destroy(self.native.as_ptr()) };
    }
}

/// A message in librdkafka's memory, given back when this is dropped.
pub(crate) struct Fetched(NonNull<rd_kafka_message_t>);

impl Fetched {
    /// Takes a message out of its place in a batch.
    fn take(place: &mut *mut rd_kafka_message_t) -> Option<Self> {
        NonNull::new(std::mem::replace(place, ptr::null_mut())).map(Self)
    }

    /// The message, unless it is an error of its partition in place of one.
    pub(crate) fn ok(&self) -> Result<&Self, KafkaError> {
        let code = RDKafkaErrorCode::from(self.message().err);
        if code == RDKafkaErrorCode::NoError {
            Ok(self)
        } else {
            Err(KafkaError::MessageConsumption(code))
        }
    }

    pub(crate) fn partition(&self) -> i32 {
        self.message().partition
    }

    pub(crate) fn offset(&self) -> i64 {
        self.message().offset
    }

    /// The name of its topic; empty for an error that is of none.
    pub(crate) fn topic(&self) -> &[u8] {
        let topic = self.message().rkt;
        if topic.is_null() {
            return &[];
        }
        // SAFETY: the message keeps its topic alive, and that its name.
        unsafe { CStr::from_ptr(rd_kafka_topic_name(topic)) }.to_bytes()
    }

    /// Milliseconds since 1970, if it has a time.
    pub(crate) fn timestamp_ms(&self) -> Option<i64> {
        let mut kind = rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is alive, and the kind is written to.
        let time = unsafe { rd_kafka_message_timestamp(self.0.as_ptr(), &mut kind) };
        (time >= 0 && kind != rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
            .then_some(time)
    }

    pub(crate) fn key(&self) -> Option<&[u8]> {
        let message = self.message();
        // SAFETY: the key lives as long as the message.
        unsafe { bytes(message.key.cast(), message.key_len) }
    }

    pub(crate) fn value(&self) -> Option<&[u8]> {
        let message = self.message();
        // SAFETY: the value lives as long as the message.
        unsafe { bytes(message.payload.cast(), message.len) }
    }

    fn message(&self) -> &rd_kafka_message_t {
        // SAFETY: librdkafka gave the message to the caller of the batch call until it is destroyed.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for Fetched {
    fn drop(&mut self) {
        // SAFETY: the message was not destroyed before: this is the only place that does.
        unsafe { rd_kafka_message_destroy(self.0.as_ptr()) };
    }
}

/// Bytes in librdkafka's memory; a null pointer stands for none, which are not those of length 0.
///
/// # Safety
/// `start` is null or has `length` bytes behind it that live for `'a`.
unsafe fn bytes<'a>(start: *const u8, length: usize) -> Option<&'a [u8]> {
    // SAFETY: the caller's.
    (!start.is_null()).then(|| unsafe { slice::from_raw_parts(start, length) })
}
