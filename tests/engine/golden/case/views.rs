//! What is made of many standings at once, or of many days of one: leaderboards, histories and what to look at first.

use paceline_core::{board::Subject, day::Day, ranks::By};
use paceline_tests::recompute::{
    Board, Row, StatusMemory,
    config::{PeriodKind, Role},
    ranks,
};

use super::{Case, Head, content};
use crate::engine;
use crate::golden::table::{Cells, Table};

impl Case<'_> {
    /// The reps of a scope by rank: `leaderboard at INSTANT [on DAY] [by WHAT] of SCOPE KPI KIND`.
    pub(super) fn leaderboard(&mut self, block: &str, head: &Head, table: &mut Table) {
        self.pass(head.instant);
        let (by, oracle_by) = by(content(block).next().unwrap_or_default());
        let subject = self.subject(head);
        let on = head.on.map(Day::from_civil);
        let (found, _) = self.engine.live.leaderboard(&subject, by, on, head.instant);
        let found = found.unwrap_or_else(|| panic!("{}: no such scope: {head:?}", self.name));
        let next = found.next_move().map(|next| next.to_string()).unwrap_or_default();
        let ranked = found.into_standings(0);
        let (board, rows) = self.oracle_rows(head);
        let place = self.place(&subject);
        let expected = board.leaderboard(&rows, place, oracle_by, head.instant);
        let expected: Vec<(usize, &str)> =
            expected.iter().map(|(rank, row)| (*rank, row.scope.as_str())).collect();
        let names: Vec<(usize, String)> = ranked
            .iter()
            .map(|(rank, standing)| (rank.unwrap_or(0) as usize, self.engine.names(standing).0))
            .collect();
        let found: Vec<(usize, &str)> =
            names.iter().map(|(rank, scope)| (*rank, scope.as_str())).collect();
        assert_eq!(found, expected, "{}: leaderboard at {}", self.name, head.instant);
        for (rank, standing) in &ranked {
            let mut cells = self.cells(standing);
            let rank = rank.map(|rank| rank.to_string()).unwrap_or_default();
            cells.extend([("rank", rank), ("next move", next.clone())]);
            table.add(&cells);
        }
    }

    /// A standing day by day: `history at INSTANT [on DAY] of SCOPE KPI KIND`.
    pub(super) fn history(&mut self, head: &Head, table: &mut Table) {
        self.pass(head.instant);
        let subject = self.subject(head);
        let on = head.on.map(Day::from_civil);
        let (found, _) = self.engine.live.history(&subject, on, head.instant);
        let found = found.unwrap_or_else(|| panic!("{}: no such scope: {head:?}", self.name));
        let (board, _) = self.oracle_rows(head);
        let expected = board.history(self.place(&subject), head.instant, head.on);
        assert_eq!(found.days.len(), expected.len(), "{}: history at {}", self.name, head.instant);
        for (found, expected) in found.days.iter().zip(&expected) {
            let texts = [found.actual, found.expected]
                .map(|number| number.map(|number| number.to_string()).unwrap_or_default());
            let [actual, due] = texts;
            assert_eq!(
                (found.day.civil(), &actual, &due),
                (expected.day, &expected.actual, &expected.expected),
                "{}: history at {}",
                self.name,
                head.instant
            );
            let day = found.day.to_string();
            table.add(&Cells::from([("day", day), ("actual", actual), ("expected", due)]));
        }
    }

    /// What to look at first: `coaching at INSTANT [of NAME …]`.
    pub(super) fn coaching(&mut self, head: &Head, table: &mut Table) {
        self.pass(head.instant);
        let found = self.engine.live.focus(&Default::default(), head.instant).focus;
        let standings = self.engine.standings(None, head.instant);
        let (_, mut rows) = self.oracle_rows(head);
        for row in &mut rows {
            let of_row = standings.iter().find(|standing| {
                self.engine.names(standing)
                    == (row.scope.clone(), row.kpi.clone(), row.period.name.clone())
            });
            // Which status it is depends on the one before, of which the oracle has no memory here.
            row.status = engine::status(of_row.expect("a standing of the row").status);
        }
        let expected = ranks::focus(&self.oracle, &rows);
        assert_eq!(found.len(), expected.len(), "{}: focus at {}", self.name, head.instant);
        for (focus, (role, row)) in found.into_iter().zip(expected) {
            let rank = focus.rank.to_string();
            let standing = focus.reading.at(head.instant);
            let names = (row.scope.clone(), row.kpi.clone(), row.period.name.clone());
            assert_eq!(self.engine.names(&standing), names, "{}: {}", self.name, head.instant);
            if !self.is_named(head, &standing) {
                continue;
            }
            let mut cells = self.cells(&standing);
            let role = if role == Role::Input { "input" } else { "output" };
            cells.extend([("rank", rank), ("role", role.to_owned())]);
            table.add(&cells);
        }
    }

    /// The scope, the KPI and the kind of period that a head names, in this order.
    pub(super) fn subject(&self, head: &Head) -> Subject {
        let [scope, kpi, kind] = head.names.as_slice() else {
            panic!("{}: names no scope, KPI and kind of period: {head:?}", self.name)
        };
        let kpi = self.engine.live.model().kpi_named(kpi).expect("a KPI");
        Subject {
            sight: Default::default(),
            scope: scope.clone(),
            kpi,
            kind: kind.parse().expect("a kind of period"),
        }
    }

    /// The same as the oracle names it.
    fn place<'s>(&'s self, subject: &'s Subject) -> (&'s str, &'s str, PeriodKind) {
        let kpi = &self.engine.live.model().kpi(subject.kpi).name;
        let kind = subject.kind.to_string().parse().expect("both know the same kinds of period");
        (&subject.scope, kpi, kind)
    }

    fn oracle_rows(&self, head: &Head) -> (Board<'_>, Vec<Row>) {
        let board = Board::new(&self.oracle, &self.records);
        let mut memory = StatusMemory::new();
        let rows = board.rows(head.instant, head.on, &mut memory, |_, _, _| true);
        (board, rows)
    }
}

/// What a head says they are ranked by.
fn by(head: &str) -> (By, ranks::By) {
    let mut words = head.split_whitespace().skip_while(|word| *word != "by").skip(1);
    match words.next() {
        None | Some("actual") => (By::Actual, ranks::By::Actual),
        Some("attainment") => (By::Attainment, ranks::By::Attainment),
        Some("pace") => (By::Pace, ranks::By::Pace),
        Some(other) => panic!("ranks by no {other}: {head}"),
    }
}
