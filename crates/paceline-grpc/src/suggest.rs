//! "Did you mean": the remedy for a name that nobody knows.

/// The most names that a remedy lists.
const LISTED_MAX: usize = 20;

/// The remedy for an unknown name: the nearest known one, or all of them when none is near.
pub(crate) fn remedy(name: &str, known: &[&str]) -> String {
    match closest(name, known) {
        Some(close) => format!("did you mean `{close}`?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => {
            let rest = if known.len() > LISTED_MAX { ", …" } else { "" };
            format!("known are {}{rest}", known[..known.len().min(LISTED_MAX)].join(", "))
        }
    }
}

/// The known name with the fewest edits from a mistyped one, at most a third of the longer.
fn closest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    let near = |known: &&'a str| {
        let edits = edits(&name, &known.to_lowercase());
        (edits <= known.len().max(name.len()).div_ceil(3)).then_some((edits, *known))
    };
    known.iter().filter_map(near).min_by_key(|(edits, _)| *edits).map(|(_, known)| known)
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

#[cfg(test)]
mod tests {
    use super::remedy;

    #[test]
    fn names_the_nearest_or_all() {
        let known = ["bookings", "calls", "win_rate"];
        for (name, help) in [
            ("Booking", "did you mean `bookings`?"),
            ("winrate", "did you mean `win_rate`?"),
            ("pipeline", "known are bookings, calls, win_rate"),
        ] {
            assert_eq!(remedy(name, &known), help);
        }
        assert_eq!(remedy("x", &[]), "there is none");
    }
}
