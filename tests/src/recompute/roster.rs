//! The reps of a day: what the config, the CRM's users and the topic of reps say, put together by definition.
//!
//! Of a rep there is at most one base row on a day. What the topic says from some day on is laid over it, row by row.
//! What is wrong with facts that come while it runs does not stop anything: it is replaced by something plain, and the rep
//! is named.

mod base;
mod draft;
mod managers;
mod row;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};

use super::{
    basis::Images,
    calendar,
    config::{Config, Rep},
    records::Records,
};
use draft::Draft;
use row::Row;

/// The reps of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Roster {
    /// The reps, by id.
    pub reps: Vec<Rep>,
    /// The ids of those about whom something is wrong. Of a row that does not say whom it is about, its key.
    pub wrong: BTreeSet<String>,
}

/// The config with the reps in force at an instant, which are those of the day that it is in the organisation.
#[must_use]
pub fn in_force(config: &Config, records: &Records, instant: Timestamp) -> Config {
    let roster = at(config, &Images::of(config, records), records, instant);
    with_reps(config, roster.reps)
}

/// The reps in force at an instant.
#[must_use]
pub fn at(config: &Config, images: &Images, records: &Records, instant: Timestamp) -> Roster {
    let day = calendar::day_of(instant, &config.calendars.default.time_zone);
    let mut wrong = BTreeSet::new();
    let mut drafts: BTreeMap<String, Draft> = base::on(config, images, day)
        .into_iter()
        .map(|draft| (draft.rep.id.clone(), draft))
        .collect();
    for row in rows(records, day, &mut wrong) {
        let draft = drafts.entry(row.id.clone());
        row.lay_over(config, draft.or_insert_with(|| Draft::new(Rep::named(&row.id))));
    }
    managers::settle(&mut drafts);
    let is_wrong = |draft: &&Draft| draft.is_wrong();
    wrong.extend(drafts.values().filter(is_wrong).map(|draft| draft.rep.id.clone()));
    Roster { reps: drafts.into_values().map(|draft| draft.rep).collect(), wrong }
}

/// A config with these reps, whatever the day is.
#[must_use]
pub fn with_reps(config: &Config, reps: Vec<Rep>) -> Config {
    let mut config = config.clone();
    config.reps.list = reps;
    config
}

/// The rows of the topic that hold on a day, the first to be laid over first.
fn rows(records: &Records, day: Date, wrong: &mut BTreeSet<String>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (key, value) in records.rep_rows() {
        match Row::read(value) {
            Ok(row) => rows.push((row.from, key, row)),
            Err(id) => {
                wrong.insert(id.unwrap_or_else(|| String::from_utf8_lossy(key).into_owned()));
            }
        }
    }
    rows.retain(|(from, ..)| from.is_none_or(|from| from <= day));
    rows.sort_by_key(|(from, key, _)| (*from, *key));
    rows.into_iter().map(|(.., row)| row).collect()
}
