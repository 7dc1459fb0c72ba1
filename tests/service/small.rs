//! A small organisation and small messages, for tests that say themselves what happens.

use paceline_client::proto::Selector;
use paceline_tests::{kafka::Message, process::CANARY};

/// A config of one topic of opportunities in some format, with two KPIs for six reps in two teams.
pub(crate) fn yaml(brokers: &str, topic: &str, format: &str) -> String {
    let reps: String = (1..=6)
        .map(|rep| format!("    - {{id: U{rep}, manager: M{}, role: ae}}\n", rep % 2 + 1))
        .collect();
    format!(
        r#"
kafka: {{brokers: "{brokers}", group_id: "{topic}"}}
sources:
  - {{topic: {topic}, format: {format}, entity: opportunity, dead_letter: {topic}.dlq}}
entities:
  opportunity:
    fields:
      owner: {{path: OwnerId, type: text}}
      amount: {{path: Amount, type: decimal}}
      stage: {{path: StageName, type: text}}
      close_date: {{path: CloseDate, type: date}}
    states:
      field: stage
      order: [Proposal, Closed Won, Closed Lost]
      sets: {{open: [Proposal], won: [Closed Won], lost: [Closed Lost]}}
reps:
  list:
    - {{id: M1, role: manager}}
    - {{id: M2, manager: M1, role: manager}}
{reps}
kpis:
  - {{name: bookings, type: simple, entity: opportunity, where: stage in states.won, agg: sum, expr: amount, at: close_date,
     credit: owner, goal_kind: reach, periods: [month]}}
  - {{name: deals, type: simple, entity: opportunity, agg: count, at: close_date, credit: owner, periods: [month]}}
goals:
  - {{kpi: bookings, period: month, target: 42000, for: {{role: ae}}}}
server: {{grpc: "127.0.0.1:0", http: "127.0.0.1:0"}}
"#
    )
}

/// A deal won in November, as a full image.
pub(crate) fn won(id: &str, version: u32, owner: &str, amount: u32) -> Message {
    let json = format!(
        r#"{{"id":"{id}","op":"upsert","version":{version},"time":"2026-11-20T10:00:00Z","set":{{"OwnerId":"{owner}","Amount":"{amount}.00","StageName":"Closed Won","CloseDate":"2026-11-20","Contact":"lou@{CANARY}"}}}}"#
    );
    Message::new(id, json)
}

/// The deal goes to somebody else.
pub(crate) fn given_to(id: &str, version: u32, owner: &str) -> Message {
    let json = format!(
        r#"{{"id":"{id}","op":"patch","version":{version},"set":{{"OwnerId":"{owner}"}}}}"#
    );
    Message::new(id, json)
}

/// All standings of a KPI.
pub(crate) fn of_kpi(kpi: &str) -> Selector {
    Selector { kpis: vec![kpi.to_owned()], ..Selector::default() }
}
