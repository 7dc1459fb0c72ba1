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
            let reading = board.found(&sought, sought.kpi, on, as_of);
            let reading = reading.ok_or(Unexplained::Unknown)?;
            let (inputs, pieces) =
                (inputs(board, &sought, on, as_of), board.pieces(&sought, as_of));
            let evidence = if on.is_none() { board.evidence(subject, since) } else { None };
            Ok((reading, inputs, pieces, evidence, board.roster().clone(), as_of))
        };
        let (seen, revision) = self.read(now, look);
        let (reading, inputs, pieces, evidence, roster, as_of) = seen?;
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

/// What a standing is computed of, and which of these by its goal.
fn inputs(
    board: &mut Board,
    sought: &Sought,
    on: Option<Day>,
    as_of: Timestamp,
) -> Vec<(Reading, bool)> {
    let model = board.model().clone();
    let goals = model.goals_within(sought.kpi);
    let others = goals.iter().filter(|goal| !sought.leaves.contains(goal));
    let kpis: Vec<KpiId> = sought.leaves.iter().chain(others).copied().collect();
    let mut input = |kpi| Some((board.found(sought, kpi, on, as_of)?, goals.contains(&kpi)));
    kpis.into_iter().filter(|kpi| *kpi != sought.kpi).filter_map(&mut input).collect()
}
