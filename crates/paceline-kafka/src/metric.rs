//! The Kafka room's metrics: their names and meanings.

use metrics::{Unit, describe_counter};

pub(crate) const DEAD_LETTERS: &str = "paceline_dead_letters_total";
pub(crate) const DEAD_LETTERS_LOST: &str = "paceline_dead_letters_lost_total";

/// Describes the Kafka room's metrics to the installed recorder.
pub fn describe() {
    describe_counter!(DEAD_LETTERS, Unit::Count, "messages that stand on a dead-letter topic");
    describe_counter!(
        DEAD_LETTERS_LOST,
        Unit::Count,
        "messages that a dead-letter topic refused for good"
    );
}
