//! The demo's broker: librdkafka's mock cluster, in process. It keeps 5 MiB a partition and drops what is
//! older without a word, so whoever uses it checks that what was produced was read.

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

use crate::Error;

/// A Kafka broker in this process, on a loopback port, for as long as the value lives.
pub struct Cluster {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl Cluster {
    /// Starts a broker.
    ///
    /// # Errors
    /// [`Error::Embedded`].
    pub fn start() -> Result<Self, Error> {
        Ok(Self { cluster: MockCluster::new(1).map_err(Error::Embedded)? })
    }

    /// Where it listens, `host:port`.
    pub fn brokers(&self) -> String {
        self.cluster.bootstrap_servers()
    }

    /// Makes a topic.
    ///
    /// # Errors
    /// [`Error::Embedded`].
    pub fn make_topic(&self, topic: &str, partitions: i32) -> Result<(), Error> {
        self.cluster.create_topic(topic, partitions, 1).map_err(Error::Embedded)
    }
}
