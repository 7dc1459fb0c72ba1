//! Atomic: an update is never split, whatever pieces it comes in.
//!
//! What this cannot see, a change that is in one standing of an update and not yet in another, the sum over all shows
//! (`bank`).

use super::chunks::{Kind, interrupted};
use crate::history::{History, Place};

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    interrupted(history, Kind::Update)
}

#[cfg(test)]
mod tests {
    use super::broken;
    use crate::history::{
        clauses::{at, places},
        sample::Sample,
    };

    #[test]
    fn chunks_of_one_revision_are_whole() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[]);
        for last in [false, false, true] {
            sample.update(stream, 4, last, &[], &[]);
        }
        sample.update(stream, 5, false, &[], &[]);
        assert_eq!(broken(&sample.history()), [], "a stream may end within an update");
    }

    #[test]
    fn a_bookmark_or_another_revision_within_an_update_is_found() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.update(stream, 4, false, &[], &[]);
        sample.bookmark(stream, 4);
        sample.update(stream, 5, false, &[], &[]);
        sample.update(stream, 6, true, &[], &[]);
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [[at(0, 0), at(0, 1)], [at(0, 2), at(0, 3)]]);
    }
}
