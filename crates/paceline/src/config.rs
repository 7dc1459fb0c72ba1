//! The config: a YAML file, read and checked once, and compiled into what the rest of the program runs on.
//!
//! A mistake is told with its place, the rule and a remedy, and all mistakes are told together. The way of a config
//! is: files (`include`) → trees of texts (`node`) with secrets filled in (`secret`) and a preset beneath (`preset`) →
//! typed sections (`decode`, one file for each top-level key) → a [`Config`] (`document`).

mod alerts;
mod audit;
mod auth;
mod calendars;
pub(crate) mod csv;
mod currency;
mod decode;
mod diagnostic;
mod document;
mod entities;
mod goals;
mod holidays;
mod include;
mod kafka;
mod kpis;
mod later;
mod limits;
mod located;
mod node;
mod place;
mod preset;
mod report;
mod reps;
mod schema;
mod secret;
mod server;
mod sources;
mod spell;
mod status;
#[cfg(test)]
mod tests;
mod ties;
mod topics;
mod value;

use std::path::Path;

use jiff::SignedDuration;
use paceline_core::entity::EntityId;
use paceline_core::facts::{Facts, FromEntity};
use paceline_core::model::Model;
use paceline_core::rates::Rates;
use paceline_core::roster::Roster;
use paceline_crm::{Decoder, EntityBinding, Format};

pub use alerts::Alerts;
pub use audit::Audit;
pub use auth::Auth;
pub(crate) use auth::is_exposed;
pub use diagnostic::{Diagnostic, Diagnostics};
pub use kafka::Kafka;
pub use preset::SALESFORCE;
pub use server::{Server, Tls};
pub use sources::Source;
pub use topics::Topics;

use report::Report;

/// A complete and commented config.
pub const EXAMPLE: &str = include_str!("config/example.yaml");

/// A config without mistakes.
#[derive(Clone, Debug)]
pub struct Config {
    /// How the Kafka cluster is reached.
    pub kafka: Kafka,
    /// The topics that changes come from.
    pub sources: Vec<Source>,
    /// Where the fields of each entity are read from, in the order of the model's entities.
    pub bindings: Vec<EntityBinding>,
    /// Everything about the numbers.
    pub model: Model,
    /// The reps since ever and their teams. Their ids are symbols of the model's table too.
    pub roster: Roster,
    /// What the config says of reps, each from a day on.
    pub facts: Facts,
    /// The records that are reps, if any.
    pub reps_from: Option<FromEntity>,
    /// The rates that it lists. Currencies are symbols of the model's table too.
    pub rates: Rates,
    /// Where clients reach the service.
    pub server: Server,
    /// Who may ask; everybody may without.
    pub auth: Option<Auth>,
    /// The topics for the service's own records.
    pub topics: Topics,
    /// When alerts are raised, and how long they are kept.
    pub alerts: Alerts,
    /// Where the audit log is written besides its topic.
    pub audit: Audit,
    /// For how long what has come on a source may stay uncounted, before it puts what is counted of it in doubt.
    pub max_lag: SignedDuration,
    /// What the person who wrote the config should know.
    pub notes: Vec<String>,
    /// What lets others in than may be meant, and needs `serve --insecure`.
    pub risks: Diagnostics,
}

/// Reads a config file and all that it includes.
///
/// # Errors
/// [`Diagnostics`]: everything that is wrong with it.
pub fn load(path: &Path) -> Result<Config, Diagnostics> {
    let mut report = Report::default();
    match include::read(path, &mut report) {
        Some(top) => document::compile(top, report),
        None => Err(report.finish().err().unwrap_or_default()),
    }
}

/// Reads a config from a text; `name` is what diagnostics call it, and paths in it are relative to it.
///
/// # Errors
/// [`Diagnostics`]: everything that is wrong with it.
pub fn load_str(text: &str, name: &str) -> Result<Config, Diagnostics> {
    let mut report = Report::default();
    match include::assemble(text, name, &mut report) {
        Some(top) => document::compile(top, report),
        None => Err(report.finish().err().unwrap_or_default()),
    }
}

/// A config file as one YAML text, with its includes, its reps' file and its preset spelled out. What is wrong with what it
/// says is not told.
///
/// # Errors
/// [`Diagnostics`]: why it cannot be read.
pub fn spell(path: &Path) -> Result<String, Diagnostics> {
    let mut report = Report::default();
    let top = include::read(path, &mut report);
    spelled(top, report)
}

/// As [`spell`], of a text; `name` is as for [`load_str`].
///
/// # Errors
/// [`Diagnostics`]: why it cannot be read.
pub fn spell_str(text: &str, name: &str) -> Result<String, Diagnostics> {
    let mut report = Report::default();
    let top = include::assemble(text, name, &mut report);
    spelled(top, report)
}

fn spelled(top: Option<node::Node>, report: Report) -> Result<String, Diagnostics> {
    let text = top.map(|top| spell::spell(&top, &report)).unwrap_or_default();
    report.finish().map(|()| text)
}

/// The JSON Schema of a config file.
pub fn schema() -> schemars::Schema {
    schema::schema()
}

impl Config {
    /// The entities that a source may feed.
    pub fn feeds(&self, source: &Source) -> Vec<EntityId> {
        match source.entity {
            Some(entity) => vec![entity],
            None => (0..self.model.entities.len() as u16).map(EntityId).collect(),
        }
    }

    /// What reads the messages of a source of this config.
    pub fn decoder(&self, source: &Source) -> Decoder {
        Decoder::new(source.format, source.entity, self.bindings.clone())
    }

    /// Whether the messages of a source must have the record's id as their key: where they say both, and are
    /// spread over partitions by the key.
    pub fn keyed_by_id(&self, source: &Source) -> bool {
        source.keyed && source.format == Format::Paceline
    }

    /// What it holds, in one line.
    pub fn summary(&self) -> String {
        let counts = [
            (self.sources.len(), "source", "sources"),
            (self.model.entities.len(), "entity", "entities"),
            (self.model.kpis.len(), "KPI", "KPIs"),
            (self.model.goals.len(), "goal", "goals"),
        ];
        let count = |(count, one, many): (usize, &str, &str)| {
            format!("{count} {}", if count == 1 { one } else { many })
        };
        let reps = match &self.reps_from {
            Some(from) => format!("reps from `{}`", self.model.entity(from.entity).name),
            None => count((self.facts.listed(), "rep", "reps")),
        };
        format!("{}, {reps}", counts.map(count).join(", "))
    }
}
