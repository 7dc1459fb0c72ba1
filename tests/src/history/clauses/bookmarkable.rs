//! Bookmarkable: something comes in every heartbeat interval, and a bookmark vouches for something.
//!
//! That a bookmark vouches for no more than was sent is the clause of convergence.

use std::time::Duration;

use paceline_client::proto::watch_standings_response::Frame;

use super::{at, end_of};
use crate::history::{End, History, Place, Standings, Stream, Watch};

/// How late a message may be beyond its heartbeat. It is no measure of anything: the machine may be loaded, and what is
/// looked for is a heartbeat that never comes.
const GRACE: Duration = Duration::from_secs(30);

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = silent::<Standings>(history);
    for (number, stream) in history.numbered() {
        if history.goes_on_after(stream).is_none() {
            empty(number, stream, &mut found);
        }
    }
    found
}

/// Where nothing came for too long, up to the client giving up.
pub(super) fn silent<W: Watch>(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = Vec::new();
    for (number, stream) in W::streams(history).iter().enumerate() {
        if stream.asked.undisturbed {
            silent_in(number, stream, &mut found);
        }
    }
    found
}

fn silent_in<W: Watch>(number: usize, stream: &Stream<W>, found: &mut Vec<(String, Vec<Place>)>) {
    let limit = stream.asked.heartbeat() + GRACE;
    for (before, pair) in stream.told.windows(2).enumerate() {
        if pair[1].at.saturating_sub(pair[0].at) > limit {
            let says = format!("nothing came for longer than {limit:?}");
            found.push((says, vec![at(number, before), at(number, before + 1)]));
        }
    }
    // Before a first message the service may be catching up, for as long as that takes.
    let (Some(last), Some(end)) = (stream.told.last(), &stream.end) else { return };
    if matches!(end.end, End::Left) && end.at.saturating_sub(last.at) > limit {
        let says = format!("nothing came for longer than {limit:?}, until the client left");
        found.push((says, vec![at(number, stream.told.len() - 1), end_of(number)]));
    }
}

/// Bookmarks of a stream that has sent no snapshot yet.
fn empty(number: usize, stream: &Stream, found: &mut Vec<(String, Vec<Place>)>) {
    let mut frames = stream.told.iter().map(|told| told.message.frame.as_ref());
    let whole = |frame: Option<&Frame>| matches!(frame, Some(Frame::Snapshot(all)) if all.last);
    let snapshot = frames.position(whole).unwrap_or(stream.told.len());
    for (message, told) in stream.told.iter().enumerate().take(snapshot) {
        if matches!(told.message.frame, Some(Frame::Bookmark(_))) {
            found.push(("a bookmark before the snapshot".to_owned(), vec![at(number, message)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{GRACE, broken};
    use crate::history::{
        End,
        clauses::{at, end_of, places},
        sample::Sample,
    };

    #[test]
    fn a_heartbeat_in_each_interval_is_enough() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.pass(1_000);
        sample.snapshot(stream, 3, true, &[]);
        sample.pass(GRACE.as_secs());
        sample.bookmark(stream, 3);
        sample.end(stream, End::Left);
        assert_eq!(broken(&sample.history()), []);
    }

    #[test]
    fn silence_is_found_between_messages_and_at_the_end() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[]);
        sample.pass(1_000);
        sample.bookmark(stream, 3);
        sample.pass(1_000);
        sample.end(stream, End::Left);
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [[at(0, 0), at(0, 1)], [at(0, 1), end_of(0)]]);
        let mut history = sample.history();
        history.streams[0].asked.undisturbed = false;
        assert_eq!(broken(&history), []);
    }

    #[test]
    fn a_bookmark_before_the_snapshot_is_found() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, false, &[]);
        sample.bookmark(stream, 3);
        sample.snapshot(stream, 3, true, &[]);
        sample.bookmark(stream, 3);
        assert_eq!(places(&broken(&sample.history())), [[at(0, 1)]]);
    }
}
