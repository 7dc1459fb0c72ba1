//! The config as a whole: its top-level keys, read, checked against each other and compiled.

use std::collections::BTreeSet;

use paceline_core::entity::{Entity, EntityId, FIELDS_MAX, Field, FieldId};
use paceline_core::facts::FromEntity;
use paceline_core::model::Model;
use paceline_core::rates::RateFields;
use paceline_core::symbol::Symbols;
use paceline_crm::{EntityBinding, FieldBinding};
use schemars::JsonSchema;
use serde::Deserialize;

use super::auth::RawAuth;
use super::calendars::RawCalendar;
use super::currency::RawCurrency;
use super::decode::decode;
use super::diagnostic::Diagnostics;
use super::entities::{Declared, RawEntity};
use super::goals::RawGoal;
use super::kafka::{Kafka, RawKafka};
use super::kpis::{self, Draft, RawKpi};
use super::located::{Entries, Located};
use super::node::Node;
use super::preset::Preset;
use super::report::Report;
use super::reps::RawReps;
use super::server::RawServer;
use super::sources::RawSource;
use super::status::RawStatus;
use super::topics::RawTopics;
use super::{
    Config, alerts, audit, auth, calendars, entities, goals, reps, server, sources, status, ties,
    topics,
};

/// The config of paceline: which changes are read from Kafka, what is measured of them, and who is to reach what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "paceline.yaml")]
pub(super) struct Document {
    /// Further files of this config, by paths relative to this one: mappings are merged by key, lists appended. A key
    /// with two values is an error. Default: none.
    #[expect(dead_code, reason = "files are put together before the config is read")]
    include: Option<Vec<String>>,
    /// Entities and KPIs that come with paceline, beneath what this config says: `salesforce` is Salesforce's standard objects and
    /// the sixteen usual KPIs. An entity or a KPI given here by a name of the preset's replaces the keys that it gives, and a key
    /// without a value takes the preset's away. Default: none.
    #[expect(dead_code, reason = "it is put beneath the config before that is read")]
    preset: Option<Preset>,
    /// How the Kafka cluster is reached. Required.
    kafka: Option<RawKafka>,
    /// The topics that changes come from. Required.
    sources: Option<Located<Vec<RawSource>>>,
    /// The kinds of records, by name. Required without a preset.
    entities: Option<Located<Entries<RawEntity>>>,
    /// Who is credited and carries goals. Default: nobody.
    reps: Option<RawReps>,
    /// Working time, by name: `default` is that of the org and of all reps who name no other.
    calendars: Option<Entries<RawCalendar>>,
    /// The currency that all money is counted in, and what others are worth. Default: money is summed as it is.
    currency: Option<RawCurrency>,
    /// What is measured. Required without a preset.
    kpis: Option<Located<Vec<RawKpi>>>,
    /// Targets. Default: none.
    goals: Option<Vec<RawGoal>>,
    /// When a standing is behind or ahead.
    status: Option<RawStatus>,
    /// Where clients reach the service.
    server: Option<RawServer>,
    /// Who may ask, and how it is found out who they are. Default: everybody may ask everything, and only this host can.
    auth: Option<Located<RawAuth>>,
    /// The topics that the service keeps its own records in.
    topics: Option<RawTopics>,
    /// When alerts are raised, and how long they are kept.
    alerts: Option<alerts::RawAlerts>,
    /// Where the audit log is written besides its topic.
    audit: Option<audit::RawAudit>,
}

/// The keys without which there is nothing to run.
const REQUIRED: [(&str, &str); 4] = [
    ("kafka", "add `kafka: {brokers: localhost:9092}`"),
    ("sources", "name a topic: `sources: [{topic: crm.opportunity, format: paceline}]`"),
    ("entities", "describe the records; `paceline config example` shows how"),
    ("kpis", "say what is measured; `paceline config example` shows how"),
];

/// Compiles a config from its tree, or tells everything that is wrong with it.
pub(super) fn compile(mut top: Node, mut report: Report) -> Result<Config, Diagnostics> {
    for (key, remedy) in REQUIRED {
        if top.get(key).is_none_or(Node::is_nothing) {
            report.unknown(top.at, format_args!("`{key}` is missing"), remedy);
        }
    }
    let config = decode::<Document>(&mut top, &mut report)
        .and_then(|document| document.compile(&mut report));
    match (report.finish(), config) {
        (Ok(()), Some(config)) => Ok(config),
        (Err(diagnostics), _) => Err(diagnostics),
        (Ok(()), None) => Err(Diagnostics::default()),
    }
}

impl Document {
    /// Everything is checked, also after mistakes; only what needs a whole config waits for one.
    fn compile(self, report: &mut Report) -> Option<Config> {
        let mut notes: Vec<String> = left_out(report).into_iter().collect();
        let mut declared = self
            .entities
            .map(|raw| entities::compile(&raw, self.currency.is_some(), report))
            .unwrap_or_default();
        if let Some(raw) = &self.sources {
            sources::feed(&raw.value, &mut declared, report);
        }
        let raw_kpis = self.kpis.map(|raw| not_empty(raw, report)).unwrap_or_default();
        let calendars = calendars::compile(&self.calendars.unwrap_or_default(), &mut notes, report);
        let raw_topics = self.topics.unwrap_or_default();
        let raw_reps = self.reps.unwrap_or_default();
        let reps = raw_reps.compile(raw_topics.names_reps(), &calendars, report);
        let from = raw_reps.of_entity(&declared, &mut Symbols::default(), report);
        let drafts = kpis::compile(&raw_kpis, &mut declared, &mut Symbols::default(), report);
        notes.extend(kpis::goals_that_cannot_be(&raw_kpis, &drafts, report));
        let currency = self.currency.as_ref().map(|raw| raw.compile(&declared, &mut notes, report));
        let goals = goals::compile(
            &self.goals.unwrap_or_default(),
            &drafts,
            &reps,
            &calendars,
            &mut notes,
            report,
        );
        let raw_status = self.status.unwrap_or_default();
        let bands = status::compile(&raw_status, report);
        let max_lag = status::max_lag(&raw_status, report);
        let raw_server = self.server.unwrap_or_default();
        let server = server::compile(&raw_server, report);
        auth::check_exposure(&raw_server, &server, self.auth.is_some(), report);
        let auth = self.auth.as_ref().map(|raw| auth::compile(raw, &server, report));
        let topics = topics::compile(&raw_topics, report);
        let alerts = alerts::compile(&self.alerts.unwrap_or_default(), report);
        let audit = audit::compile(&self.audit.unwrap_or_default(), report);
        let sources =
            self.sources.map(|raw| sources::compile(&raw, &declared, report)).unwrap_or_default();
        topics::check_sources(&raw_topics, &topics, &sources, report);
        let kafka = self.kafka.map(|kafka| kafka.compile(report));
        let rates = currency.as_ref().and_then(|currency| currency.fields);
        let mut kept = keep(declared, &drafts, from.as_ref(), rates);
        check_field_counts(&kept, &raw_kpis, report);
        if report.len() > 0 {
            return None;
        }
        let mut symbols = Symbols::default();
        let kpis = kpis::compile(&raw_kpis, &mut kept, &mut symbols, report);
        let kpis = kpis.into_iter().map(|draft| draft.kpi).collect::<Option<_>>()?;
        let rate_fields = self.currency.as_ref().and_then(|raw| raw.fields(&kept, report));
        let rates = currency.map(|currency| currency.rates(&mut symbols)).unwrap_or_default();
        // The fields have other numbers now.
        let reps_from = match from {
            Some(_) => Some(raw_reps.of_entity(&kept, &mut symbols, report)?),
            None => None,
        };
        let facts = reps.facts();
        let roster = reps.roster(&calendars, &mut symbols, report)?;
        let (kafka, auth) = (kafka?, auth.map_or(Some(None), |auth| auth.map(Some))?);
        notes.extend(overruled(&kafka));
        let bindings = bindings(&kept);
        let entities = kept.into_iter().map(|declared| declared.entity).collect();
        let model = Model { entities, kpis, calendars, goals, bands, symbols, rates: rate_fields };
        notes.extend(ties::notes(&model));
        Some(Config {
            kafka,
            sources,
            bindings,
            model,
            roster,
            facts,
            reps_from,
            rates,
            server,
            auth,
            topics,
            alerts,
            audit,
            max_lag,
            notes,
            risks: report.risks(),
        })
    }
}

/// What of the preset nothing could ever be counted of.
fn left_out(report: &Report) -> Option<String> {
    let all = report.left_out();
    let mut entities: Vec<String> = all.iter().map(|(_, entity)| format!("`{entity}`")).collect();
    entities.sort_unstable();
    entities.dedup();
    let kpis: Vec<&str> = all.iter().map(|(kpi, _)| kpi.as_str()).collect();
    let (entities, kpis) = (entities.join(", "), kpis.join(", "));
    (!all.is_empty())
        .then(|| format!("left out of the preset, for no source feeds {entities}: {kpis}"))
}

fn not_empty(raw: Located<Vec<RawKpi>>, report: &mut Report) -> Vec<RawKpi> {
    if raw.value.is_empty() && !report.lost_any() {
        report.error(
            raw.at,
            "there is no KPI",
            "say what is measured; `paceline config example` shows how",
        );
    }
    raw.value
}

/// The entities with only those of their fields that some KPI, the reps or the rates need.
fn keep(
    declared: Vec<Declared>,
    drafts: &[Draft],
    reps: Option<&FromEntity>,
    rates: Option<RateFields>,
) -> Vec<Declared> {
    let needed = |id: EntityId| {
        let rates = rates.filter(|rates| rates.entity == id);
        let mut needed = kpis::needed(id, &declared, drafts);
        needed.extend(reps::needed(id, reps));
        needed.extend(rates.iter().flat_map(RateFields::fields).map(|field| usize::from(field.0)));
        needed
    };
    let all: Vec<_> = (0..declared.len() as u16).map(|at| needed(EntityId(at))).collect();
    let keep = |(declared, mut needed): (Declared, BTreeSet<usize>)| {
        let fields = kept_fields(&declared.entity, &mut needed);
        let sources = needed.iter().map(|at| declared.sources[*at].clone()).collect();
        let links = needed.iter().map(|at| declared.links[*at]).collect();
        // The extras are compiled again, for the fields have other numbers now. Until then they count.
        let extras = declared.entity.extras;
        let entity = Entity { name: declared.entity.name, fields, extras };
        Declared { entity, sources, links, ..declared }
    };
    declared.into_iter().zip(all).map(keep).collect()
}

/// The needed fields, each with what it needs itself: money the field of its currency.
fn kept_fields(entity: &Entity, needed: &mut BTreeSet<usize>) -> Vec<Field> {
    let currency = |at: &usize| entity.fields[*at].currency.map(|field| usize::from(field.0));
    let currencies: Vec<usize> = needed.iter().filter_map(currency).collect();
    needed.extend(currencies);
    let place = |at: usize| needed.iter().position(|kept| *kept == at);
    let field = |at: &usize| Field {
        currency: currency(at).and_then(place).map(|at| FieldId(at as u8)),
        ..entity.fields[*at].clone()
    };
    needed.iter().map(field).collect()
}

/// No entity has more cells than a mask has bits. The last KPI that names it is told, or the last of all, which may look at
/// it from another.
fn check_field_counts(kept: &[Declared], kpis: &[RawKpi], report: &mut Report) {
    let many = kept.iter().filter(|declared| declared.entity.cell_types().len() > FIELDS_MAX);
    for declared in many {
        let name = &declared.entity.name;
        let own = kpis.iter().rev().find_map(|kpi| kpi.place_of_entity(name));
        if let Some(at) = own.or_else(|| kpis.last()?.place()) {
            let count = declared.entity.cell_types().len();
            let message = format!(
                "the KPIs need {count} fields, moments and fields of other records of `{name}`, and {FIELDS_MAX} is the most"
            );
            report.error(at, message, "leave out KPIs, or fields in their conditions");
        }
    }
}

/// Where the fields of each entity are read from.
fn bindings(kept: &[Declared]) -> Vec<EntityBinding> {
    let binding = |(index, declared): (usize, &Declared)| EntityBinding {
        entity: EntityId(index as u16),
        names: names(declared),
        fields: fields(declared),
    };
    kept.iter().enumerate().map(binding).collect()
}

/// The names of an entity in messages, its own first.
fn names(declared: &Declared) -> Vec<String> {
    let names = std::iter::once(&declared.entity.name).chain(&declared.names);
    names.map(|name| name.to_lowercase()).collect()
}

fn fields(declared: &Declared) -> Vec<FieldBinding> {
    let pairs = declared.entity.fields.iter().zip(&declared.sources).enumerate();
    let field =
        |(index, (field, source)): (usize, (&Field, &entities::FieldSource))| FieldBinding {
            id: FieldId(index as u8),
            path: source.path.clone(),
            kind: field.kind,
            scale: source.scale,
        };
    pairs.map(field).collect()
}

/// The settings of librdkafka that have no effect, because paceline relies on its own.
fn overruled(kafka: &Kafka) -> impl Iterator<Item = String> {
    let names = paceline_kafka::overruled(&kafka.settings).map(str::to_owned);
    names.map(|name| format!("`kafka.settings.{name}` has no effect: paceline relies on its own"))
}
