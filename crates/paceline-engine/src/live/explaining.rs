//! Explaining: what a standing comes to, of what it is computed, and of what its goal is made.

use std::sync::Arc;

use jiff::Timestamp;
use paceline_core::board::{Board, Pieces, Reading, Revision, Standing, Subject};
use paceline_core::day::Day;
use paceline_core::kpi::KpiId;
use paceline_core::roster::Roster;

use super::Live;

/// Why a standing is what it is, at one revision.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The standing.
    pub standing: Standing,
    /// What it is computed of, unless it is simple: what each of these KPIs comes to, and whether its goal counts.
    pub inputs: Vec<(Standing, bool)>,
    /// What its goal is made of.
    pub pieces: Pieces,
    /// The reps of then.
    pub roster: Arc<Roster>,
    /// The revision.
    pub revision: Revision,
    /// The instant at which it is evaluated.
    pub as_of: Timestamp,
}

impl Live {
    /// Why a standing is what it is, in the period that is running or holds `on`; `None` when there is no such scope, or it is not
    /// seen.
    pub fn explanation(
        &self,
        subject: &Subject,
        on: Option<Day>,
        now: Timestamp,
    ) -> Option<Explanation> {
        let look = |board: &mut Board| {
            let sought = board.sought(subject, on)?;
            let as_of = board.clock();
            let reading = board.found(&sought, sought.kpi, on, as_of)?;
            let model = board.model().clone();
            let goals = model.goals_within(sought.kpi);
            let others = goals.iter().filter(|goal| !sought.leaves.contains(goal));
            let mut kpis: Vec<KpiId> = sought.leaves.iter().chain(others).copied().collect();
            kpis.retain(|kpi| *kpi != sought.kpi);
            let inputs: Vec<(Reading, bool)> = kpis
                .into_iter()
                .filter_map(|kpi| {
                    let reading = board.found(&sought, kpi, on, as_of)?;
                    Some((reading, goals.contains(&kpi)))
                })
                .collect();
            let pieces = board.pieces(&sought, as_of);
            Some((reading, inputs, pieces, board.roster().clone(), as_of))
        };
        let (seen, revision) = self.read(now, look);
        let (reading, inputs, pieces, roster, as_of) = seen?;
        let inputs = inputs.into_iter().map(|(reading, goal)| (reading.at(as_of), goal)).collect();
        Some(Explanation { standing: reading.at(as_of), inputs, pieces, roster, revision, as_of })
    }

    /// Whether there is such a scope for the one who asks.
    pub fn is_seen(&self, subject: &Subject, now: Timestamp) -> bool {
        self.read(now, |board| board.sought(subject, None).is_some()).0
    }
}
