//! Time passes, with a stop at every instant at which the engine says that something changes.

use std::{collections::BTreeSet, rc::Rc, sync::Arc};

use jiff::{Timestamp, ToSpan};
use paceline_core::board::Standing;
use paceline_tests::recompute::{Board, Row, config::PeriodKind};

use super::{super::history::Jump, Names, Outcome, Play, kind, moves::Event};
use crate::engine;

impl Play<'_> {
    /// Lets time pass, stopping at every instant that the engine names.
    pub(super) fn clock(&mut self, jump: Jump) -> Outcome {
        if self.open && self.world.is_lively() {
            // Lanes that follow on the way commit what they have taken, which belongs to the instant before.
            self.commit_all()?;
        }
        let to = jump.from(self.now, self.engine.live.next_due());
        self.note(|| format!("clock to {to}"));
        self.explain()?;
        self.happened(Event::Clock);
        self.saw_jump(to);
        if self.open {
            let (config, records) = (Rc::clone(&self.oracle), Rc::clone(&self.records));
            let board = Board::new(&config, &records);
            let mut dues = 0;
            while let Some(due) = self.engine.live.next_due().filter(|due| *due <= to) {
                if due <= self.now {
                    return Err(format!("at {} it says that something is due at {due}", self.now));
                }
                self.due(due, &board, dues % 20 == 0)?;
                dues += 1;
            }
        }
        self.now = to;
        self.engine.live.advance(to);
        if self.open { self.compare("time has passed") } else { Ok(()) }
    }

    /// Stops at an instant; with `fully`, all standings are looked at, also right before it.
    fn due(&mut self, due: Timestamp, board: &Board<'_>, fully: bool) -> Outcome {
        if fully && due - 1.nanosecond() > self.now {
            self.compare_statuses(board, due - 1.nanosecond())?;
        }
        let roster = self.engine.live.roster();
        self.engine.live.advance(due);
        self.now = due;
        self.settle()?;
        self.explain().map_err(|error| format!("at {due}: {error}"))?;
        self.happened(Event::Clock);
        let turned = !Arc::ptr_eq(&roster, &self.engine.live.roster());
        self.coverage.saw_if("reps change with a day", turned);
        let before = self.watched.clone();
        let changed = self.watch()?;
        let moved: BTreeSet<(String, String, PeriodKind)> = changed
            .iter()
            .filter(|names| {
                before.get(*names).is_none_or(|known| known.status != self.watched[*names].status)
            })
            .map(|names| (names.0.clone(), names.1.clone(), kind(&self.watched[names])))
            .collect();
        let wanted =
            |scope: String, kpi: &str, kind| moved.contains(&(scope, kpi.to_owned(), kind));
        let mut rows = board.rows(due, None, &mut self.memory, |scope, kpi, kind| {
            fully || turned || wanted(scope.to_string(), &kpi.name, kind)
        });
        self.allow_steps(board, &mut rows)?;
        rows.iter().try_for_each(|row| self.check_due(due, row, &before))
    }

    /// A status that is another since an instant at which something was due began with it.
    fn check_due(
        &mut self,
        due: Timestamp,
        row: &Row,
        before: &std::collections::BTreeMap<Names, Standing>,
    ) -> Outcome {
        let names = (row.scope.clone(), row.kpi.clone(), row.period.name.clone());
        let Some(standing) = self.watched.get(&names) else {
            return Err(format!("at {due} there is no standing of {names:?}"));
        };
        let status = engine::status(standing.status);
        if status != row.status {
            return Err(format!("at {due} {names:?} is {status:?} instead of {:?}", row.status));
        }
        let known = before.get(&names);
        let new = known.is_none_or(|known| known.status != standing.status);
        let kept = known.is_some_and(|known| known.since == standing.since);
        let begun = standing.since == due;
        if !(begun || kept && !new) || !new && !kept && !self.in_steps {
            return Err(format!("at {due} {names:?} is {status:?} since {}", standing.since));
        }
        self.coverage.saw_if("a status changes by the clock alone", new && known.is_some());
        self.coverage
            .saw_if("an instant to the nanosecond", new && due.subsec_nanosecond() % 1_000 != 0);
        self.coverage.saw_if("a new period begins", known.is_none());
        Ok(())
    }

    /// The statuses at an instant at which the engine says that none has changed.
    fn compare_statuses(&self, board: &Board<'_>, instant: Timestamp) -> Outcome {
        for row in board.rows(instant, None, &mut self.memory.clone(), |_, _, _| true) {
            let names = (row.scope, row.kpi, row.period.name);
            let known = self.memory.get(&names).map(|(status, _)| *status);
            if known != Some(row.status) {
                return Err(format!(
                    "{names:?} is {:?} at {instant}, having been {known:?}, which the engine does not notice",
                    row.status
                ));
            }
        }
        Ok(())
    }
}
