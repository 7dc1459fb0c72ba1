//! A flood of refusals, on the embedded broker: what is written stays within its bounds, what is not is counted, and nobody waits.

use std::sync::Arc;

use paceline_grpc::{AuditLog as _, Call, Named, Refusal};
use paceline_kafka::Cluster;
use tokio_util::sync::CancellationToken;

use super::{Desk, REFUSALS, desk};
use crate::audit_log::chain::Expected;
use crate::audit_log::verify::{self, Place};
use crate::config::{self, Config};

/// How many are refused at once.
const FLOOD: u64 = 200_000;

pub(super) fn config(brokers: &str) -> Config {
    let text = config::EXAMPLE.replace("localhost:9092", brokers);
    config::load_str(&text, "src/config/example.yaml").expect("no mistake")
}

fn refusal(peer: u64) -> Refusal {
    let call = Call {
        method: "paceline.v1.StandingsService/GetStandings".to_owned(),
        request_id: "flood".to_owned(),
        peer: format!("10.0.{}.{}:1", peer / 250 % 250, peer % 250).parse().ok(),
    };
    Refusal {
        call: Arc::new(call),
        who: None,
        outcome: "UNAUTHENTICATED",
        reason: "CREDENTIALS_INVALID".to_owned(),
        detail: None,
        named: Named::default(),
    }
}

pub(super) fn live(config: &Config) -> Arc<paceline_engine::Live> {
    let (model, roster) = (Arc::new(config.model.clone()), Arc::new(config.roster.clone()));
    let live = paceline_engine::Live::new(model, roster, Vec::new());
    Arc::new(live.with_own(config.topics.goals.clone()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_refusals_is_counted_and_a_part_of_it_written() {
    let cluster = Cluster::start().expect("a broker");
    let config = config(&cluster.brokers());
    let topic = config.topics.audit.clone();
    cluster.make_topic(&topic, 1).expect("a topic");
    let settings = config.kafka.settings();
    let (desk, clerk) = desk(&config, &settings, live(&config)).expect("a desk");
    // Nobody writes yet: what there is no room for is only counted.
    flood(&desk);
    let overflow = desk.overflow.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(overflow, FLOOD - REFUSALS as u64);
    let (stop, closing) = (CancellationToken::new(), CancellationToken::new());
    let writing = tokio::spawn(clerk.run(stop, closing.clone()));
    while desk.refusals.capacity() < REFUSALS {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    closing.cancel();
    writing.await.expect("no panic").expect("it is written");
    let lines = read(&settings, &topic);
    let of = |what: &str| lines.iter().filter(|line| line["what"] == what).count() as u64;
    let suppressed = lines.iter().filter_map(|line| line["suppressed"].as_u64()).sum::<u64>();
    let written = of("refused");
    assert_eq!(written + suppressed, FLOOD, "none is forgotten");
    let first = &lines[0]["what"];
    let last = lines.last().map(|line| line["what"].clone());
    assert_eq!((first, last), (&"log.opened".into(), Some("log.closed".into())));
    assert!(written > 0, "{lines:?}");
    let place = Place::Topic { settings: settings.clone(), topic };
    let findings = verify::run(&place, Expected::default()).expect("it is read");
    assert_eq!(findings.faults, []);
}

fn flood(desk: &Desk) {
    (0..FLOOD).for_each(|nth| desk.refused(refusal(nth)));
}

/// What stands on the topic.
pub(super) fn read(settings: &paceline_kafka::Settings, topic: &str) -> Vec<serde_json::Value> {
    let topics = paceline_kafka::Topics::new(settings).expect("a client");
    let offsets = topics.describe_log(topic).expect("a topic");
    let mut log = paceline_kafka::Log::open(settings, topic, offsets).expect("a log");
    let mut lines = Vec::new();
    while !log.is_read() {
        log.poll(std::time::Duration::from_millis(100), |records| {
            let values = records.iter().filter_map(|record| record.value);
            lines.extend(values.map(|value| serde_json::from_slice(value).expect("JSON")));
        });
    }
    lines
}
