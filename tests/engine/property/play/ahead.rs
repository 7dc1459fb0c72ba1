//! When a status changes next by the clock alone.

use std::borrow::Cow;

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use paceline_core::board::Standing;
use paceline_tests::recompute::{
    Board,
    config::{Config, KpiType, PeriodKind},
    formula::Formula,
    roster,
    scope::Scope,
};

use super::{Outcome, Play, kind};
use crate::engine;

impl Play<'_> {
    /// The instant at which a status is to change by the clock alone: until then it does not, and then it does.
    ///
    /// That other reps come into force with a day is not looked ahead at: it is looked at when it happens.
    pub(super) fn check_next_change(&mut self, board: &Board<'_>, standing: &Standing) -> Outcome {
        let (scope, kpi, period) = self.engine.names(standing);
        let kind = kind(standing);
        let rolling = matches!(kind, PeriodKind::Rolling(_));
        let on = (!rolling).then(|| standing.key.period.end.civil());
        let status = engine::status(standing.status);
        let at = |instant| board.status_at((&scope, &kpi, kind), on, instant, Some(status));
        let horizon = self.horizon();
        // Between instants at which a standing is judged, its period may end.
        let stays = |instant: Timestamp| {
            if horizon.is_some_and(|horizon| instant >= horizon) {
                return Ok(());
            }
            let found = at(instant);
            if found == status {
                return Ok(());
            }
            Err(format!(
                "at {} {scope} {kpi} {period} is {status:?} with the next change at {:?}, but {found:?} at {instant}",
                self.now, standing.next_change
            ))
        };
        self.coverage.saw(if standing.next_change.is_some() {
            "next change"
        } else {
            "no next change"
        });
        let Some(next) = standing.next_change else {
            let ends = standing.key.period.end.plus(-1).start(&TimeZone::UTC);
            let until = if rolling { self.now + 960.hours() } else { ends };
            return [1, 3]
                .map(|part| between(self.now, until, part))
                .into_iter()
                .try_for_each(stays);
        };
        if next <= self.now {
            return Err(format!("at {} the next change of {scope} {kpi} is at {next}", self.now));
        }
        stays(next - 1.nanosecond())?;
        stays(between(self.now, next, 1 + self.looks % 3))?;
        if horizon.is_some_and(|horizon| next >= horizon) || at(next) != status {
            return Ok(());
        }
        // The period of what is made of a stock ends without a value, but then its standing is gone.
        let ends = standing.key.period.end.plus(1).start(&self.zone(board, &scope)) == next;
        if ends && self.is_stock(&kpi) {
            return Ok(());
        }
        Err(format!(
            "at {} the next change of {scope} {kpi} {period} is at {next}, but it is still {status:?} then",
            self.now
        ))
    }

    /// When other reps may come into force.
    fn horizon(&self) -> Option<Timestamp> {
        let zone = &self.oracle.calendars.default.time_zone;
        let starts = self.dates.iter().map(|day| {
            let start = day.to_zoned(zone.clone()).expect("the years of a story are in range");
            start.timestamp()
        });
        starts.filter(|start| *start > self.now).min()
    }

    fn zone(&self, board: &Board<'_>, scope: &str) -> TimeZone {
        let config: Cow<'_, Config> = if self.world.is_lively() {
            Cow::Owned(roster::with_reps(&self.oracle, board.roster(self.now).reps))
        } else {
            Cow::Borrowed(&self.oracle)
        };
        let scope = Scope::all(&config).into_iter().find(|known| known.to_string() == scope);
        scope.expect("the oracle has the scope").zone(&config).clone()
    }

    /// Whether a KPI is a stock, or made of any.
    pub(super) fn is_stock(&self, kpi: &str) -> bool {
        let kpi = self.oracle.kpi(kpi).expect("the oracle has the KPI");
        match kpi.kind {
            KpiType::Derived => {
                let formula = Formula::compile(kpi.expr.as_ref().expect("it has an expression"));
                formula.named().iter().any(|part| self.is_stock(part))
            }
            KpiType::Ratio => kpi.numerator.as_ref().is_some_and(|part| self.is_stock(part)),
            KpiType::Simple | KpiType::Conversion | KpiType::Other => kpi.at.is_none(),
        }
    }
}

/// An instant a quarter, a half or three quarters of the way.
fn between(from: Timestamp, until: Timestamp, quarters: usize) -> Timestamp {
    let way = (until.as_nanosecond() - from.as_nanosecond()).max(0);
    let nanos = from.as_nanosecond() + way * quarters as i128 / 4;
    Timestamp::from_nanosecond(nanos).expect("between two instants")
}
