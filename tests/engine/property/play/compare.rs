//! All that the engine shows, beside all that the oracle finds.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use jiff::{ToSpan, civil::Date};
use paceline_core::board::Standing;
use paceline_engine::Cause;
use paceline_tests::recompute::{Board, Row, StatusMemory, config::PeriodKind};

use super::{Names, Outcome, Play, kind};
use crate::compare;

impl Play<'_> {
    /// Looks at everything, and at the numbers of periods that lie behind.
    pub(super) fn look(&mut self, days: i32) -> Outcome {
        if !self.open {
            return Ok(());
        }
        self.compare("a look")?;
        let today = self.now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let on = today - (2 + days % 60).days();
        self.coverage.saw("the past");
        self.compare_past(on)
    }

    /// All standings, in the periods that are running.
    pub(super) fn compare(&mut self, after: &str) -> Outcome {
        self.explain().map_err(|error| format!("{after}: {error}"))?;
        self.watch()?;
        let (config, records) = (Rc::clone(&self.oracle), Rc::clone(&self.records));
        let board = Board::new(&config, &records);
        let mut rows = board.rows(self.now, None, &mut self.memory, |_, _, _| true);
        self.allow_steps(&board, &mut rows).map_err(|error| format!("{after}: {error}"))?;
        let standings = self.engine.standings(None, self.now);
        self.compare_all(&rows, &standings, after, true)?;
        self.compare_watched(&standings)?;
        self.compare_wrong(&board).map_err(|error| format!("{after}: {error}"))?;
        self.saw_rows(&rows);
        self.compare_ranks(&board, &rows).map_err(|error| format!("{after}: {error}"))?;
        self.compare_behind(&board, &rows, None).map_err(|error| format!("{after}: {error}"))?;
        for nth in 0..2 {
            self.looks += 1;
            let at = (self.looks * 7 + nth * 13) % standings.len();
            self.check_next_change(&board, &standings[at])?;
        }
        Ok(())
    }

    /// The numbers in the periods that hold a day behind.
    fn compare_past(&mut self, on: Date) -> Outcome {
        let (config, records) = (Rc::clone(&self.oracle), Rc::clone(&self.records));
        let board = Board::new(&config, &records);
        let rows = board.rows(self.now, Some(on), &mut StatusMemory::new(), |_, _, _| true);
        let standings = self.engine.standings(Some(on), self.now);
        self.compare_all(&rows, &standings, &format!("asked for {on}"), false)?;
        let rolling = |standing: &&Standing| matches!(kind(standing), PeriodKind::Rolling(_));
        let fixed = standings.iter().filter(|standing| !rolling(standing));
        fixed.take(3).try_for_each(|standing| self.check_next_change(&board, standing))?;
        self.compare_behind(&board, &rows, Some(on))?;
        self.compare_ranks_fully(&board, on)
    }

    /// Rows beside standings, each of which has its row; of periods that lie behind there is no memory by which to judge
    /// a status.
    pub(super) fn compare_all(
        &self,
        rows: &[Row],
        standings: &[Standing],
        after: &str,
        judged: bool,
    ) -> Outcome {
        let by_names: BTreeMap<Names, &Standing> =
            standings.iter().map(|standing| (self.engine.names(standing), standing)).collect();
        if by_names.len() != rows.len() || rows.len() != standings.len() {
            let of = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(" ");
            return Err(format!(
                "{after}: {} standings of {} instead of {} of {}",
                standings.len(),
                of(by_names.into_keys().map(|(scope, ..)| scope).collect()),
                rows.len(),
                of(rows.iter().map(|row| row.scope.clone()).collect())
            ));
        }
        for row in rows {
            let names = (row.scope.clone(), row.kpi.clone(), row.period.name.clone());
            let standing = by_names.get(&names);
            let differences = standing
                .map_or_else(|| "\n  missing".to_owned(), |it| differences(row, it, judged));
            if !differences.is_empty() {
                return Err(format!(
                    "{after}, at {}: {names:?} of {} to {}:{differences}",
                    self.now, row.period.start, row.period.end
                ));
            }
        }
        Ok(())
    }

    /// About whom something is wrong is told, each by name.
    fn compare_wrong(&mut self, board: &Board<'_>) -> Outcome {
        if !self.world.is_lively() {
            return Ok(());
        }
        let causes = self.engine.live.freshness().causes();
        let topic = self.engine.reps_topic.clone();
        let quarantined = causes.contains(&Cause::Quarantined { topic });
        if quarantined == self.malformed.is_empty() {
            return Err(format!(
                "{:?} cannot be understood, of which it is not told",
                self.malformed
            ));
        }
        let problems = causes.into_iter().filter_map(|cause| match cause {
            Cause::WrongFact { problem } => Some(problem),
            _ => None,
        });
        let of_rep =
            |problem: String| Some(problem.strip_prefix("rep `")?.split_once('`')?.0.to_owned());
        let told: BTreeSet<String> = problems.filter_map(of_rep).collect();
        let wrong = board.roster(self.now).wrong;
        self.coverage.saw_if("a fact that cannot hold", !wrong.is_empty());
        // Of a row that cannot be understood the oracle names whom it is about, the engine the key.
        if !told.is_subset(&wrong) || self.malformed.is_empty() && told != wrong {
            return Err(format!("something is wrong with {told:?} instead of {wrong:?}"));
        }
        Ok(())
    }
}

fn differences(row: &Row, standing: &Standing, judged: bool) -> String {
    let status = if judged { compare::status(row, standing) } else { String::new() };
    compare::numbers(row, standing) + &status
}
