//! Alerts that nothing but the clock raises, with crashes amid: while a status holds, while it is being remembered, and while its
//! alert is being told.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use paceline_client::proto::{Alert, AlertCauseKind, Status};
use paceline_tests::{
    chance::Chance,
    kafka::{self, Message},
    recompute::{config::PeriodKind, status},
    wait,
};

use crate::{
    alerts::{config, contents},
    crash::{Moment, strike},
    listener, quarter,
    under_test::Service,
};

/// The reps, and when the first of them falls behind; each other does so this much after the one before.
const REPS: u64 = 15;
const FIRST: &str = "2026-11-24T11:53:20.000000001Z";
const APART: SignedDuration = SignedDuration::from_secs(2);

/// For how long a status has to hold.
const HOLD: SignedDuration = SignedDuration::from_secs(3);

/// When it all begins, before the first falls behind, and until when there are crashes.
const BEGIN: &str = "2026-11-24T11:53:12Z";
const END: &str = "2026-11-24T11:53:54Z";

/// An instant that goes on from one life of the service to the next.
struct Clock {
    began: Instant,
    from: Timestamp,
}

impl Clock {
    fn now(&self) -> Timestamp {
        self.from + self.began.elapsed()
    }
}

#[test]
fn what_the_clock_alone_raises_is_told_once_over_crashes_amid() {
    let (name, mut chance) = ("alerts.amid", Chance::new(3));
    let broker = kafka::shared();
    broker.create_topic(name, 1, &[("retention.ms", "-1")]);
    broker.produce(name, (0..REPS).map(won));
    let yaml = with_reps(&config(name, "{enter: 3s, leave: 3s}"));
    let clock = Clock { began: Instant::now(), from: at(BEGIN) };
    let mut service = Service::start_by(&yaml, &format!("from:{BEGIN}"));
    let mut kills = Vec::new();
    while clock.now() < at(END) {
        let moment = [Moment::Status, Moment::Alert][kills.len() % 2];
        thread::sleep(peace(kills.len(), &mut chance));
        let came = strike(&mut service, moment, Duration::from_secs(4));
        kills.push((clock.now(), moment, came));
        service.start_again_by(&format!("from:{}", clock.now()));
    }
    let alerts = wait::until("each rep is told of", || {
        let alerts = of_reps(&service);
        (alerts.len() >= REPS as usize).then_some(alerts)
    });
    let records = broker.read_all(&format!("{name}.alerts"));
    let (alerts, told) = (by_rep(alerts), contents(&records).len());
    let (mut by_clock, mut held) = (0, 0);
    for (rep, alert) in &alerts {
        by_clock += usize::from(check(*rep, alert));
        let due = crossing(*rep) + HOLD;
        let amid = kills.iter().any(|(at, ..)| (crossing(*rep)..due).contains(at));
        held += usize::from(amid && since(alert) == crossing(*rep));
    }
    println!(
        "{by_clock} of {REPS} by the clock, {held} held over a crash; {told} alerts, {} records; {kills:?}",
        records.len()
    );
    assert!(by_clock >= 5, "most fell behind while nobody looked");
    assert!(held > 0, "no crash was amid a hold");
    for moment in [Moment::Status, Moment::Alert] {
        let hit = kills.iter().any(|(_, at, came)| *at == moment && *came);
        assert!(hit, "no crash was amid {moment:?}: {kills:?}");
    }
}

/// How long the service is left in peace before a crash. Every third time it is long enough for two to fall behind before its eyes,
/// however long a machine takes to start it.
fn peace(kills: usize, chance: &mut Chance) -> Duration {
    match kills % 3 {
        2 => Duration::from_secs(5),
        _ => Duration::from_millis(chance.below(2_500)),
    }
}

/// Whether the alert of a rep is by the clock. One who fell behind while nobody looked is told of since somebody did.
fn check(rep: u64, alert: &Alert) -> bool {
    assert_eq!((alert.from(), alert.to()), (Status::OnTrack, Status::Behind), "{alert:?}");
    let names = [format!("rep:R{rep}"), "bookings".to_owned(), "2026-11".to_owned()];
    let id = quarter::id(&names.into(), PeriodKind::Month, status::Status::Behind, since(alert));
    assert_eq!(alert.id, id, "{alert:?}");
    match alert.cause.expect("a cause").kind() {
        AlertCauseKind::Clock => assert_eq!(since(alert), crossing(rep), "{alert:?}"),
        AlertCauseKind::Start => assert!(since(alert) >= crossing(rep), "{alert:?}"),
        other => panic!("nothing but time has passed, and not {other:?}: {alert:?}"),
    }
    alert.cause.expect("a cause").kind() == AlertCauseKind::Clock
}

/// When a rep falls behind: what is due grows by an eighth of the unit in two seconds of work, when nine tenths of it are looked at.
fn crossing(rep: u64) -> Timestamp {
    at(FIRST) + APART * i32::try_from(rep).expect("few")
}

fn won(rep: u64) -> Message {
    let thousandths = 29_450_000 + 125 * rep;
    let amount = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    let json = format!(
        r#"{{"id":"D{rep}","op":"upsert","version":1,"time":"2026-11-20T10:00:00Z","set":{{"OwnerId":"R{rep}","Amount":"{amount}","StageName":"Closed Won","CloseDate":"2026-11-20"}}}}"#
    );
    Message::new(format!("D{rep}"), json)
}

/// A config with all the reps, too.
fn with_reps(yaml: &str) -> String {
    let rows: String = (0..REPS).map(|n| format!("    - {{id: R{n}, role: ae}}\n")).collect();
    let (before, after) = yaml.split_once("\nkpis:").expect("there are KPIs");
    format!("{before}\n{rows}kpis:{after}")
}

/// The alerts of the months of the reps.
fn of_reps(service: &Service) -> Vec<Alert> {
    let alerts = listener::list(service).into_iter().filter(|alert| {
        let month = alert.period.as_ref().is_some_and(|period| period.kind == "month");
        month && alert.scope.starts_with("rep:R")
    });
    alerts.collect()
}

/// Each by its rep, who has one.
fn by_rep(alerts: Vec<Alert>) -> BTreeMap<u64, Alert> {
    let mut by_rep = BTreeMap::new();
    for alert in alerts {
        let rep = alert.scope.trim_start_matches("rep:R").parse().expect("a number");
        if let Some(before) = by_rep.insert(rep, alert) {
            panic!("rep {rep} is told of twice: {before:?}, {:?}", by_rep.get(&rep));
        }
    }
    by_rep
}

fn since(alert: &Alert) -> Timestamp {
    let since = alert.since.expect("an instant");
    Timestamp::new(since.seconds, since.nanos).expect("an instant")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}
