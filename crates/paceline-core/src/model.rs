//! The compiled config: everything about the numbers that does not change while the engine runs.

use crate::calendar::{Calendar, CalendarId};
use crate::entity::{Entity, EntityId};
use crate::goal::Goal;
use crate::kpi::{Bands, Kpi, KpiId, Measure};
use crate::period::PeriodKind;
use crate::symbol::Symbols;

/// The compiled config of the numbers.
#[derive(Clone, Debug)]
pub struct Model {
    /// The entities; [`EntityId`] is the index.
    pub entities: Vec<Entity>,
    /// The KPIs; [`KpiId`] is the index.
    pub kpis: Vec<Kpi>,
    /// The calendars; [`CalendarId`] is the index, and the first that of the org.
    pub calendars: Vec<Calendar>,
    /// The goals of the config, in its order.
    pub goals: Vec<Goal>,
    /// The dead zones of the statuses.
    pub bands: Bands,
    /// The texts that expressions compare with. They are the first symbols of every table.
    pub symbols: Symbols,
}

impl Model {
    /// The KPI of an id.
    pub fn kpi(&self, id: KpiId) -> &Kpi {
        &self.kpis[usize::from(id.0)]
    }

    /// The entity of an id.
    pub fn entity(&self, id: EntityId) -> &Entity {
        &self.entities[usize::from(id.0)]
    }

    /// The calendar of an id.
    pub fn calendar(&self, id: CalendarId) -> &Calendar {
        &self.calendars[usize::from(id.0)]
    }

    /// The KPI of a name.
    pub fn kpi_named(&self, name: &str) -> Option<KpiId> {
        self.kpis.iter().position(|kpi| kpi.name == name).map(|at| KpiId(at as u16))
    }

    /// All ids of KPIs.
    pub fn kpi_ids(&self) -> impl Iterator<Item = KpiId> + use<> {
        (0..self.kpis.len() as u16).map(KpiId)
    }

    /// The KPIs whose value follows from `kpi`, itself first.
    pub fn dependents(&self, kpi: KpiId) -> Vec<KpiId> {
        let of = |id: &KpiId| match self.kpi(*id).measure {
            Measure::Simple(_) => *id == kpi,
            Measure::Ratio { numerator, denominator } => numerator == kpi || denominator == kpi,
        };
        let mut all: Vec<KpiId> = self.kpi_ids().filter(of).collect();
        all.sort_by_key(|id| *id != kpi);
        all
    }

    /// The kinds of period in which a KPI's value is needed: its own and those of the KPIs made of it.
    pub fn kinds(&self, kpi: KpiId) -> Vec<PeriodKind> {
        let mut kinds: Vec<PeriodKind> = self
            .dependents(kpi)
            .into_iter()
            .flat_map(|id| self.kpi(id).periods.iter().copied())
            .collect();
        kinds.extend(&self.kpi(kpi).periods);
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }
}
