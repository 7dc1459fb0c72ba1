//! Authorised at every batch: nobody is told of anybody whom they do not see at the revision of a message.
//!
//! Who is below whom at a revision is known of those who see all, watch a scope with its members and were told of the same
//! revision. Where there is nobody like that, what is below a root is taken on trust; what has no members never is.

use std::collections::{BTreeSet, HashMap};

use paceline_client::proto::{Removal, watch_standings_response::Frame};

use super::at;
use crate::history::{
    History, Key, Place, Stream, View, key,
    replay::{Point, replay},
    standings,
};

/// The scopes within another at a revision of a process.
type Within<'h> = HashMap<(u32, u64, &'h str), BTreeSet<&'h str>>;

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = unseen(history);
    for (number, stream) in history.numbered() {
        never_shown(history, number, stream, &mut found);
    }
    found
}

/// Moments at which somebody knows of somebody whom they do not see.
fn unseen(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut within = Within::new();
    replay(history, &mut |point: Point<'_, '_>| {
        if let Some(scope) = witnessed(point.view) {
            let of = (point.server, point.revision, scope);
            within.insert(of, point.known.keys().map(|(scope, ..)| *scope).collect());
        }
    });
    let mut found = Vec::new();
    replay(history, &mut |point: Point<'_, '_>| {
        let Some(roots) = &point.view.roots else { return };
        let sees = |scope: &str| {
            roots.iter().any(|(root, with_members)| {
                let below = within.get(&(point.server, point.revision, root));
                *root == scope || *with_members && below.is_none_or(|below| below.contains(scope))
            })
        };
        if let Some((scope, ..)) = point.known.keys().find(|(scope, ..)| !sees(scope)) {
            let says = format!("at revision {} {scope} is not seen", point.revision);
            found.push((says, point.place.into_iter().collect()));
        }
    });
    found
}

/// The scope whose members a view shows, if it shows them all and nobody else.
fn witnessed<'h>(view: &View<'h>) -> Option<&'h str> {
    let View { scopes, with_members, kpis, periods, roots } = view;
    let whole = kpis.is_empty() && periods.is_empty() && roots.is_none();
    scopes.first().copied().filter(|_| whole && *with_members && scopes.len() == 1)
}

/// Removals of what a stream has never shown, to who does not see all.
fn never_shown(
    history: &History,
    number: usize,
    stream: &Stream,
    found: &mut Vec<(String, Vec<Place>)>,
) {
    // What is known from before a token is not in this stream.
    if stream.asked.by.sees.is_none() || history.goes_on_after(stream).is_some() {
        return;
    }
    let mut shown: BTreeSet<Key<'_>> = BTreeSet::new();
    for (message, told) in stream.told.iter().enumerate() {
        if let Some(Frame::Update(update)) = &told.message.frame {
            let unshown = |removal: &&Removal| {
                let period = removal.period.as_ref().map(|period| period.name.as_str());
                let key = period.map(|period| (&*removal.scope, &*removal.kpi, period));
                key.is_some_and(|key| !shown.contains(&key))
            };
            if let Some(removal) = update.removed.iter().find(unshown) {
                let says = format!("{} is removed, and was never shown", removal.scope);
                found.push((says, vec![at(number, message)]));
            }
        }
        shown.extend(standings(&told.message).iter().map(key));
    }
}

#[cfg(test)]
mod tests {
    use super::broken;
    use crate::history::{
        Principal,
        clauses::{at, places},
        sample::{Sample, gone, stands, unknown},
    };

    fn rep() -> Principal {
        Principal::of(&[("rep:A", false)])
    }

    fn manager() -> Principal {
        Principal::of(&[("rep:M", false), ("team:M", true)])
    }

    /// A history of what somebody asks for.
    fn by(principal: Principal) -> Sample {
        let mut sample = Sample::default();
        sample.by = principal;
        sample
    }

    #[test]
    fn who_is_told_but_what_they_see_breaks_nothing() {
        let mut sample = Sample::of(&["team:M"], true);
        let witness = sample.open();
        let (team, a) = (stands("team:M", 3, "1"), stands("rep:A", 3, "1"));
        sample.snapshot(witness, 3, true, &[team.clone(), a.clone()]);
        sample.update(witness, 4, true, &[stands("team:M", 4, "0")], &[gone("rep:A")]);
        (sample.request, sample.by) = (Default::default(), manager());
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[stands("rep:M", 2, "0"), team, a.clone()]);
        sample.update(stream, 4, true, &[stands("team:M", 4, "0")], &[gone("rep:A")]);
        // Of a revision that nobody else was told of, it is not known who is below whom.
        sample.update(stream, 5, true, &[stands("rep:B", 5, "0")], &[]);
        sample.ask_for(&["rep:A", "rep:B"], false);
        sample.by = rep();
        let own = sample.open();
        sample.snapshot(own, 3, true, &[a]);
        sample.update(own, 3, true, &[], &[unknown("rep:B")]);
        assert_eq!(broken(&sample.history()), []);
    }

    #[test]
    fn a_rep_who_is_told_of_another_is_found() {
        let mut sample = by(rep());
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[stands("rep:A", 3, "1")]);
        sample.update(stream, 4, true, &[stands("rep:B", 4, "1")], &[]);
        assert_eq!(places(&broken(&sample.history())), [[at(0, 1)]]);
    }

    #[test]
    fn a_manager_who_still_sees_who_has_moved_away_is_found() {
        let mut sample = Sample::of(&["team:M"], true);
        let witness = sample.open();
        let (team, a) = (stands("team:M", 3, "1"), stands("rep:A", 3, "1"));
        sample.snapshot(witness, 3, true, &[team.clone(), a.clone()]);
        sample.update(witness, 4, true, &[], &[gone("rep:A")]);
        (sample.request, sample.by) = (Default::default(), manager());
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[team, a]);
        sample.bookmark(stream, 4);
        assert_eq!(places(&broken(&sample.history())), [[at(1, 1)]]);
    }

    #[test]
    fn the_removal_of_somebody_who_was_never_shown_is_found() {
        let mut sample = by(manager());
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[stands("rep:M", 3, "1")]);
        sample.update(stream, 4, true, &[], &[gone("rep:A")]);
        assert_eq!(places(&broken(&sample.history())), [[at(0, 1)]]);
    }
}
