//! Authorised no longer than credentials are good: when they expire nothing more is made for a stream, it ends soon, and it ends for that
//! reason not before.
//!
//! What counts is when the service made a message, by the wall clock that both share: it may be on its way for long.

use std::time::Duration;

use jiff::Timestamp;

use super::{at, end_of};
use crate::history::{End, Ended, History, Place, Stream, Watch};

/// How long after their expiry credentials may still be good for something.
const GRACE: Duration = Duration::from_secs(1);

/// How long after that a client may know of the end whose way is undisturbed. It is no measure of anything: the machine may be loaded,
/// and what is looked for is a stream that goes on.
const LONGEST: Duration = Duration::from_secs(10);

/// What a stream ends for whose credentials have expired.
const EXPIRED: &str = "CREDENTIALS_EXPIRED";

pub(super) fn broken<W: Watch>(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = Vec::new();
    for (number, stream) in W::streams(history).iter().enumerate() {
        let Some(expires) = stream.asked.by.expires else { continue };
        let good = since(history, expires);
        if let Some(message) = told_after(history, stream, good) {
            let says = "it is made though the credentials have expired".to_owned();
            found.push((says, vec![at(number, message)]));
        }
        let ended = stream.end.as_ref();
        if let Some(says) = ended.and_then(|ended| wrong_end(history, stream, ended, good)) {
            found.push((says.to_owned(), vec![end_of(number)]));
        }
    }
    found
}

fn since(history: &History, instant: Timestamp) -> Duration {
    Duration::try_from(instant.duration_since(history.began)).unwrap_or_default()
}

/// The first message that was made after credentials were good.
fn told_after<W: Watch>(history: &History, stream: &Stream<W>, good: Duration) -> Option<usize> {
    stream.told.iter().position(|told| {
        let emitted = W::emitted_at(&told.message);
        let emitted = emitted.and_then(|at| Timestamp::new(at.seconds, at.nanos).ok());
        let made = emitted.map_or(told.at, |emitted| since(history, emitted));
        made > good + GRACE + history.lagged(good, made)
    })
}

fn wrong_end<W: Watch>(
    history: &History,
    stream: &Stream<W>,
    ended: &Ended,
    good: Duration,
) -> Option<&'static str> {
    let expired = matches!(&ended.end, End::Status(refusal) if refusal.reason() == Some(EXPIRED));
    if expired && ended.at + GRACE < good {
        return Some("it ends for credentials that are good");
    }
    let soon = good + LONGEST + history.lagged(good, ended.at);
    let excused = !stream.asked.undisturbed || history.stood_still(good, ended.at);
    (ended.at > soon && !excused).then_some("it outlives its credentials")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use tonic::Code;

    use super::broken as broken_of;
    use crate::history::{
        End, History, Place, Standings,
        clauses::{at, end_of, places},
        sample::{Sample, refusal, stands},
    };

    fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
        broken_of::<Standings>(history)
    }

    /// A history of somebody whose credentials are good until the third second.
    fn sample() -> Sample {
        let mut sample = Sample::default();
        sample.by.expires = Some(Timestamp::from_second(3).expect("an instant"));
        sample
    }

    fn expired() -> End {
        End::Status(refusal(Code::Unauthenticated, "CREDENTIALS_EXPIRED"))
    }

    #[test]
    fn whatever_is_made_after_credentials_have_expired_is_found() {
        let mut sample = sample();
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[stands("rep:A", 3, "1")]);
        sample.bookmark(stream, 3);
        assert_eq!(broken(&sample.history()), []);
        sample.pass(1);
        let emitted_at = sample.last(stream).emitted_at;
        sample.bookmark(stream, 3);
        assert_eq!(places(&broken(&sample.history())), [[at(0, 2)]]);
        sample.last(stream).emitted_at = emitted_at;
        assert_eq!(broken(&sample.history()), [], "it was on its way for long");
    }

    #[test]
    fn a_stream_that_outlives_its_credentials_is_found_and_so_is_one_that_ends_before() {
        let mut sample = sample();
        let (one, two) = (sample.open(), sample.open());
        sample.by.expires = Some(Timestamp::from_second(100).expect("an instant"));
        let three = sample.open();
        sample.end(one, expired());
        sample.end(three, expired());
        sample.pass(20);
        sample.end(two, expired());
        assert_eq!(places(&broken(&sample.history())), [[end_of(two)], [end_of(three)]]);
        sample.taken.streams[two].asked.undisturbed = false;
        assert_eq!(places(&broken(&sample.history())), [[end_of(three)]]);
    }
}
