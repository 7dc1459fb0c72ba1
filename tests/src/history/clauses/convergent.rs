//! Convergent: what a client knows at a bookmark is what everybody knows of that revision.
//!
//! Every standing that anybody was told, in a snapshot, an update or an answer, says what it is from its revision on. Laid
//! side by side they are what is true of each standing at each revision. Nobody may have been told two things of one revision,
//! and nobody may know something older than what was true at the revision they stand at.

use std::collections::{BTreeMap, HashMap};

use paceline_client::proto::Standing;

use super::at;
use crate::history::{
    History, Key, Place, key,
    replay::{Held, Point, replay},
    standings,
};

/// What is true of a standing, by revision.
type Truth<'h> = HashMap<(u32, Key<'h>), BTreeMap<u64, Witness<'h>>>;

/// Who was told so.
#[derive(Clone, Copy, Debug)]
struct Witness<'h> {
    held: Held<'h>,
    place: Option<Place>,
}

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = Vec::new();
    let truth = truth(history, &mut found);
    replay(history, &mut |point: Point<'_, '_>| {
        for (name, held) in point.known {
            let revisions = &truth[&(point.server, *name)];
            let latest = revisions.range(..=point.revision).next_back();
            let Some((revision, witness)) = latest else { continue };
            if !agree(held, &witness.held) {
                let says = format!(
                    "{name:?} is {:?} at revision {}, and since {revision} it is {:?}",
                    held.standing, point.revision, witness.held.standing
                );
                found.push((says, point.place.into_iter().chain(witness.place).collect()));
            }
        }
    });
    found
}

/// What everybody was told, and where that is not the same.
fn truth<'h>(history: &'h History, found: &mut Vec<(String, Vec<Place>)>) -> Truth<'h> {
    let mut truth = Truth::new();
    for (server, witness) in witnesses(history) {
        let standing = witness.held.standing;
        let revisions = truth.entry((server, key(standing))).or_default();
        let other = revisions.entry(standing.revision).or_insert(witness);
        if !agree(&other.held, &witness.held) {
            let says = format!("{standing:?} is elsewhere told as {:?}", other.held.standing);
            found.push((says, other.place.into_iter().chain(witness.place).collect()));
        }
    }
    truth
}

/// Every standing that anybody was told, with the process that told it.
fn witnesses(history: &History) -> impl Iterator<Item = (u32, Witness<'_>)> {
    let told = history.numbered().flat_map(|(number, stream)| {
        stream.told.iter().enumerate().flat_map(move |(message, told)| {
            let as_of = told.message.as_of.map_or((0, 0), |as_of| (as_of.seconds, as_of.nanos));
            standings(&told.message).iter().map(move |standing| {
                let place = Some(at(number, message));
                (stream.asked.server, Witness { held: Held { standing, as_of }, place })
            })
        })
    });
    let answered = history.answers.iter().flat_map(|answer| {
        let as_of = answer.response.as_of.map_or((0, 0), |as_of| (as_of.seconds, as_of.nanos));
        answer.response.standings.iter().map(move |standing| {
            (answer.server, Witness { held: Held { standing, as_of }, place: None })
        })
    });
    told.chain(answered)
}

/// Whether two standings say the same: all of it where they were evaluated at one instant, otherwise all that the clock
/// does not move. The revision is not compared: one that has come into a view has that of its coming.
fn agree(one: &Held<'_>, other: &Held<'_>) -> bool {
    let (a, b) = (one.standing, other.standing);
    let steady = a.period == b.period
        && a.actual == b.actual
        && a.goal == b.goal
        && a.remaining == b.remaining
        && a.attainment == b.attainment
        && a.sample == b.sample
        && a.status == b.status
        && a.status_since == b.status_since
        && a.in_doubt == b.in_doubt
        && a.doubts == b.doubts;
    steady && (one.as_of != other.as_of || moving(a) == moving(b))
}

/// What the clock moves.
fn moving(standing: &Standing) -> impl PartialEq + '_ {
    let s = standing;
    let texts = [&s.expected, &s.projected, &s.required_per_day, &s.expected_rate];
    (texts, s.pace, s.next_change_at, s.rate_until)
}

#[cfg(test)]
mod tests {
    use super::broken;
    use crate::history::{
        clauses::{at, places},
        sample::{Sample, gone, stands},
    };

    #[test]
    fn clients_that_skip_different_values_converge() {
        let mut sample = Sample::default();
        let (one, other) = (sample.open(), sample.open());
        sample.snapshot(one, 3, true, &[stands("rep:A", 3, "1")]);
        sample.update(one, 4, true, &[stands("rep:A", 4, "2")], &[]);
        let token = sample.update(one, 6, true, &[stands("rep:A", 6, "4")], &[]);
        sample.snapshot(other, 3, true, &[stands("rep:A", 3, "1")]);
        sample.update(other, 5, true, &[stands("rep:A", 5, "3")], &[]);
        sample.bookmark(other, 5);
        let resumed = sample.resume(token);
        sample.bookmark(resumed, 6);
        assert_eq!(broken(&sample.history()), []);
    }

    #[test]
    fn one_who_comes_into_a_view_has_the_revision_of_coming() {
        let mut sample = Sample::of(&["team:M"], true);
        let team = sample.open();
        sample.snapshot(team, 3, true, &[]);
        sample.update(team, 5, true, &[stands("rep:A", 5, "1")], &[]);
        let mut all = Sample::default();
        all.taken = sample.history();
        let stream = all.open();
        all.snapshot(stream, 6, true, &[stands("rep:A", 2, "1")]);
        assert_eq!(broken(&all.history()), []);
    }

    #[test]
    fn a_bookmark_before_what_it_vouches_for_is_found() {
        let mut sample = Sample::default();
        let (one, other) = (sample.open(), sample.open());
        sample.snapshot(one, 3, true, &[stands("rep:A", 3, "1")]);
        sample.bookmark(one, 4);
        sample.snapshot(other, 4, true, &[stands("rep:A", 4, "2")]);
        assert_eq!(places(&broken(&sample.history())), [[at(0, 1), at(1, 0)]]);
    }

    #[test]
    fn a_change_that_is_lost_while_away_is_found() {
        let mut sample = Sample::default();
        let (one, other) = (sample.open(), sample.open());
        let token = sample.snapshot(one, 3, true, &[stands("rep:A", 3, "1")]);
        sample.snapshot(other, 3, true, &[stands("rep:A", 3, "1")]);
        sample.update(other, 4, true, &[stands("rep:A", 4, "2")], &[]);
        let resumed = sample.resume(token);
        sample.update(resumed, 5, true, &[stands("rep:B", 5, "1")], &[gone("rep:C")]);
        assert_eq!(places(&broken(&sample.history())), [[at(2, 0), at(1, 1)]]);
    }

    #[test]
    fn two_values_of_one_revision_are_found_and_so_are_two_of_one_instant() {
        let mut sample = Sample::default();
        let (one, other) = (sample.open(), sample.open());
        sample.snapshot(one, 3, false, &[stands("rep:A", 3, "1")]);
        sample.snapshot(other, 3, false, &[stands("rep:A", 3, "2")]);
        assert_eq!(places(&broken(&sample.history())), [[at(0, 0), at(1, 0)]]);
        let mut early = stands("rep:B", 2, "1");
        early.expected = "5".to_owned();
        sample.snapshot(one, 3, false, &[early]);
        sample.snapshot(other, 3, false, &[stands("rep:B", 2, "1")]);
        assert_eq!(places(&broken(&sample.history())).len(), 2);
        sample.last(other).as_of = None;
        assert_eq!(places(&broken(&sample.history())).len(), 1, "the clock may have moved it");
    }

    #[test]
    fn processes_of_the_service_have_nothing_to_do_with_each_other() {
        let mut sample = Sample::default();
        let one = sample.open();
        sample.snapshot(one, 3, true, &[stands("rep:A", 3, "1")]);
        sample.server = 1;
        let other = sample.open();
        sample.snapshot(other, 3, true, &[stands("rep:A", 3, "2")]);
        assert_eq!(broken(&sample.history()), []);
    }
}
