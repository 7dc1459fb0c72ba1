//! "Did you mean": the remedy for a name that nobody knows, the same in a config, an expression and a request.

/// The most names that a remedy lists.
const LISTED_MAX: usize = 20;

/// The remedy for an unknown name: the nearest known one, or all of them, after `lead`, when none is near.
pub fn remedy<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone, lead: &str) -> String {
    match closest(name, known.clone()) {
        Some(close) => format!("did you mean `{close}`?"),
        None => listed(known, lead),
    }
}

/// The remedy for an entity that no source feeds. `format` is that of the source to be added, as far as it is known.
pub fn source(entity: &str, format: &str) -> String {
    format!("add a source: `- {{topic: crm.{entity}, format: {format}, entity: {entity}}}`")
}

/// The known name with the fewest edits from a mistyped one, whatever its case; at most a third of the longer, and
/// not all of it.
pub fn closest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    known
        .map(|candidate| (strsim::levenshtein(&name, &candidate.to_lowercase()), candidate))
        .filter(|(edits, candidate)| {
            let longer = candidate.len().max(name.len());
            *edits <= longer.div_ceil(3) && *edits < longer.max(1)
        })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

fn listed<'a>(known: impl Iterator<Item = &'a str> + Clone, lead: &str) -> String {
    let names: Vec<&str> = known.clone().take(LISTED_MAX).collect();
    let rest = if known.count() > LISTED_MAX { ", …" } else { "" };
    if names.is_empty() {
        return "none is defined".to_owned();
    }
    format!("{lead}: {}{rest}", names.join(", "))
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
            ("pipeline", "the KPIs are: bookings, calls, win_rate"),
            ("", "the KPIs are: bookings, calls, win_rate"),
        ] {
            assert_eq!(remedy(name, known.into_iter(), "the KPIs are"), help);
        }
        assert_eq!(remedy("x", [].into_iter(), "the KPIs are"), "none is defined");
        assert_eq!(remedy("x", ["y"].into_iter(), "the KPIs are"), "the KPIs are: y");
    }
}
