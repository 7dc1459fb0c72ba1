//! The compiled config: everything about the numbers that does not change while the engine runs.

use crate::calendar::{Calendar, CalendarId};
use crate::entity::{Entity, EntityId};
use crate::extra::Extra;
use crate::goal::Goal;
use crate::kpi::{Bands, Kpi, KpiId, Measure};
use crate::period::PeriodKind;
use crate::rates::RateFields;
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
    /// Where records say at which rates money is converted, if they do.
    pub rates: Option<RateFields>,
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

    /// The pairs of entities whose records must be kept together: a record is looked at by those that name it, and split
    /// by others.
    pub fn ties(&self) -> Vec<(EntityId, EntityId)> {
        let tie = |extra: &Extra| match extra {
            Extra::Borrowed { link, .. } => Some(link.entity),
            Extra::Splits(splits) => Some(splits.entity),
            Extra::Moment(_) | Extra::Doubt(_) => None,
        };
        let of = |(at, entity): (usize, &Entity)| {
            let others: Vec<EntityId> = entity.extras.iter().filter_map(tie).collect();
            others.into_iter().map(move |other| (EntityId(at as u16), other))
        };
        distinct(self.entities.iter().enumerate().flat_map(of).collect())
    }

    /// All ids of KPIs.
    pub fn kpi_ids(&self) -> impl Iterator<Item = KpiId> + use<> {
        (0..self.kpis.len() as u16).map(KpiId)
    }

    /// The simple KPIs whose contributions make up a KPI's value: itself, or what a ratio or a formula comes down to.
    pub fn leaves(&self, kpi: KpiId) -> Vec<KpiId> {
        let mut within = self.within(kpi);
        within.retain(|kpi| self.kpi(*kpi).simple().is_some());
        within
    }

    /// Whether a KPI is a stock or made of one: it has a value right now, and none of any day before.
    pub fn is_of_now(&self, kpi: KpiId) -> bool {
        self.leaves(kpi).into_iter().any(|leaf| self.kpi(leaf).is_stock())
    }

    /// Whether a simple KPI looks at the records of an entity, be it from those of another.
    pub fn looks_at(&self, kpi: KpiId, entity: EntityId) -> bool {
        let Some(simple) = self.kpi(kpi).simple() else { return false };
        let cells = simple.fields();
        let mut extras = self.entity(simple.entity).extra_cells();
        simple.entity == entity
            || extras.any(|(cell, extra)| {
                let other = match extra {
                    Extra::Borrowed { link, .. } => link.entity,
                    Extra::Splits(splits) => splits.entity,
                    Extra::Moment(_) | Extra::Doubt(_) => return false,
                };
                cells & cell.bit() != 0 && other == entity
            })
    }

    /// The KPIs whose goals a KPI's value is computed from.
    pub fn goals_within(&self, kpi: KpiId) -> Vec<KpiId> {
        let goals = |kpi: KpiId| match &self.kpi(kpi).measure {
            Measure::Derived(derived) => derived.formula.goals(),
            Measure::Simple(_) | Measure::Ratio { .. } => Vec::new(),
        };
        distinct(self.within(kpi).into_iter().flat_map(goals).collect())
    }

    /// A KPI and all KPIs that its value is computed from, each once.
    fn within(&self, kpi: KpiId) -> Vec<KpiId> {
        let mut within = vec![kpi];
        let mut next = 0;
        while let Some(kpi) = within.get(next).copied() {
            next += 1;
            let mut parts = match &self.kpi(kpi).measure {
                Measure::Simple(_) => Vec::new(),
                Measure::Ratio { numerator, denominator } => vec![*numerator, *denominator],
                Measure::Derived(derived) => derived.formula.actuals(),
            };
            parts.retain(|part| !within.contains(part));
            within.extend(distinct(parts));
        }
        distinct(within)
    }

    /// The kinds of period in which a KPI's value is needed: its own and those of the KPIs it is a leaf of.
    pub fn kinds(&self, kpi: KpiId) -> Vec<PeriodKind> {
        let made_of_it = self.kpi_ids().filter(|id| *id == kpi || self.leaves(*id).contains(&kpi));
        distinct(made_of_it.flat_map(|id| self.kpi(id).periods.iter().copied()).collect())
    }
}

fn distinct<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort_unstable();
    values.dedup();
    values
}
