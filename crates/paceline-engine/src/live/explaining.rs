//! Explaining: what a standing comes to, of what it is computed, of what its goal is made, and what moved it since a revision.

mod moved;

use std::sync::Arc;

use jiff::Timestamp;
use paceline_core::board::{Board, Pieces, Reading, Revision, Standing, Subject};
use paceline_core::contributor::Sought;
use paceline_core::day::Day;
use paceline_core::kpi::KpiId;
use paceline_core::roster::Roster;

use super::Live;

pub use moved::{Moved, MovedSince, Rebased};

/// Why a standing is what it is, at one revision.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The standing.
    pub standing: Standing,
    /// What it is computed of, unless it is simple: what each of these KPIs comes to, and whether its goal counts.
    pub inputs: Vec<(Standing, bool)>,
    /// What its goal is made of.
    pub pieces: Pieces,
    /// What moved it; nothing of a period that was asked for by a day, of which that is not known.
    pub moved: Option<MovedSince>,
    /// The reps of then.
    pub roster: Arc<Roster>,
    /// The revision.
    pub revision: Revision,
    /// The instant at which it is evaluated.
    pub as_of: Timestamp,
}

/// Why there is no explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unexplained {
    /// There is no such standing, or it may not be seen.
    Unknown,
    /// The revision is yet to come; this is the newest.
    Future(Revision),
}

impl Live {
    /// Why a standing is what it is, in the period that is running or holds `on`, and what moved it since a revision.
    ///
    /// # Errors
    /// [`Unexplained`].
    pub fn explanation(
        &self,
        subject: &Subject,
        on: Option<Day>,
        since: Revision,
        now: Timestamp,
    ) -> Result<Explanation, Unexplained> {
        let look = |board: &mut Board| {
            if since > board.revision() {
                return Err(Unexplained::Future(board.revision()));
            }
            let sought = board.sought(subject, on).ok_or(Unexplained::Unknown)?;
            let as_of = board.clock();
            let (reading, inputs) = found(board, &sought, on, as_of).ok_or(Unexplained::Unknown)?;
            let ingredients = board.ingredients(&sought, as_of);
            let evidence = if on.is_none() { board.evidence(subject, since) } else { None };
            Ok((reading, inputs, ingredients, evidence, board.roster().clone(), as_of))
        };
        let (seen, revision) = self.read(now, look);
        let (reading, inputs, ingredients, evidence, roster, as_of) = seen?;
        let pieces = ingredients.pieces();
        let moved = evidence.map(|evidence| self.moved_since(evidence, subject, since));
        let inputs = inputs.into_iter().map(|(reading, goal)| (reading.at(as_of), goal)).collect();
        let standing = reading.at(as_of);
        Ok(Explanation { standing, inputs, pieces, moved, roster, revision, as_of })
    }

    /// The reps of now, if by them there is such a scope for the one who asks.
    pub fn seen(&self, subject: &Subject, now: Timestamp) -> Option<Arc<Roster>> {
        let look = |board: &mut Board| {
            board.sought(subject, None).is_some().then(|| board.roster().clone())
        };
        self.read(now, look).0
    }
}

/// A standing, and what it is computed of: which of these by its goal.
fn found(
    board: &mut Board,
    sought: &Sought,
    on: Option<Day>,
    as_of: Timestamp,
) -> Option<(Reading, Vec<(Reading, bool)>)> {
    let goals = board.model().goals_within(sought.kpi);
    let others = goals.iter().filter(|goal| !sought.leaves.contains(goal));
    let inputs = sought.leaves.iter().chain(others).filter(|kpi| **kpi != sought.kpi);
    let kpis: Vec<KpiId> = [&sought.kpi].into_iter().chain(inputs).copied().collect();
    let mut readings = board.found(sought, kpis, on, as_of).into_iter();
    let reading = readings.next().filter(|reading| reading.key().kpi == sought.kpi)?;
    let input = |reading: Reading| {
        let counts_goal = goals.contains(&reading.key().kpi);
        (reading, counts_goal)
    };
    Some((reading, readings.map(input).collect()))
}
