//! What a crash of the service found under way: told by what stands on its two topics when it is dead, and nothing can change.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::{Duration, Instant},
};

use paceline_tests::kafka::{Broker, Record};
use serde_json::Value;

use crate::under_test::Service;

/// How long the service goes on between two looks at what it has done, how long what it has sent may be on its way, and how often it is
/// looked at.
const STEP: Duration = Duration::from_millis(5);
const ON_ITS_WAY: Duration = Duration::from_millis(20);
const STEPS: usize = 30;

/// The moment to strike at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// As soon as a status waits to be remembered.
    Status,
    /// As soon as an alert waits to stand on its topic.
    Alert,
}

impl Moment {
    /// The metric that tells.
    const fn metric(self) -> &'static str {
        match self {
            Self::Status => "paceline_statuses_waiting",
            Self::Alert => "paceline_alerts_waiting",
        }
    }
}

/// How much of a metric there is; none when it is not told yet.
fn gauge(service: &Service, name: &str) -> f64 {
    let metrics = service.get("/metrics");
    let lines = metrics.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    lines.filter_map(|value| value.trim().parse().ok()).next().unwrap_or(0.0)
}

/// Kills the service at a moment, or when that has not come for `longest`. Answers whether it came.
pub(crate) fn strike(service: &mut Service, moment: Moment, longest: Duration) -> bool {
    let came = comes(service, moment, longest);
    service.process().kill();
    service.process().wait();
    came
}

/// Kills the service when what it has done of its alerts is as is wanted, if that is met. From when an alert waits it goes on in steps,
/// and what it has done is looked at while it stands still.
pub(crate) fn strike_in_steps(
    service: &mut Service,
    longest: Duration,
    look: impl Fn() -> Wreck,
    is_wanted: impl Fn(&Wreck) -> bool,
) -> Wreck {
    let steps = if comes(service, Moment::Alert, longest) { STEPS } else { 0 };
    let mut is_remembered = false;
    for _ in 0..steps {
        service.process().pause();
        thread::sleep(ON_ITS_WAY);
        let wreck = look();
        let is_too_late = is_remembered && wreck.waiting.is_empty();
        if is_too_late || is_wanted(&wreck) {
            break;
        }
        is_remembered |= !wreck.waiting.is_empty();
        service.process().go_on();
        // From here on it is a matter of moments.
        thread::sleep(if is_remembered { Duration::ZERO } else { STEP });
    }
    service.process().kill();
    service.process().wait();
    look()
}

/// Waits for a moment, but not for longer. Answers whether it came.
fn comes(service: &Service, moment: Moment, longest: Duration) -> bool {
    let start = Instant::now();
    while gauge(service, moment.metric()) == 0.0 {
        if start.elapsed() > longest {
            return false;
        }
    }
    true
}

/// What the topics have when the service is dead.
#[derive(Debug)]
pub(crate) struct Wreck {
    /// The statuses that are remembered, by the keys of their records.
    pub(crate) statuses: BTreeMap<String, String>,
    /// The ids of alerts that the memory has and does not know to stand on their topic.
    pub(crate) waiting: BTreeSet<String>,
    /// The ids of those that stand there, and how often.
    pub(crate) told: BTreeMap<String, usize>,
}

impl Wreck {
    pub(crate) fn of(broker: &Broker, status: &str, alerts: &str) -> Self {
        let records = broker.read_all(status);
        let records = records.iter().map(|record| (record.key_text().to_owned(), record));
        // The last record of a key is what counts.
        let last: BTreeMap<String, &Record> = records.collect();
        let waiting = last.values().flat_map(|record| unwritten(record)).collect();
        let statuses = last.into_iter().filter_map(|(key, record)| {
            let said = record.value.is_some().then(|| json(record))?;
            Some((key, said["standing"]["status"].as_str()?.to_owned()))
        });
        let mut told = BTreeMap::new();
        for record in broker.read_all(alerts) {
            *told.entry(id(&json(&record))).or_default() += 1;
        }
        Self { statuses: statuses.collect(), waiting, told }
    }

    /// How many of these statuses are not remembered.
    pub(crate) fn lacks(&self, statuses: &BTreeMap<String, &str>) -> usize {
        let known = |(key, status): &(&String, &&str)| {
            self.statuses.get(*key).is_some_and(|known| known == **status)
        };
        statuses.iter().filter(|status| !known(status)).count()
    }

    /// Alerts that stand on their topic and are to be appended again, nobody alive knowing that they do, and how often they stand there.
    pub(crate) fn to_repeat(&self) -> BTreeMap<String, usize> {
        let told = |id: &String| Some((id.clone(), *self.told.get(id)?));
        self.waiting.iter().filter_map(told).collect()
    }

    /// Alerts that the memory has, and that do not stand on their topic yet.
    pub(crate) fn untold(&self) -> usize {
        self.waiting.iter().filter(|id| !self.told.contains_key(*id)).count()
    }
}

/// The alerts that a record of a status has.
fn unwritten(record: &Record) -> Vec<String> {
    if record.value.is_none() {
        return Vec::new();
    }
    json(record)["alerts"].as_array().into_iter().flatten().map(id).collect()
}

fn json(record: &Record) -> Value {
    serde_json::from_str(record.value_text()).expect("a record is JSON")
}

fn id(event: &Value) -> String {
    event["id"].as_str().expect("an alert has an id").to_owned()
}
