//! What the config of a later version may say: known here only to be refused in words that fit.

/// A key that has a meaning, though not in this version.
struct Later {
    /// The top-level key it is found under, empty for the top itself.
    section: &'static str,
    key: &'static str,
    /// What to do instead.
    remedy: &'static str,
}

const KEYS: &[Later] =
    &[later("", "storage", "leave it out: the state is rebuilt from the topics at every start")];

const WORDS: &[Later] = &[
    later("sources", "cloudevents", "use paceline, salesforce or debezium"),
    later("sources", "hubspot", "use paceline, salesforce or debezium"),
    later("sources", "pipedrive", "use paceline, salesforce or debezium"),
    later("sources", "dataverse", "use paceline, salesforce or debezium"),
    later("sources", "auto", "use paceline, salesforce or debezium"),
];

const fn later(section: &'static str, key: &'static str, remedy: &'static str) -> Later {
    Later { section, key, remedy }
}

/// The remedy for a key of a later version.
pub(super) fn key(section: &str, key: &str) -> Option<&'static str> {
    remedy(KEYS, section, key)
}

/// The remedy for a word of a later version.
pub(super) fn word(section: &str, word: &str) -> Option<&'static str> {
    remedy(WORDS, section, word)
}

fn remedy(table: &[Later], section: &str, key: &str) -> Option<&'static str> {
    table
        .iter()
        .find(|later| later.section == section && later.key == key)
        .map(|later| later.remedy)
}
