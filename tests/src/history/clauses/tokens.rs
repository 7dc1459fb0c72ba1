//! Tokens are opaque, authenticated and free of what is personal: one that was tampered with is refused, and none spells out
//! whom its stream is about.

use tonic::Code;

use super::{at, end_of};
use crate::history::{End, History, Place, Presented, Stream};

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

/// A tampered token that was not refused.
fn taken(number: usize, stream: &Stream) -> Option<(&'static str, Place)> {
    if stream.asked.token != Presented::Tampered {
        return None;
    }
    if !stream.told.is_empty() {
        return Some(("a token that was tampered with is taken", at(number, 0)));
    }
    let End::Status(refusal) = &stream.end.as_ref()?.end else { return None };
    refusal.info.as_ref()?;
    let names_it = refusal.fields.iter().any(|field| field == FIELD);
    let refused = refusal.code == Code::InvalidArgument && names_it;
    (!refused).then(|| ("a token that was tampered with is refused otherwise", end_of(number)))
}

/// Tokens that name a scope.
fn talkative(number: usize, stream: &Stream, found: &mut Vec<(String, Vec<Place>)>) {
    let view = stream.asked.view();
    // A shorter one may be there by chance.
    let scopes: Vec<&str> = view.scopes.into_iter().filter(|scope| scope.len() > 5).collect();
    for (message, told) in stream.told.iter().enumerate() {
        let token = &told.message.resume_token;
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
        let stream = sample.present(Presented::Tampered);
        sample.end(stream, invalid("resume_token"));
        let other = sample.open();
        sample.snapshot(other, 3, true, &[]);
        assert_eq!(broken(&sample.history()), []);
    }

    #[test]
    fn one_that_is_taken_or_refused_as_something_else_is_found() {
        let mut sample = Sample::default();
        let [one, two, three] = [(); 3].map(|()| sample.present(Presented::Tampered));
        sample.snapshot(one, 3, true, &[]);
        sample.end(two, invalid("selector"));
        sample.end(three, End::Status(refusal(Code::OutOfRange, "GAP")));
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [[at(one, 0)], [end_of(two)], [end_of(three)]]);
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
