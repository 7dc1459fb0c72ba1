//! Authorised, by what was said of managers: at each revision whoever does not see all is shown those who are below them then, no more
//! and no fewer.
//!
//! At which revision a fact counts first, the service decides. But facts count in their order: so there is one way through the trees
//! that they make, never back, on which each moment of everybody is right. Those who see all and watch a team with its members tell
//! too where it leads. Who is not seen may not be shown; who is there, sells and is seen has to be, wherever nothing was filtered.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{
    History, Place, View,
    managers::{Managers, Tree},
    replay::{Point, replay},
};

/// What somebody is shown at a revision.
struct Moment<'h> {
    roots: BTreeSet<(&'h str, bool)>,
    scopes: BTreeSet<&'h str>,
    /// Whether nothing of what is seen was filtered.
    whole: bool,
    place: Place,
    /// When the service made it, in milliseconds since 1970.
    made: i64,
}

/// The moments of each process, by their revision.
type Moments<'h> = BTreeMap<u32, BTreeMap<u64, Vec<Moment<'h>>>>;

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let managers = &history.managers;
    if managers.listed.is_empty() {
        return Vec::new();
    }
    let (trees, mut found) = (managers.trees(), Vec::new());
    for revisions in moments(history).into_values() {
        let mut counted = 0;
        for (revision, moments) in revisions {
            let right = |counted: &usize| {
                moments.iter().all(|moment| wrong(managers, &trees, *counted, moment).is_none())
            };
            if let Some(next) = (counted..trees.len()).find(right) {
                counted = next;
                continue;
            }
            // What is wrong as it was, and what if the next fact counts.
            let tried = (counted..trees.len()).take(2).filter_map(|counted| {
                let says = |moment| Some((wrong(managers, &trees, counted, moment)?, moment.place));
                moments.iter().find_map(says)
            });
            let (says, mut places): (Vec<_>, Vec<_>) = tried.unzip();
            places.dedup();
            found.push((format!("at revision {revision} {}", says.join("; or ")), places));
        }
    }
    found
}

/// How many moments are held against what was said.
#[must_use]
pub fn looked_at(history: &History) -> u64 {
    let all = moments(history);
    all.values().flat_map(BTreeMap::values).map(|moments| moments.len() as u64).sum()
}

fn moments(history: &History) -> Moments<'_> {
    let mut moments = Moments::new();
    replay(history, &mut |point: Point<'_, '_>| {
        let (Some((roots, whole)), Some(place)) = (looks(point.view), point.place) else { return };
        let emitted = history.message(place).and_then(|message| message.emitted_at);
        let made = emitted.map_or(0, |at| at.seconds * 1_000 + i64::from(at.nanos / 1_000_000));
        let scopes = point.known.keys().map(|(scope, ..)| *scope).collect();
        let of = moments.entry(point.server).or_default().entry(point.revision).or_default();
        of.push(Moment { roots, scopes, whole, place, made });
    });
    moments
}

/// From where somebody looks who does not see all, or watches but a team with its members, and whether they see all of that.
fn looks<'h>(view: &View<'h>) -> Option<(BTreeSet<(&'h str, bool)>, bool)> {
    let View { scopes, with_members, kpis, periods, roots } = view;
    let unfiltered = kpis.is_empty() && periods.is_empty();
    if let Some(roots) = roots {
        return Some((roots.clone(), unfiltered && scopes.is_empty()));
    }
    let team = scopes.first().filter(|scope| scope.starts_with("team:"))?;
    let alone = *with_members && scopes.len() == 1;
    alone.then(|| ([(*team, true)].into(), unfiltered))
}

/// What is wrong about a moment, if so many facts count.
fn wrong(
    managers: &Managers,
    trees: &[Tree<'_>],
    counted: usize,
    moment: &Moment<'_>,
) -> Option<String> {
    let last = counted.checked_sub(1).map(|last| &managers.facts[last]);
    if let Some(last) = last.filter(|last| last.at > moment.made) {
        return Some(format!("{} was not said yet", last.key));
    }
    let tree = &trees[counted];
    let seen = |scope: &str| moment.roots.iter().any(|root| tree.sees(*root, scope));
    if let Some(scope) = moment.scopes.iter().find(|scope| !seen(scope)) {
        return Some(format!("{scope} is shown, and is not seen"));
    }
    let due = tree.present().filter(|rep| moment.whole && managers.sells(rep));
    let mut due = due.map(|rep| format!("rep:{rep}")).filter(|scope| seen(scope));
    let missing = due.find(|scope| !moment.scopes.contains(scope.as_str()))?;
    Some(format!("{missing} is seen, and is not shown"))
}

#[cfg(test)]
mod tests {
    use super::{broken, looked_at};
    use crate::history::{
        Fact, Principal,
        clauses::{at, places},
        sample::{Sample, stands, unseen},
    };

    /// A and B are below M, C is below N; then A goes to N, and comes back.
    fn sample() -> Sample {
        let mut sample = Sample::default();
        let managers = &mut sample.taken.managers;
        for (rep, manager) in [("M", ""), ("N", ""), ("A", "M"), ("B", "M"), ("C", "N")] {
            managers.listed.insert(rep.to_owned(), manager.to_owned());
        }
        for (at, manager) in [(3_000, "N"), (6_000, "M")] {
            let row = format!(r#"{{"id":"A","manager":"{manager}"}}"#);
            managers.facts.push(Fact::read("A", &row, at).expect("a fact"));
        }
        sample.by = Principal::of(&[("rep:M", false), ("team:M", true)]);
        sample
    }

    #[test]
    fn who_is_shown_those_who_are_below_when_they_are_breaks_nothing() {
        let mut sample = sample();
        let stream = sample.open();
        let (a, b) = (stands("rep:A", 1, "1"), stands("rep:B", 1, "1"));
        sample.snapshot(stream, 3, true, &[a, b, stands("team:M", 1, "2")]);
        sample.bookmark(stream, 4);
        sample.update(stream, 5, true, &[stands("team:M", 5, "1")], &[unseen("rep:A")]);
        sample.pass(1);
        sample.update(stream, 6, true, &[stands("rep:A", 6, "1")], &[]);
        assert_eq!(broken(&sample.history()), []);
        assert_eq!(looked_at(&sample.history()), 4);
    }

    #[test]
    fn one_who_is_shown_after_they_went_is_found_though_nobody_else_watches_them() {
        let mut sample = sample();
        let (one, two) = (sample.open(), sample.open());
        let (a, b) = (stands("rep:A", 1, "1"), stands("rep:B", 1, "1"));
        sample.snapshot(one, 3, true, &[a.clone(), b.clone()]);
        sample.snapshot(two, 3, true, &[a.clone(), b.clone()]);
        sample.update(one, 4, true, &[], &[unseen("rep:A")]);
        sample.bookmark(two, 4);
        let says = places(&broken(&sample.history()));
        assert_eq!(says, [[at(0, 1), at(1, 1)]]);
    }

    #[test]
    fn one_who_came_back_before_it_was_said_and_one_who_is_not_shown_are_found() {
        let mut sample = sample();
        let stream = sample.open();
        let (a, b) = (stands("rep:A", 1, "1"), stands("rep:B", 1, "1"));
        sample.snapshot(stream, 3, true, &[b.clone()]);
        assert_eq!(places(&broken(&sample.history())), [[at(0, 0)]], "nothing was said yet");
        let mut sample = self::sample();
        sample.pass(2);
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[b]);
        sample.update(stream, 4, true, &[a], &[]);
        assert_eq!(places(&broken(&sample.history())), [[at(0, 1)]], "it was taken back later");
    }

    #[test]
    fn whoever_is_of_another_team_is_found() {
        let mut sample = sample();
        sample.ask_for(&["rep:C"], false);
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[stands("rep:C", 1, "1")]);
        assert_eq!(places(&broken(&sample.history())), [[at(0, 0)]]);
    }
}
