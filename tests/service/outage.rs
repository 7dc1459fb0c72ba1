//! The broker crashes while somebody watches: the numbers stay, they are said to be incomplete, and nothing is lost.

use paceline_client::proto::{Cause, CauseKind, WatchStandingsResponse};
use paceline_tests::{kafka::Broker, wait};
use tonic_health::pb::health_check_response::ServingStatus;

use crate::{
    small::{of_kpi, won, yaml},
    under_test::Service,
};

const TOPIC: &str = "outage";

#[test]
fn a_broker_may_crash_and_come_back() {
    let mut broker = Broker::start();
    broker.create_topic(TOPIC, 2, &[]);
    broker.produce(TOPIC, (0..20).map(|deal| won(&format!("D{deal}"), 1, "U1", 100)));
    let service = Service::start(&yaml(broker.bootstrap(), TOPIC, "paceline"));
    service.standings();
    let mut watching = service.watch(of_kpi("bookings"));
    watching.until_actual("rep:U1", "bookings", "2000");
    assert!(watching.last.complete);

    broker.kill();
    watching.until("the numbers are said to be incomplete", |known| !known.last.complete);
    assert!(has(&watching.last, CauseKind::BrokerUnreachable), "{:?}", watching.last.causes);
    assert_eq!(watching.actual("rep:U1", "bookings"), Some("2000"));
    assert!(!service.freshness().complete);
    // The topic of goals is on that broker too, and may be missed first.
    wait::until("the source that cannot be reached is named", || {
        let causes = service.freshness().causes;
        let named =
            |cause: &Cause| cause.kind() == CauseKind::BrokerUnreachable && cause.source == TOPIC;
        causes.iter().any(named).then_some(())
    });
    assert_eq!(service.health(), ServingStatus::Serving);

    broker.restart();
    broker.produce(TOPIC, (20..30).map(|deal| won(&format!("D{deal}"), 1, "U2", 7)));
    broker.produce(TOPIC, [won("D0", 2, "U2", 30)]);
    watching.until_actual("rep:U2", "bookings", "100");
    watching.until("the numbers are complete again", |known| known.last.complete);
    assert_eq!(watching.actual("rep:U1", "bookings"), Some("1900"));
    assert_eq!(watching.actual("org", "bookings"), Some("2000"));
    wait::until("freshness says so too", || service.freshness().complete.then_some(()));
    assert_eq!(service.health(), ServingStatus::Serving);
}

fn has(message: &WatchStandingsResponse, kind: CauseKind) -> bool {
    message.causes.iter().any(|cause| cause.kind() == kind)
}
