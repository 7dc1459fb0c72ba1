//! Explicit reset: what cannot be honoured is answered by a reset and a complete snapshot, or fails where that was asked for.
//!
//! A snapshot comes at the beginning and after a reset, and nowhere else: so a view is never emptied in silence.

use std::collections::HashMap;

use paceline_client::proto::{ResetReason, watch_standings_response::Frame};
use tonic::Code;

use super::{
    at,
    chunks::{Kind, chunk},
    end_of,
};
use crate::history::{End, History, Place, Presented, Stream};

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = epochs(history);
    for (number, stream) in history.numbered() {
        let begin = beginning(history, number, stream);
        found.extend(begin.map(|(says, place)| (says, vec![place])));
        out_of_place(history, number, stream, &mut found);
    }
    found
}

/// What is wrong about how a stream begins.
fn beginning(history: &History, number: usize, stream: &Stream) -> Option<(String, Place)> {
    let first = stream.told.first().map(|told| told.message.frame.as_ref());
    match due(history, stream) {
        Due::Nothing => None,
        Due::Snapshot => {
            let snapshot = matches!(first?, Some(Frame::Snapshot(_)));
            (!snapshot).then(|| ("it begins without a snapshot".to_owned(), at(number, 0)))
        }
        Due::Reset(reason) => {
            let reset = matches!(first?, Some(Frame::Reset(reset)) if reset.reason() == reason);
            (!reset).then(|| (format!("it begins without a reset for {reason:?}"), at(number, 0)))
        }
        Due::Failure => {
            if !stream.told.is_empty() {
                return Some(("it goes on instead of failing".to_owned(), at(number, 0)));
            }
            let End::Status(refusal) = &stream.end.as_ref()?.end else { return None };
            // Without a reason it is no answer of the service: the connection broke.
            let reason = refusal.reason()?;
            let right = refusal.code == Code::OutOfRange && reason == "GAP";
            (!right).then(|| ("it fails in another way".to_owned(), end_of(number)))
        }
    }
}

/// What a stream has to begin with.
enum Due {
    Nothing,
    Snapshot,
    Reset(ResetReason),
    Failure,
}

fn due(history: &History, stream: &Stream) -> Due {
    let place = match stream.asked.token {
        Presented::Nothing => return Due::Snapshot,
        Presented::Tampered(_) => return Due::Nothing,
        Presented::Of(place) => place,
    };
    if history.goes_on_after(stream).is_some() {
        return Due::Nothing;
    }
    if stream.asked.fails_on_gap() {
        return Due::Failure;
    }
    let same = history.streams[place.stream].asked.server == stream.asked.server;
    Due::Reset(if same { ResetReason::OtherSelector } else { ResetReason::OtherEpoch })
}

/// Snapshots where none belongs, and resets that none follows.
fn out_of_place(
    history: &History,
    number: usize,
    stream: &Stream,
    found: &mut Vec<(String, Vec<Place>)>,
) {
    let resumed = history.goes_on_after(stream).is_some();
    for (message, told) in stream.told.iter().enumerate() {
        let before = message.checked_sub(1).map(|before| &stream.told[before].message);
        let is_snapshot = matches!(told.message.frame, Some(Frame::Snapshot(_)));
        let after_reset = before.is_some_and(|m| matches!(m.frame, Some(Frame::Reset(_))));
        let goes_on = before.is_some_and(|m| chunk(m) == Some((Kind::Snapshot, false)));
        let first = before.is_none() && !resumed;
        if is_snapshot && !(after_reset || goes_on || first) {
            found.push(("a snapshot without a reset".to_owned(), vec![at(number, message)]));
        }
        if after_reset && !is_snapshot {
            let places = vec![at(number, message - 1), at(number, message)];
            found.push(("a reset without a snapshot".to_owned(), places));
        }
    }
}

/// Resets of one process that tell two epochs, or of two that tell the same.
fn epochs(history: &History) -> Vec<(String, Vec<Place>)> {
    let (mut of_server, mut servers, mut found) = (HashMap::new(), HashMap::new(), Vec::new());
    for (number, stream) in history.numbered() {
        for (message, told) in stream.told.iter().enumerate() {
            let Some(Frame::Reset(reset)) = &told.message.frame else { continue };
            let (server, epoch) = (stream.asked.server, reset.epoch.as_str());
            let same_epoch = *of_server.entry(server).or_insert(epoch) == epoch;
            let same_server = *servers.entry(epoch).or_insert(server) == server;
            if !(same_epoch && same_server) || epoch.is_empty() {
                let says = format!("process {server} says that its epoch is {epoch:?}");
                found.push((says, vec![at(number, message)]));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::broken;
    use crate::history::{
        End,
        clauses::{at, end_of, places},
        sample::{Sample, broken as broken_off, refusal, stands},
    };
    use tonic::Code;

    #[test]
    fn a_token_of_another_epoch_is_reset_or_fails() {
        let mut sample = Sample::default();
        let stream = sample.open();
        let token = sample.snapshot(stream, 3, true, &[stands("rep:A", 3, "1")]);
        sample.server = 1;
        let reset = sample.resume(token);
        sample.reset(reset, 1, "E1");
        sample.snapshot(reset, 1, false, &[]);
        sample.snapshot(reset, 1, true, &[]);
        sample.fail_on_gap();
        let fails = sample.resume(token);
        sample.end(fails, End::Status(refusal(Code::OutOfRange, "GAP")));
        let breaks = sample.resume(token);
        sample.end(breaks, broken_off());
        assert_eq!(broken(&sample.history()), []);
    }

    #[test]
    fn going_on_with_a_token_of_another_epoch_is_found() {
        let mut sample = Sample::default();
        let stream = sample.open();
        let token = sample.snapshot(stream, 3, true, &[]);
        sample.server = 1;
        let one = sample.resume(token);
        sample.bookmark(one, 4);
        sample.fail_on_gap();
        let (two, three) = (sample.resume(token), sample.resume(token));
        sample.reset(two, 4, "E1");
        sample.end(three, End::Status(refusal(Code::Unavailable, "GAP")));
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [[at(one, 0)], [at(two, 0)], [end_of(three)]]);
    }

    #[test]
    fn the_reason_is_the_selector_where_the_epoch_is_the_same() {
        let mut sample = Sample::default();
        let stream = sample.open();
        let token = sample.snapshot(stream, 3, true, &[]);
        sample.ask_for(&["org"], false);
        let other = sample.resume(token);
        sample.reset(other, 4, "E0");
        assert_eq!(places(&broken(&sample.history())), [[at(other, 0)]]);
    }

    #[test]
    fn a_view_that_is_emptied_in_silence_is_found() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[stands("rep:A", 3, "1")]);
        sample.snapshot(stream, 4, true, &[]);
        let other = sample.open();
        sample.bookmark(other, 4);
        assert_eq!(places(&broken(&sample.history())), [[at(0, 1)], [at(1, 0)]]);
    }

    #[test]
    fn a_reset_without_a_snapshot_and_two_epochs_of_one_process_are_found() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[]);
        sample.reset(stream, 3, "E0");
        sample.update(stream, 4, true, &[], &[]);
        sample.reset(stream, 4, "E1");
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [vec![at(0, 3)], vec![at(0, 1), at(0, 2)]]);
    }
}
