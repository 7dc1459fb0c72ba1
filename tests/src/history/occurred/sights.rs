//! How often somebody came into the sight of an open stream, or went out of it, and how often who had to show new credentials went on.

use std::collections::BTreeSet;

use paceline_client::proto::{RemovalReason, Update, watch_standings_response::Frame};

use super::{Counts, add};
use crate::history::{End, History, Place, Stream, Watch, standings};

/// Counts what became of what somebody sees who does not see all.
pub(super) fn count(history: &History, counts: &mut Counts) {
    for stream in &history.streams {
        // Of one that goes on it is not known here whom it has shown.
        let whole = history.goes_on_after(stream).is_none();
        let sees = stream.asked.by.sees.as_ref();
        if whole && sees.is_some_and(|sees| sees.iter().any(|(_, with_members)| *with_members)) {
            follow(stream, counts);
        }
    }
}

fn follow(stream: &Stream, counts: &mut Counts) {
    let mut shown: BTreeSet<&str> = BTreeSet::new();
    for told in &stream.told {
        if let Some(Frame::Update(update)) = &told.message.frame {
            change(update, &mut shown, counts);
        }
        shown.extend(standings(&told.message).iter().map(|standing| standing.scope.as_str()));
    }
}

fn change<'h>(update: &'h Update, shown: &mut BTreeSet<&'h str>, counts: &mut Counts) {
    let came = update.standings.iter().map(|standing| standing.scope.as_str());
    let came: BTreeSet<&str> = came.filter(|scope| !shown.contains(scope)).collect();
    add(counts, "scope came into sight", came.len() as u64);
    let unseen = update.removed.iter().filter(|it| it.reason() == RemovalReason::OutOfScope);
    for removal in unseen {
        add(counts, "scope went out of sight", u64::from(shown.remove(removal.scope.as_str())));
    }
}

/// Whether the token of a place is that of a stream that ended with its credentials.
pub(super) fn is_expiry<W: Watch>(history: &History, place: Place) -> bool {
    let ended = W::streams(history).get(place.stream).and_then(|stream| stream.end.as_ref());
    let expired = ended.is_some_and(|ended| {
        matches!(&ended.end, End::Status(refusal) if refusal.reason() == Some("CREDENTIALS_EXPIRED"))
    });
    expired && place.message.is_none()
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use crate::history::{
        End, Principal,
        occurred::count,
        sample::{Sample, gone, refusal, stands, unseen},
    };

    #[test]
    fn what_comes_into_sight_and_goes_out_of_it_is_counted_and_so_are_new_credentials() {
        let mut sample = Sample::default();
        sample.by = Principal::of(&[("team:M", true)]);
        let stream = sample.open();
        sample.snapshot(stream, 1, true, &[stands("rep:A", 1, "1"), stands("rep:B", 1, "1")]);
        sample.update(stream, 2, true, &[stands("rep:A", 2, "2")], &[unseen("rep:B")]);
        sample.update(stream, 3, true, &[stands("rep:C", 3, "2")], &[gone("rep:A")]);
        let token =
            sample.end(stream, End::Status(refusal(Code::Unauthenticated, "CREDENTIALS_EXPIRED")));
        let resumed = sample.resume(token);
        sample.bookmark(resumed, 3);
        let counts = count(&sample.history());
        let names = [
            "scope came into sight",
            "scope went out of sight",
            "end by CREDENTIALS_EXPIRED",
            "resume with new credentials",
        ];
        assert_eq!(names.map(|name| counts.get(name).copied()), [Some(1); 4], "{counts:?}");
    }
}
