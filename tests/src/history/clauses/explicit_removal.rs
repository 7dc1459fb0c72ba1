//! Explicit removal: a standing never just vanishes, and whoever asks for somebody unknown is told so.
//!
//! Everybody with the same view has the same standings at a revision: one that is missing to somebody was taken without a
//! word, and one that somebody has in excess was to be removed.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher as _},
};

use paceline_client::proto::{Removal, RemovalReason, watch_standings_response::Frame};

use super::at;
use crate::history::{
    History, Place, Stream, View, is_whole,
    replay::{Point, replay},
};

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = different(history);
    for (number, stream) in history.numbered() {
        without_reason(number, stream, &mut found);
        untold(number, stream, &mut found);
    }
    found
}

/// Pairs of moments at which the same view has different standings at the same revision.
fn different(history: &History) -> Vec<(String, Vec<Place>)> {
    let (mut first, mut found) = (HashMap::new(), Vec::new());
    let (parts, mut wholes) = (parts(history), HashSet::new());
    replay(history, &mut |point: Point<'_, '_>| {
        let mut compare = |view: u64, names: u64| {
            let of = (point.server, point.revision, view);
            let (other, place) = *first.entry(of).or_insert((names, point.place));
            if other != names {
                let says = format!("not the same standings at revision {}", point.revision);
                found.push((says, place.into_iter().chain(point.place).collect()));
            }
        };
        compare(digest([point.view]), digest(point.known.keys()));
        // Everybody who sees the whole at a revision is compared with each other: one of them is enough.
        if *point.view == View::default() && wholes.insert((point.server, point.revision)) {
            let seen = |part: &&Part<'_>| part.seen.contains(&(point.server, point.revision));
            for Part { of, view, .. } in parts.values().filter(seen) {
                let known = point.known.iter().filter(|(_, held)| view.holds(held.standing));
                compare(*of, digest(known.map(|(name, _)| name)));
            }
        }
    });
    found
}

/// A view that is a part of the whole board by its names alone.
struct Part<'h> {
    of: u64,
    view: View<'h>,
    /// The revisions of each process at which somebody may know it.
    seen: HashSet<(u32, u64)>,
}

/// The parts of the board that are watched, without those with members: who is a member of what, the board decides.
fn parts(history: &History) -> BTreeMap<u64, Part<'_>> {
    let mut parts = BTreeMap::new();
    for stream in &history.streams {
        let view = stream.asked.view();
        if view.with_members || view.roots.is_some() || view == View::default() {
            continue;
        }
        let of = digest([&view]);
        let part = parts.entry(of).or_insert(Part { of, view, seen: HashSet::new() });
        let whole = stream.told.iter().filter(|told| is_whole(&told.message));
        part.seen.extend(whole.map(|told| (stream.asked.server, told.message.revision)));
    }
    parts
}

/// Stands for some names: all of them, for all moments, would be large.
fn digest(names: impl IntoIterator<Item = impl Hash>) -> u64 {
    let mut hasher = DefaultHasher::new();
    names.into_iter().for_each(|name| name.hash(&mut hasher));
    hasher.finish()
}

/// Removals that do not say why, or say what they cannot mean.
fn without_reason(number: usize, stream: &Stream, found: &mut Vec<(String, Vec<Place>)>) {
    for (message, told) in stream.told.iter().enumerate() {
        let Some(Frame::Update(update)) = &told.message.frame else { continue };
        if let Some(removal) = update.removed.iter().find(|removal| !is_right(removal, stream)) {
            found.push((format!("{removal:?} is none"), vec![at(number, message)]));
        }
    }
}

fn is_right(removal: &Removal, stream: &Stream) -> bool {
    let whole_scope = removal.kpi.is_empty() && removal.period.is_none();
    let one_standing = !removal.kpi.is_empty() && removal.period.is_some();
    match removal.reason() {
        RemovalReason::Unspecified => false,
        RemovalReason::Deleted | RemovalReason::OutOfFilter => one_standing,
        RemovalReason::OutOfScope => {
            let asked_for = stream.asked.view().scopes.contains(removal.scope.as_str());
            one_standing || (whole_scope && asked_for)
        }
    }
}

/// Scopes that were asked for, are not in the snapshot, and of which the next message does not say that they are unknown.
fn untold(number: usize, stream: &Stream, found: &mut Vec<(String, Vec<Place>)>) {
    let mut snapshot = Vec::new();
    let mut told = stream.told.iter().enumerate();
    for (message, told) in told.by_ref() {
        match &told.message.frame {
            Some(Frame::Reset(_)) => {}
            Some(Frame::Snapshot(chunk)) => {
                snapshot.push((message, chunk));
                if chunk.last {
                    break;
                }
            }
            _ => return,
        }
    }
    let (Some((last, _)), Some((next, after))) = (snapshot.last(), told.next()) else { return };
    let known = |scope: &str| {
        let mut standings = snapshot.iter().flat_map(|(_, chunk)| &chunk.standings);
        standings.any(|standing| standing.scope == scope)
    };
    let removed = |scope: &str| {
        let Some(Frame::Update(update)) = &after.message.frame else { return false };
        let unknown = RemovalReason::OutOfScope;
        update.removed.iter().any(|gone| gone.scope == scope && gone.reason() == unknown)
    };
    for scope in stream.asked.view().scopes {
        if !known(scope) && !removed(scope) {
            let says = format!("{scope} is neither in the snapshot nor said to be unknown");
            found.push((says, vec![at(number, *last), at(number, next)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::broken;
    use crate::history::{
        clauses::{at, places},
        sample::{Sample, gone, stands, unknown},
    };
    use paceline_client::proto::Removal;

    #[test]
    fn standings_that_are_removed_are_so_for_everybody() {
        let mut sample = Sample::default();
        let (one, two) = (sample.open(), sample.open());
        sample.snapshot(one, 3, true, &[stands("rep:A", 3, "1"), stands("rep:B", 3, "1")]);
        sample.update(one, 4, true, &[], &[gone("rep:A")]);
        sample.snapshot(two, 4, true, &[stands("rep:B", 3, "1")]);
        sample.ask_for(&["rep:B"], false);
        let part = sample.open();
        sample.snapshot(part, 4, true, &[stands("rep:B", 3, "1")]);
        assert_eq!(broken(&sample.history()), []);
    }

    #[test]
    fn a_removal_that_is_lost_is_found_and_so_is_a_standing_that_vanishes() {
        let mut sample = Sample::default();
        let (one, two, three) = (sample.open(), sample.open(), sample.open());
        sample.snapshot(one, 3, true, &[stands("rep:A", 3, "1"), stands("rep:B", 3, "1")]);
        sample.snapshot(two, 4, true, &[stands("rep:B", 3, "1")]);
        sample.bookmark(one, 4);
        sample.snapshot(three, 3, true, &[stands("rep:A", 3, "1")]);
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [[at(0, 1), at(1, 0)], [at(0, 0), at(2, 0)]]);
    }

    #[test]
    fn a_part_that_differs_from_the_whole_is_found() {
        let mut sample = Sample::default();
        let all = sample.open();
        sample.snapshot(all, 3, true, &[stands("rep:A", 3, "1")]);
        sample.ask_for(&["rep:A"], false);
        let part = sample.open();
        sample.snapshot(part, 3, true, &[]);
        sample.update(part, 3, true, &[], &[unknown("rep:A")]);
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [[at(0, 0), at(1, 0)], [at(0, 0), at(1, 1)]]);
    }

    #[test]
    fn a_scope_that_is_unknown_is_said_to_be() {
        let mut sample = Sample::of(&["rep:A", "rep:Z"], false);
        let right = sample.open();
        sample.snapshot(right, 3, true, &[stands("rep:A", 3, "1")]);
        sample.update(right, 3, true, &[], &[unknown("rep:Z")]);
        assert_eq!(broken(&sample.history()), []);
        let silent = sample.open();
        sample.snapshot(silent, 3, true, &[stands("rep:A", 3, "1")]);
        sample.bookmark(silent, 3);
        assert_eq!(places(&broken(&sample.history())), [[at(1, 0), at(1, 1)]]);
    }

    #[test]
    fn removals_without_a_reason_or_of_half_a_name_are_found() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[]);
        let silent = Removal { reason: 0, ..gone("rep:A") };
        sample.update(stream, 4, true, &[], &[silent]);
        sample.update(stream, 5, true, &[], &[Removal { period: None, ..gone("rep:A") }]);
        sample.update(stream, 6, true, &[], &[unknown("rep:Z")]);
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [[at(0, 1)], [at(0, 2)], [at(0, 3)]]);
    }
}
