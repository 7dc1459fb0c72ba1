//! The bank: at every moment of every client that sees all reps, what they have comes to what the org has.
//!
//! A deal that moves from one rep to another must leave one and reach the other in the same update. If it is seen with
//! neither, or with both, the sum over the reps and the unassigned is not the org's. So it is with teams: what the reps below
//! a manager have comes to what the team has, also when one of them moves to another team.

use std::collections::BTreeMap;

use crate::history::{
    History, Key, Place, View,
    amount::millionths,
    replay::{Known, Point, replay},
};

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = Vec::new();
    each(history, &mut |point, whole, kpi| {
        if let Some(says) = unequal(point.known, whole, kpi) {
            let says = format!("at revision {}: {says}", point.revision);
            found.push((says, point.place.into_iter().collect()));
        }
    });
    found
}

/// How often something other than nothing was compared, by KPI. A KPI that nobody is told of has been compared never.
#[must_use]
pub fn compared(history: &History) -> BTreeMap<&str, u64> {
    let mut compared: BTreeMap<&str, u64> =
        history.sums.iter().map(|kpi| (kpi.as_str(), 0)).collect();
    each(history, &mut |point, whole, kpi| {
        let there = |(scope, of, _): &Key<'_>| *scope == whole && *of == kpi;
        let totals = point.known.keys().filter(|key| there(key)).count();
        *compared.entry(kpi).or_default() += totals as u64;
    });
    compared
}

/// Visits every moment at which somebody knew a scope and all its parts, for each KPI: the moment, the scope and the KPI.
fn each<'h>(history: &'h History, visit: &mut dyn FnMut(&Point<'_, 'h>, &str, &'h str)) {
    replay(history, &mut |point: Point<'_, 'h>| {
        let Some(whole) = whole(point.view) else { return };
        for kpi in history.sums.iter().filter(|kpi| point.view.has_kpi(kpi)) {
            visit(&point, &whole, kpi);
        }
    });
}

/// The scope whose parts are all in the view, if there is one.
fn whole(view: &View<'_>) -> Option<String> {
    if view.has_all_scopes() {
        return Some("org".to_owned());
    }
    let team = view.with_members && view.scopes.len() == 1 && view.roots.is_none();
    let scope = view.scopes.first().filter(|scope| team && scope.starts_with("team:"));
    scope.map(|scope| (*scope).to_owned())
}

/// What is wrong about the sum of a KPI in some period.
fn unequal(known: &Known<'_>, whole: &str, kpi: &str) -> Option<String> {
    let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
    let mut totals: BTreeMap<&str, i128> = BTreeMap::new();
    for ((scope, _, period), held) in known.iter().filter(|((_, of, _), _)| *of == kpi) {
        let Some(actual) = millionths(&held.standing.actual) else {
            return Some(format!("{scope} has {:?} of {kpi}", held.standing.actual));
        };
        if *scope == whole {
            totals.insert(period, actual);
        } else if *scope == "unassigned" || scope.starts_with("rep:") {
            *sums.entry(period).or_default() += actual;
        }
    }
    // A team that is no more has neither a total nor reps.
    let mut periods = sums.keys().chain(totals.keys());
    let period = periods.find(|period| sums.get(**period) != totals.get(**period))?;
    let (sum, total) = (sums.get(period), totals.get(period));
    Some(format!("{kpi} in {period} adds up to {sum:?} millionths; {whole} has {total:?}"))
}

#[cfg(test)]
mod tests {
    use super::{broken, compared};
    use crate::history::{
        clauses::{at, places},
        sample::{Sample, gone, stands},
    };

    fn sample(scopes: &[&str], with_members: bool) -> Sample {
        let mut sample = Sample::of(scopes, with_members);
        sample.taken.sums.insert("bookings".to_owned());
        sample
    }

    #[test]
    fn a_deal_that_moves_in_one_update_keeps_the_sum() {
        let mut sample = sample(&[], false);
        let stream = sample.open();
        let (a, b) = (stands("rep:A", 1, "5.5"), stands("unassigned", 1, "1"));
        sample.snapshot(stream, 3, false, &[a, b]);
        sample.snapshot(stream, 3, true, &[stands("org", 3, "6.5"), stands("team:M", 3, "5.5")]);
        sample.update(stream, 4, false, &[stands("rep:A", 4, "0")], &[]);
        sample.update(stream, 4, true, &[stands("unassigned", 4, "6.5")], &[]);
        let mut history = sample.history();
        assert_eq!(broken(&history), []);
        history.sums.insert("revenue".to_owned());
        assert_eq!(compared(&history), [("bookings", 2), ("revenue", 0)].into());
    }

    #[test]
    fn a_deal_that_is_nowhere_for_a_moment_is_found() {
        let mut sample = sample(&[], false);
        let stream = sample.open();
        let (a, b) = (stands("rep:A", 1, "5.5"), stands("unassigned", 1, "1"));
        sample.snapshot(stream, 3, true, &[a, b, stands("org", 3, "6.5")]);
        sample.update(stream, 4, true, &[stands("rep:A", 4, "0")], &[]);
        sample.update(stream, 5, true, &[stands("unassigned", 5, "6.5")], &[]);
        assert_eq!(places(&broken(&sample.history())), [[at(0, 1)]]);
    }

    #[test]
    fn a_rep_who_left_a_team_that_still_counts_them_is_found() {
        let mut sample = sample(&["team:M"], true);
        let stream = sample.open();
        let (a, b) = (stands("rep:A", 1, "5"), stands("rep:B", 1, "1"));
        sample.snapshot(stream, 3, true, &[a, b, stands("team:M", 3, "6")]);
        sample.update(stream, 4, true, &[], &[gone("rep:B")]);
        assert_eq!(places(&broken(&sample.history())), [[at(0, 1)]]);
        sample.update(stream, 5, true, &[stands("team:M", 5, "5")], &[]);
        sample.update(stream, 6, true, &[], &[gone("rep:A"), gone("team:M")]);
        assert_eq!(broken(&sample.history()).len(), 1, "what is gone adds up");
    }
}
