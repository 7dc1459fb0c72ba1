//! The machine: which changes of status have held long enough to be told.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use foldhash::fast::FixedState;
use jiff::Timestamp;

use super::{Hold, Remembered, Subject, Trigger};
use crate::board::{Key, Step, Transition};
use crate::standing::{Status, Statuses};

/// Follows the statuses of all standings, and tells which alerts are due.
#[derive(Debug, Default)]
pub struct Machine {
    hold: Hold,
    standings: HashMap<Subject, Followed, FixedState>,
    /// The statuses that are being held, by the instant at which their alert is due.
    dues: BTreeSet<(Timestamp, Subject)>,
    /// Of what something else is to be remembered than before, in the order of the changes.
    changed: Vec<Key>,
}

/// A standing as it is followed.
#[derive(Debug)]
struct Followed {
    key: Key,
    status: Status,
    since: Timestamp,
    had: Statuses,
    settled: Status,
    trigger: Trigger,
    judged: Timestamp,
    is_over: bool,
    /// When the status, being another than the settled one, has held long enough.
    due: Option<Timestamp>,
}

/// An alert that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// What it is about.
    pub key: Key,
    /// The status of the alert before, or that the period began with.
    pub from: Status,
    /// The status that has held.
    pub to: Status,
    /// Since when.
    pub since: Timestamp,
    /// What brought it about.
    pub trigger: Trigger,
    /// The instant of the judgement that found it.
    pub judged: Timestamp,
}

impl Machine {
    /// A machine that knows of no standing.
    pub fn new(hold: Hold) -> Self {
        Self { hold, ..Self::default() }
    }

    /// Goes on with a standing as it is remembered.
    pub fn recall(&mut self, key: Key, remembered: &Remembered) {
        let Remembered { status, since, had, settled, trigger, judged, is_over, .. } = *remembered;
        let due = None;
        self.follow(Followed { key, status, since, had, settled, trigger, judged, is_over, due });
    }

    /// Takes a transition. Those of one standing come in their order.
    pub fn take(&mut self, transition: &Transition) {
        let Transition { ref key, step, status, since, had, trigger, judged } = *transition;
        self.changed.push(key.clone());
        let subject = Subject::from(key);
        let known = self.forget(&subject);
        let settled = match (step, known) {
            (Step::Left, _) => return,
            // What brought its status about is what it was.
            (Step::Moved, Some(known)) => {
                return self.follow(Followed { key: key.clone(), ..known });
            }
            (Step::Began, _) | (_, None) => status,
            (Step::Changed | Step::Ended, Some(known)) => known.settled,
        };
        let is_over = step == Step::Ended;
        // Of a period that is over nothing is followed but what is still owed.
        if !(is_over && status == settled) {
            let key = key.clone();
            self.follow(Followed {
                key,
                status,
                since,
                had,
                settled,
                trigger,
                judged,
                is_over,
                due: None,
            });
        }
    }

    /// The next instant at which an alert is due if no status changes.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.dues.first().map(|(at, _)| *at)
    }

    /// The first alert that is due by `now`, when all transitions up to then are taken. From here on its status is the
    /// settled one.
    pub fn due(&mut self, now: Timestamp) -> Option<Owed> {
        let is_due = self.next_due().is_some_and(|at| at <= now);
        let (_, subject) = if is_due { self.dues.pop_first()? } else { return None };
        let mut followed = self.standings.remove(&subject)?;
        let Followed { ref key, status: to, since, settled: from, trigger, judged, .. } = followed;
        let owed = Owed { key: key.clone(), from, to, since, trigger, judged };
        self.changed.push(owed.key.clone());
        if !followed.is_over {
            (followed.settled, followed.due) = (to, None);
            self.standings.insert(subject, followed);
        }
        Some(owed)
    }

    /// Of what something else is to be remembered since the last call, and what: nothing when it may be forgotten.
    pub fn changed(&mut self) -> impl Iterator<Item = (Key, Option<Remembered>)> {
        let standings = &self.standings;
        self.changed.drain(..).map(|key| {
            let followed = standings.get(&Subject::from(&key));
            (key, followed.map(Followed::remembered))
        })
    }

    fn follow(&mut self, mut followed: Followed) {
        let subject = Subject::from(&followed.key);
        self.forget(&subject);
        if followed.status != followed.settled {
            let hold = self.hold.of(followed.settled, followed.status);
            // It may have begun a moment after it was judged, when it came to be the second time at one instant.
            let begun = followed.since.min(followed.judged);
            let due = begun.checked_add(hold).unwrap_or(Timestamp::MAX);
            followed.due = Some(due);
            self.dues.insert((due, subject.clone()));
        }
        self.standings.insert(subject, followed);
    }

    fn forget(&mut self, subject: &Subject) -> Option<Followed> {
        let known = self.standings.remove(subject)?;
        if let Some(due) = known.due {
            self.dues.remove(&(due, subject.clone()));
        }
        Some(known)
    }
}

impl Followed {
    fn remembered(&self) -> Remembered {
        let Self { ref key, status, since, had, settled, trigger, judged, is_over, .. } = *self;
        let last_day = key.period.end;
        Remembered { status, since, had, settled, trigger, judged, last_day, is_over }
    }
}

impl Hold {
    /// For how long a status must hold after another was alerted.
    fn of(&self, settled: Status, status: Status) -> Duration {
        if goodness(status) < goodness(settled) { self.enter } else { self.leave }
    }
}

/// How good a status is, from the worst. Those that say nothing of the pace are like being on track.
fn goodness(status: Status) -> u8 {
    match status {
        Status::Missed => 0,
        Status::Behind => 1,
        Status::NoGoal | Status::NotEnoughData | Status::TooEarly | Status::OnTrack => 2,
        Status::Ahead => 3,
        Status::Achieved => 4,
    }
}
