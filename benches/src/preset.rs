//! The preset of sixteen KPIs beside three of them, over the same events of a Salesforce organisation with its meetings and
//! tasks: what a KPI more costs.

use jiff::civil::date;
use jiff::tz::TimeZone;
use paceline::config::{self, Config};
use paceline_sim::{Options, Organisation};

use crate::config::reps;

/// The simulator's stages in place of those that Salesforce comes with.
const STATES: &str = r#"
    states:
      field: stage
      order: [Closed Lost, Prospecting, Qualification, Needs Analysis, Proposal, Negotiation, Closed Won]
      sets:
        open: [Prospecting, Qualification, Needs Analysis, Proposal, Negotiation]
        qualified: [Needs Analysis, Proposal, Negotiation]
        late: [Proposal, Negotiation]
        won: [Closed Won]
        lost: [Closed Lost]
"#;

/// What an operator would write for three of the KPIs and no more: a sum, and of the other two entities a count.
const THREE: &str = r#"
  event:
    names: [EventChangeEvent]
    fields:
      owner: {path: OwnerId, type: text}
      created: {path: CreatedDate, type: timestamp}
  task:
    names: [TaskChangeEvent]
    fields:
      owner: {path: OwnerId, type: text}
      status: {path: Status, type: text}
      completed: {path: CompletedDateTime, type: timestamp}
kpis:
  - {name: bookings, type: simple, entity: opportunity, where: stage in states.won, agg: sum, expr: amount,
     at: close_date, credit: owner, unit: currency, goal_kind: reach, role: output, periods: [month]}
  - {name: meetings_booked, type: simple, entity: event, agg: count, at: created, credit: owner, periods: [month]}
  - {name: activities_logged, type: simple, entity: task, where: status == 'Completed', agg: count, at: completed,
     credit: owner, periods: [month]}
"#;

const OPPORTUNITY: &str = "
    names: [OpportunityChangeEvent]
    fields:
      owner: {path: OwnerId, type: text}
      amount: {path: Amount, type: decimal}
      stage: {path: StageName, type: text}
      close_date: {path: CloseDate, type: date}";

/// The organisation: that of the other benches, with meetings and tasks.
pub fn organisation() -> Organisation {
    let mut options = Options::new(7, 2_000, 100, date(2026, 1, 1));
    options.time_zones = vec![TimeZone::UTC];
    options.intensity = 300;
    Organisation::new(options)
}

/// A config of three KPIs.
///
/// # Errors
/// The config is not one, which is a mistake here.
pub fn three(organisation: &Organisation) -> anyhow::Result<Config> {
    load(organisation, &format!("entities:\n  opportunity:{OPPORTUNITY}{STATES}{THREE}"))
}

/// A config of the whole preset.
///
/// # Errors
/// The config is not one, which is a mistake here.
pub fn sixteen(organisation: &Organisation) -> anyhow::Result<Config> {
    load(organisation, &format!("preset: salesforce\nentities:\n  opportunity:{STATES}"))
}

fn load(organisation: &Organisation, model: &str) -> anyhow::Result<Config> {
    let sources = "kafka: {brokers: localhost:9092}\nsources: [{topic: crm, format: salesforce}]\n";
    let text = [sources, &reps(organisation), model].concat();
    Ok(config::load_str(&text, "bench.yaml")?)
}
