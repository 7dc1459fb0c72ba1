//! Entities whose records must be kept together, so that the work on their topics is not spread over lanes.

use paceline_core::model::Model;

/// One note for all entities that are tied, directly or through others.
pub(super) fn notes(model: &Model) -> Vec<String> {
    groups(model).into_iter().map(|group| note(model, &group)).collect()
}

fn note(model: &Model, group: &[usize]) -> String {
    let names = group.iter().map(|entity| format!("`{}`", model.entities[*entity].name));
    let names: Vec<String> = names.collect();
    format!(
        "{} look at or split each other: one lane reads all partitions of their topics",
        names.join(", ")
    )
}

/// The entities that are tied to some other, by groups that are tied to none.
fn groups(model: &Model) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = (0..model.entities.len()).map(|at| vec![at]).collect();
    for (one, other) in model.ties() {
        let with = |id: u16| {
            let has = |group: &Vec<usize>| group.contains(&usize::from(id));
            groups.iter().position(has)
        };
        let (Some(one), Some(other)) = (with(one.0), with(other.0)) else { continue };
        if one != other {
            let from = groups.remove(one.max(other));
            groups[one.min(other)].extend(from);
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}
