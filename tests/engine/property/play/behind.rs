//! What is behind some of the numbers: contributors and pieces of goals, beside what the oracle finds.

use jiff::civil::Date;
use paceline_core::board::How;
use paceline_tests::recompute::{Board, Row};

use super::{Outcome, Play};
use crate::behind::{Place, compare_contributors, compare_pieces};

impl Play<'_> {
    /// Of a few of the rows, others each time.
    pub(super) fn compare_behind(
        &mut self,
        board: &Board<'_>,
        rows: &[Row],
        on: Option<Date>,
    ) -> Outcome {
        for nth in 0..3 {
            let row = &rows[(self.looks * 17 + nth * 31) % rows.len()];
            let place: Place = (row.scope.clone(), row.kpi.clone(), row.period.kind);
            let told = |error| format!("at {} of {place:?} on {on:?}: {error}", self.now);
            let found = compare_pieces(&self.engine, board, &place, on, self.now).map_err(told)?;
            let pieces = &found.pieces;
            self.coverage.saw_if("pieces of many members", pieces.how == How::Sum);
            self.coverage.saw_if("members in common", pieces.how == How::Common);
            self.coverage.saw_if("members that differ", pieces.how == How::Differ);
            let stretches = pieces.pieces.iter().map(|piece| piece.stretches.len()).max();
            self.coverage.saw_if("a goal of several stretches", stretches > Some(1));
            let passed = pieces.pieces.iter().any(|piece| !piece.passed_over.is_empty());
            self.coverage.saw_if("a goal that is passed over", passed);
            if !self.is_all_committed() {
                continue;
            }
            let found = compare_contributors(&mut self.engine, board, &place, on, self.now);
            let found = found
                .map_err(|error| format!("at {} of {place:?} on {on:?}: {error}", self.now))?;
            let all = &found.contributors;
            self.coverage.saw_if("contributors", all.len() > 2);
            self.coverage.saw_if("contributors of parts", found.parts.len() > 1 && !all.is_empty());
            self.coverage.saw_if(
                "a contributor shared by several",
                all.iter().any(|one| one.part.credits.len() > 1),
            );
            self.coverage.saw_if(
                "a contributor of overlay",
                all.iter().any(|one| one.part.credits.iter().any(|credit| credit.overlay)),
            );
            self.coverage.saw_if(
                "a contributor in doubt",
                all.iter().any(|one| one.part.doubt != Default::default()),
            );
            self.coverage
                .saw_if("a contributor converted", all.iter().any(|one| one.part.money.is_some()));
        }
        Ok(())
    }
}
