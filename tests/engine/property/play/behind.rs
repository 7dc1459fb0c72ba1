//! What is behind some of the numbers: contributors and pieces of goals, beside what the oracle finds.

use jiff::civil::Date;
use paceline_core::board::How;
use paceline_tests::recompute::{Board, Row};

use super::{Outcome, Play};
use crate::behind::{Place, compare_contributors, compare_pieces};

impl Play<'_> {
    /// Of one of the rows, another each time.
    pub(super) fn compare_behind(
        &mut self,
        board: &Board<'_>,
        rows: &[Row],
        on: Option<Date>,
    ) -> Outcome {
        let row = &rows[(self.looks * 17 + self.sent.len()) % rows.len()];
        let place: Place = (row.scope.clone(), row.kpi.clone(), row.period.kind);
        let outcome = self.compare_goal(board, &place, on);
        let outcome = outcome.and_then(|()| self.compare_records(board, &place, on));
        outcome.map_err(|error| format!("at {} of {place:?} on {on:?}: {error}", self.now))
    }

    fn compare_goal(&mut self, board: &Board<'_>, place: &Place, on: Option<Date>) -> Outcome {
        let found = compare_pieces(&self.engine, board, place, on, self.now)?.pieces;
        self.coverage.saw_if("pieces of many members", found.how == How::Sum);
        self.coverage.saw_if("members in common", found.how == How::Common);
        self.coverage.saw_if("members that differ", found.how == How::Differ);
        let stretches = found.pieces.iter().map(|piece| piece.stretches.len()).max();
        self.coverage.saw_if("a goal of several stretches", stretches > Some(1));
        let passed = found.pieces.iter().any(|piece| !piece.passed_over.is_empty());
        self.coverage.saw_if("a goal that is passed over", passed);
        Ok(())
    }

    /// Who asks has all lanes commit, so this waits until there is nothing that they have taken.
    fn compare_records(&mut self, board: &Board<'_>, place: &Place, on: Option<Date>) -> Outcome {
        if !self.is_all_committed() {
            return Ok(());
        }
        let found = compare_contributors(&mut self.engine, board, place, on, self.now)?;
        let parts = || found.contributors.iter().map(|one| &one.part);
        self.coverage.saw_if("contributors", parts().count() > 2);
        let several = found.parts.len() > 1 && parts().count() > 0;
        self.coverage.saw_if("contributors of parts", several);
        let shared = parts().any(|part| part.credits.len() > 1);
        self.coverage.saw_if("a contributor shared by several", shared);
        let overlay = parts().any(|part| part.credits.iter().any(|credit| credit.overlay));
        self.coverage.saw_if("a contributor of overlay", overlay);
        let doubtful = parts().any(|part| part.doubt != Default::default());
        self.coverage.saw_if("a contributor in doubt", doubtful);
        self.coverage.saw_if("a contributor converted", parts().any(|part| part.money.is_some()));
        Ok(())
    }
}
