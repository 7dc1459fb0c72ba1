//! A shard of a lane: its records, and the entries that the board does not have yet.

use jiff::Timestamp;
use paceline_core::basis::Difference;
use paceline_core::board::Batch;
use paceline_core::entity::EntityId;
use paceline_core::entry::Entry;
use paceline_core::fold::Fold;
use paceline_core::ledger::Tallies;
use paceline_core::model::Model;
use paceline_core::moves::NoteOf;
use paceline_core::record::{Records, Scratch};

use crate::symbols::LaneSymbols;

/// The records and the uncommitted entries of one shard.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) id: usize,
    pub(super) records: Records,
    /// What the records add up to, until the lane has caught up: while the board is closed nobody looks, and
    /// nothing needs to be locked.
    pub(super) early: Option<Tallies>,
    pub(super) batch: Batch,
    /// The entries of the group at hand, each with the time of its change, and which that is.
    pub(super) entries: Vec<(Entry, Timestamp, NoteOf)>,
}

impl Shard {
    pub(super) fn new(id: usize, model: &Model) -> Self {
        Self {
            id,
            records: Records::new(model),
            early: Some(Tallies::default()),
            batch: Batch::default(),
            entries: Vec::new(),
        }
    }

    /// Folds an entity's records anew, where they contribute otherwise by another basis, which holds since an instant; with
    /// the versions of both.
    pub(super) fn refold(
        &mut self,
        entity: EntityId,
        fold: &Fold,
        difference: &Difference<'_>,
        (symbols, scratch): (&mut LaneSymbols, &mut Scratch),
        (since, versions): (Timestamp, (u64, u64)),
    ) {
        let Self { records, early, batch, .. } = self;
        records.for_each(entity, scratch, |_, life, scratch| {
            fold.refold(life, scratch, difference, symbols, |at, entry| match (at, &mut *early) {
                (Some(at), early) => {
                    batch.schedule(at, &entry, since);
                    if early.is_none() {
                        batch.notes().refold(versions, Some(at), &entry);
                    }
                }
                (None, Some(tallies)) => tallies.add(&entry),
                (None, None) => {
                    batch.add(&entry, since);
                    batch.notes().refold(versions, None, &entry);
                }
            });
        });
    }

    /// Adds up the noted entries.
    pub(super) fn add_entries(&mut self) {
        match &mut self.early {
            Some(tallies) => {
                self.entries.iter().for_each(|(entry, ..)| tallies.add(entry));
            }
            None => {
                for (entry, time, of) in &self.entries {
                    self.batch.add(entry, *time);
                    self.batch.notes().note(*of, entry);
                }
            }
        }
        self.entries.clear();
    }
}
