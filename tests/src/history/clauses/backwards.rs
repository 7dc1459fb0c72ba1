//! Never backwards: a stream opened with a token shows nothing older than the token.

use super::at;
use crate::history::{History, Place};

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = Vec::new();
    for (number, stream) in history.numbered() {
        let Some(token) = history.goes_on_after(stream) else { continue };
        let revision = history.revision_at(token);
        let mut told = stream.told.iter();
        let older = told.position(|told| told.message.revision < revision);
        if let Some(message) = older {
            let says = format!("after a token of {revision}");
            found.push((says, vec![token, at(number, message)]));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::broken;
    use crate::history::{
        End,
        clauses::{at, places},
        sample::{Sample, refusal},
    };
    use tonic::Code;

    #[test]
    fn a_stream_that_goes_on_does_not_go_backwards() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[]);
        let token = sample.update(stream, 4, false, &[], &[]);
        let resumed = sample.resume(token);
        sample.bookmark(resumed, 3);
        assert_eq!(broken(&sample.history()), [], "within an update, before it");
    }

    #[test]
    fn an_older_view_is_found_after_a_token_and_after_that_of_an_end() {
        let mut sample = Sample::default();
        let stream = sample.open();
        let token = sample.snapshot(stream, 3, true, &[]);
        sample.bookmark(stream, 5);
        let end = sample.end(stream, End::Status(refusal(Code::Unavailable, "STREAM_AGE")));
        let (one, two) = (sample.resume(token), sample.resume(end));
        sample.bookmark(one, 2);
        sample.bookmark(two, 4);
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [[token, at(one, 0)], [end, at(two, 0)]]);
        let again = sample.resume(at(one, 0));
        sample.bookmark(again, 1);
        assert_eq!(broken(&sample.history()).len(), 3);
    }
}
