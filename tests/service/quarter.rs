//! A quarter of changes whose alerts are known: one change at each of some instants, and a recompute that says which statuses
//! that leads to.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use paceline_tests::{
    kafka::Message,
    recompute::{
        self, Board, StatusMemory,
        config::{Config, PeriodKind},
        records::{self, Records},
        status::Status,
    },
};
use sha2::{Digest as _, Sha256};

/// A scope, a KPI, and the name of a period.
type Names = (String, String, String);

/// What was found of standings, and which alerts that makes where each status is told at once.
pub(crate) struct Quarter {
    config: Config,
    topic: String,
    records: Records,
    offset: i64,
    memory: StatusMemory,
    /// The kinds and the last days of the periods in which there are standings.
    periods: BTreeMap<Names, (PeriodKind, Date)>,
    pub(crate) ids: BTreeSet<String>,
}

impl Quarter {
    pub(crate) fn new(yaml: &str, topic: &str) -> Self {
        Self {
            config: Config::read(yaml).expect("the oracle reads the config"),
            topic: topic.to_owned(),
            records: Records::default(),
            offset: 0,
            memory: StatusMemory::new(),
            periods: BTreeMap::new(),
            ids: BTreeSet::new(),
        }
    }

    /// A deal is won, or another amount of it, as of an instant. Answers the message.
    pub(crate) fn win(&mut self, deal: &str, owner: &str, amount: u64, now: Timestamp) -> Message {
        let version = self.offset + 1;
        let day = now.to_zoned(TimeZone::UTC).date();
        let json = format!(
            r#"{{"id":"{deal}","op":"upsert","version":{version},"time":"{now}","set":{{"OwnerId":"{owner}","Amount":"{amount}","StageName":"Closed Won","CloseDate":"{day}"}}}}"#
        );
        let message = records::Message {
            topic: &self.topic,
            offset: self.offset,
            timestamp: now,
            key: Some(deal.as_bytes()),
            value: Some(json.as_bytes()),
        };
        self.records.take(&self.config, message).expect("the change is well told");
        self.offset += 1;
        Message::new(deal, json)
    }

    /// The status of each standing, by the key of the record that is to remember it.
    pub(crate) fn statuses(&self) -> BTreeMap<String, &'static str> {
        let status = |(names, (kind, _)): (&Names, &(PeriodKind, Date))| {
            let (scope, kpi, period) = names;
            let (status, _) = self.memory.get(names)?;
            Some((format!("{scope}/{kpi}/{kind}/{period}"), name(*status)))
        };
        self.periods.iter().filter_map(status).collect()
    }

    /// Judges everything at an instant: a status that is another than before is an alert, and so is the last one of a period that
    /// has ended. The first one of a period is none.
    pub(crate) fn judge(&mut self, now: Timestamp) {
        let before = self.memory.clone();
        let rows = recompute::standings(&self.config, &self.records, now, &mut self.memory);
        let mut periods = BTreeMap::new();
        for row in rows {
            let names = (row.scope, row.kpi, row.period.name.clone());
            let changed = before.get(&names).is_some_and(|(status, _)| *status != row.status);
            if changed {
                self.ids.insert(id(&names, row.period.kind, row.status, now));
            }
            periods.insert(names, (row.period.kind, row.period.end));
        }
        let ended = std::mem::replace(&mut self.periods, periods);
        for (names, (kind, last_day)) in ended {
            if self.periods.contains_key(&names) {
                continue;
            }
            let (last, _) = self.memory.remove(&names).expect("it had a status");
            let end = (last_day + 1.day()).to_zoned(TimeZone::UTC).expect("a day").timestamp();
            let board = Board::new(&self.config, &self.records);
            let what = (names.0.as_str(), names.1.as_str(), kind);
            let verdict = board.status_at(what, Some(last_day), end, Some(last));
            if verdict != last {
                self.ids.insert(id(&names, kind, verdict, end));
            }
        }
    }
}

const fn name(status: Status) -> &'static str {
    match status {
        Status::NoGoal => "NO_GOAL",
        Status::NotEnoughData => "NOT_ENOUGH_DATA",
        Status::Missed => "MISSED",
        Status::Achieved => "ACHIEVED",
        Status::TooEarly => "TOO_EARLY",
        Status::Ahead => "AHEAD",
        Status::OnTrack => "ON_TRACK",
        Status::Behind => "BEHIND",
    }
}

/// The id of an alert by its definition, in a hand of its own.
pub(crate) fn id(names: &Names, kind: PeriodKind, status: Status, since: Timestamp) -> String {
    let (scope, kpi, period) = names;
    let status = name(status);
    let nanoseconds = since.as_nanosecond().to_string();
    let kind = kind.to_string();
    let lines = ["paceline.alert.v1", scope, kpi, &kind, period, status, &nanoseconds];
    let digest = Sha256::digest(lines.join("\n"));
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
