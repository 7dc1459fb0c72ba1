//! What is said and told while running, beside the records that are counted: reps, rates and goals.

use jiff::Timestamp;
use paceline_core::board::Revision;
use paceline_core::facts::{Facts, Said, Told};
use paceline_core::goal::Goal;
use paceline_core::rates::Rate;

use super::Live;
use crate::goals::Goals;

impl Live {
    /// Notes what records say of reps, and has the board count by what that comes to, in one revision.
    pub(crate) fn say_reps(
        &self,
        said: impl IntoIterator<Item = (String, Option<Said>)>,
        now: Timestamp,
    ) {
        self.change_facts(now, |facts| {
            said.into_iter().fold(false, |changed, (id, said)| facts.set_base(&id, said) | changed)
        });
    }

    /// Notes what is told of reps, and has the board count by what that comes to, in one revision.
    pub(crate) fn tell_reps(
        &self,
        told: impl IntoIterator<Item = (Vec<u8>, Told)>,
        now: Timestamp,
    ) {
        self.change_facts(now, |facts| {
            told.into_iter().fold(false, |changed, (key, told)| facts.tell(&key, told) | changed)
        });
    }

    /// Notes what records say of rates, by which lanes fold from then on.
    pub(crate) fn say_rates(
        &self,
        said: impl IntoIterator<Item = (String, Option<Rate>)>,
        now: Timestamp,
    ) {
        let mut shared = self.board();
        shared.say_rates(said);
        shared.refresh(now, &self.around());
        drop(shared);
        self.completeness_changed();
    }

    fn change_facts(&self, now: Timestamp, change: impl FnOnce(&mut Facts) -> bool) {
        let mut shared = self.board();
        shared.stale |= change(&mut shared.facts);
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

    /// Puts the goals that were set while running on the board, in place of those before.
    pub(crate) fn set_goals(&self, set: &[Goal], now: Timestamp) -> Revision {
        let mut shared = self.board();
        shared.advance(now, &self.around());
        let revision = shared.board.set_goals(set, now);
        shared.follow_statuses(&self.around());
        drop(shared);
        self.moved(revision);
        revision
    }

    /// The goals that were set while running.
    pub(crate) fn goals(&self) -> &Goals {
        &self.goals
    }
}
