//! The `paceline.yaml` that reads a simulation back: its topics, fields, people, KPIs and goals.
//!
//! Goals come from the people's productivity, so that over a normal quarter about a quarter of the reps are ahead and a
//! quarter behind.

mod goals;

use std::fmt::{self, Display, Formatter};

use crate::{Entity, Field, Organisation, Rep, Stage, calendar, format::Format};

/// Where the organisation's messages are and how they are written.
#[derive(Debug, Clone)]
pub struct ConfigOptions {
    /// The format of all topics.
    pub format: Format,
    /// Kafka's bootstrap servers, comma-separated.
    pub brokers: String,
    /// The consumer group.
    pub group_id: String,
    /// The topic of opportunities, of events and of tasks; dead letters go to the same name with `.dlq`.
    pub topics: [String; 3],
    /// Listen addresses of gRPC and of HTTP.
    pub server: (String, String),
}

impl ConfigOptions {
    /// Topics `crm.opportunity`, `crm.event` and `crm.task`, group `paceline`, the usual ports on this host.
    #[must_use]
    pub fn new(format: Format, brokers: &str) -> Self {
        Self {
            format,
            brokers: brokers.to_owned(),
            group_id: "paceline".to_owned(),
            topics: Entity::ALL.map(|entity| format!("crm.{entity}")),
            server: ("127.0.0.1:50051".to_owned(), "127.0.0.1:8080".to_owned()),
        }
    }

    /// The topic of an entity.
    #[must_use]
    pub fn topic(&self, entity: Entity) -> &str {
        &self.topics[entity as usize]
    }
}

/// An entity and its fields in the config: name, field of the CRM, type.
type Mapping = (Entity, &'static [(&'static str, Field, &'static str)]);

/// What KPIs and drill-downs use.
const FIELDS: [Mapping; 3] = [
    (
        Entity::Opportunity,
        &[
            ("name", Field::Name, "text"),
            ("account", Field::AccountId, "text"),
            ("owner", Field::OwnerId, "text"),
            ("amount", Field::Amount, "decimal"),
            ("stage", Field::StageName, "text"),
            ("close_date", Field::CloseDate, "date"),
            ("created", Field::CreatedDate, "timestamp"),
            ("deal_type", Field::Type, "text"),
            ("lead_source", Field::LeadSource, "text"),
            ("next_step", Field::NextStep, "text"),
        ],
    ),
    (
        Entity::Event,
        &[
            ("subject", Field::Subject, "text"),
            ("owner", Field::OwnerId, "text"),
            ("opportunity", Field::WhatId, "text"),
            ("status", Field::Status, "text"),
            ("start", Field::StartDateTime, "timestamp"),
            ("created", Field::CreatedDate, "timestamp"),
        ],
    ),
    (
        Entity::Task,
        &[
            ("subject", Field::Subject, "text"),
            ("owner", Field::OwnerId, "text"),
            ("opportunity", Field::WhatId, "text"),
            ("task_type", Field::Type, "text"),
            ("status", Field::Status, "text"),
            ("completed", Field::CompletedDateTime, "timestamp"),
            ("created", Field::CreatedDate, "timestamp"),
        ],
    ),
];

const KPIS: &str = r#"kpis:
  - {name: bookings, title: Closed-won bookings, type: simple, entity: opportunity, where: "stage in states.won", agg: sum, expr: amount,
     at: close_date, credit: owner, unit: currency, goal_kind: reach, role: output, periods: [month, quarter]}
  - {name: open_pipeline, title: Open pipeline, type: simple, entity: opportunity, where: "stage in states.open", agg: sum, expr: amount,
     credit: owner, unit: currency, goal_kind: hold, role: input, periods: [month]}
  - {name: pipeline_created, title: Pipeline created, type: simple, entity: opportunity, agg: sum, expr: amount,
     at: created, credit: owner, unit: currency, goal_kind: reach, role: input, periods: [month, quarter]}
  - {name: deals_won, title: Deals won, type: simple, entity: opportunity, where: "stage in states.won", agg: count,
     at: close_date, credit: owner, unit: count, goal_kind: reach, role: output, periods: [month, quarter]}
  - {name: deals_closed, title: Deals closed, type: simple, entity: opportunity, where: "stage in states.won || stage in states.lost", agg: count,
     at: close_date, credit: owner, unit: count, goal_kind: reach, role: output, periods: [month, quarter]}
  - {name: win_rate, title: Win rate, type: ratio, numerator: deals_won, denominator: deals_closed,
     unit: ratio, goal_kind: rate, min_sample: 5, role: output, periods: [month, quarter]}
  - {name: meetings_booked, title: Meetings booked, type: simple, entity: event, where: "status != 'Cancelled'", agg: count,
     at: start, credit: owner, unit: count, goal_kind: reach, role: input, periods: [week, month]}
  - {name: meetings_held, title: Meetings held, type: simple, entity: event, where: "status == 'Held'", agg: count,
     at: start, credit: owner, unit: count, goal_kind: reach, role: input, periods: [week, month]}
  - {name: tasks_done, title: Tasks done, type: simple, entity: task, where: "status == 'Completed'", agg: count,
     at: completed, credit: owner, unit: count, goal_kind: reach, role: input, periods: [week, month]}
"#;

/// A complete config for the organisation.
#[must_use]
pub fn yaml(organisation: &Organisation, options: &ConfigOptions) -> String {
    Document { organisation, options }.to_string()
}

struct Document<'a> {
    organisation: &'a Organisation,
    options: &'a ConfigOptions,
}

impl Display for Document<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        document(out, self.organisation, self.options)
    }
}

fn document(
    out: &mut Formatter<'_>,
    organisation: &Organisation,
    options: &ConfigOptions,
) -> fmt::Result {
    writeln!(out, "# The simulated sales organisation of seed {}.", organisation.options().seed)?;
    writeln!(
        out,
        "kafka: {{brokers: \"{}\", group_id: \"{}\"}}",
        options.brokers, options.group_id
    )?;
    let entities = entities(organisation);
    sources(out, options, entities)?;
    mappings(out, options, entities)?;
    writeln!(out, "reps:\n  list:")?;
    organisation.reps().iter().try_for_each(|rep| self::rep(out, rep))?;
    writeln!(out, "calendars:")?;
    writeln!(
        out,
        "  default: {{time_zone: UTC, week_start: monday, working_days: {{mon: 1, tue: 1, wed: 1, thu: 1, fri: 1}}, \
         hours: \"09:00-17:00\", fiscal_year_start: 01-01}}"
    )?;
    kpis(out, organisation)?;
    goals::write(out, organisation)?;
    writeln!(out, "server: {{grpc: \"{}\", http: \"{}\"}}", options.server.0, options.server.1)
}

/// Without activities, events and tasks have no topics.
fn entities(organisation: &Organisation) -> &'static [Mapping] {
    if organisation.options().activities { &FIELDS } else { &FIELDS[..1] }
}

fn sources(out: &mut Formatter<'_>, options: &ConfigOptions, entities: &[Mapping]) -> fmt::Result {
    writeln!(out, "sources:")?;
    for (entity, _) in entities {
        let (topic, format) = (options.topic(*entity), options.format.name());
        writeln!(
            out,
            "  - {{topic: \"{topic}\", format: {format}, entity: {entity}, dead_letter: \"{topic}.dlq\"}}"
        )?;
    }
    Ok(())
}

fn mappings(out: &mut Formatter<'_>, options: &ConfigOptions, entities: &[Mapping]) -> fmt::Result {
    writeln!(out, "entities:")?;
    for (entity, fields) in entities {
        writeln!(out, "  {entity}:\n    fields:")?;
        for (name, field, kind) in *fields {
            writeln!(
                out,
                "      {name}: {{path: {}, type: {kind}}}",
                path(options.format, *field)
            )?;
        }
        if *entity == Entity::Opportunity {
            states(out)?;
        }
    }
    Ok(())
}

fn path(format: Format, field: Field) -> &'static str {
    match format {
        Format::Debezium(_) => field.column(),
        Format::Native(_) | Format::Salesforce(_) => field.name(),
    }
}

fn states(out: &mut Formatter<'_>) -> fmt::Result {
    let list =
        |stages: &[Stage]| stages.iter().map(|stage| stage.name()).collect::<Vec<_>>().join(", ");
    writeln!(out, "    states:\n      field: stage\n      order: [{}]", list(&Stage::ALL))?;
    writeln!(
        out,
        "      sets: {{open: [{}], qualified: [{}], won: [{}], lost: [{}], late: [{}]}}",
        list(&Stage::ALL[..5]),
        list(&Stage::ALL[1..5]),
        list(&Stage::ALL[5..6]),
        list(&Stage::ALL[6..]),
        list(&Stage::ALL[3..5])
    )
}

fn rep(out: &mut Formatter<'_>, rep: &Rep) -> fmt::Result {
    write!(out, "    - {{id: \"{}\", name: \"{}\"", rep.id, rep.name)?;
    if let Some(manager) = rep.manager {
        write!(out, ", manager: \"{manager}\"")?;
    }
    let zone = rep.time_zone.iana_name().unwrap_or("UTC");
    writeln!(out, ", role: {}, start: {}, time_zone: {zone}}}", rep.role.name(), rep.start)
}

fn kpis(out: &mut Formatter<'_>, organisation: &Organisation) -> fmt::Result {
    let end = if organisation.options().activities {
        KPIS.len()
    } else {
        KPIS.find("  - {name: meetings_booked").unwrap_or(KPIS.len())
    };
    out.write_str(&KPIS[..end])
}

/// The first day of the year in which the simulation starts.
fn year_start(organisation: &Organisation) -> String {
    let (year, _, _) = calendar::civil(calendar::from_date(organisation.options().from));
    format!("{year:04}-01-01")
}
