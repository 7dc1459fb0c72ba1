//! What is judged step by step: reps and rates that change are followed lane by lane, each in a revision of its own at the
//! same instant.
//!
//! The numbers in the end are the same. But a dead zone remembers which status there was in between, of which the oracle
//! knows nothing; so any status will do that follows from some status before.

use paceline_tests::recompute::{Board, Row, status::Status};

use super::{Outcome, Play};
use crate::engine;

const ALL: [Status; 8] = [
    Status::NoGoal,
    Status::NotEnoughData,
    Status::Missed,
    Status::Achieved,
    Status::TooEarly,
    Status::Ahead,
    Status::OnTrack,
    Status::Behind,
];

impl Play<'_> {
    /// Goes on with what the watcher knows where the status depends on steps in between.
    pub(super) fn allow_steps(&mut self, board: &Board<'_>, rows: &mut [Row]) -> Outcome {
        if !self.in_steps {
            return Ok(());
        }
        for row in rows {
            let names = (row.scope.clone(), row.kpi.clone(), row.period.name.clone());
            let Some(standing) = self.watched.get(&names) else { continue };
            let found = engine::status(standing.status);
            if found == row.status {
                continue;
            }
            let place = (row.scope.as_str(), row.kpi.as_str(), row.period.kind);
            let follows =
                |last: &Status| board.status_at(place, None, self.now, Some(*last)) == found;
            if !ALL.iter().any(follows) {
                return Err(format!(
                    "at {} {names:?} is {found:?}, which follows from no status; instead of {:?}",
                    self.now, row.status
                ));
            }
            row.status = found;
            self.memory.insert(names, (found, standing.since));
        }
        Ok(())
    }
}
