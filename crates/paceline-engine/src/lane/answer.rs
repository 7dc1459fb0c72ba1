//! What a lane answers when it is asked for the records behind a standing.

use std::sync::Arc;

use paceline_core::contributor::{Contribution, Sought};
use paceline_core::entity::EntityId;

use super::Lane;
use crate::asking::{Answer, Asked};

/// What a lane was asked last.
#[derive(Debug, Default)]
pub(super) struct Answered {
    number: u64,
    /// As long as others have to answer too.
    pending: Option<Arc<Asked>>,
}

impl Lane {
    /// Whether what was taken has to wait, since what was answered is not told yet.
    pub(super) fn is_held(&mut self) -> bool {
        let pending = self.answered.pending.take();
        self.answered.pending = pending.filter(|asked| !asked.is_over());
        self.answered.pending.is_some()
    }

    /// Answers what is asked, if anything new is. All that was taken is committed.
    pub(super) fn answer(&mut self) {
        let newest = self.live.asking().newest();
        if newest == self.answered.number {
            return;
        }
        self.answered.number = newest;
        let Some(asked) = self.live.asking().current() else { return };
        let contributions = self.contributions(&asked.sought, asked.most);
        asked.answer(self.number, Answer { version: self.version, contributions });
        self.answered.pending = Some(asked);
    }

    /// What its records contribute to a standing; once more than so many do, no more are looked for.
    fn contributions(&mut self, sought: &Sought, most: usize) -> Vec<Contribution> {
        let Self { live, basis, shards, folds, symbols, scratch, .. } = self;
        let simples = sought.leaves.iter().filter_map(|leaf| live.model().kpi(*leaf).simple());
        let mut entities: Vec<EntityId> = simples.map(|simple| simple.entity).collect();
        entities.sort_unstable_by_key(|entity| entity.0);
        entities.dedup();
        let mut found = Vec::new();
        for entity in entities {
            let fold = &folds[usize::from(entity.0)];
            for shard in shards.iter() {
                let records = &shard.records;
                records.for_each(entity, scratch, |slot, life, scratch| {
                    if found.len() > most {
                        return;
                    }
                    fold.contributions(sought, life, scratch, basis, symbols, |kpi, states| {
                        let id = records.id(entity, slot);
                        found.push(Contribution { entity, id, kpi, states });
                    });
                });
            }
        }
        found
    }
}
