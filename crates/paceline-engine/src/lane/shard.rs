//! A shard of a lane: the images of its records, and the entries that the board does not have yet.

use jiff::Timestamp;
use paceline_core::basis::Difference;
use paceline_core::board::Batch;
use paceline_core::entity::EntityId;
use paceline_core::entry::Entry;
use paceline_core::fold::Fold;
use paceline_core::ledger::Tallies;
use paceline_core::model::Model;
use paceline_core::record::Images;

/// The images and the uncommitted entries of one shard.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) id: usize,
    /// By entity.
    images: Vec<Images>,
    /// What the records add up to, until the lane has caught up: while the board is closed nobody looks, and
    /// nothing needs to be locked.
    pub(super) early: Option<Tallies>,
    pub(super) batch: Batch,
    /// The entries of the group at hand, each with the time of its change.
    entries: Vec<(Entry, Timestamp)>,
}

impl Shard {
    pub(super) fn new(id: usize, model: &Model) -> Self {
        Self {
            id,
            images: model.entities.iter().map(Images::new).collect(),
            early: Some(Tallies::default()),
            batch: Batch::default(),
            entries: Vec::new(),
        }
    }

    pub(super) fn images(&mut self, entity: EntityId) -> &mut Images {
        &mut self.images[usize::from(entity.0)]
    }

    /// How many records it holds, the deleted included.
    pub(super) fn records(&self) -> usize {
        self.images.iter().map(Images::len).sum()
    }

    /// Folds an entity's records anew, where they contribute otherwise by another basis, which holds since an instant.
    pub(super) fn refold(
        &mut self,
        entity: usize,
        fold: &Fold,
        difference: &Difference<'_>,
        since: Timestamp,
    ) {
        let Self { images, early, batch, .. } = self;
        images[entity].for_each(|life, row| {
            fold.refold(life, row, difference, |at, entry| match (at, &mut *early) {
                (Some(at), _) => batch.schedule(at, &entry, since),
                (None, Some(tallies)) => tallies.add(&entry),
                (None, None) => batch.add(&entry, since),
            });
        });
    }

    /// Notes an entry of a change made at `time`.
    pub(super) fn note(&mut self, entry: Entry, time: Timestamp) {
        self.entries.push((entry, time));
    }

    /// Adds up the noted entries.
    pub(super) fn add_entries(&mut self) {
        match &mut self.early {
            Some(tallies) => {
                self.entries.iter().for_each(|(entry, _)| tallies.add(entry));
            }
            None => {
                self.entries.iter().for_each(|(entry, time)| self.batch.add(entry, *time));
            }
        }
        self.entries.clear();
    }
}
