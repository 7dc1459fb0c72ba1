//! The goals that are set while running: their edits are followed in the one order of their log, which the board and
//! everyone who asks for them share.

mod moves;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use paceline_core::board::{Revision, Subject};
use paceline_core::goal::{Book, Edit, Goal};
use paceline_core::model::Model;
use paceline_core::roster::Roster;
use tokio::sync::watch;

use crate::live::Live;
use crate::log::Log;
use moves::GoalMoves;

pub use moves::GoalMove;

/// Of how many edits it is remembered in which revision they came into effect, for those who wait for theirs.
const REVISIONS: usize = 4_096;

/// The edits that are in effect, and who waits for more of them.
#[derive(Debug)]
pub(crate) struct Goals {
    /// Held while edits are taken and the board is given the goals, and for a reader's look; the board's lock is taken
    /// within it, never the other way round.
    kept: Mutex<Kept>,
    /// The place up to which edits are in effect, exclusive.
    next: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    book: Book,
    revisions: VecDeque<(u64, Revision)>,
    moves: GoalMoves,
}

/// What a record of the log of goals says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// An edit.
    Edit(Box<Edit>),
    /// An edit was taken out of the log: a tombstone stands on its key.
    Withdrawn {
        /// The goal.
        goal: String,
        /// The number of the edit.
        number: u64,
    },
    /// A null value under a key that no edit can have: what stood there is gone.
    Nothing,
    /// Nothing that can be understood.
    Malformed,
}

/// A record of the log of goals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoalRecord {
    /// Its offset, which is the place of what it says.
    pub offset: i64,
    /// Its key: a later record of the same key takes its place.
    pub key: Vec<u8>,
    /// What it says.
    pub told: Told,
}

impl Goals {
    pub(crate) fn new() -> Self {
        Self { kept: Mutex::default(), next: watch::Sender::new(0) }
    }

    /// Takes what records of a topic say, and has `apply` put the goals that are set then on the board.
    fn take(
        &self,
        (model, source): (&Model, usize),
        records: Vec<GoalRecord>,
        apply: impl FnOnce(&[Goal]) -> (Revision, Arc<Roster>),
    ) {
        let Some(last) = records.last().map(|record| record.offset as u64) else { return };
        let mut kept = self.kept();
        let (mut places, mut moved) = (Vec::new(), Vec::new());
        let mut changed = false;
        for GoalRecord { offset, told, .. } in records {
            let place = offset as u64;
            changed |= !matches!(told, Told::Nothing | Told::Malformed);
            match told {
                Told::Edit(edit) => {
                    let goal = edit.goal.clone();
                    kept.book.take(place, *edit);
                    moved.extend(kept.book.last(&goal).cloned().map(|edit| (edit, false)));
                    places.push(place);
                }
                Told::Withdrawn { goal, number } => {
                    let withdrawn = kept.book.edit(&goal, number).cloned();
                    moved.extend(withdrawn.map(|edit| (edit, true)));
                    kept.book.withdraw(&goal, number);
                }
                Told::Nothing | Told::Malformed => {}
            }
        }
        if changed {
            let (revision, roster) = apply(&kept.book.goals(model));
            kept.revisions.extend(places.into_iter().map(|place| (place, revision)));
            kept.moves.note(revision, source, moved, &roster);
            let forgotten = kept.revisions.len().saturating_sub(REVISIONS);
            kept.revisions.drain(..forgotten);
        }
        drop(kept);
        self.next.send_replace(last + 1);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no edit of a goal has panicked")
    }
}

impl Live {
    /// The edits that came into effect at revisions after one and concern a line of the board.
    pub(crate) fn goal_moves(&self, subject: &Subject, since: Revision) -> Vec<GoalMove> {
        let Some(scope) = self.roster().named(&subject.scope) else { return Vec::new() };
        self.goals().kept().moves.of(subject, scope, since, self.model())
    }

    /// The edits that came into effect after this revision are all remembered by [`Self::goal_moves`].
    pub(crate) fn goal_moves_known_after(&self) -> Revision {
        self.goals().kept().moves.known_after()
    }

    /// Looks at the goals that were set while running, and at their edits.
    pub fn book<T>(&self, look: impl FnOnce(&Book) -> T) -> T {
        look(&self.goals().kept().book)
    }

    /// Waits until the edit at a place is in effect, and answers the revision since which it is: every watcher who has
    /// what there is up to that revision knows what it changed.
    pub async fn goal_in_effect(&self, place: u64) -> Revision {
        let mut next = self.goals().next.subscribe();
        // The sender lives as long as the board, so there is always an end to wait for.
        let waited = next.wait_for(|next| *next > place).await.map(|_| ());
        let kept = self.goals().kept();
        let known = kept.revisions.iter().find(|(known, _)| *known == place);
        match (waited, known) {
            (Ok(()), Some((_, revision))) => *revision,
            _ => self.revision(),
        }
    }
}

/// Follows the log of goals.
#[derive(Debug)]
pub struct GoalFollower {
    live: Arc<Live>,
    log: Log,
}

impl GoalFollower {
    /// A follower of `topic`, whose index is `source` among the topics the board is made of.
    pub fn new(live: Arc<Live>, source: usize, topic: String) -> Self {
        Self { live, log: Log::new(source, topic) }
    }

    /// Takes records in their order, and has the board judge by what they come to.
    pub fn take(&mut self, records: Vec<GoalRecord>, now: Timestamp) {
        for GoalRecord { offset, key, told } in &records {
            self.log.note(*offset, key, *told == Told::Malformed);
        }
        let live = &self.live;
        let with = (&**live.model(), self.log.source());
        live.goals().take(with, records, |set| live.set_goals(set, now));
        self.log.counted(&self.live);
    }

    /// Tells that all that was there at start is counted.
    pub fn caught_up(&mut self, now: Timestamp) {
        self.log.caught_up(&self.live, now);
    }
}
