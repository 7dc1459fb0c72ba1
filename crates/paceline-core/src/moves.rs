//! Moves: what moved a number since a revision, and where it was said.
//!
//! The board counts entries, which have forgotten of which change they came. So beside them a batch keeps a [`Notes`] of that, and
//! the board the newest of those, as many as it may: an answer says from which revision on it knows of all.

mod notes;

use std::sync::Arc;

use jiff::Timestamp;

use crate::board::Revision;
use crate::decimal::Decimal;
use crate::entity::EntityId;
use crate::kpi::KpiId;
use crate::roster::ScopeId;

pub(crate) use notes::{Kept, Kind, PIECES, Piece, REFOLD};
pub use notes::{NoteOf, Notes, Source};

/// Where something was said, and when and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The topic, as an index into those that the board is made of: the sources, then the service's own.
    pub source: u16,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// When it happened, as the source tells, else the Kafka timestamp; none of the service's own topics.
    pub time: Option<Timestamp>,
    /// Who did it, where the message tells: an id of a user of the CRM.
    pub actor: Option<Arc<str>>,
}

/// Of how many places where something was said at once is told.
const ORIGINS: usize = 50;

/// Where something was said that may have been said in many places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// The first of them, at most 50.
    pub told: Vec<Origin>,
    /// How many others.
    pub others: u64,
}

impl Origins {
    /// Adds a place.
    pub fn push(&mut self, origin: Origin) {
        if self.told.len() < ORIGINS {
            self.told.push(origin);
        } else {
            self.others += 1;
        }
    }

    /// Adds what was said later.
    pub fn extend(&mut self, later: &Self) {
        later.told.iter().cloned().for_each(|origin| self.push(origin));
        self.others += later.others;
    }
}

/// What moved a standing after a revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Moves {
    /// The newest moves, the newest first.
    pub moves: Vec<Move>,
    /// How many older ones are not listed.
    pub others: u64,
    /// By how much those have moved the value, of a KPI that is a sum.
    pub others_delta: Option<Decimal>,
    /// All that happened after this revision is known; what happened up to it may not be.
    pub known_after: Revision,
}

/// Something that moved a standing.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// The revision that counted it.
    pub revision: Revision,
    /// The instant of that, by the clock of the board.
    pub instant: Timestamp,
    /// By how much it moved the value, of a KPI that is a sum; none where a period or a scope began with it.
    pub delta: Option<Decimal>,
    /// By how much it moved the goal, if it did; no goal counts as 0.
    pub goal_delta: Option<Decimal>,
    /// What it was.
    pub what: What,
}

/// What can move a standing.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A record changed.
    Change(RecordMove),
    /// Goals were edited.
    Goals,
    /// Reps became others: who is part of what, or by which days they work.
    Reps(Reps),
    /// Records were folded anew, from one version of what they are folded by, exclusive, up to another.
    Basis {
        /// The former version.
        from: u64,
        /// The latter.
        to: u64,
        /// What became of the contributions.
        shares: Vec<Share>,
    },
    /// Nothing but time has passed.
    Clock(Tick),
}

/// A change of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordMove {
    /// Where it was said.
    pub origin: Origin,
    /// The record's entity.
    pub entity: EntityId,
    /// The record's id.
    pub record: String,
    /// What became of what the record contributes.
    pub shares: Vec<Share>,
}

/// What became of the contributions of an owner to a KPI that a standing is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// The owner's own scope, or [`UNASSIGNED`](crate::roster::UNASSIGNED). None where several share in a record, and the scope
    /// counts it as a whole; and for whom the one who asks may not see.
    pub owner: Option<ScopeId>,
    /// The KPI.
    pub kpi: KpiId,
    /// What was added to its sum, if it is one.
    pub delta: Option<Decimal>,
    /// How many records were added.
    pub records: i64,
}

/// Reps who became others.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Reps {
    /// Whether who counts for the standing is another, or only by which days somebody works.
    pub regrouped: bool,
    /// Who, as far as the one who asks may see them.
    pub reps: Vec<RepMove>,
    /// How many others.
    pub others: u64,
}

/// A rep who became another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepMove {
    /// Their own scope.
    pub rep: ScopeId,
    /// What of them.
    pub aspects: Vec<Aspect>,
    /// Where it was said; none where something said before came into force with a day.
    pub origin: Option<Origin>,
}

/// What of a rep may become another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// They came to be one.
    Came,
    /// They are one no longer.
    Left,
    /// Whose part they are.
    Place,
    /// Their role.
    Role,
    /// Their first or last day.
    Employment,
    /// The calendar, time zone or time off.
    Calendar,
}

/// What the clock alone does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tick {
    /// The period began.
    Period,
    /// A day began: a rolling window moved on, or another share of a goal is to be held.
    Day,
    /// A record counts, or counts no longer, from this instant on.
    Membership,
    /// The status became due to change.
    Status,
}

#[cfg(test)]
mod tests {
    use super::{ORIGINS, Origin, Origins};

    #[test]
    fn of_many_places_the_first_are_told_and_how_many_others() {
        let said = |offsets: std::ops::Range<i64>| {
            let mut said = Origins::default();
            let (source, partition, time, actor) = (0, 0, None, None);
            offsets.for_each(|offset| {
                said.push(Origin { source, partition, offset, time, actor: actor.clone() });
            });
            said
        };
        let most = ORIGINS as i64;
        let mut origins = said(0..most - 1);
        origins.extend(&said(most - 1..3 * most));
        assert_eq!((&origins.told, origins.others), (&said(0..most).told, 2 * ORIGINS as u64));
    }
}
