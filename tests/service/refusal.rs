//! Topics of the service's own that take nothing for a while, or are kept otherwise than they must be: nothing is lost, nothing
//! changes its order, and it is told.

use paceline_client::proto::{Alert, CauseKind, Status};
use paceline_tests::{kafka, wait};
use serde_json::Value;

use crate::{
    alerts::{config, deal, kill, of_rep, wait_until, wait_until_remembered},
    under_test::Service,
};

const NOW: &str = "from:2026-11-23T13:00:00Z";
/// So small that no broker takes an alert or a status.
const SHUT: [(&str, &str); 1] = [("max.message.bytes", "200")];
const OPEN: [(&str, &str); 1] = [("max.message.bytes", "1048588")];
/// When changes were made: not before they are counted, so that a status begins when its change is.
const LATER: &str = "2026-11-23T23:00:00Z";
/// How to make the rep's month change its status.
const BEHIND: (&str, Status) = ("20000", Status::Behind);
const AHEAD: (&str, Status) = ("37000", Status::Ahead);

/// A service whose rep is on track.
fn start(name: &str) -> Service {
    let broker = kafka::shared();
    broker.create_topic(name, 1, &[("retention.ms", "-1")]);
    broker.produce(name, [deal(1, "31000", "2026-11-20T10:00:00Z")]);
    let service = Service::start_by(&config(name, "{enter: 0s, leave: 0s}"), NOW);
    wait_until(&service, Status::OnTrack);
    wait_until_remembered(&service);
    service
}

/// Has the rep's month change its status, one time after the other.
fn change(service: &Service, name: &str, first: u32, changes: &[(&str, Status)]) {
    for (version, (amount, status)) in (first..).zip(changes) {
        kafka::shared().produce(name, [deal(version, amount, LATER)]);
        wait_until(service, *status);
    }
}

fn wait_for_cause(service: &Service, kind: CauseKind, topic: &str, raised: bool) {
    let mut causes = Vec::new();
    let found = wait::attempts(|| {
        causes = service.freshness().causes;
        let is_raised = causes.iter().any(|cause| cause.kind() == kind && cause.source == topic);
        (is_raised == raised).then_some(())
    });
    assert!(found.is_some(), "{kind:?} of {topic}, wanted {raised}: {causes:?}");
}

fn gauge(service: &Service, name: &str) -> u64 {
    let metrics = service.get("/metrics");
    let value = metrics.lines().find_map(|line| line.strip_prefix(name));
    value
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or_else(|| panic!("{name}:\n{metrics}"))
}

/// What became of the rep's month, and the ids.
fn course(alerts: &[Alert]) -> (Vec<Status>, Vec<&str>) {
    (alerts.iter().map(Alert::to).collect(), alerts.iter().map(|alert| alert.id.as_str()).collect())
}

/// The alerts of the rep's month that the status topic holds, as they are written.
fn held(topic: &str) -> Vec<Value> {
    let key = "rep:U3/bookings/month/2026-11";
    let records = kafka::shared().read_all(topic);
    let last = records.iter().rev().find(|record| record.key_text() == key).expect("a record");
    let value: Value = serde_json::from_str(last.value_text()).expect("JSON");
    value["alerts"].as_array().cloned().unwrap_or_default()
}

#[test]
fn alerts_that_their_topic_refuses_are_told_in_their_order_when_it_takes_them() {
    let name = "refusal.alerts";
    let (topic, statuses) = (format!("{name}.alerts"), format!("{name}.status"));
    let mut service = start(name);
    let broker = kafka::shared();
    broker.set(&topic, &SHUT);
    change(&service, name, 2, &[BEHIND, AHEAD, BEHIND]);
    wait_for_cause(&service, CauseKind::Unwritable, &topic, true);
    wait::until("three alerts of the month are kept for good", || {
        (held(&statuses).len() == 3).then_some(())
    });
    let before = held(&statuses);
    kill(service.process());
    service.start_again_by(NOW);
    change(&service, name, 5, &[AHEAD, BEHIND]);
    wait_for_cause(&service, CauseKind::Unwritable, &topic, true);
    assert!(gauge(&service, "paceline_alerts_waiting") >= 5 && of_rep(&service).is_empty());

    broker.set(&topic, &OPEN);
    let mut told = Vec::new();
    let all = wait::attempts(|| {
        told = of_rep(&service);
        (told.len() == 5).then_some(())
    });
    assert!(all.is_some(), "not all are told: {told:#?}\n{}", service.get("/metrics"));
    let (course, mut ids) = course(&told);
    use Status::{Ahead, Behind};
    assert_eq!(course, [Behind, Ahead, Behind, Ahead, Behind]);
    wait_for_cause(&service, CauseKind::Unwritable, &topic, false);
    wait::until("none waits", || (gauge(&service, "paceline_alerts_waiting") == 0).then_some(()));
    // They stand there to the letter as they were kept, in the order in which they came about.
    let stands: Vec<Value> = broker
        .read_all(&topic)
        .iter()
        .map(|record| serde_json::from_str(record.value_text()).expect("JSON"))
        .filter(|event: &Value| ids.iter().any(|id| event["id"] == **id))
        .collect();
    assert_eq!(stands[..3], before[..]);
    let order: Vec<&str> = stands.iter().filter_map(|event| event["id"].as_str()).collect();
    assert_eq!(order, ids);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

#[test]
fn no_alert_is_told_before_its_status_is_remembered() {
    let name = "refusal.statuses";
    let (topic, statuses) = (format!("{name}.alerts"), format!("{name}.status"));
    let service = start(name);
    let broker = kafka::shared();
    broker.set(&statuses, &[("cleanup.policy", "compact"), SHUT[0]]);
    change(&service, name, 2, &[BEHIND]);
    wait_for_cause(&service, CauseKind::Unwritable, &statuses, true);
    assert!(gauge(&service, "paceline_statuses_waiting") > 0);
    assert!(broker.read_all(&topic).is_empty());
    broker.set(&statuses, &[("cleanup.policy", "compact"), OPEN[0]]);
    let told =
        wait::until("it is told", || Some(of_rep(&service)).filter(|alerts| alerts.len() == 1));
    assert_eq!(told[0].to(), Status::Behind);
    wait_for_cause(&service, CauseKind::Unwritable, &statuses, false);
}

#[test]
fn a_topic_of_alerts_that_is_compacted_is_told() {
    let name = "refusal.compacted";
    let topic = format!("{name}.alerts");
    kafka::shared().create_topic(&topic, 1, &[("cleanup.policy", "compact")]);
    let service = start(name);
    wait_for_cause(&service, CauseKind::Miskept, &topic, true);
}
