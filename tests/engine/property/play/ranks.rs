//! Leaderboards, histories and what to look at first, beside what the oracle makes of its rows.

use jiff::{Timestamp, ToSpan, civil::Date};
use paceline_core::{board::Subject, day::Day, decimal::Decimal, ranks::By};
use paceline_tests::recompute::{
    Board, Row, StatusMemory,
    config::{Kpi, PeriodKind, Role},
    ranks,
    scope::Scope,
};

use super::{Outcome, Play};

/// A scope, a KPI and a kind of period.
type Place = (String, String, PeriodKind);

/// A day, what was reached and what was due when it was over.
type Past = (Date, String, String);

const BYS: [(By, ranks::By); 3] = [
    (By::Actual, ranks::By::Actual),
    (By::Attainment, ranks::By::Attainment),
    (By::Pace, ranks::By::Pace),
];

impl Play<'_> {
    /// A leaderboard, another one each time, and all that is behind.
    pub(super) fn compare_ranks(&mut self, board: &Board<'_>, rows: &[Row]) -> Outcome {
        let nth = self.looks;
        for (way, (by, oracle_by)) in BYS.into_iter().enumerate() {
            let reps = rows.iter().filter(|row| row.scope != "unassigned");
            let reps: Vec<&Row> = reps.collect();
            let place = place(reps[(nth * 5 + way * 11) % reps.len()]);
            self.compare_leaderboard(board, rows, &place, (by, oracle_by), None)?;
        }
        self.compare_focus(rows)
    }

    /// Leaderboards and histories of periods that lie behind, and when ranks by pace change by the clock alone.
    pub(super) fn compare_ranks_fully(&mut self, board: &Board<'_>, on: Date) -> Outcome {
        let rows = |on| board.rows(self.now, on, &mut StatusMemory::new(), |_, _, _| true);
        let (past, running) = (rows(Some(on)), rows(None));
        for (nth, rows, on) in [(3, &running, None), (8, &past, Some(on))] {
            let row = &rows[(self.looks * 3 + nth) % rows.len()];
            self.compare_history(board, row, on)?;
            if row.scope != "unassigned" {
                let way = BYS[(self.looks + nth) % BYS.len()];
                self.compare_leaderboard(board, rows, &place(row), way, on)?;
            }
        }
        let due = running.iter().filter(|row| row.scope == "org" && !row.expected.is_empty());
        let places: Vec<Place> = due.map(place).collect();
        // Mostly a rate changes before any rank does; where one does, that is looked at.
        let moves = places.iter().find(|place| self.moves_before_the_board(place));
        let chosen = moves.or_else(|| places.get(self.looks % places.len().max(1)));
        chosen.map_or(Ok(()), |place| self.check_next_move(board, &running, place))
    }

    fn moves_before_the_board(&self, place: &Place) -> bool {
        let subject = self.subject(place);
        let (found, _) = self.engine.live.leaderboard(&subject, By::Pace, None, self.now);
        let next = found.and_then(|found| found.next_move());
        let due = self.engine.live.next_due();
        next.is_some_and(|next| due.is_none_or(|due| next < due))
    }

    fn compare_leaderboard(
        &mut self,
        board: &Board<'_>,
        rows: &[Row],
        place: &Place,
        (by, oracle_by): (By, ranks::By),
        on: Option<Date>,
    ) -> Outcome {
        let (scope, kpi, kind) = place;
        let expected = board.leaderboard(rows, (scope, kpi, *kind), oracle_by, self.now);
        let expected: Vec<(usize, String)> =
            expected.into_iter().map(|(rank, row)| (rank, row.scope.clone())).collect();
        let found = self.ranks(place, by, on);
        if found != expected {
            return Err(format!(
                "at {} {place:?} on {on:?} by {by:?} is ranked {found:?} instead of {expected:?}",
                self.now
            ));
        }
        let ranks: Vec<usize> = found.iter().map(|(rank, _)| *rank).collect();
        let shared = ranks.windows(2).any(|pair| pair[0] == pair[1] && pair[0] > 0);
        let then = shared && ranks.windows(2).any(|pair| pair[1] > pair[0] + 1);
        self.coverage.saw_if("ranks", ranks.contains(&2));
        self.coverage.saw_if("a shared rank", shared);
        self.coverage.saw_if("a rank after a shared one", then);
        self.coverage.saw_if("unranked beside ranked", ranks.contains(&0) && ranks.contains(&1));
        self.coverage.saw_if("ranks of a team", scope.starts_with("team") && ranks.len() > 1);
        Ok(())
    }

    /// What the engine says.
    fn ranks(&self, place: &Place, by: By, on: Option<Date>) -> Vec<(usize, String)> {
        let on = on.map(Day::from_civil);
        let (found, _) = self.engine.live.leaderboard(&self.subject(place), by, on, self.now);
        let found = found.expect("the oracle has the scope").into_standings(0);
        let named = |(rank, standing): &(Option<u32>, _)| {
            (rank.unwrap_or(0) as usize, self.engine.names(standing).0)
        };
        found.iter().map(named).collect()
    }

    fn subject(&self, (scope, kpi, kind): &Place) -> Subject {
        let kpi = self.engine.live.model().kpi_named(kpi).expect("both know the same KPIs");
        let kind = kind.to_string().parse().expect("both know the same kinds of period");
        Subject { sight: Default::default(), scope: scope.clone(), kpi, kind }
    }

    fn compare_focus(&mut self, rows: &[Row]) -> Outcome {
        let found = self.engine.live.focus(&Default::default(), self.now).focus;
        let found: Vec<_> = found
            .into_iter()
            .map(|focus| (focus.rank as usize, self.engine.names(&focus.reading.at(self.now))))
            .collect();
        let expected = ranks::focus(&self.oracle, rows);
        let names = |row: &Row| (row.scope.clone(), row.kpi.clone(), row.period.name.clone());
        let named: Vec<_> =
            (1..).zip(&expected).map(|(rank, (_, row))| (rank, names(row))).collect();
        if found != named {
            return Err(format!("at {} behind are {found:?} instead of {named:?}", self.now));
        }
        let roles: Vec<Role> = expected.iter().map(|(role, _)| *role).collect();
        let both = roles.contains(&Role::Input) && roles.contains(&Role::Output);
        self.coverage.saw_if("an input and an output behind", both);
        Ok(())
    }

    fn compare_history(&mut self, board: &Board<'_>, row: &Row, on: Option<Date>) -> Outcome {
        if self.is_stock(&row.kpi) {
            return Ok(());
        }
        let place = place(row);
        let (scope, kpi, kind) = &place;
        let expected = board.history((scope, kpi, *kind), self.now, on).into_iter();
        let days: Vec<Past> = expected.map(|day| (day.day, day.actual, day.expected)).collect();
        let found = self.history(&place, on);
        if found != days {
            let pair = found.iter().zip(&days).find(|(one, other)| one != other);
            return Err(format!("at {} the history of {place:?} on {on:?}: {pair:?}", self.now));
        }
        let last = days.iter().rev().find(|(_, actual, _)| !actual.is_empty());
        if last.is_some_and(|(_, last, _)| *last != row.actual) && !row.actual.is_empty() {
            return Err(format!(
                "at {} the history of {place:?} on {on:?} ends with {last:?} instead of {}",
                self.now, row.actual
            ));
        }
        self.coverage.saw("a history");
        let to_come = last.is_some() && days.last().is_some_and(|(_, last, _)| last.is_empty());
        self.coverage.saw_if("a history of days to come", to_come);
        self.coverage.saw_if("a history of what is due", days.iter().any(|day| !day.2.is_empty()));
        Ok(())
    }

    /// What the engine says.
    fn history(&self, place: &Place, on: Option<Date>) -> Vec<Past> {
        let on = on.map(Day::from_civil);
        let (found, _) = self.engine.live.history(&self.subject(place), on, self.now);
        let text =
            |number: Option<Decimal>| number.map(|number| number.to_string()).unwrap_or_default();
        let days = found.expect("the oracle has the scope").days.into_iter();
        days.map(|day| (day.day.civil(), text(day.actual), text(day.expected))).collect()
    }

    /// The instant at which ranks by pace are to change by the clock alone: until then they do not, and then they do, or what
    /// is due of some goal begins to grow otherwise.
    fn check_next_move(&self, board: &Board<'_>, rows: &[Row], place: &Place) -> Outcome {
        let subject = self.subject(place);
        let (found, _) = self.engine.live.leaderboard(&subject, By::Pace, None, self.now);
        let next = found.expect("the oracle has the scope").next_move();
        // Beyond what changes on the board itself it is looked at anew.
        let horizon = self.engine.live.next_due();
        let Some(until) = next.into_iter().chain(horizon).min() else { return Ok(()) };
        let now = ranks_of(board, rows, place, self.now);
        let before = until - 1.nanosecond();
        let found = ranks_at(board, place, before);
        if before > self.now && found != now {
            return Err(format!(
                "at {} {place:?} is to be ranked as now until {until}, but is {found:?} right before instead of {now:?}",
                self.now
            ));
        }
        let Some(next) = next.filter(|next| horizon.is_none_or(|horizon| *next < horizon)) else {
            return Ok(());
        };
        if ranks_at(board, place, next) == now && !self.rate_changes(next) {
            return Err(format!(
                "at {} the ranks of {place:?} are to change at {next} and are still {now:?}",
                self.now
            ));
        }
        Ok(())
    }

    /// Whether what is due of some goal begins to grow at another rate.
    fn rate_changes(&self, at: Timestamp) -> bool {
        let standings = self.engine.standings(None, self.now);
        standings.iter().any(|standing| standing.numbers.rate_until == Some(at))
    }
}

/// The ranks by pace that the oracle sees in these rows.
fn ranks_of(board: &Board<'_>, rows: &[Row], place: &Place, at: Timestamp) -> Vec<(usize, String)> {
    let (scope, kpi, kind) = place;
    let ranked = board.leaderboard(rows, (scope, kpi, *kind), ranks::By::Pace, at);
    ranked.into_iter().map(|(rank, row)| (rank, row.scope.clone())).collect()
}

/// The ranks by pace at an instant at which nothing else has happened.
fn ranks_at(board: &Board<'_>, place: &Place, at: Timestamp) -> Vec<(usize, String)> {
    let (_, kpi, kind) = place;
    let of_kpi = |_: &Scope, other: &Kpi, other_kind| other.name == *kpi && other_kind == *kind;
    let rows = board.rows(at, None, &mut StatusMemory::new(), of_kpi);
    ranks_of(board, &rows, place, at)
}

fn place(row: &Row) -> Place {
    (row.scope.clone(), row.kpi.clone(), row.period.kind)
}
