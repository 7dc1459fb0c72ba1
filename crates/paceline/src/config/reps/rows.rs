//! Rows of reps checked against each other, on every day on which they may be wrong.

use std::collections::{BTreeSet, HashMap};

use paceline_core::day::Day;
use paceline_core::facts::Said;
use paceline_core::roster::Rep;
use paceline_core::suggest;

use super::super::place::At;
use super::super::report::Report;

/// A row that says all of a rep from a day on.
pub(super) struct Row {
    pub(super) rep: Rep,
    pub(super) from: Option<Day>,
    pub(super) said: Said,
    pub(super) places: Places,
}

/// Where parts of a row are written.
pub(super) struct Places {
    pub(super) id: At,
    pub(super) from: Option<At>,
    pub(super) manager: Option<At>,
}

/// The rows in force on a day, by the ids of their reps.
type InForce<'a> = HashMap<&'a str, usize>;

/// Tells what is wrong among rows: two of an id with the same day, and on each day on which a row comes into force managers
/// who are no reps then, and cycles of them.
pub(super) fn check(rows: &[Row], report: &mut Report) {
    check_days(rows, report);
    let mut told = BTreeSet::new();
    let days: BTreeSet<Option<Day>> = rows.iter().map(|row| row.from).collect();
    for day in days {
        let in_force = in_force(rows, day);
        check_managers(rows, &in_force, day, &mut told, report);
        check_cycles(rows, &in_force, &mut told, report);
    }
}

fn check_days(rows: &[Row], report: &mut Report) {
    let mut known: HashMap<(&str, Option<Day>), &Row> = HashMap::new();
    for row in rows {
        let id = row.rep.id.as_str();
        let Some(before) = known.get(&(id, row.from)) else {
            known.insert((id, row.from), row);
            continue;
        };
        let place = report.places.shown(before.places.from.unwrap_or(before.places.id));
        match (row.from, row.places.from) {
            (Some(day), Some(at)) => {
                let message =
                    format!("two rows of `{id}` hold from {day}; the other is at {place}");
                report.error(at, message, "keep one of the two, or give it another day");
            }
            _ => {
                let message = format!("two reps have the id `{id}`; the other is at {place}");
                report.error(row.places.id, message, "keep one of the two");
            }
        }
    }
}

fn in_force(rows: &[Row], day: Option<Day>) -> InForce<'_> {
    let mut in_force = InForce::new();
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.from <= day) {
        let latest = in_force.entry(row.rep.id.as_str()).or_insert(at);
        if rows[*latest].from < row.from {
            *latest = at;
        }
    }
    in_force
}

fn check_managers(
    rows: &[Row],
    in_force: &InForce<'_>,
    day: Option<Day>,
    told: &mut BTreeSet<usize>,
    report: &mut Report,
) {
    let mut current: Vec<usize> = in_force.values().copied().collect();
    current.sort_unstable();
    for at in current {
        let row = &rows[at];
        let (Some(manager), Some(place)) = (row.rep.manager.as_deref(), row.places.manager) else {
            continue;
        };
        if in_force.contains_key(manager) || !told.insert(at) {
            continue;
        }
        if rows.iter().any(|row| row.rep.id == manager) {
            let when = day.map_or_else(|| "since ever".to_owned(), |day| format!("on {day}"));
            let message = format!("manager `{manager}` is no rep {when}");
            let remedy = "give the row a later `from`, or that of the manager an earlier one";
            report.error(place, message, remedy);
            continue;
        }
        let message = format!("manager `{manager}` is not in the list of reps");
        report.unknown(place, message, remedy(rows, manager));
    }
}

/// What to write in place of an id that nobody has: people are known by their names.
pub(super) fn remedy(rows: &[Row], id: &str) -> String {
    let reps = || rows.iter().map(|row| &row.rep);
    let named = |rep: &&Rep| rep.id != id && rep.name.eq_ignore_ascii_case(id);
    if let Some(rep) = reps().find(named) {
        return format!("`{id}` is a name: write the id, `{}`", rep.id);
    }
    let mut ids: Vec<&str> = reps().map(|rep| rep.id.as_str()).collect();
    ids.dedup();
    suggest::remedy(id, ids.into_iter(), "the reps are")
}

/// Tells each cycle once, at its first row.
fn check_cycles(
    rows: &[Row],
    in_force: &InForce<'_>,
    told: &mut BTreeSet<usize>,
    report: &mut Report,
) {
    let above = |at: &usize| in_force.get(rows[*at].rep.manager.as_deref()?).copied();
    let mut visited = vec![false; rows.len()];
    let mut starts: Vec<usize> = in_force.values().copied().collect();
    starts.sort_unstable();
    for start in starts {
        let mut walked: Vec<usize> = Vec::new();
        let mut next = Some(start);
        while let Some(at) = next.filter(|at| !visited[*at]) {
            visited[at] = true;
            walked.push(at);
            next = above(&at);
        }
        let Some(from) = next.and_then(|at| walked.iter().position(|other| *other == at)) else {
            continue;
        };
        let cycle = &walked[from..];
        if cycle.iter().any(|at| told.insert(*at)) {
            tell_cycle(rows, cycle, report);
        }
    }
}

fn tell_cycle(rows: &[Row], cycle: &[usize], report: &mut Report) {
    let ids: Vec<&str> =
        cycle.iter().chain(&cycle[..1]).map(|at| rows[*at].rep.id.as_str()).collect();
    if let Some(at) = rows[cycle[0]].places.manager {
        let message = format!("a cycle of managers: {}", ids.join(" → "));
        report.error(at, message, "take the manager of one of them out");
    }
}
