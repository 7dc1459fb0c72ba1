//! The same sales story in any format, on topics of a test's own, and what a recompute says it comes to.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::date};
use paceline_client::proto::{Standing, Status as Wire};
use paceline_sim::{
    Change, Entity, Op, Options, Organisation, Simulation,
    config::{ConfigOptions, yaml},
    format::{Format, Messages},
};
use paceline_tests::{
    kafka::{self, Broker, Message},
    recompute::{
        self, Row, StatusMemory,
        config::Config,
        records::{self, Records},
        status::Status,
    },
};

use crate::{
    subscriber::{Names, names},
    under_test::NOW,
};

/// Partitions of every topic.
const PARTITIONS: i32 = 3;

/// Messages carry the times of the story, which are long past for a broker that keeps a week.
const KEPT: [(&str, &str); 1] = [("retention.ms", "-1")];

/// A few thousand changes of an organisation of 14.
pub(crate) struct Story {
    organisation: Organisation,
    pub(crate) changes: Vec<Change>,
}

impl Story {
    pub(crate) fn new(seed: u64) -> Self {
        let mut options = Options::new(seed, 14, 3, date(2026, 10, 19));
        options.intensity = 140;
        let organisation = Organisation::new(options);
        let mut simulation = Simulation::new(organisation.clone());
        let until: Timestamp = NOW.parse().expect("an instant");
        let changes: Vec<Change> = simulation.history_until(until).collect();
        let story = Self { organisation, changes };
        story.assert_rich();
        story
    }

    /// A story without deletes proves nothing about them.
    fn assert_rich(&self) {
        let count =
            |which: fn(&Change) -> bool| self.changes.iter().filter(|change| which(change)).count();
        assert!(self.changes.len() > 2_000, "only {} changes", self.changes.len());
        for (what, count) in [
            ("deletes", count(|change| change.op == Op::Delete)),
            ("undeletes", count(|change| change.op == Op::Undelete)),
            ("mass changes", count(|change| change.rest.len() > 2)),
        ] {
            assert!(count > 0, "no {what} in {} changes", self.changes.len());
        }
    }

    /// The config of a format, with topics that begin with `name`.
    pub(crate) fn config(&self, broker: &Broker, format: Format, name: &str) -> String {
        yaml(&self.organisation, &self.options(broker, format, name))
    }

    fn options(&self, broker: &Broker, format: Format, name: &str) -> ConfigOptions {
        let mut options = ConfigOptions::new(format, broker.bootstrap());
        options.group_id = name.to_owned();
        options.topics = Entity::ALL.map(|entity| topic(name, entity));
        options.server = ("127.0.0.1:0".to_owned(), "127.0.0.1:0".to_owned());
        options
    }

    /// Makes the topics that begin with `name` and writes the story to them, with `extra` messages of the opportunity
    /// topic scattered in between.
    pub(crate) fn tell(&self, broker: &Broker, format: Format, name: &str, extra: &[Message]) {
        let mut told = BTreeMap::<&str, Vec<Message>>::new();
        let mut messages = Messages::default();
        let every = self.changes.len() / (extra.len() + 1) + 1;
        let mut extra = extra.iter();
        for (nth, change) in self.changes.iter().enumerate() {
            messages.clear();
            format.write(change, &mut messages);
            for message in messages.iter() {
                told.entry(message.entity.name()).or_default().push(owned(&message));
            }
            if nth % every == every - 1 {
                told.entry(Entity::Opportunity.name()).or_default().extend(extra.next().cloned());
            }
        }
        told.entry(Entity::Opportunity.name()).or_default().extend(extra.cloned());
        for entity in Entity::ALL {
            broker.create_topic(&topic(name, entity), PARTITIONS, &KEPT);
            broker.produce(&topic(name, entity), told.remove(entity.name()).unwrap_or_default());
        }
    }

    /// What a recompute of the native messages says.
    pub(crate) fn recomputed(&self) -> BTreeMap<Names, Row> {
        let native = Format::native();
        let yaml = self.config(kafka::shared(), native, "recomputed");
        let config = Config::read(&yaml).expect("the oracle reads the config");
        let (mut records, mut messages) = (Records::default(), Messages::default());
        for change in &self.changes {
            messages.clear();
            native.write(change, &mut messages);
            for message in messages.iter() {
                let message = records::Message {
                    topic: &topic("recomputed", message.entity),
                    offset: 0,
                    timestamp: message.time,
                    key: message.key,
                    value: message.value,
                };
                records.take(&config, message).expect("the story is well told");
            }
        }
        let now = NOW.parse().expect("an instant");
        let rows = recompute::standings(&config, &records, now, &mut StatusMemory::new());
        let named = |row: Row| ((row.scope.clone(), row.kpi.clone(), row.period.name.clone()), row);
        rows.into_iter().map(named).collect()
    }
}

/// The topic of an entity.
pub(crate) fn topic(name: &str, entity: Entity) -> String {
    format!("{name}.{entity}")
}

fn owned(message: &paceline_sim::format::Message<'_>) -> Message {
    let key = message.key.unwrap_or_default();
    let written = match message.value {
        Some(value) => Message::new(key, value),
        None => Message::tombstone(key),
    };
    written.timestamp_ms(message.time.as_millisecond())
}

/// Fails unless the standings of a story are what the recompute says, to the last digit.
#[track_caller]
pub(crate) fn assert_recomputed(name: &str, standings: &[Standing], rows: &BTreeMap<Names, Row>) {
    assert_eq!(standings.len(), rows.len(), "{name}");
    let different: Vec<String> = standings
        .iter()
        .filter_map(|standing| {
            let row = rows.get(&names(standing));
            (row.map(told) != Some(served(standing)))
                .then(|| format!("{standing:?}\n  instead of {row:?}"))
        })
        .collect();
    assert!(
        different.is_empty(),
        "{name}: {} of {} standings differ, the first:\n{}",
        different.len(),
        rows.len(),
        different[0]
    );
}

/// What can be compared: the decimals, the sample, the doubt and the status.
type Said = ([String; 6], u64, bool, Wire);

fn told(row: &Row) -> Said {
    let Row { actual, goal, expected, remaining, projected, required_per_day, .. } = row.clone();
    let decimals = [actual, goal, expected, remaining, projected, required_per_day];
    (decimals, row.sample as u64, row.in_doubt, wire(row.status))
}

fn served(standing: &Standing) -> Said {
    let Standing { actual, goal, expected, remaining, projected, required_per_day, .. } =
        standing.clone();
    let decimals = [actual, goal, expected, remaining, projected, required_per_day];
    (decimals, standing.sample, standing.in_doubt, standing.status())
}

fn wire(status: Status) -> Wire {
    match status {
        Status::NoGoal => Wire::NoGoal,
        Status::NotEnoughData => Wire::NotEnoughData,
        Status::Missed => Wire::Missed,
        Status::Achieved => Wire::Achieved,
        Status::TooEarly => Wire::TooEarly,
        Status::Ahead => Wire::Ahead,
        Status::OnTrack => Wire::OnTrack,
        Status::Behind => Wire::Behind,
    }
}
