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

/// After how many heartbeats without a message one is late, what the machine did not give the run not counted, and how many of a
/// hundred may be. A few are the scheduler's, and a beat that is slower than was asked for has them all late.
const LATE: u32 = 3;
const LATE_OF_HUNDRED: usize = 3;

/// Found violations.
type Found = Vec<(String, Vec<Place>)>;

pub(super) fn broken(history: &History) -> Found {
    let mut found = missed::<Standings>(history);
    for (number, stream) in history.numbered() {
        if history.goes_on_after(stream).is_none() {
            empty(number, stream, &mut found);
        }
    }
    found
}

/// Heartbeats that did not come, or too many of them late, where nothing is in their way.
pub(super) fn missed<W: Watch>(history: &History) -> Found {
    let mut found = Vec::new();
    let (mut beats, mut late) = (0, Vec::new());
    for (number, stream) in W::streams(history).iter().enumerate() {
        if stream.asked.undisturbed {
            silent(number, stream, &mut found);
            beats += rests(history, number, stream, &mut late);
        }
    }
    if late.len() * 100 > beats * LATE_OF_HUNDRED {
        let says = format!("{} of {beats} heartbeats are late by far", late.len());
        found.push((says, late.into_iter().flatten().take(4).collect()));
    }
    found
}

/// How often a heartbeat was due, and where it was late.
fn rests<W: Watch>(
    history: &History,
    number: usize,
    stream: &Stream<W>,
    late: &mut Vec<[Place; 2]>,
) -> usize {
    let (heartbeat, mut beats) = (stream.asked.heartbeat(), 0);
    for (before, pair) in stream.told.windows(2).enumerate() {
        let rest = pair[1].at.saturating_sub(pair[0].at);
        // The service beats a little early.
        if rest < heartbeat.mul_f64(0.8) {
            continue;
        }
        beats += 1;
        if rest.saturating_sub(history.lagged(pair[0].at, pair[1].at)) > heartbeat * LATE {
            late.push([at(number, before), at(number, before + 1)]);
        }
    }
    beats
}

/// Where nothing came for too long, up to the client giving up.
fn silent<W: Watch>(number: usize, stream: &Stream<W>, found: &mut Found) {
    let limit = stream.asked.heartbeat() + GRACE;
    for (before, pair) in stream.told.windows(2).enumerate() {
        if pair[1].at.saturating_sub(pair[0].at) > limit {
            let says = format!("nothing came for longer than {limit:?}");
            found.push((says, vec![at(number, before), at(number, before + 1)]));
        }
    }
    // Before a first message the service may be catching up, for as long as that takes.
    let (Some(last), Some(end)) = (stream.told.last(), &stream.end) else { return };
    if matches!(end.end, End::GaveUp) && end.at.saturating_sub(last.at) > limit {
        let says = format!("nothing came for longer than {limit:?}, until the client left");
        found.push((says, vec![at(number, stream.told.len() - 1), end_of(number)]));
    }
}

/// Bookmarks of a stream that has sent no snapshot yet.
fn empty(number: usize, stream: &Stream, found: &mut Found) {
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
        for _ in 0..40 {
            sample.pass(4);
            sample.bookmark(stream, 3);
        }
        sample.pass(GRACE.as_secs());
        sample.bookmark(stream, 3);
        sample.end(stream, End::GaveUp);
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
        sample.end(stream, End::GaveUp);
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [[at(0, 0), at(0, 1)], [at(0, 1), end_of(0)], [at(0, 0), at(0, 1)]]);
        let mut history = sample.history();
        history.streams[0].asked.undisturbed = false;
        assert_eq!(broken(&history), []);
    }

    #[test]
    fn a_beat_that_is_slower_than_was_asked_for_is_found_unless_the_machine_was() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[]);
        for _ in 0..40 {
            sample.pass(19);
            sample.bookmark(stream, 3);
        }
        let mut history = sample.history();
        assert_eq!(broken(&history).len(), 1);
        let told = &history.streams[0].told;
        let lags: Vec<_> = told.windows(2).map(|pair| (pair[0].at, pair[0].at * 2)).collect();
        history.lags = lags;
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
