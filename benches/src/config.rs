//! The config under measure: exactly three KPIs over opportunities, with goals for everyone.
//!
//! It is what an operator would write for these three and no more: five fields, KPIs by month, a goal for each role.
//! The goals are there because a paceline without any would have nothing to judge.

use paceline::config::{self, Config};
use paceline_sim::{Organisation, Rep};

use crate::events::TOPIC;

/// The consumer settings of every contender, so that no difference between two of them is one of settings.
///
/// They are paceline's own, repeated here for those that are not paceline. librdkafka's default of a second for
/// `fetch.queue.backoff.ms` stalls any consumer that is slower than its fetcher; larger queues and fetches only made it
/// slower.
pub const CONSUMER: [(&str, &str); 10] = [
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("auto.offset.reset", "error"),
    ("isolation.level", "read_committed"),
    ("check.crcs", "true"),
    ("statistics.interval.ms", "1000"),
    ("queued.min.messages", "20000"),
    ("queued.max.messages.kbytes", "4096"),
    ("fetch.queue.backoff.ms", "1"),
    ("fetch.wait.max.ms", "100"),
];

/// The KPIs, by the names that both paceline and the yardstick know them by.
pub const KPIS: [&str; 3] = ["bookings", "open_pipeline", "pipeline_created"];

const MODEL: &str = r#"
entities:
  opportunity:
    fields:
      owner: {path: owner_id, type: text}
      amount: {path: amount, type: decimal}
      stage: {path: stage, type: text}
      close_date: {path: close_date, type: date}
      created: {path: created_at, type: timestamp}
    states:
      field: stage
      order: [Prospecting, Qualification, Needs Analysis, Proposal, Negotiation, Closed Won, Closed Lost]
      sets:
        open: [Prospecting, Qualification, Needs Analysis, Proposal, Negotiation]
        won: [Closed Won]
kpis:
  - {name: bookings, type: simple, entity: opportunity, where: stage in states.won, agg: sum, expr: amount,
     at: close_date, credit: owner, unit: currency, goal_kind: reach, role: output, periods: [month]}
  - {name: open_pipeline, type: simple, entity: opportunity, where: stage in states.open, agg: sum, expr: amount,
     credit: owner, unit: currency, goal_kind: hold, role: input, periods: [month]}
  - {name: pipeline_created, type: simple, entity: opportunity, agg: sum, expr: amount,
     at: created, credit: owner, unit: currency, goal_kind: reach, role: input, periods: [month]}
goals:
  - {kpi: bookings, period: month, target: 120000, for: {role: ae}}
  - {kpi: open_pipeline, period: month, target: 390000, for: {role: ae}}
  - {kpi: pipeline_created, period: month, target: 495000, for: {role: ae}}
  - {kpi: pipeline_created, period: month, target: 72000, for: {role: sdr}}
"#;

/// Where a paceline finds its broker and is found itself.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The broker, `host:port`.
    pub brokers: String,
    /// Where it serves gRPC, `host:port`.
    pub grpc: String,
    /// Where it serves HTTP, `host:port`.
    pub http: String,
}

impl Default for Addresses {
    /// Addresses for a config that nothing is started by.
    fn default() -> Self {
        let address = |port: u16| format!("127.0.0.1:{port}");
        Self { brokers: address(9092), grpc: address(50_051), http: address(8080) }
    }
}

/// The config as the text of its file.
pub fn yaml(organisation: &Organisation, addresses: &Addresses, lanes: usize) -> String {
    let Addresses { brokers, grpc, http } = addresses;
    let kafka = format!("kafka: {{brokers: \"{brokers}\", lanes: {lanes}}}\n");
    let sources = format!("sources: [{{topic: {TOPIC}, format: debezium, entity: opportunity}}]\n");
    let server = format!("server: {{grpc: \"{grpc}\", http: \"{http}\"}}\n");
    [kafka.as_str(), &sources, &server, &reps(organisation), MODEL].concat()
}

/// The people of an organisation, as a config lists them.
pub(crate) fn reps(organisation: &Organisation) -> String {
    let reps: String = organisation.reps().iter().map(rep).collect();
    ["reps:\n  list:\n", &reps].concat()
}

fn rep(rep: &Rep) -> String {
    let (id, name, role) = (rep.id, &rep.name, rep.role.name());
    let manager =
        rep.manager.map(|manager| format!(", manager: \"{manager}\"")).unwrap_or_default();
    format!("    - {{id: \"{id}\", name: \"{name}\", role: {role}{manager}}}\n")
}

/// The same config, read and checked.
///
/// # Errors
/// The config is not one, which is a mistake here.
pub fn load(organisation: &Organisation) -> anyhow::Result<Config> {
    Ok(config::load_str(&yaml(organisation, &Addresses::default(), 1), "bench.yaml")?)
}
