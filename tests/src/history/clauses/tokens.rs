//! Tokens are opaque, authenticated and free of what is personal: one that was tampered with is refused, and none spells out
//! whom its stream is about.
//!
//! The key of a process that has ended is known to nobody. So of its tokens the service may tell no more than that they are of
//! another epoch, and use nothing of them.

use paceline_client::proto::{ResetReason, watch_standings_response::Frame};
use tonic::Code;

use super::{at, end_of};
use crate::history::{Alerts, End, History, Place, Presented, Stream, Watch};

/// The field of the request that is wrong about a token.
const FIELD: &str = "resume_token";

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = Vec::new();
    for (number, stream) in history.numbered() {
        found.extend(taken(number, stream).map(|(says, place)| (says.to_owned(), vec![place])));
        talkative(number, stream, &mut found);
    }
    found
}

/// What of streams of alerts breaks it. Their key outlives the process, so one that was tampered with is always found out.
pub(super) fn broken_of_alerts(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = Vec::new();
    for (number, stream) in history.alerts.iter().enumerate() {
        found.extend(taken_of_alerts(number, stream).map(|(says, place)| (says, vec![place])));
        talkative(number, stream, &mut found);
    }
    found
}

fn taken_of_alerts(number: usize, stream: &Stream<Alerts>) -> Option<(String, Place)> {
    let Presented::Tampered(_) = stream.asked.token else { return None };
    if !stream.told.is_empty() {
        return Some(("a token that was tampered with is taken".to_owned(), at(number, 0)));
    }
    let End::Status(refusal) = &stream.end.as_ref()?.end else { return None };
    let reason = refusal.reason()?;
    let names_it = refusal.fields.iter().any(|field| field == FIELD);
    let right = refusal.code == Code::InvalidArgument && names_it || reason == "SERVER_DRAINING";
    let says = || format!("a token that was tampered with is refused by {reason}");
    (!right).then(|| (says(), end_of(number)))
}

/// A tampered token that was not refused.
fn taken(number: usize, stream: &Stream) -> Option<(&'static str, Place)> {
    let Presented::Tampered(of) = stream.asked.token else { return None };
    let ended = of != stream.asked.server;
    if let Some(first) = stream.told.first() {
        let Some(Frame::Reset(reset)) = &first.message.frame else {
            return Some(("a token that was tampered with is taken", at(number, 0)));
        };
        let void = ended && reset.reason() == ResetReason::OtherEpoch;
        return (!void).then(|| ("a token that was tampered with is read", at(number, 0)));
    }
    let End::Status(refusal) = &stream.end.as_ref()?.end else { return None };
    let reason = refusal.reason()?;
    let names_it = refusal.fields.iter().any(|field| field == FIELD);
    let refused = refusal.code == Code::InvalidArgument && names_it;
    let void = ended && refusal.code == Code::OutOfRange && reason == "GAP";
    let right = refused || void;
    (!right).then(|| ("a token that was tampered with is refused otherwise", end_of(number)))
}

/// Tokens that name a scope.
fn talkative<W: Watch>(number: usize, stream: &Stream<W>, found: &mut Vec<(String, Vec<Place>)>) {
    let view = stream.asked.view();
    // A shorter one may be there by chance.
    let scopes: Vec<&str> = view.scopes.into_iter().filter(|scope| scope.len() > 5).collect();
    for (message, told) in stream.told.iter().enumerate() {
        let token = W::token(&told.message);
        let says = |scope: &&&str| token.windows(scope.len()).any(|part| part == scope.as_bytes());
        if let Some(scope) = scopes.iter().find(says) {
            found.push((format!("a token says {scope}"), vec![at(number, message)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::broken;
    use crate::history::{
        End, Presented, Refusal,
        clauses::{at, end_of, places},
        sample::{Sample, refusal},
    };
    use tonic::Code;

    fn invalid(field: &str) -> End {
        let refusal = refusal(Code::InvalidArgument, "INVALID_FIELD");
        End::Status(Refusal { fields: vec![field.to_owned()], ..refusal })
    }

    #[test]
    fn a_token_that_was_tampered_with_is_refused() {
        let mut sample = Sample::of(&["rep:U17"], false);
        let stream = sample.present(Presented::Tampered(0));
        sample.end(stream, invalid("resume_token"));
        let other = sample.open();
        sample.snapshot(other, 3, true, &[]);
        sample.server = 1;
        let void = sample.present(Presented::Tampered(0));
        sample.reset(void, 3, "E1");
        assert_eq!(broken(&sample.history()), []);
    }

    #[test]
    fn one_that_is_taken_or_refused_as_something_else_is_found() {
        let mut sample = Sample::default();
        let [one, two, three, four] = [(); 4].map(|()| sample.present(Presented::Tampered(0)));
        sample.snapshot(one, 3, true, &[]);
        sample.end(two, invalid("selector"));
        sample.end(three, End::Status(refusal(Code::OutOfRange, "GAP")));
        sample.reset(four, 3, "E0");
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [[at(one, 0)], [end_of(two)], [end_of(three)], [at(four, 0)]]);
    }

    #[test]
    fn a_token_that_names_a_scope_is_found() {
        let mut sample = Sample::of(&["rep:U17"], false);
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[]);
        sample.last(stream).resume_token = b"1,rep:U17,3".to_vec();
        assert_eq!(places(&broken(&sample.history())), [[at(0, 0)]]);
    }
}
