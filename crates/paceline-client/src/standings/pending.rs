//! Chunks of a snapshot or an update that wait for the last of them, for nothing is to be seen of a half.

use crate::proto::{Removal, Snapshot, Standing, Update};

/// Something that has come as a whole.
#[derive(Debug)]
pub(super) enum Whole {
    /// Everything there is.
    Snapshot(Vec<Standing>),
    /// What changed.
    Update(Vec<Standing>, Vec<Removal>),
}

/// The chunks that have come of what is not whole yet.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Whether they are of a snapshot.
    snapshot: bool,
    standings: Vec<Standing>,
    removed: Vec<Removal>,
}

impl Pending {
    /// Takes a chunk of a snapshot; answers the snapshot when that was its last.
    pub(super) fn snapshot(&mut self, chunk: Snapshot) -> Option<Whole> {
        self.gather(true, chunk.standings, Vec::new());
        chunk.last.then(|| Whole::Snapshot(std::mem::take(self).standings))
    }

    /// Takes a chunk of an update; answers the update when that was its last.
    pub(super) fn update(&mut self, chunk: Update) -> Option<Whole> {
        self.gather(false, chunk.standings, chunk.removed);
        if !chunk.last {
            return None;
        }
        let Self { standings, removed, .. } = std::mem::take(self);
        Some(Whole::Update(standings, removed))
    }

    /// Forgets what has come: the rest of it will not.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    fn gather(&mut self, snapshot: bool, standings: Vec<Standing>, removed: Vec<Removal>) {
        if self.snapshot != snapshot {
            self.clear();
        }
        self.snapshot = snapshot;
        self.standings.extend(standings);
        self.removed.extend(removed);
    }
}
