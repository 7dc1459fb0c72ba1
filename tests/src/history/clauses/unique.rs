//! Unique: a standing comes at most once in a revision, and after a token nothing that is no newer than the token.

use std::collections::HashMap;

use paceline_client::proto::watch_standings_response::Frame;

use super::at;
use crate::history::{History, Key, Place, Stream, key, standings};

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = Vec::new();
    for (number, stream) in history.numbered() {
        repeated(number, stream, &mut found);
        if let Some(token) = history.goes_on_after(stream) {
            had(history.revision_at(token), number, stream, &mut found);
        }
    }
    found
}

fn repeated(number: usize, stream: &Stream, found: &mut Vec<(String, Vec<Place>)>) {
    let mut seen: HashMap<(Key<'_>, u64), usize> = HashMap::new();
    for (message, told) in stream.told.iter().enumerate() {
        // What came before a reset is void.
        if matches!(told.message.frame, Some(Frame::Reset(_))) {
            seen.clear();
        }
        for standing in standings(&told.message) {
            let name = (key(standing), standing.revision);
            if let Some(before) = seen.insert(name, message) {
                let says = format!("{name:?} comes twice");
                found.push((says, vec![at(number, before), at(number, message)]));
            }
        }
    }
}

/// What a resumed stream brings although it was there before the token.
fn had(token: u64, number: usize, stream: &Stream, found: &mut Vec<(String, Vec<Place>)>) {
    for (message, told) in stream.told.iter().enumerate() {
        if matches!(told.message.frame, Some(Frame::Reset(_))) {
            return;
        }
        let old = standings(&told.message).iter().find(|standing| standing.revision <= token);
        if let Some(standing) = old {
            let (name, revision) = (key(standing), standing.revision);
            let says = format!("{name:?} of {revision} comes after a token of {token}");
            found.push((says, vec![at(number, message)]));
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
    fn what_comes_once_is_unique() {
        let mut sample = Sample::default();
        let stream = sample.open();
        let token = sample.snapshot(stream, 3, true, &[stands("rep:A", 3, "5")]);
        sample.update(stream, 4, true, &[stands("rep:A", 4, "6")], &[]);
        let resumed = sample.resume(token);
        sample.update(resumed, 4, true, &[stands("rep:A", 4, "6")], &[]);
        assert_eq!(broken(&sample.history()), []);
    }

    #[test]
    fn the_same_twice_is_found_in_one_stream_and_after_a_token() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[stands("rep:A", 3, "5")]);
        let token = sample.update(stream, 4, true, &[stands("rep:A", 3, "5")], &[]);
        let resumed = sample.resume(token);
        sample.update(resumed, 5, true, &[stands("rep:B", 4, "6")], &[]);
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [vec![at(0, 0), at(0, 1)], vec![at(1, 0)]]);
    }

    #[test]
    fn a_token_within_an_update_resumes_before_it() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[]);
        let token = sample.update(stream, 4, false, &[stands("rep:A", 4, "5")], &[]);
        let resumed = sample.resume(token);
        sample.update(resumed, 4, true, &[stands("rep:A", 4, "5")], &[]);
        assert_eq!(broken(&sample.history()), []);
    }
}
