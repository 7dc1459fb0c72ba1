//! Changes at a steady pace, each saying when it was sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};

use crate::world::{TOPIC, World, micros_since};

/// Neighbours in time are far apart in the organisation.
const STRIDE: usize = 7_919;
const ACKNOWLEDGED: Duration = Duration::from_secs(60);

/// Who sends the changes.
pub(crate) struct Sender {
    producer: ThreadedProducer<DefaultProducerContext>,
    base: u64,
}

/// Changes that are being sent, until it is dropped.
pub(crate) struct Traffic {
    ends: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    sending: Option<JoinHandle<()>>,
}

impl Sender {
    /// One that waits for others to send along with a change, at most so long.
    pub(crate) fn new(brokers: &str, base: u64, linger: Duration) -> anyhow::Result<Self> {
        let mut settings = ClientConfig::new();
        let linger = linger.as_millis().to_string();
        settings.set("bootstrap.servers", brokers).set("acks", "all").set("linger.ms", linger);
        Ok(Self { producer: settings.create()?, base })
    }

    /// Gives each of some reps their deal.
    pub(crate) fn fill(&self, reps: usize) -> anyhow::Result<()> {
        for rep in 0..reps {
            while !self.send(rep) {
                thread::sleep(Duration::from_millis(1));
            }
        }
        self.producer.flush(ACKNOWLEDGED).context("the deals were not acknowledged")
    }

    /// Changes the deals of some reps by turns, so many a second.
    pub(crate) fn begin(self: &Arc<Self>, reps: usize, per_second: u64) -> Traffic {
        let (ends, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let sending = thread::spawn({
            let (sender, ends, sent) = (self.clone(), ends.clone(), sent.clone());
            move || sender.pace(reps, per_second, &ends, &sent)
        });
        Traffic { ends, sent, sending: Some(sending) }
    }

    fn pace(&self, reps: usize, per_second: u64, ends: &AtomicBool, sent: &AtomicU64) {
        let began = Instant::now();
        let mut count: u64 = 0;
        while !ends.load(Ordering::Relaxed) {
            let due = (began.elapsed().as_secs_f64() * per_second as f64) as u64;
            while count < due {
                let rep = (count as usize).wrapping_mul(STRIDE) % reps;
                // One that the queue has no room for is not sent at all, and not counted.
                sent.fetch_add(u64::from(self.send(rep)), Ordering::Relaxed);
                count += 1;
            }
            thread::sleep(Duration::from_micros(500));
        }
    }

    fn send(&self, rep: usize) -> bool {
        let (key, value) = World::change(rep, micros_since(self.base));
        let record: BaseRecord<'_, str, str> =
            BaseRecord::to(TOPIC).key(key.as_str()).payload(value.as_str());
        self.producer.send(record).is_ok()
    }
}

impl Traffic {
    /// How many were sent so far.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(sending) = self.sending.take() {
            sending.join().expect("the sender does not panic");
        }
    }
}
