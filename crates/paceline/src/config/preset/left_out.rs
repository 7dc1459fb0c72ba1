//! Leaves out the KPIs of a preset that could only ever be empty: those of entities that no source feeds, and what is
//! made of them.

use std::collections::BTreeMap;

use crate::config::node::{Node, Value};
use crate::config::report::Report;

/// By the names of KPIs that are left out the entity that is not fed.
type LeftOut = BTreeMap<String, String>;

/// Leaves out what only the preset, which is `file`, says is to be measured.
pub(super) fn leave_out(top: &mut Node, file: usize, report: &mut Report) {
    let Some(fed) = fed(top) else { return };
    let is_fed = |entity: &str| fed.iter().any(|fed| fed == entity);
    let Some(kpis) = top.get_mut("kpis") else { return };
    let Value::List(kpis) = &mut kpis.value else { return };
    let mut left_out = LeftOut::new();
    loop {
        let before = kpis.len();
        kpis.retain(|kpi| {
            let of_preset = |key: &str| {
                let value = kpi.get(key)?;
                (report.places.place(value.at).file == file).then(|| value.scalar()).flatten()
            };
            let Some(entity) = lacks(of_preset, is_fed, &left_out) else { return true };
            let name = kpi.get("name").and_then(Node::scalar).unwrap_or_default();
            left_out.insert(name.to_owned(), entity);
            false
        });
        if kpis.len() == before {
            break;
        }
    }
    let nothing_is_left = kpis.is_empty();
    left_out.into_iter().for_each(|(kpi, entity)| report.leave_out(kpi, entity));
    if nothing_is_left {
        refuse(top, report);
    }
}

/// With sources of other entities alone, a preset measures nothing.
fn refuse(top: &Node, report: &mut Report) {
    if let Some(sources) = top.get("sources") {
        report.error(
            sources.at,
            "no source feeds an entity that a KPI of the preset is about",
            "add one, such as `- {topic: crm.opportunity, format: salesforce, entity: opportunity}`",
        );
        // What else is amiss follows from that.
        report.lose_file();
    }
}

/// The entities that sources name; nothing when some source may feed any.
fn fed(top: &Node) -> Option<Vec<String>> {
    let sources = top.get("sources")?.items();
    sources.iter().map(|source| source.get("entity")?.scalar().map(str::to_owned)).collect()
}

/// The entity for lack of which a KPI stays empty.
fn lacks<'a>(
    of_preset: impl Fn(&str) -> Option<&'a str>,
    is_fed: impl Fn(&str) -> bool,
    left_out: &LeftOut,
) -> Option<String> {
    if let Some(entity) = of_preset("entity") {
        return (!is_fed(entity)).then(|| entity.to_owned());
    }
    let parts = ["numerator", "denominator", "expr"].into_iter().filter_map(of_preset);
    let words =
        parts.flat_map(|part| part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')));
    words.filter_map(|word| left_out.get(word)).next().cloned()
}
