//! Puts a preset beneath a config: what the config says of an entity or a KPI takes the place of what the preset says.
//!
//! Entities and their fields go by name, KPIs too. Of each the keys that the config gives win, and a key given without a
//! value takes the preset's away. Every value keeps the place where it was written.

use crate::config::node::{Entry, Node, Value};

/// How two values of one key are put together: the key, the preset's value, the config's own.
type Together = fn(&str, Node, Node) -> Node;

pub(super) fn put_beneath(top: &mut Node, preset: Node) {
    let Value::Map(sections) = preset.value else { return };
    for section in sections {
        let own = top.take(&section.key);
        let entry = match own {
            Some(own) if !own.node.is_nothing() => {
                let node = self::section(&section.key, section.node, own.node);
                Entry { key: own.key, key_at: own.key_at, node }
            }
            _ => section,
        };
        if let Value::Map(entries) = &mut top.value {
            entries.push(entry);
        }
    }
}

fn section(key: &str, preset: Node, own: Node) -> Node {
    match key {
        "kpis" => kpis(preset, own),
        _ => overlay(preset, own, |_, preset, own| overlay(preset, own, part_of_entity)),
    }
}

/// Fields go by name and by key; names and states belong together, and are replaced as a whole.
fn part_of_entity(key: &str, preset: Node, own: Node) -> Node {
    match key {
        "fields" => overlay(preset, own, |_, preset, own| overlay(preset, own, |_, _, own| own)),
        _ => own,
    }
}

/// The KPIs of the preset in their order, each with what is said in its place, then the config's others.
fn kpis(preset: Node, own: Node) -> Node {
    let at = own.at;
    let (Value::List(preset), Value::List(mut own)) = (preset.value, own.value.clone()) else {
        return own;
    };
    let mut all: Vec<Node> = preset.into_iter().flat_map(|kpi| with_own(kpi, &mut own)).collect();
    all.extend(own);
    Node { at, value: Value::List(all) }
}

/// A KPI of the preset with the config's that has its name, which is taken out. Were there two, each is whole, so that it is
/// the second name that is refused.
fn with_own(preset: Node, own: &mut Vec<Node>) -> Vec<Node> {
    let name = word(&preset, "name");
    let has_name = |kpi: &mut Node| name.is_some() && word(kpi, "name") == name;
    let named: Vec<Node> = own.extract_if(.., has_name).collect();
    if named.is_empty() {
        return vec![preset];
    }
    named.into_iter().map(|own| over(preset.clone(), own)).collect()
}

fn over(preset: Node, own: Node) -> Node {
    // Hardly a key of one type means something for another.
    let another = word(&own, "type").is_some_and(|kind| Some(kind) != word(&preset, "type"));
    if another { own } else { overlay(preset, own, |_, _, own| own) }
}

fn word(kpi: &Node, key: &str) -> Option<String> {
    kpi.get(key).and_then(Node::scalar).map(str::to_owned)
}

/// A mapping over another, key by key. What is no mapping takes the other's place.
fn overlay(preset: Node, own: Node, together: Together) -> Node {
    let at = own.at;
    let (Value::Map(beneath), Value::Map(mut above)) = (preset.value, own.value.clone()) else {
        return own;
    };
    let mut entries = Vec::new();
    for entry in beneath {
        let Some(place) = above.iter().position(|own| own.key == entry.key) else {
            entries.push(entry);
            continue;
        };
        let own = above.remove(place);
        if !own.node.is_nothing() {
            let node = together(&own.key, entry.node, own.node);
            entries.push(Entry { key: own.key, key_at: own.key_at, node });
        }
    }
    entries.extend(above);
    Node { at, value: Value::Map(entries) }
}
