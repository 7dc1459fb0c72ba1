//! The oracle's own tests: small cases whose numbers are worked out by hand in comments.

mod across;
mod ages;
mod calendars;
mod configs;
mod currencies;
mod formulas;
mod goals;
mod kpis;
mod records;
mod rosters;
mod splits;
mod statuses;
mod terms;
mod time;

use jiff::Timestamp;

use super::{
    Row, StatusMemory,
    config::Config,
    native::Refused,
    records::{Message, Records},
    standings,
};

const BASE: &str = r#"
sources: [{topic: crm.opportunity, format: paceline, entity: opportunity}]
entities:
  opportunity:
    fields:
      owner:      {path: OwnerId, type: text}
      amount:     {path: Amount, type: decimal}
      stage:      {path: StageName, type: text}
      close_date: {path: CloseDate, type: date}
      closed_at:  {path: ClosedAt, type: timestamp}
      account:    {path: AccountId, type: text}
      days:       {path: Days, type: int}
      hot:        {path: Hot, type: bool}
    states:
      field: stage
      order: [Proposal, Closed Won, Closed Lost]
      sets: {open: [Proposal], won: [Closed Won], lost: [Closed Lost]}
reps:
  list:
    - {id: U1, name: Ana, manager: M1, role: ae, time_zone: Europe/Madrid}
    - {id: U2, name: Ben, manager: M1, role: ae}
    - {id: M1, name: Max, role: manager}
status: {behind: {enter: 0.90, leave: 0.95}, ahead: {enter: 1.10, leave: 1.05}, grace: 0}
"#;

const BOOKINGS: &str = r#"{name: bookings, type: simple, entity: opportunity, where: "stage in states.won", agg: sum,
    expr: amount, at: close_date, credit: owner, unit: currency, goal_kind: reach, periods: [month]}"#;

/// The small organisation above with these KPIs and goals, each a flow mapping.
fn config(kpis: &[&str], goals: &[&str]) -> Config {
    let (kpis, goals) = (kpis.join(", "), goals.join(", "));
    let yaml = format!("{BASE}kpis: [{kpis}]\ngoals: [{goals}]\n");
    Config::read(&yaml).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Records that listen to topics.
struct Feed {
    config: Config,
    records: Records,
    offset: i64,
}

impl Feed {
    fn new(config: Config) -> Self {
        Self { config, records: Records::default(), offset: 0 }
    }

    fn take(&mut self, key: &str, value: Option<&[u8]>) -> Result<(), Refused> {
        self.take_on("crm.opportunity", key, value)
    }

    fn take_on(&mut self, topic: &str, key: &str, value: Option<&[u8]>) -> Result<(), Refused> {
        self.offset += 1;
        let message = Message {
            topic,
            offset: self.offset,
            timestamp: Timestamp::UNIX_EPOCH,
            key: Some(key.as_bytes()),
            value,
        };
        self.records.take(&self.config, message)
    }

    /// A message about the record `id`: operation, version and the rest of the JSON.
    fn say(&mut self, id: &str, op: &str, version: i64, rest: &str) {
        self.say_on("crm.opportunity", id, op, version, rest);
    }

    fn say_on(&mut self, topic: &str, id: &str, op: &str, version: i64, rest: &str) {
        let comma = if rest.is_empty() { "" } else { "," };
        let json = format!(r#"{{"id":"{id}","op":"{op}","version":{version}{comma}{rest}}}"#);
        self.take_on(topic, id, Some(json.as_bytes())).unwrap();
    }

    fn tombstone(&mut self, id: &str) {
        self.take(id, None).unwrap();
    }

    /// A deal that was won on a day in November 2026, as a full image.
    fn won(&mut self, id: &str, owner: &str, amount: &str, day: u8) {
        let set = format!(
            r#""set":{{"OwnerId":"{owner}","Amount":"{amount}","StageName":"Closed Won","CloseDate":"2026-11-{day:02}"}}"#
        );
        self.say(id, "upsert", 1, &set);
    }

    fn rows(&self, now: &str) -> Vec<Row> {
        standings(&self.config, &self.records, at(now), &mut StatusMemory::new())
    }

    /// The one row of a scope and KPI.
    fn row(&self, now: &str, scope: &str, kpi: &str) -> Row {
        let mut rows = self.rows(now).into_iter();
        rows.find(|row| row.scope == scope && row.kpi == kpi).unwrap()
    }

    fn actual(&self, scope: &str, kpi: &str) -> String {
        self.row("2026-11-23T13:00:00Z", scope, kpi).actual
    }
}
