//! Messages that nobody can read move no number, and each is put aside once, with where it stood and why.

use std::collections::BTreeMap;

use paceline_sim::{Entity, Id, format::Format, garbage};
use paceline_tests::{
    kafka::{self, Message, Record},
    wait,
};
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
};

use crate::{
    story::{self, Story, assert_recomputed},
    under_test::Service,
};

const NAME: &str = "garbage";

#[test]
fn garbage_is_put_aside_once_and_moves_no_number() {
    let broker = kafka::shared();
    let story = Story::new(12);
    let deals = story.changes.iter().filter(|change| change.entity() == Entity::Opportunity);
    let ids: Vec<Id> = deals.map(|change| change.id()).collect();
    let garbage = garbage::garbage(Format::native(), 3, story.changes.len() / 10, &ids);
    let bad: Vec<Message> = garbage
        .iter()
        .map(|bad| match &bad.key {
            Some(key) => Message::new(key.clone(), bad.value.clone()),
            None => Message::keyless(bad.value.clone()),
        })
        .collect();
    story.tell(broker, Format::native(), NAME, &bad);
    let topic = story::topic(NAME, Entity::Opportunity);
    let written = broker.read_all(&topic);
    let is_garbage = |record: &&Record| {
        garbage.iter().any(|bad| bad.key == record.key && Some(&bad.value) == record.value.as_ref())
    };
    let expected: Vec<&Record> = written.iter().filter(is_garbage).collect();
    assert_eq!(expected.len(), bad.len());

    let recomputed = story.recomputed();
    let mut service = Service::start(&story.config(broker, Format::native(), NAME));
    assert_recomputed(NAME, &service.standings(), &recomputed);
    let dlq = format!("{topic}.dlq");
    wait::until("all garbage is put aside", || {
        (broker.read_all(&dlq).len() >= bad.len()).then_some(())
    });
    assert_put_aside(&topic, &expected, &broker.read_all(&dlq));
    let rejected = service
        .freshness()
        .sources
        .iter()
        .flat_map(|source| &source.partitions)
        .map(|p| p.rejected)
        .sum::<u64>();
    assert_eq!(rejected, bad.len() as u64);

    // A crash after the positions were committed, then an end in order: nothing is put aside twice.
    wait_until_committed(broker.bootstrap(), NAME, &topic, written.len() as i64);
    service.process().kill();
    service.start_again();
    assert_recomputed(NAME, &service.standings(), &recomputed);
    service.process().terminate();
    assert_eq!(service.process().wait().code(), Some(0));
    service.start_again();
    assert_recomputed(NAME, &service.standings(), &recomputed);
    service.process().terminate();
    assert_eq!(service.process().wait().code(), Some(0));
    assert_put_aside(&topic, &expected, &broker.read_all(&dlq));
}

/// Every bad message is there once, as it was, with headers that say where it stood and why it is bad.
#[track_caller]
fn assert_put_aside(topic: &str, expected: &[&Record], letters: &[Record]) {
    let mut by_place = BTreeMap::new();
    for letter in letters {
        let header = |name: &str| {
            let found = letter.headers.iter().find(|(known, _)| known == name);
            let value = found.and_then(|(_, value)| value.clone()).unwrap_or_default();
            String::from_utf8(value).expect("headers are text")
        };
        assert_eq!(header("topic"), topic);
        assert!(!header("reason").is_empty());
        let place: (i32, i64) = (
            header("partition").parse().expect("a partition"),
            header("offset").parse().expect("an offset"),
        );
        assert!(by_place.insert(place, letter).is_none(), "put aside twice: {place:?}");
    }
    assert_eq!(by_place.len(), expected.len());
    for record in expected {
        let letter = by_place
            .get(&(record.partition, record.offset))
            .expect("every bad message is put aside");
        assert_eq!((&letter.key, &letter.value), (&record.key, &record.value));
    }
}

/// Waits until a group's committed positions of a topic add up to so many offsets.
fn wait_until_committed(brokers: &str, group: &str, topic: &str, offsets: i64) {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", group)
        .create()
        .expect("a consumer can be made");
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition_range(topic, 0, 2);
    wait::until("positions are committed", || {
        let committed = consumer.committed_offsets(partitions.clone(), wait::LIMIT).ok()?;
        let positions = committed.elements().into_iter().map(|element| match element.offset() {
            Offset::Offset(offset) => offset,
            _ => 0,
        });
        (positions.sum::<i64>() >= offsets).then_some(())
    });
}
