//! `preset`: entities and KPIs that come with paceline, and what the config says in their place.
//!
//! A preset is a YAML file like any other, so that people can read it and copy from it. It is put beneath the config
//! before that is read as anything, so all that holds of a config holds of a preset too.

mod left_out;
mod overlay;

use schemars::JsonSchema;
use serde::Deserialize;

use super::node::{self, Node};
use super::report::Report;

/// The preset `salesforce`, with its comments.
pub const SALESFORCE: &str = include_str!("preset/salesforce.yaml");

/// What diagnostics call the file.
const NAME: &str = "preset/salesforce.yaml";

/// Entities and KPIs that come with paceline.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Preset {
    /// Salesforce's standard objects with their usual fields and stages, and the sixteen usual KPIs.
    Salesforce,
}

/// Puts the preset that a config names beneath it. A word that names none is refused when the config is read.
pub(super) fn apply(top: &mut Node, report: &mut Report) {
    let Some(named) = top.get("preset").filter(|named| !named.is_nothing()) else { return };
    if named.scalar() != Some("salesforce") {
        // Nothing is known of what it would have said.
        return report.lose_file();
    }
    let file = report.places.add_file(NAME, SALESFORCE);
    let Some(preset) = node::read(SALESFORCE, file, report) else { return };
    overlay::put_beneath(top, preset);
    left_out::leave_out(top, file, report);
}

/// The names of all KPIs of the presets.
pub(super) fn kpi_names() -> Vec<String> {
    let mut report = Report::default();
    let file = report.places.add_file(NAME, SALESFORCE);
    let preset = node::read(SALESFORCE, file, &mut report);
    let kpis = preset.iter().filter_map(|preset| preset.get("kpis")).flat_map(Node::items);
    kpis.filter_map(|kpi| kpi.get("name")?.scalar().map(str::to_owned)).collect()
}
