//! Making topics on a test broker.

use std::{thread, time::Duration};

use rdkafka::{
    admin::{
        AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication,
    },
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer as _},
};

use super::Broker;
use crate::wait;

impl Broker {
    /// Creates a topic with these settings and waits until every partition has a leader, so that the next request
    /// for it is served.
    ///
    /// # Panics
    ///
    /// When the broker refuses, for example because the topic exists.
    pub fn create_topic(&self, name: &str, partitions: i32, settings: &[(&str, &str)]) {
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        for (key, value) in settings {
            topic = topic.set(key, value);
        }
        // On a thread of its own, since a test may be running inside a runtime already.
        thread::scope(|scope| scope.spawn(|| self.create(&topic)).join())
            .unwrap_or_else(|_| panic!("failed to create topic {name}"));
        wait::until("the new topic has leaders", || self.is_led(name, partitions).then_some(()));
    }

    /// A setting of a topic, as the broker has it.
    ///
    /// # Panics
    ///
    /// When there is no such topic or setting.
    pub fn setting(&self, topic: &str, setting: &str) -> String {
        let ask = || {
            let admin: AdminClient<DefaultClientContext> =
                self.client().create().expect("an admin client can be made");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let asked = [ResourceSpecifier::Topic(topic)];
            let told = runtime
                .expect("a runtime can be made")
                .block_on(admin.describe_configs(&asked, &AdminOptions::new()));
            let told = told.expect("the broker answers").remove(0).expect("the topic exists");
            told.get(setting).and_then(|entry| entry.value.clone()).expect("the setting exists")
        };
        // On a thread of its own, since a test may be running inside a runtime already.
        thread::scope(|scope| scope.spawn(ask).join()).expect("the broker tells its settings")
    }

    /// Gives a topic these settings, and lets go of all others it was given.
    ///
    /// # Panics
    ///
    /// When the broker refuses.
    pub fn set(&self, topic: &str, settings: &[(&str, &str)]) {
        let set = || {
            let admin: AdminClient<DefaultClientContext> =
                self.client().create().expect("an admin client can be made");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let mut wanted = AlterConfig::new(ResourceSpecifier::Topic(topic));
            for (key, value) in settings {
                wanted = wanted.set(key, value);
            }
            let set = runtime
                .expect("a runtime can be made")
                .block_on(admin.alter_configs([&wanted], &AdminOptions::new()));
            set.expect("the broker answers").remove(0).expect("the broker takes settings");
        };
        // On a thread of its own, since a test may be running inside a runtime already.
        thread::scope(|scope| scope.spawn(set).join()).expect("the broker takes settings");
    }

    fn create(&self, topic: &NewTopic<'_>) {
        let admin: AdminClient<DefaultClientContext> =
            self.client().create().expect("an admin client can be made");
        let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(30)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        let results = runtime.block_on(admin.create_topics([topic], &options));
        let results = results.expect("the broker answers a request for a topic");
        if let Some(Err((name, code))) = results.into_iter().next() {
            panic!("the broker refused topic {name}: {code}");
        }
    }

    /// Whether the topic has that many partitions, each with a leader.
    fn is_led(&self, name: &str, partitions: i32) -> bool {
        let consumer: BaseConsumer = self.client().create().expect("a consumer can be made");
        let Ok(metadata) = consumer.fetch_metadata(Some(name), Duration::from_secs(5)) else {
            return false;
        };
        let led = |topic: &rdkafka::metadata::MetadataTopic| {
            topic.partitions().iter().filter(|partition| partition.leader() >= 0).count()
        };
        metadata.topics().iter().map(led).sum::<usize>() == partitions as usize
    }
}
