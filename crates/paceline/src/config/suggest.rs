//! "Did you mean": the remedy for a name that nobody knows.

/// The remedy for an unknown name: the nearest known one, or all of them when none is near.
pub(super) fn remedy<'a>(
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    lead: &str,
) -> String {
    match closest(name, known.clone()) {
        Some(close) => format!("did you mean `{close}`?"),
        None => listed(known, lead),
    }
}

/// The most names that a remedy lists.
const LISTED_MAX: usize = 20;

fn listed<'a>(known: impl Iterator<Item = &'a str> + Clone, lead: &str) -> String {
    let names: Vec<&str> = known.clone().take(LISTED_MAX).collect();
    let rest = if known.count() > LISTED_MAX { ", …" } else { "" };
    if names.is_empty() {
        "none is defined".to_owned()
    } else {
        format!("{lead}: {}{rest}", names.join(", "))
    }
}

/// The known name with the fewest edits from a mistyped one, at most a third of the longer.
pub(super) fn closest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    known
        .map(|candidate| (edits(&name, &candidate.to_lowercase()), candidate))
        .filter(|(edits, candidate)| *edits <= candidate.len().max(name.len()).div_ceil(3))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// The Levenshtein distance.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.chars().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}
