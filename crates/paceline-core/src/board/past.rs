//! Standings of periods that are not running, computed from the ledger when asked for.

use jiff::Timestamp;

use super::Board;
use super::accumulator::Accumulator;
use super::live::{case, ratio};
use super::view::Standing;
use crate::kpi::{KpiId, Measure};
use crate::ledger::Doubt;
use crate::period::Period;
use crate::rational::Rational;
use crate::roster::ScopeId;
use crate::standing::Status;

impl Board {
    /// The standing of a scope in a period that is over or yet to come. There is no status memory of it: the
    /// bands start at [`Status::OnTrack`].
    pub(super) fn standing_in(
        &mut self,
        scope: ScopeId,
        kpi: KpiId,
        period: Period,
        now: Timestamp,
    ) -> Standing {
        let aim = self.aim(scope, kpi, &period);
        let model = self.model.clone();
        let spread = self.own_spread(scope, model.kpi(kpi), &period);
        let end = (!period.kind.is_rolling()).then(|| self.period_end(scope, &period));
        let value = self.value_in(scope, kpi, &period);
        let doubt = value.2;
        let case = case(model.kpi(kpi), value, aim, end);
        let status = case.status(&self.rules, Status::OnTrack, now);
        Standing {
            key: self.key(scope, kpi, &period),
            numbers: case.numbers(now, spread.as_deref()),
            sample: case.sample,
            status,
            since: end.filter(|end| *end <= now).unwrap_or(now),
            next_change: case.next_change(&self.rules, status, now),
            doubt,
            revision: self.revision,
        }
    }

    fn value_in(
        &self,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
    ) -> (Option<Rational>, u64, Doubt) {
        match &self.model.kpi(kpi).measure {
            Measure::Ratio { numerator, denominator } => ratio(
                self.value_in(scope, *numerator, period),
                self.value_in(scope, *denominator, period),
            ),
            // A stock is the state right now and has no past.
            Measure::Simple(simple) if simple.at.is_none() => (None, 0, Doubt::default()),
            Measure::Simple(simple) => {
                let mut accumulator = Accumulator::new(period);
                for owner in self.owners(scope) {
                    for tally in self.ledger.tallies(owner, kpi) {
                        accumulator.add_tally(tally, period);
                    }
                }
                let (value, sample) = accumulator.value(&simple.aggregate);
                (value, sample, accumulator.doubt())
            }
        }
    }
}
