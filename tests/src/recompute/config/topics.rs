//! The topics of the program itself.

use serde::Deserialize;

/// The topics that say something about numbers.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Topics {
    /// That of facts about reps.
    pub reps: String,
}

impl Default for Topics {
    fn default() -> Self {
        Self { reps: "paceline.reps".to_owned() }
    }
}
