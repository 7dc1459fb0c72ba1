//! Ends with a reason: every end that is the service's has a status, a reason for programs, a delay where coming back helps, and
//! the last token.
//!
//! A connection that breaks, and a call that nobody answers, have none of these. They may be where something was done to it or to the service, or where the machine
//! had no time for either, and nowhere else.

use tonic::Code;

use super::end_of;
use crate::history::{End, Ended, History, Place, Refusal, Stream, Watch};

/// Whose reasons they are.
const DOMAIN: &str = "paceline";

/// What belongs to a reason: its code, whether coming back later helps, and whether the stream was going on.
const REASONS: [(&str, Code, bool, bool); 13] = [
    ("SERVER_DRAINING", Code::Unavailable, true, true),
    ("STREAM_AGE", Code::Unavailable, true, true),
    ("SLOW_CLIENT", Code::ResourceExhausted, true, true),
    ("GAP", Code::OutOfRange, true, false),
    ("TOO_MANY_STREAMS", Code::ResourceExhausted, true, false),
    ("TOO_MANY_REQUESTS", Code::ResourceExhausted, true, false),
    ("INVALID_FIELD", Code::InvalidArgument, false, false),
    ("CLIENT_DEADLINE", Code::DeadlineExceeded, false, false),
    ("NOT_CAUGHT_UP", Code::Unavailable, true, false),
    ("EXPIRED", Code::OutOfRange, true, false),
    ("OTHER_TOPIC", Code::OutOfRange, true, false),
    ("OTHER_SELECTOR", Code::OutOfRange, true, false),
    ("CREDENTIALS_EXPIRED", Code::Unauthenticated, false, true),
];

pub(super) fn broken<W: Watch>(history: &History) -> Vec<(String, Vec<Place>)> {
    let ends = W::streams(history).iter().enumerate().filter_map(|(number, stream)| {
        let ended = stream.end.as_ref()?;
        let says = match &ended.end {
            End::Left | End::GaveUp => None,
            End::Unanswered if excused(history, stream, ended) => None,
            End::Unanswered => Some("it is not answered, and nobody is in the way".to_owned()),
            End::Over => Some("it ends without a status".to_owned()),
            End::Status(refusal) => wrong(history, stream, ended, refusal),
        };
        Some((says?, vec![end_of(number)]))
    });
    ends.collect()
}

/// Whether something was in the way of a stream.
fn excused<W: Watch>(history: &History, stream: &Stream<W>, ended: &Ended) -> bool {
    ended.disturbed
        || history.was_down(stream.opened, ended.at)
        || history.stood_still(stream.opened, ended.at)
}

fn wrong<W: Watch>(
    history: &History,
    stream: &Stream<W>,
    ended: &Ended,
    refusal: &Refusal,
) -> Option<String> {
    let Some((reason, domain)) = &refusal.info else {
        let excused = excused(history, stream, ended);
        return (!excused).then(|| "it breaks, and nobody broke it".to_owned());
    };
    if domain != DOMAIN {
        return Some(format!("its reason is of {domain}"));
    }
    let known = REASONS.iter().find(|(name, ..)| name == reason);
    let Some((_, code, retry, going_on)) = known else {
        return Some(format!("{reason} is no known reason"));
    };
    if refusal.code != *code {
        return Some(format!("{reason} comes with {:?}", refusal.code));
    }
    if *retry && refusal.retry.is_none() {
        return Some(format!("{reason} does not say when to come back"));
    }
    let had_token = stream.told.iter().any(|told| !W::token(&told.message).is_empty());
    let token = refusal.token.as_ref().is_some_and(|token| !token.is_empty());
    (*going_on && had_token && !token).then(|| format!("{reason} comes without the last token"))
}

#[cfg(test)]
mod tests {
    use super::broken as broken_of;
    use crate::history::{
        End, History, Mark, Place, Refusal, Standings,
        clauses::{end_of, places},
        sample::{Sample, broken as broken_off, refusal},
    };
    use tonic::Code;

    fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
        broken_of::<Standings>(history)
    }

    #[test]
    fn ends_with_everything_that_belongs_to_them_are_right() {
        let mut sample = Sample::default();
        let [one, two, three, four] = [(); 4].map(|()| sample.open());
        sample.bookmark(one, 3);
        sample.end(one, End::Status(refusal(Code::Unavailable, "SERVER_DRAINING")));
        sample.end(two, End::Left);
        let invalid = refusal(Code::InvalidArgument, "INVALID_FIELD");
        sample.end(three, End::Status(Refusal { retry: None, token: None, ..invalid }));
        sample.mark(Mark::Killed);
        sample.end(four, broken_off());
        let down = sample.open();
        sample.end(down, broken_off());
        let unanswered = sample.open();
        sample.end(unanswered, End::Unanswered);
        sample.mark(Mark::Started);
        let silent = sample.open();
        sample.end(silent, End::GaveUp);
        let cut = sample.open();
        sample.end(cut, broken_off());
        let mut history = sample.history();
        history.streams[cut].end.as_mut().expect("an end").disturbed = true;
        assert_eq!(broken(&history), []);
        history.streams[cut].end.as_mut().expect("an end").disturbed = false;
        assert_eq!(broken(&history).len(), 1);
        sample.mark(Mark::StoodStill);
        assert_eq!(broken(&sample.history()), []);
    }

    #[test]
    fn ends_that_lack_something_are_found() {
        let slow = || refusal(Code::ResourceExhausted, "SLOW_CLIENT");
        let other = ("SLOW_CLIENT".to_owned(), "example.org".to_owned());
        for end in [
            End::Over,
            End::Unanswered,
            broken_off(),
            End::Status(Refusal { token: None, ..slow() }),
            End::Status(Refusal { retry: None, ..slow() }),
            End::Status(Refusal { code: Code::Unknown, ..slow() }),
            End::Status(Refusal { info: Some(other), ..slow() }),
            End::Status(refusal(Code::Unavailable, "SOMETHING")),
        ] {
            let mut sample = Sample::default();
            sample.mark(Mark::Killed);
            sample.mark(Mark::Started);
            let stream = sample.open();
            sample.bookmark(stream, 3);
            sample.end(stream, end);
            assert_eq!(places(&broken(&sample.history())), [[end_of(stream)]]);
        }
    }
}
