//! The standing whose contributors are sought, and what it and its parts come to when they are found.

use jiff::Timestamp;

use super::Board;
use super::view::{Reading, Subject};
use crate::contributor::Sought;
use crate::day::Day;
use crate::kpi::KpiId;
use crate::period::Period;

impl Board {
    /// Which standing a subject is, in the period that is running or holds `on`; `None` when there is no such scope for the one
    /// who asks, or the KPI is not kept for such periods. Time must have been advanced to now.
    pub fn sought(&self, subject: &Subject, on: Option<Day>) -> Option<Sought> {
        let scope = self.roster.named(&subject.scope)?;
        if !subject.sight.sees(scope, &self.roster) {
            return None;
        }
        let live = self.live_id(scope, self.slots.find(subject.kpi, subject.kind)?);
        let period = match on {
            Some(day) => subject.kind.holding(day, self.calendar(scope)).into(),
            None => self.state(live)?.period.clone(),
        };
        let leaves = self.leaves(live).map(|leaf| self.slots.get(self.place(leaf).1).kpi);
        let leaves = leaves.filter(|leaf| self.has_value(*leaf, scope, &period)).collect();
        Some(Sought { scope, kpi: subject.kpi, period, leaves })
    }

    /// A stock has no value in a period that is over.
    fn has_value(&self, leaf: KpiId, scope: crate::roster::ScopeId, period: &Period) -> bool {
        !self.model.kpi(leaf).is_stock() || self.face(scope).today <= period.end
    }

    /// The standing that is sought, and those of the simple KPIs that it comes down to, each with the KPI. Time must have been
    /// advanced to `now`.
    pub fn found(
        &mut self,
        sought: &Sought,
        on: Option<Day>,
        now: Timestamp,
    ) -> Option<(Reading, Vec<(KpiId, Reading)>)> {
        let kind = sought.period.kind;
        let live = |board: &Self, kpi| {
            board.slots.find(kpi, kind).map(|slot| board.live_id(sought.scope, slot))
        };
        let own = live(self, sought.kpi)?;
        let reading = self.readings_of(&[own], on, now).pop()?;
        let mut parts = Vec::new();
        for leaf in &sought.leaves {
            let live = live(self, *leaf)?;
            parts.push((*leaf, self.readings_of(&[live], on, now).pop()?));
        }
        Some((reading, parts))
    }
}
