//! Settings of the clients: proven defaults, the config's own settings on top.

use std::collections::BTreeMap;

use rdkafka::ClientConfig;
use secrecy::{ExposeSecret as _, SecretString};

/// How to reach the brokers.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The brokers to ask first, `host:port,…`.
    pub brokers: String,
    /// The consumer group: positions are committed under it, for tools that show lag and for dead letters.
    pub group_id: String,
    /// Any librdkafka settings; they win over the defaults, but for those of [`overruled`]. Some are secrets, so none is shown.
    pub settings: BTreeMap<String, SecretString>,
}

/// Settings that are for a consumer only, or for a producer; the other would log a warning for each, or do for nothing
/// what the setting asks.
const CONSUMER_ONLY: [&str; 10] = [
    "group.",
    "auto.offset.",
    "enable.auto.",
    "queued.",
    "fetch.",
    "isolation.",
    "check.crcs",
    "max.poll.",
    "statistics.",
    "enable.partition.eof",
];
const PRODUCER_ONLY: [&str; 6] = [
    "enable.idempotence",
    "acks",
    "linger.ms",
    "compression.",
    "message.timeout.ms",
    "queue.buffering.",
];

/// The settings that have no effect on consumers, because paceline relies on its own.
pub fn overruled(settings: &BTreeMap<String, SecretString>) -> impl Iterator<Item = &str> {
    let differs = |(key, own): &(&'static str, &str)| {
        settings.get(*key).is_some_and(|value| value.expose_secret() != *own)
    };
    RELIED_ON.into_iter().filter(differs).map(|(key, _)| key)
}

/// What the care of positions stands on, whatever the config says: they are committed when what stands before them is
/// counted, one that is gone is never passed over silently, and statistics tell what can be reached and was read to its
/// end.
const RELIED_ON: [(&str, &str); 5] = [
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("auto.offset.reset", "error"),
    ("enable.partition.eof", "false"),
    ("statistics.interval.ms", "1000"),
];

impl Settings {
    /// A consumer that starts where it is told, commits only when told, and never jumps silently.
    ///
    /// The queue is short, because every lane has one and what waits in it is memory: at 4 MiB reading is as fast as at
    /// 16, and what has just been fetched is still in the processor's cache when it is decoded.
    ///
    /// `fetch.queue.backoff.ms` is librdkafka's pause once its queue is full; at its default of a second any
    /// consumer slower than the network stalls for most of that second.
    pub(crate) fn consumer(&self) -> ClientConfig {
        let mut config = self.common(
            &PRODUCER_ONLY,
            &[
                ("group.id", self.group_id.as_str()),
                ("isolation.level", "read_committed"),
                ("check.crcs", "true"),
                ("queued.min.messages", "20000"),
                ("queued.max.messages.kbytes", "4096"),
                ("fetch.queue.backoff.ms", "1"),
                ("fetch.wait.max.ms", "100"),
            ],
        );
        for (key, value) in RELIED_ON {
            config.set(key, value);
        }
        config
    }

    /// A producer that loses nothing and repeats nothing while it lives.
    pub(crate) fn producer(&self) -> ClientConfig {
        self.common(
            &CONSUMER_ONLY,
            &[
                ("enable.idempotence", "true"),
                ("acks", "all"),
                ("linger.ms", "5"),
                ("compression.type", "lz4"),
                ("message.timeout.ms", "0"),
                // A dead letter is as large as what it was; the broker has the last word.
                ("message.max.bytes", "100000000"),
            ],
        )
    }

    /// A client that only asks.
    pub(crate) fn admin(&self) -> ClientConfig {
        let mut config = self.common(&PRODUCER_ONLY, &[]);
        for prefix in CONSUMER_ONLY {
            for key in self.settings.keys().filter(|key| key.starts_with(prefix)) {
                config.remove(key);
            }
        }
        config
    }

    fn common(&self, foreign: &[&str], defaults: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "paceline")
            .set("socket.keepalive.enable", "true")
            .set("reconnect.backoff.max.ms", "2000")
            .set("topic.metadata.refresh.interval.ms", "30000");
        for (key, value) in defaults {
            config.set(*key, *value);
        }
        let is_foreign = |key: &str| foreign.iter().any(|prefix| key.starts_with(prefix));
        for (key, value) in self.settings.iter().filter(|(key, _)| !is_foreign(key)) {
            config.set(key, value.expose_secret());
        }
        config
    }
}
