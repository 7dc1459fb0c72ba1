//! What the clients have to say, said once a minute: a broker that is down makes librdkafka repeat itself
//! several times a second, and buries the one line that tells why.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::Statistics;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;

const PAUSE: Duration = Duration::from_secs(60);

/// Logs what a client says, each kind of it at most once a minute.
#[derive(Debug, Default)]
pub(crate) struct Quiet {
    said: Mutex<HashMap<String, Instant>>,
}

impl Quiet {
    pub(crate) fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        use RDKafkaLogLevel as Level;
        match level {
            Level::Debug => tracing::debug!(facility, message, "librdkafka"),
            Level::Info | Level::Notice => tracing::info!(facility, message, "librdkafka"),
            Level::Emerg | Level::Alert | Level::Critical | Level::Error | Level::Warning => {
                if self.allows(facility) {
                    tracing::warn!(facility, message, "librdkafka");
                }
            }
        }
    }

    pub(crate) fn error(&self, error: &KafkaError, reason: &str) {
        if self.allows(&error.to_string()) {
            tracing::warn!(%error, reason, "kafka client");
        }
    }

    fn allows(&self, kind: &str) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = said.get(kind).is_none_or(|last| last.elapsed() >= PAUSE);
        if silent {
            said.insert(kind.to_owned(), Instant::now());
        }
        silent
    }
}

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        Self::log(self, level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        Self::error(self, &error, reason);
    }

    /// Statistics matter to readers only; see [`crate::health`].
    fn stats(&self, _: Statistics) {}
}

impl ConsumerContext for Quiet {}
