//! Resumable: a stream opened with a token of the same history goes on after it.
//!
//! That nothing is missing in between is the clause of convergence: a resumed client is held to all that it knew before.

use paceline_client::proto::watch_standings_response::Frame;

use super::{at, end_of};
use crate::history::{End, History, Place, Stream};

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = Vec::new();
    for (number, stream) in history.numbered() {
        let Some(token) = history.goes_on_after(stream) else { continue };
        if let Some((says, place)) = refused(number, stream) {
            found.push((says, vec![token, place]));
        }
    }
    found
}

fn refused(number: usize, stream: &Stream) -> Option<(String, Place)> {
    let voids = |frame: Option<&Frame>| matches!(frame, Some(Frame::Reset(_) | Frame::Snapshot(_)));
    let mut told = stream.told.iter();
    if let Some(message) = told.position(|told| voids(told.message.frame.as_ref())) {
        return Some(("a token that is good is not honoured".to_owned(), at(number, message)));
    }
    let End::Status(refusal) = &stream.end.as_ref()?.end else { return None };
    let refused = matches!(refusal.reason()?, "GAP" | "INVALID_FIELD");
    refused.then(|| ("a token that is good is refused".to_owned(), end_of(number)))
}

#[cfg(test)]
mod tests {
    use super::broken;
    use crate::history::{
        End,
        clauses::{at, end_of, places},
        sample::{Sample, refusal},
    };
    use tonic::Code;

    #[test]
    fn a_token_of_the_same_history_is_honoured_and_others_need_not_be() {
        let mut sample = Sample::default();
        let stream = sample.open();
        let token = sample.snapshot(stream, 3, true, &[]);
        let resumed = sample.resume(token);
        sample.bookmark(resumed, 3);
        sample.ask_for(&["org"], false);
        let other = sample.resume(token);
        sample.reset(other, 3, "E");
        sample.ask_for(&[], false);
        sample.server = 1;
        let later = sample.resume(token);
        sample.reset(later, 1, "F");
        assert_eq!(broken(&sample.history()), []);
    }

    #[test]
    fn a_reset_a_snapshot_and_a_refusal_are_found() {
        let mut sample = Sample::default();
        let stream = sample.open();
        let token = sample.snapshot(stream, 3, true, &[]);
        let [one, two, three] = [(); 3].map(|()| sample.resume(token));
        sample.reset(one, 3, "E");
        sample.snapshot(two, 3, true, &[]);
        sample.end(three, End::Status(refusal(Code::OutOfRange, "GAP")));
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [[token, at(one, 0)], [token, at(two, 0)], [token, end_of(three)]]);
    }
}
