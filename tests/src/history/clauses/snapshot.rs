//! Consistent snapshot: all chunks show one revision, each standing once, and nothing newer is mixed in.

use std::collections::HashSet;

use super::{
    at,
    chunks::{Kind, chunk, interrupted},
};
use crate::history::{History, Place, Stream, key, standings};

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = interrupted(history, Kind::Snapshot);
    for (number, stream) in history.numbered() {
        repeated(number, stream, &mut found);
    }
    found
}

fn repeated(number: usize, stream: &Stream, found: &mut Vec<(String, Vec<Place>)>) {
    let mut seen = HashSet::new();
    for (message, told) in stream.told.iter().enumerate() {
        let Some((Kind::Snapshot, last)) = chunk(&told.message) else {
            seen.clear();
            continue;
        };
        for standing in standings(&told.message) {
            let name = key(standing);
            if !seen.insert(name) {
                found.push((format!("{name:?} is in it twice"), vec![at(number, message)]));
            }
            if standing.revision > told.message.revision {
                let says = format!("{name:?} is newer than the snapshot");
                found.push((says, vec![at(number, message)]));
            }
        }
        if last {
            seen.clear();
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
    fn chunks_of_one_revision_are_consistent() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, false, &[stands("rep:A", 3, "1")]);
        sample.snapshot(stream, 3, true, &[stands("rep:B", 2, "1")]);
        sample.update(stream, 4, true, &[stands("rep:A", 4, "1")], &[]);
        assert_eq!(broken(&sample.history()), []);
    }

    #[test]
    fn an_update_within_a_snapshot_a_repetition_and_something_newer_are_found() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, false, &[stands("rep:A", 3, "1")]);
        sample.update(stream, 3, true, &[], &[]);
        let other = sample.open();
        sample.snapshot(other, 3, false, &[stands("rep:A", 3, "1")]);
        sample.snapshot(other, 3, true, &[stands("rep:A", 3, "1"), stands("rep:B", 4, "1")]);
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [vec![at(0, 0), at(0, 1)], vec![at(1, 1)], vec![at(1, 1)]]);
    }

    #[test]
    fn a_snapshot_of_two_instants_is_found() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, false, &[]);
        sample.snapshot(stream, 3, true, &[]);
        sample.last(stream).as_of = None;
        assert_eq!(places(&broken(&sample.history())), [[at(0, 0), at(0, 1)]]);
    }
}
