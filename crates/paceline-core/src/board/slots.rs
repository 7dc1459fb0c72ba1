//! Slots: which (KPI, kind of period) the board keeps for every scope, and which of them make up which.

use crate::kpi::KpiId;
use crate::model::Model;
use crate::period::PeriodKind;
use crate::roster::ScopeId;

/// The slots, and what depends on what.
#[derive(Debug)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    of_kpi: Vec<Vec<usize>>,
}

/// A (KPI, kind of period).
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) kpi: KpiId,
    pub(super) kind: PeriodKind,
    /// Whether it is shown, or only kept for others that are made of it.
    pub(super) shown: bool,
    /// The slots whose contributions make up its value: itself, or those that a ratio or a formula comes down to.
    pub(super) leaves: Vec<usize>,
    /// The slots whose goals its value is computed from. Goals exist only where a KPI is shown, so a KPI without a
    /// slot of this kind has none.
    pub(super) goals: Vec<usize>,
    /// The other slots that it is a leaf of.
    pub(super) dependents: Vec<usize>,
}

impl Slots {
    pub(super) fn new(model: &Model) -> Self {
        let mut slots: Vec<Slot> = Vec::new();
        for kpi in model.kpi_ids() {
            let shown = &model.kpi(kpi).periods;
            let slot = |kind| Slot {
                kpi,
                kind,
                shown: shown.contains(&kind),
                leaves: Vec::new(),
                goals: Vec::new(),
                dependents: Vec::new(),
            };
            slots.extend(model.kinds(kpi).into_iter().map(slot));
        }
        let mut all = Self { slots, of_kpi: vec![Vec::new(); model.kpis.len()] };
        for at in 0..all.slots.len() {
            all.of_kpi[usize::from(all.slots[at].kpi.0)].push(at);
        }
        (0..all.slots.len()).for_each(|at| all.link(at, model));
        all
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn get(&self, slot: usize) -> &Slot {
        &self.slots[slot]
    }

    /// Which live standing is of a scope and a slot.
    pub(super) fn live(&self, scope: ScopeId, slot: usize) -> u32 {
        scope.0 * self.slots.len() as u32 + slot as u32
    }

    /// The slots of a KPI, one for each kind of period.
    pub(super) fn of(&self, kpi: KpiId) -> &[usize] {
        &self.of_kpi[usize::from(kpi.0)]
    }

    /// The slot of a KPI and a kind of period.
    pub(super) fn find(&self, kpi: KpiId, kind: PeriodKind) -> Option<usize> {
        self.of(kpi).iter().copied().find(|slot| self.slots[*slot].kind == kind)
    }

    fn link(&mut self, at: usize, model: &Model) {
        let Slot { kpi, kind, .. } = self.slots[at];
        let find = |kpis: Vec<KpiId>| -> Vec<usize> {
            kpis.into_iter().filter_map(|kpi| self.find(kpi, kind)).collect()
        };
        let (leaves, goals) = (find(model.leaves(kpi)), find(model.goals_within(kpi)));
        for leaf in leaves.iter().filter(|leaf| **leaf != at) {
            self.slots[*leaf].dependents.push(at);
        }
        self.slots[at].leaves = leaves;
        self.slots[at].goals = goals;
    }
}
