//! What is said and told while running, beside the records that are counted: reps, rates and goals.

use std::sync::Arc;

use jiff::Timestamp;
use paceline_core::board::{Revision, Sayings};
use paceline_core::facts::{Facts, Said, Told};
use paceline_core::goal::Goal;
use paceline_core::moves::Origin;
use paceline_core::rates::Rate;
use paceline_core::roster::Roster;

use super::Live;
use crate::goals::Goals;

impl Live {
    /// Notes what records say of reps, and has the board count by what that comes to, in one revision.
    pub(crate) fn say_reps(
        &self,
        said: impl IntoIterator<Item = (String, (Option<Said>, Origin))>,
        now: Timestamp,
    ) {
        self.change_facts(now, |facts, sayings| {
            let mut changed = false;
            for (id, (said, origin)) in said {
                if facts.set_base(&id, said) {
                    changed = true;
                    sayings.insert(id, origin);
                }
            }
            changed
        });
    }

    /// Notes what is told of reps, and has the board count by what that comes to, in one revision.
    pub(crate) fn tell_reps(
        &self,
        told: impl IntoIterator<Item = (Vec<u8>, Told, Origin)>,
        now: Timestamp,
    ) {
        self.change_facts(now, |facts, sayings| {
            let mut changed = false;
            for (key, told, origin) in told {
                let former = facts.told_of(&key).map(str::to_owned);
                if facts.tell(&key, told) {
                    changed = true;
                    let reps = former.into_iter().chain(facts.told_of(&key).map(str::to_owned));
                    sayings.extend(reps.map(|rep| (rep, origin.clone())));
                }
            }
            changed
        });
    }

    /// Notes what records say of rates, by which lanes fold from then on.
    pub(crate) fn say_rates(
        &self,
        said: impl IntoIterator<Item = (String, (Option<Rate>, Origin))>,
        now: Timestamp,
    ) {
        let mut shared = self.board();
        shared.say_rates(said);
        shared.refresh(now, &self.around());
        drop(shared);
        self.completeness_changed();
    }

    /// `change` notes where it was said of whom what changes.
    fn change_facts(&self, now: Timestamp, change: impl FnOnce(&mut Facts, &mut Sayings) -> bool) {
        let mut shared = self.board();
        shared.change_facts(change);
        let before = shared.board.revision();
        shared.refresh(now, &self.around());
        let revision = shared.board.revision();
        drop(shared);
        if revision != before {
            self.moved(revision);
        }
        // What cannot hold is a cause, and may be told of without any other number.
        self.completeness_changed();
    }

    /// Puts the goals that were set while running on the board, in place of those before. Answers the revision and the reps of it.
    pub(crate) fn set_goals(&self, set: &[Goal], now: Timestamp) -> (Revision, Arc<Roster>) {
        let mut shared = self.board();
        shared.advance(now, &self.around());
        let revision = shared.board.set_goals(set, now);
        let roster = shared.board.roster().clone();
        shared.follow_statuses(&self.around());
        drop(shared);
        self.moved(revision);
        (revision, roster)
    }

    /// The goals that were set while running.
    pub(crate) fn goals(&self) -> &Goals {
        &self.goals
    }
}
