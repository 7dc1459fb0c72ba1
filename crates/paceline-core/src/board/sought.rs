//! The standing whose contributors are sought, and what it and its parts come to when they are found.

use jiff::Timestamp;

use super::Board;
use super::selection::Subject;
use super::view::Reading;
use crate::contributor::Sought;
use crate::day::Day;
use crate::kpi::KpiId;
use crate::period::Period;
use crate::roster::ScopeId;

impl Board {
    /// Which standing a subject is, in the period that is running or holds `on`; `None` when there is no such scope for the one
    /// who asks, or the KPI is not kept for such periods. Time must have been advanced to now.
    pub fn sought(&self, subject: &Subject, on: Option<Day>) -> Option<Sought> {
        let scope = self.roster.named(&subject.scope)?;
        if !subject.sight.sees(scope, &self.roster) {
            return None;
        }
        let slot = self.slots.find(subject.kpi, subject.kind)?;
        let live = self.live_id(scope, slot);
        let period = match on {
            Some(day) => subject.kind.holding(day, self.calendar(scope)).into(),
            None => self.state(live)?.period.clone(),
        };
        let leaves = self.leaves(live).map(|leaf| self.slots.get(self.place(leaf).1).kpi);
        let leaves = leaves.filter(|leaf| self.has_value(*leaf, scope, &period)).collect();
        Some(Sought { scope, kpi: subject.kpi, period, leaves })
    }

    /// A stock has no value in a period that is over.
    fn has_value(&self, leaf: KpiId, scope: ScopeId, period: &Period) -> bool {
        !self.model.kpi(leaf).is_stock() || self.face(scope).today <= period.end
    }

    /// What KPIs come to in the scope and the period of the standing that is sought: that one itself, and those that it is
    /// computed of. What is kept for no such period is left out. All at once, for in a period that is over everything is looked
    /// through. Time must have been advanced to `now`.
    pub fn found(
        &mut self,
        sought: &Sought,
        kpis: impl IntoIterator<Item = KpiId>,
        on: Option<Day>,
        now: Timestamp,
    ) -> Vec<Reading> {
        let kind = sought.period.kind;
        let slots = kpis.into_iter().filter_map(|kpi| self.slots.find(kpi, kind));
        let lives: Vec<u32> = slots.map(|slot| self.live_id(sought.scope, slot)).collect();
        self.readings_of(&lives, on, now)
    }
}
