//! Contender (b): librdkafka's own batch call, which only counts.
#![expect(unsafe_code, reason = "the batch call has no safe wrapper; here it is alone")]

use std::ptr;

use anyhow::ensure;
use rdkafka::bindings::{
    rd_kafka_consume_batch_queue, rd_kafka_message_destroy, rd_kafka_queue_destroy,
    rd_kafka_queue_get_consumer,
};
use rdkafka::consumer::Consumer as _;

use crate::consume::Reader;
use crate::outcome::Outcome;
use paceline_benches::process::Usage;

/// The most messages of one call.
const BATCH: usize = 1_000;
/// How long a call waits for a full batch.
const WAIT_MS: i32 = 100;
/// How many calls may bring nothing before the broker counts as silent.
const IDLE_MAX: u32 = 300;

pub(crate) fn run(brokers: &str) -> anyhow::Result<Outcome> {
    let reader = Reader::new(brokers, 0, 1)?;
    let before = Usage::own()?;
    reader.start()?;
    let read = count(&reader)?;
    let after = Usage::own()?;
    Ok(Outcome::between(read, &before, &after))
}

fn count(reader: &Reader) -> anyhow::Result<u64> {
    // SAFETY: the client outlives the queue, which is given back below and used by nobody else.
    let queue = unsafe { rd_kafka_queue_get_consumer(reader.consumer.client().native_ptr()) };
    ensure!(!queue.is_null(), "the consumer has no queue");
    let mut batch = [ptr::null_mut(); BATCH];
    let (mut read, mut idle) = (0, 0);
    while read < reader.events && idle < IDLE_MAX {
        // SAFETY: the queue is alive, and there is room for as many messages as are asked for.
        let brought =
            unsafe { rd_kafka_consume_batch_queue(queue, WAIT_MS, batch.as_mut_ptr(), BATCH) };
        let brought = usize::try_from(brought)?;
        for message in &batch[..brought] {
            // SAFETY: the call has filled these places with messages that are the caller's to inspect and destroy.
            unsafe {
                read += u64::from((**message).err as i32 == 0);
                rd_kafka_message_destroy(*message);
            }
        }
        idle = if brought == 0 { idle + 1 } else { 0 };
    }
    // SAFETY: this is the reference taken above, and no message of it is left.
    unsafe { rd_kafka_queue_destroy(queue) };
    crate::consume::check(read, reader.events)?;
    Ok(read)
}
