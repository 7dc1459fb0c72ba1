//! Ordered: revisions in one stream never decrease; for one standing they strictly increase.

use std::collections::HashMap;

use paceline_client::proto::watch_standings_response::Frame;

use super::at;
use crate::history::{History, Key, Place, Stream, key, standings};

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = Vec::new();
    for (number, stream) in history.numbered() {
        decreasing(number, stream, &mut found);
        not_increasing(number, stream, &mut found);
    }
    found
}

fn decreasing(number: usize, stream: &Stream, found: &mut Vec<(String, Vec<Place>)>) {
    for (before, pair) in stream.told.windows(2).enumerate() {
        let (this, next) = (pair[0].message.revision, pair[1].message.revision);
        if next < this {
            let says = format!("the revision goes from {this} to {next}");
            found.push((says, vec![at(number, before), at(number, before + 1)]));
        }
    }
}

fn not_increasing(number: usize, stream: &Stream, found: &mut Vec<(String, Vec<Place>)>) {
    let mut latest: HashMap<Key<'_>, (u64, usize)> = HashMap::new();
    for (message, told) in stream.told.iter().enumerate() {
        if matches!(told.message.frame, Some(Frame::Reset(_))) {
            latest.clear();
        }
        for standing in standings(&told.message) {
            let (name, revision) = (key(standing), standing.revision);
            if revision > told.message.revision {
                let says = format!("{name:?} of {revision} is newer than its message");
                found.push((says, vec![at(number, message)]));
            }
            let before = latest.insert(name, (revision, message));
            if let Some((_, earlier)) = before.filter(|(before, _)| revision <= *before) {
                let says = format!("{name:?} comes with {revision} after one that is no older");
                found.push((says, vec![at(number, earlier), at(number, message)]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::broken;
    use crate::history::{
        clauses::{at, places},
        sample::{Sample, stands},
    };

    #[test]
    fn revisions_that_rise_are_ordered() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[stands("rep:A", 1, "5")]);
        sample.bookmark(stream, 3);
        sample.update(stream, 4, true, &[stands("rep:A", 4, "6")], &[]);
        sample.reset(stream, 4, "E");
        sample.snapshot(stream, 5, true, &[stands("rep:A", 4, "6")]);
        assert_eq!(broken(&sample.history()), []);
    }

    #[test]
    fn a_revision_that_falls_is_found() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[]);
        sample.bookmark(stream, 2);
        assert_eq!(places(&broken(&sample.history())), [[at(0, 0), at(0, 1)]]);
    }

    #[test]
    fn an_older_standing_after_a_newer_and_one_newer_than_its_message_are_found() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[stands("rep:A", 3, "5")]);
        sample.update(stream, 4, true, &[stands("rep:A", 2, "6")], &[]);
        sample.update(stream, 5, true, &[stands("rep:B", 6, "6")], &[]);
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [vec![at(0, 0), at(0, 1)], vec![at(0, 2)]]);
    }
}
