//! Slots: which (KPI, kind of period) the board keeps for every scope.

use crate::kpi::{KpiId, Measure};
use crate::model::Model;
use crate::period::PeriodKind;

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
    /// Whether it is shown, or only kept for a ratio.
    pub(super) shown: bool,
    /// The slots of a ratio's numerator and denominator.
    pub(super) parts: Option<(usize, usize)>,
    /// The ratios made of it.
    pub(super) ratios: Vec<usize>,
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
                parts: None,
                ratios: Vec::new(),
            };
            slots.extend(model.kinds(kpi).into_iter().map(slot));
        }
        let mut all = Self { slots, of_kpi: vec![Vec::new(); model.kpis.len()] };
        for at in 0..all.slots.len() {
            all.of_kpi[usize::from(all.slots[at].kpi.0)].push(at);
            all.link(at, model);
        }
        all
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn get(&self, slot: usize) -> &Slot {
        &self.slots[slot]
    }

    /// The slots of a KPI, one for each kind of period.
    pub(super) fn of(&self, kpi: KpiId) -> &[usize] {
        &self.of_kpi[usize::from(kpi.0)]
    }

    fn link(&mut self, ratio: usize, model: &Model) {
        let Measure::Ratio { numerator, denominator } = model.kpi(self.slots[ratio].kpi).measure
        else {
            return;
        };
        let kind = self.slots[ratio].kind;
        let find = |kpi| self.slots.iter().position(|slot| slot.kpi == kpi && slot.kind == kind);
        let (Some(above), Some(below)) = (find(numerator), find(denominator)) else { return };
        self.slots[ratio].parts = Some((above, below));
        self.slots[above].ratios.push(ratio);
        if below != above {
            self.slots[below].ratios.push(ratio);
        }
    }
}
