//! What a record's newest full image does not say: deletes, gaps, and fields with a version of their own.
//!
//! A mark older than the newest full image decides nothing any more and is dropped, so a record that is fed
//! full images has none.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::Life;
use crate::entity::FieldId;
use crate::version::Version;

#[derive(Debug, Default)]
pub(super) struct Marks {
    by_slot: HashMap<u32, Box<Mark>, FixedState>,
}

/// The marks of one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// The newest delete.
    pub(super) deleted: Option<Delete>,
    /// The newest gap.
    pub(super) gap: Option<Version>,
    /// The newest patch.
    pub(super) patched: Option<Version>,
    /// The fields that something else than the newest full image set. [`Version::MIN`] is a field that the
    /// newest full image left out and nothing older ever set.
    pub(super) fields: SmallVec<[(FieldId, Version); 4]>,
}

/// A delete; ordered by when it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Delete {
    pub(super) version: Version,
    /// A null value deletes the very image it stands at; any other delete must be newer.
    pub(super) wins_tie: bool,
}

impl Marks {
    pub(super) fn get(&self, slot: u32) -> Option<&Mark> {
        self.by_slot.get(&slot).map(AsRef::as_ref)
    }

    /// Takes a record's marks out, to be changed and put back.
    pub(super) fn take(&mut self, slot: u32) -> Box<Mark> {
        self.by_slot.remove(&slot).unwrap_or_default()
    }

    /// Puts a record's marks back, without those that a full image at `full` made meaningless. Answers whether
    /// any are left.
    pub(super) fn put(&mut self, slot: u32, mut mark: Box<Mark>, full: Version) -> bool {
        mark.forget(full);
        let left = *mark != Mark::default();
        if left {
            self.by_slot.insert(slot, mark);
        }
        left
    }

    pub(super) fn life(&self, slot: u32, full: Version) -> Life {
        self.get(slot).map_or(Life { alive: true, in_doubt: false }, |mark| mark.life(full))
    }
}

impl Mark {
    pub(super) fn life(&self, full: Version) -> Life {
        let alive = self.deleted.is_none_or(|delete| delete.loses_to(full));
        let untold = self.gap.is_some_and(|gap| gap > full);
        let patched_after = self
            .deleted
            .is_some_and(|delete| self.patched.is_some_and(|patch| patch > delete.version));
        Life { alive, in_doubt: untold || !alive && patched_after }
    }

    /// The version of a field's cell.
    pub(super) fn version(&self, field: FieldId, full: Version) -> Version {
        self.fields.iter().find(|(id, _)| *id == field).map_or(full, |(_, version)| *version)
    }

    /// Gives a field a version, which is the newest full image's or its own.
    pub(super) fn set_version(&mut self, field: FieldId, version: Version) {
        self.fields.retain(|(id, _)| *id != field);
        self.fields.push((field, version));
    }

    /// The newest version of the record.
    pub(super) fn newest(&self, full: Version) -> Version {
        let delete = self.deleted.map(|delete| delete.version);
        [delete, self.patched].into_iter().flatten().fold(full, Ord::max)
    }

    fn forget(&mut self, full: Version) {
        self.deleted = self.deleted.filter(|delete| !delete.loses_to(full));
        self.gap = self.gap.filter(|gap| *gap > full);
        self.patched = self.patched.filter(|patch| *patch > full);
        self.fields.retain(|(_, version)| *version != full);
    }
}

impl Delete {
    fn loses_to(self, full: Version) -> bool {
        full > self.version || full == self.version && !self.wins_tie && full != Version::MIN
    }
}
