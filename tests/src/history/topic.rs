//! The topic of alerts as it stands when a run is over: what nobody can have been told more or less of.

use std::collections::HashMap;

use serde_json::Value;

/// A record of the topic.
#[derive(Clone, Debug)]
pub struct Appended {
    /// The id of its alert.
    pub id: String,
    /// When it was written, in milliseconds since 1970, by the clock of who wrote it.
    pub stamp: i64,
    /// The record to the letter.
    pub text: String,
    /// The alert that it says.
    pub data: Value,
}

impl Appended {
    /// The record that this text is.
    ///
    /// # Errors
    /// It is none of an alert, for the reason that is told.
    pub fn read(text: &str, stamp: i64) -> Result<Self, String> {
        let mut event: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let id = event["id"].as_str().ok_or("it has no id")?.to_owned();
        let data = event["data"].take();
        Ok(Self { id, stamp, text: text.to_owned(), data })
    }

    /// A text of the alert; empty where there is none.
    pub(super) fn says(&self, field: &str) -> &str {
        self.data.pointer(field).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The alerts of a topic in the order in which each came to stand there.
pub(super) struct Topic<'h> {
    /// Each id once: where it stands first.
    pub(super) alerts: Vec<&'h Appended>,
    places: HashMap<&'h str, usize>,
}

impl<'h> Topic<'h> {
    pub(super) fn of(records: &'h [Appended]) -> Self {
        let (mut alerts, mut places) = (Vec::new(), HashMap::new());
        for record in records {
            places.entry(record.id.as_str()).or_insert_with(|| {
                alerts.push(record);
                alerts.len() - 1
            });
        }
        Self { alerts, places }
    }

    /// Which of the alerts an id is of.
    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// The first alert that was written for sure after an instant, in milliseconds: what stands before may have been there.
    pub(super) fn after(&self, instant: i64) -> usize {
        let late = self.alerts.iter().position(|alert| alert.stamp > instant);
        late.unwrap_or(self.alerts.len())
    }
}
