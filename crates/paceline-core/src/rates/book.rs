//! Rates that are told one by one, and may be told anew.

use std::collections::BTreeMap;

use super::Rate;

/// The rates that records say, by the ids of these.
#[derive(Clone, Debug, Default)]
pub struct Book {
    by_id: BTreeMap<String, Rate>,
}

impl Book {
    /// Notes which rate a record is, or that it is none. Answers whether that is another than before.
    pub fn set(&mut self, id: &str, rate: Option<Rate>) -> bool {
        if self.by_id.get(id) == rate.as_ref() {
            return false;
        }
        match rate {
            Some(rate) => self.by_id.insert(id.to_owned(), rate),
            None => self.by_id.remove(id),
        };
        true
    }

    /// All rates, that of the greatest id last, so that of two with one currency and day it counts.
    pub fn rates(&self) -> impl Iterator<Item = Rate> {
        self.by_id.values().cloned()
    }
}
