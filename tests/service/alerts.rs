//! Alerts on a real topic: none lost and none with two contents over many crashes, by the clock alone, and only of what has held.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use jiff::Timestamp;
use paceline_client::proto::{Alert, AlertCauseKind, Status};
use paceline_tests::{
    chance::Chance,
    kafka,
    kafka::{Message, Record},
    process::Paceline,
    recompute::config::PeriodKind,
    wait,
};

use crate::{
    crash::{Moment, Wreck, strike, strike_in_steps},
    listener::{self, Listener},
    quarter::{self, Quarter},
    small::of_kpi,
    under_test::Service,
};

/// When things happen in the quarter, and what follows it.
const INSTANTS: [&str; 10] = [
    "2026-10-06T13:00:00Z",
    "2026-10-16T09:30:00Z",
    "2026-10-28T16:00:00Z",
    "2026-11-03T13:00:00Z",
    "2026-11-10T11:00:00Z",
    "2026-11-24T13:00:00Z",
    "2026-12-02T13:00:00Z",
    "2026-12-16T15:00:00Z",
    "2026-12-30T10:00:00Z",
    "2027-01-05T13:00:00Z",
];

/// How often the service is killed at the least amid what it does, besides between the instants.
const KILLS: usize = 20;

/// How often an alert is to be told while the memory does not know, at which it takes long to aim.
const ENOUGH: usize = 4;

/// How long the moment for a crash is waited for: what is to happen may have happened in the life before.
const LONGEST: Duration = Duration::from_millis(1_500);

/// A config with three reps who carry goals.
pub(crate) fn config(name: &str, hold: &str) -> String {
    let brokers = kafka::shared().bootstrap();
    format!(
        r#"
kafka: {{brokers: "{brokers}", group_id: "{name}"}}
sources:
  - {{topic: {name}, format: paceline, entity: opportunity}}
entities:
  opportunity:
    fields:
      owner: {{path: OwnerId, type: text}}
      amount: {{path: Amount, type: decimal}}
      stage: {{path: StageName, type: text}}
      close_date: {{path: CloseDate, type: date}}
    states: {{field: stage, order: [Proposal, Closed Won], sets: {{won: [Closed Won]}}}}
reps:
  list:
    - {{id: M1, role: manager}}
    - {{id: U1, manager: M1, role: ae}}
    - {{id: U2, manager: M1, role: ae}}
    - {{id: U3, role: ae}}
kpis:
  - {{name: bookings, type: simple, entity: opportunity, where: stage in states.won, agg: sum, expr: amount, at: close_date,
     credit: owner, goal_kind: reach, periods: [month, quarter]}}
goals:
  - {{kpi: bookings, period: month, target: 42000, for: {{role: ae}}}}
  - {{kpi: bookings, period: quarter, target: 126000, for: {{role: ae}}}}
status: {{behind: {{enter: 0.90, leave: 0.95}}, ahead: {{enter: 1.10, leave: 1.05}}, grace: 0.05}}
topics: {{goals: {name}.goals, reps: {name}.reps, alerts: {name}.alerts, status: {name}.status}}
alerts: {{hold: {hold}}}
server: {{grpc: "127.0.0.1:0", http: "127.0.0.1:0"}}
"#
    )
}

/// Waits until the status topic has all that is to be remembered.
pub(crate) fn wait_until_remembered(service: &Service) {
    wait::until("all is remembered", || {
        let metrics = service.get("/metrics");
        metrics.contains("\npaceline_statuses_waiting 0\n").then_some(())
    });
}

pub(crate) fn kill(process: &mut Paceline) {
    process.kill();
    process.wait();
}

/// What a crash is aimed at: a status that is not remembered, an alert that is remembered and not told, and one that is told while the
/// memory does not know.
#[derive(Clone, Copy, Debug)]
enum Aim {
    Status,
    Untold,
    Told,
}

/// The crashes of a run, and what they hit.
#[derive(Debug, Default)]
struct Crashes {
    strikes: usize,
    /// How often there was a status that the memory did not have.
    amid_statuses: usize,
    /// How often there was an alert in the memory that did not stand on its topic.
    amid_alerts: usize,
    /// How often there was one that stood there while the memory did not know.
    amid_told: usize,
    /// Those that stood there, and how often they did.
    to_repeat: BTreeMap<String, usize>,
}

impl Crashes {
    /// Kills the service, and looks at what it had not done.
    fn strike(&mut self, aim: Aim, service: &mut Service, quarter: &Quarter, name: &str) {
        let topic = |what: &str| format!("{name}.{what}");
        let look = || Wreck::of(kafka::shared(), &topic("status"), &topic("alerts"));
        self.strikes += 1;
        let wreck = match aim {
            Aim::Status => {
                let came = strike(service, Moment::Status, LONGEST);
                let wreck = look();
                let amid = came && wreck.lacks(&quarter.statuses()) > 0;
                self.amid_statuses += usize::from(amid);
                wreck
            }
            Aim::Untold => strike_in_steps(service, LONGEST, look, |wreck| wreck.untold() > 0),
            Aim::Told if self.amid_told < ENOUGH => {
                strike_in_steps(service, LONGEST, look, |wreck| !wreck.to_repeat().is_empty())
            }
            Aim::Told => {
                strike(service, Moment::Alert, LONGEST);
                look()
            }
        };
        self.amid_alerts += usize::from(wreck.untold() > 0);
        self.amid_told += usize::from(!wreck.to_repeat().is_empty());
        self.to_repeat.extend(wreck.to_repeat());
    }

    /// Whether what can be aimed at was hit, and everything that was to be repeated was. That an alert stands on its topic unknown lasts for
    /// the few milliseconds in which the brokers answer and are told: it is aimed at and counted, and no crash need meet it.
    fn check(&self, records: &[Record]) {
        assert!(self.strikes >= KILLS, "{self:?}");
        assert!(self.amid_statuses > 0, "none while a status waited: {self:?}");
        assert!(self.amid_alerts > 0, "none while an alert waited: {self:?}");
        for (id, before) in &self.to_repeat {
            let now = records.iter().filter(|record| id_of(record) == *id).count();
            assert!(now > *before, "{id} was not known to be told, and is not told again");
        }
    }
}

#[test]
fn no_alert_of_a_quarter_is_lost_over_twenty_crashes() {
    let seed = std::env::var("PACELINE_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(0));
    println!("PACELINE_SEED={seed}");
    let mut chance = Chance::new(seed);
    let name = "alerts.quarter";
    let yaml = config(name, "{enter: 0s, leave: 0s}");
    let broker = kafka::shared();
    broker.create_topic(name, 1, &[("retention.ms", "-1")]);
    let mut quarter = Quarter::new(&yaml, name);
    let (mut listener, mut crashes) = (Listener::default(), Crashes::default());
    let mut service = Service::start_by(&yaml, &format!("fixed:{}", INSTANTS[0]));
    listener.listen(&service, 0);
    for (nth, instant) in INSTANTS.iter().enumerate() {
        let now: Timestamp = instant.parse().expect("an instant");
        let clock = format!("fixed:{instant}");
        quarter.judge(now);
        // The clock moves from life to life, and each ends amid what that brings about.
        kill(service.process());
        let aims = [Aim::Status, Aim::Untold, Aim::Told];
        for aim in aims {
            service.start_again_by(&clock);
            crashes.strike(aim, &mut service, &quarter, name);
        }
        service.start_again_by(&clock);
        listener::wait_for(&service, &quarter.ids);
        // A period that has ended is judged by what is known when that is noted for good, and not by what comes next.
        wait_until_remembered(&service);
        let deal = format!("D{}", chance.below(nth as u64 + 1));
        let owner = format!("U{}", 1 + chance.below(3));
        let amount = 4_000 * chance.below(20);
        broker.produce(name, [quarter.win(&deal, &owner, amount, now)]);
        quarter.judge(now);
        crashes.strike(aims[nth % aims.len()], &mut service, &quarter, name);
        service.start_again_by(&clock);
        let told = listener::wait_for(&service, &quarter.ids);
        assert_eq!(told, quarter.ids, "nothing is told that is not owed");
        listener.listen(&service, quarter.ids.len());
    }
    let records = broker.read_all(&format!("{name}.alerts"));
    let contents = contents(&records);
    println!("{} alerts, {} records of them; {crashes:?}", contents.len(), records.len());
    crashes.check(&records);
    let ids: BTreeSet<String> = contents.keys().cloned().collect();
    assert_eq!(ids, quarter.ids);
    assert!(ids.len() > 25, "a quarter with {} alerts proves little", ids.len());
    // The watch told each once, and in the order of the topic.
    let mut seen = BTreeSet::new();
    let order = records.iter().map(id_of).filter(|id| seen.insert(id.clone()));
    let heard: Vec<String> = listener.alerts.iter().map(|alert| alert.id.clone()).collect();
    assert_eq!(heard, order.collect::<Vec<_>>());
    let settings = ["cleanup.policy", "retention.ms"]
        .map(|setting| broker.setting(&format!("{name}.alerts"), setting));
    assert_eq!(settings, ["delete".to_owned(), (7 * 86_400_000_u64).to_string()]);
    assert_eq!(broker.setting(&format!("{name}.status"), "cleanup.policy"), "compact");
}

fn json(record: &Record) -> serde_json::Value {
    serde_json::from_str(record.value_text()).expect("a record is JSON")
}

fn id_of(record: &Record) -> String {
    json(record)["id"].as_str().expect("an id").to_owned()
}

/// The contents by their ids, each of which has one, and is as it is told to be.
pub(crate) fn contents(records: &[Record]) -> BTreeMap<String, String> {
    let mut contents = BTreeMap::new();
    for record in records {
        let event = json(record);
        let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
        let header = (record.headers[0].0.as_str(), record.headers[0].1.as_deref());
        assert_eq!(header, ("content-type", Some(&b"application/cloudevents+json"[..])));
        assert_eq!(
            (text("specversion"), text("source")),
            ("1.0".to_owned(), "/paceline".to_owned())
        );
        assert_eq!(text("type"), "paceline.alert.v1");
        assert_eq!((record.key_text(), &event["data"]["id"]), (&*text("subject"), &event["id"]));
        let instant = |text: &serde_json::Value| text.as_str().map(at);
        assert_eq!(instant(&event["data"]["since"]), instant(&event["time"]));
        assert_eq!(event["data"]["standing"]["statusSince"], event["data"]["since"]);
        let content = contents.entry(text("id")).or_insert_with(|| record.value_text().to_owned());
        assert_eq!(content, record.value_text(), "one id has one content");
    }
    contents
}

pub(crate) fn deal(version: u32, amount: &str, time: &str) -> Message {
    let json = format!(
        r#"{{"id":"D1","op":"upsert","version":{version},"time":"{time}","set":{{"OwnerId":"U3","Amount":"{amount}","StageName":"Closed Won","CloseDate":"2026-11-20"}}}}"#
    );
    Message::new("D1", json)
}

/// The alerts of the rep's month, in their order.
pub(crate) fn of_rep(service: &Service) -> Vec<Alert> {
    let is_rep = |alert: &Alert| {
        alert.scope == "rep:U3"
            && alert.period.as_ref().is_some_and(|period| period.kind == "month")
    };
    listener::list(service).into_iter().rev().filter(is_rep).collect()
}

/// Waits until the rep's month has a status.
pub(crate) fn wait_until(service: &Service, status: Status) {
    wait::until("the rep has a status", || {
        let standings = service.standings_of(Some(of_kpi("bookings")));
        let month = standings.into_iter().find(|standing| {
            let kind = standing.period.as_ref().map(|period| period.kind.clone());
            standing.scope == "rep:U3" && kind.as_deref() == Some("month")
        });
        month.filter(|month| month.status() == status).map(|_| ())
    });
}

#[test]
fn the_clock_alone_raises_an_alert() {
    let name = "alerts.clock";
    let yaml = config(name, "{enter: 0s, leave: 0s}");
    kafka::shared().create_topic(name, 1, &[("retention.ms", "-1")]);
    kafka::shared().produce(name, [deal(1, "29450", "2026-11-20T10:00:00Z")]);
    let service = Service::start_by(&yaml, "from:2026-11-24T11:53:05Z");
    let names = ["rep:U3", "bookings", "2026-11"].map(str::to_owned).into();
    let since = "2026-11-24T11:53:20.000000001Z".parse().expect("an instant");
    let status = paceline_tests::recompute::status::Status::Behind;
    let id = quarter::id(&names, PeriodKind::Month, status, since);
    listener::wait_for(&service, &[id.clone()].into());
    let alerts = of_rep(&service);
    assert_eq!((alerts.len(), &alerts[0].id), (1, &id));
    let cause = alerts[0].cause.expect("a cause");
    assert_eq!((cause.kind(), alerts[0].from()), (AlertCauseKind::Clock, Status::OnTrack));
    assert_eq!(cause.judged_at, alerts[0].since);
}

#[test]
fn only_what_has_held_is_told_also_over_a_restart() {
    let name = "alerts.hold";
    let yaml = config(name, "{enter: 1h, leave: 0s}");
    let broker = kafka::shared();
    broker.create_topic(name, 1, &[("retention.ms", "-1")]);
    broker.produce(name, [deal(1, "31000", "2026-11-20T10:00:00Z")]);
    let mut service = Service::start_by(&yaml, "from:2026-11-23T13:00:00Z");
    wait_until(&service, Status::OnTrack);
    // Behind for less than an hour, and then ahead: nothing is said of the first.
    broker.produce(name, [deal(2, "20000", "2026-11-23T13:00:00Z")]);
    wait_until(&service, Status::Behind);
    broker.produce(name, [deal(3, "37000", "2026-11-23T13:00:00Z")]);
    wait_until(&service, Status::Ahead);
    wait::until("an alert is told", || (of_rep(&service).len() == 1).then_some(()));
    let ahead = of_rep(&service).remove(0);
    assert_eq!((ahead.from(), ahead.to()), (Status::OnTrack, Status::Ahead));
    // Behind again, over a crash, until the hour is over.
    broker.produce(name, [deal(4, "20000", "2026-11-23T13:20:00Z")]);
    wait_until(&service, Status::Behind);
    wait_until_remembered(&service);
    let standings = service.standings_of(Some(of_kpi("bookings")));
    let month = standings.iter().find(|standing| {
        standing.scope == "rep:U3"
            && standing.period.as_ref().is_some_and(|period| period.kind == "month")
    });
    let since = month.expect("a standing").status_since.expect("an instant");
    assert_eq!(of_rep(&service).len(), 1);
    kill(service.process());
    let due = Timestamp::new(since.seconds + 3_600, since.nanos).expect("an instant");
    service.start_again_by(&format!("from:{}", due - jiff::SignedDuration::from_secs(8)));
    wait_until(&service, Status::Behind);
    wait::until("a second alert is told", || (of_rep(&service).len() == 2).then_some(()));
    let behind = of_rep(&service).remove(1);
    assert_eq!((behind.from(), behind.to()), (Status::Ahead, Status::Behind));
    assert_eq!(behind.since, Some(since));
    assert_eq!(behind.cause.expect("a cause").kind(), AlertCauseKind::Change);
    let expected = behind.standing.expect("a standing").expected;
    // It stands as it did when the hour was over or later, with 2,000 due a working day of eight hours.
    let hours = (due.as_nanosecond() - at("2026-11-23T09:00:00Z").as_nanosecond()) as f64 / 3.6e12;
    let wanted = 15.0 * 2_000.0 + hours * 250.0;
    assert!(expected.parse::<f64>().expect("a number") > wanted - 0.001, "{expected}");
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

#[test]
fn changes_that_come_late_raise_alerts_of_their_own() {
    let name = "alerts.late";
    let broker = kafka::shared();
    broker.create_topic(name, 1, &[("retention.ms", "-1")]);
    broker.produce(name, [deal(1, "31000", "2026-11-20T10:00:00Z")]);
    let yaml = config(name, "{enter: 0s, leave: 0s}");
    let service = Service::start_by(&yaml, "from:2026-11-23T13:00:00Z");
    wait_until(&service, Status::OnTrack);
    // All of them are older than the status that they end, which began at the start.
    let late = [
        (2, "20000", "2026-11-23T12:00:00Z", Status::Behind),
        (3, "31000", "2026-11-23T12:10:00Z", Status::OnTrack),
        (4, "21000", "2026-11-23T12:20:00Z", Status::Behind),
    ];
    for (version, amount, time, status) in late {
        broker.produce(name, [deal(version, amount, time)]);
        wait_until(&service, status);
    }
    wait::until("all three are told", || (of_rep(&service).len() == 3).then_some(()));
    contents(&broker.read_all(&format!("{name}.alerts")));
}
