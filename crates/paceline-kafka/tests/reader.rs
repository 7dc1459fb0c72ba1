//! The reader against librdkafka's own mock broker: what is handed over, and that nothing is lost or freed twice.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use paceline_kafka::{Assigned, Cluster, Producer, Reader, Settings, overruled};

/// A record as it was produced: its key, its value, its time.
type Produced = (Option<Vec<u8>>, Option<Vec<u8>>, i64);

const TOPICS: [&str; 2] = ["one", "other"];
const PARTITIONS: i32 = 3;
/// More than one batch.
const RECORDS: i64 = 1_000;
const WAIT: Duration = Duration::from_millis(100);
/// How often a reader may get nothing before what it waits for counts as lost.
const PATIENCE: usize = 300;

/// A broker with records on two topics, and those by topic.
fn stage() -> (Cluster, Settings, BTreeMap<&'static str, Vec<Produced>>) {
    let cluster = Cluster::start().expect("a broker");
    let settings = Settings {
        brokers: cluster.brokers(),
        group_id: "test".to_owned(),
        settings: BTreeMap::from([("fetch.wait.max.ms".to_owned(), "10".into())]),
    };
    let producer = Producer::new(&settings).expect("a producer");
    let mut produced: BTreeMap<_, Vec<Produced>> = BTreeMap::new();
    for topic in TOPICS {
        cluster.make_topic(topic, PARTITIONS).expect("a topic");
        for nth in 0..RECORDS {
            let key = format!("{topic}-{nth}").into_bytes();
            // A tombstone, an empty value, and values.
            let value = match nth % 10 {
                0 => None,
                1 => Some(Vec::new()),
                _ => Some(format!("value {nth}").into_bytes()),
            };
            let time = 1_700_000_000_000 + nth;
            producer.send(topic, Some(&key), value.as_deref(), time).expect("is sent");
            produced.entry(topic).or_default().push((Some(key), value, time));
        }
    }
    producer.flush(Duration::from_secs(30)).expect("is acknowledged");
    (cluster, settings, produced)
}

fn assigned() -> Vec<Assigned> {
    let of = |topic: &'static str| {
        (0..PARTITIONS).map(move |partition| Assigned { topic: topic.to_owned(), partition })
    };
    TOPICS.into_iter().flat_map(of).collect()
}

/// Everything a reader hands over, by topic, once there is all of it.
fn read(reader: &mut Reader) -> BTreeMap<&'static str, Vec<Produced>> {
    let (assigned, mut read) = (assigned(), BTreeMap::<_, Vec<Produced>>::new());
    let mut next = vec![0; assigned.len()];
    for _ in 0..PATIENCE {
        let polled = reader.poll(WAIT, 300, |records| {
            for record in records {
                assert_eq!(record.offset, next[record.at], "offsets of a partition rise by one");
                next[record.at] += 1;
                let topic = TOPICS[record.at / PARTITIONS as usize];
                let bytes = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
                let time = record.timestamp_ms.expect("has a time");
                let record = (bytes(record.key), bytes(record.value), time);
                read.entry(topic).or_default().push(record);
            }
        });
        assert!(polled.errors.is_empty(), "{:?}", polled.errors);
        if next.iter().sum::<i64>() == RECORDS * TOPICS.len() as i64 {
            break;
        }
    }
    read.values_mut().for_each(|records| records.sort_by_key(|(_, _, time)| *time));
    read
}

#[test]
fn everything_is_handed_over_in_the_order_of_each_partition() {
    let (_cluster, settings, produced) = stage();
    let mut reader = Reader::new(&settings, assigned()).expect("a reader");
    assert_eq!(read(&mut reader), produced);
}

#[test]
fn a_taker_that_panics_leaves_nothing_behind() {
    let (_cluster, settings, produced) = stage();
    let mut reader = Reader::new(&settings, assigned()).expect("a reader");
    let mut taken = 0;
    for _ in 0..PATIENCE {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            reader.poll(WAIT, 300, |records| {
                taken += records.len();
                assert!(taken < 400, "a taker panics");
            })
        }));
        if panicked.is_err() {
            break;
        }
    }
    assert!(taken >= 400, "the taker did not panic");
    // Both what was handed over and what is still queued goes with the reader; another begins anew.
    drop(reader);
    let mut reader = Reader::new(&settings, assigned()).expect("a reader");
    assert_eq!(read(&mut reader), produced);
}

#[test]
fn settings_that_paceline_relies_on_are_named() {
    let settings = [
        ("auto.offset.reset", "latest"),
        ("statistics.interval.ms", "1000"),
        ("fetch.wait.max.ms", "10"),
    ];
    let settings =
        settings.map(|(key, value)| (key.to_owned(), value.into())).into_iter().collect();
    assert_eq!(overruled(&settings).collect::<Vec<_>>(), ["auto.offset.reset"]);
}
