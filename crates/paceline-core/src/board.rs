//! The board: all standings, at one revision.
//!
//! A commit adds a batch of entries to the ledger and re-judges the standings they touch; time is advanced
//! like any other input. Until the board is opened nothing is judged: while the topics are being caught up
//! only the ledger grows. The board is a plain state machine of (commits, clock); who shares it between threads
//! wraps it in a lock.

mod accumulator;
mod ahead;
mod aims;
mod batch;
mod curve;
mod days;
mod explain;
mod goals;
mod history;
mod levels;
mod lineage;
mod live;
mod moves;
mod owed;
mod past;
mod pieces;
mod reshape;
mod rests;
mod scaling;
mod selection;
mod slots;
mod sought;
mod timed;
mod trail;
mod transitions;
mod view;
mod working_times;
mod worth;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::calendar::{Calendar, CalendarId};
use crate::day::Day;
use crate::entry::Entry;
use crate::goal::Goal;
use crate::joint::Joints;
use crate::kpi::KpiId;
use crate::ledger::{Ledger, Tallies};
use crate::model::Model;
use crate::period::Period;
use crate::roster::{Roster, ScopeId};
use crate::schedule::Schedule;
use crate::standing::Rules;
use crate::symbol::Symbol;
use crate::workdays::Workdays;

use days::faces;
use goals::Goals;
use lineage::Lineage;
use live::Live;
use moves::{Moving, Why};
use slots::Slots;
use trail::Trail;
use transitions::Recalled;
use view::Left;
use working_times::WorkingTimes;

pub use batch::Batch;
pub use explain::Evidence;
pub use goals::PassedOver;
pub use history::{History, HistoryDay};
pub use moves::Sayings;
pub use pieces::{How, Piece, Pieces, Stretch};
pub use selection::{Selection, Subject};
pub use transitions::{Step, Transition};
pub use view::{Changed, Key, OfReps, Reading, Reason, Removal, Standing, Update};

/// A position in the one order of the board's commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub u64);

/// The live standings that are to be judged again, each with the time of the newest change that touched it.
type Touched = BTreeMap<u32, Timestamp>;

/// All standings, at one revision.
#[derive(Debug)]
pub struct Board {
    model: Arc<Model>,
    roster: Arc<Roster>,
    rules: Rules,
    goals: Goals,
    slots: Slots,
    ledger: Ledger,
    /// The owners that are no reps but rules.
    joints: Joints,
    /// What counts from an instant on that is yet to come, by shard, owner and KPI.
    schedule: Schedule<(usize, Symbol, KpiId)>,
    faces: Vec<Face>,
    face_of: Vec<usize>,
    working_times: WorkingTimes,
    live: Vec<Live>,
    revision: Revision,
    changed: BTreeSet<(Revision, u32)>,
    /// The KPIs whose records come from a source that lags behind.
    lagging: BTreeSet<KpiId>,
    removals: Trail<Left>,
    lineage: Lineage,
    /// What moved numbers.
    moving: Moving,
    timers: BTreeSet<(Timestamp, u32)>,
    /// The statuses from before it was opened.
    recalled: Vec<Recalled>,
    /// What became of statuses since that was last asked for.
    transitions: Vec<Transition>,
    /// How far time was advanced: it never goes back, although callers may have read their clocks earlier.
    clock: Timestamp,
}

/// The clock face of one calendar in one time zone: which day it is there, and until when.
#[derive(Clone, Debug)]
struct Face {
    calendar: CalendarId,
    zone: TimeZone,
    today: Day,
    until: Timestamp,
}

impl Board {
    /// An unopened board without any entries.
    pub fn new(model: Arc<Model>, roster: Arc<Roster>) -> Self {
        let (faces, face_of) = faces(&roster);
        Self {
            rules: model.bands.into(),
            goals: Goals::new(&model.goals),
            slots: Slots::new(&model),
            ledger: Ledger::default(),
            joints: Joints::default(),
            schedule: Schedule::default(),
            faces,
            face_of,
            working_times: WorkingTimes::default(),
            live: Vec::new(),
            revision: Revision::default(),
            changed: BTreeSet::new(),
            lagging: BTreeSet::new(),
            removals: Trail::default(),
            lineage: Lineage::default(),
            moving: Moving::default(),
            timers: BTreeSet::new(),
            recalled: Vec::new(),
            transitions: Vec::new(),
            clock: Timestamp::MIN,
            model,
            roster,
        }
    }

    /// The newest revision.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The model it counts by.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The reps and teams it counts for.
    pub fn roster(&self) -> &Arc<Roster> {
        &self.roster
    }

    /// How far time was advanced. A caller may have read its clock before that.
    pub fn clock(&self) -> Timestamp {
        self.clock
    }

    /// Whether standings are judged yet.
    pub fn is_open(&self) -> bool {
        !self.live.is_empty()
    }

    /// Judges all standings for the first time, by the statuses that are [recalled](Self::recall). From here on every commit does.
    pub fn open(&mut self, now: Timestamp) {
        if self.is_open() {
            return;
        }
        self.clock = self.clock.max(now);
        self.revision.0 += 1;
        for face in &mut self.faces {
            face.turn(now);
        }
        self.take_due(now, &mut Touched::default());
        let scopes = self.roster.scopes().len();
        self.live = (0..scopes * self.slots.len()).map(|_| Live::default()).collect();
        let lives: Vec<u32> = self.roster.scope_ids().flat_map(|scope| self.lives(scope)).collect();
        self.moving.open(self.revision);
        self.begin_periods(&lives, now, Why::Start);
        self.go_on(now);
        lives.into_iter().for_each(|live| self.judge(live, now, now, Why::Start));
    }

    /// Adds the entries of changes, shard by shard, re-judges what they touch, and answers the new revision.
    /// `now` is the instant of the judgement.
    pub fn commit<'a>(
        &mut self,
        batches: impl IntoIterator<Item = (usize, &'a Batch)>,
        now: Timestamp,
    ) -> Revision {
        self.advance(now);
        let now = self.clock;
        self.revision.0 += 1;
        let mut touched = Touched::default();
        for (shard, batch) in batches {
            for (symbol, joint) in batch.joints() {
                self.joints.define(*symbol, joint, &self.roster);
            }
            for (entry, time) in batch.entries() {
                self.count(shard, &entry, time, &mut touched);
            }
            // Until the board is opened all that is timed waits, for a lane may yet hand over its tallies.
            let clock = self.is_open().then_some(now);
            for (entry, time) in clock.map(|now| batch.due(now)).unwrap_or_default() {
                self.count(shard, &entry, time, &mut touched);
            }
            for (at, entry, time) in batch.scheduled(clock) {
                self.schedule(shard, at, &entry, time, &mut touched);
            }
            if let Some(now) = clock {
                self.moving.commit(self.revision, now, batch.noted());
            }
        }
        for (live, time) in touched {
            self.judge(live, now, time, Why::Records);
        }
        self.revision
    }

    /// Adds an entry to the ledger and to the standings that count it.
    fn count(&mut self, shard: usize, entry: &Entry, time: Timestamp, touched: &mut Touched) {
        self.ledger.add(shard, entry);
        self.accumulate(entry, time, touched);
    }

    /// Takes over what the records of a shard add up to, before the board is opened and any commit of the shard.
    pub fn adopt(&mut self, shard: usize, tallies: Tallies) {
        self.revision.0 += 1;
        self.ledger.adopt(shard, tallies);
    }

    /// Puts the goals that were set while running beside the config's, in place of those given before. What is owed is
    /// worked out anew and judged wherever the goals are others, all in one revision, which is answered.
    pub fn set_goals(&mut self, set: &[Goal], now: Timestamp) -> Revision {
        self.advance(now);
        let now = self.clock;
        self.revision.0 += 1;
        let goals = Goals::new(self.model.goals.iter().chain(set));
        let former = std::mem::replace(&mut self.goals, goals);
        let slots = (0..self.slots.len()).map(|slot| self.slots.get(slot));
        let changed: Vec<bool> =
            slots.map(|slot| self.goals.differ(&former, slot.kpi, slot.kind)).collect();
        let lives = || 0..self.live.len() as u32;
        let renewed: Vec<u32> = lives().filter(|live| changed[self.place(*live).1]).collect();
        // Goals that are not in force yet count too, since what happens next may depend on them; and so does what is computed
        // from goals.
        let computed = |slot: usize| self.slots.get(slot).goals.iter().any(|goal| changed[*goal]);
        let touched = |slot: usize| changed[slot] || computed(slot);
        let judged: Vec<u32> = lives().filter(|live| touched(self.place(*live).1)).collect();
        renewed.into_iter().for_each(|live| self.renew_goal(live, now));
        judged.into_iter().for_each(|live| self.judge(live, now, now, Why::Goal));
        self.working_times.forget_unused();
        self.revision
    }

    /// Notes which simple KPIs have records that come from a source which lags behind by more than it may. Of what is made of
    /// them that puts all standings in doubt, in a new revision; no status depends on it.
    pub fn set_lagging(&mut self, leaves: &BTreeSet<KpiId>) -> Revision {
        let lags = |kpi: &KpiId| self.model.leaves(*kpi).iter().any(|leaf| leaves.contains(leaf));
        let lagging: BTreeSet<KpiId> = self.model.kpi_ids().filter(lags).collect();
        let former = std::mem::replace(&mut self.lagging, lagging);
        self.revision.0 += 1;
        for live in 0..self.live.len() as u32 {
            let kpi = self.slots.get(self.place(live).1).kpi;
            if self.lagging.contains(&kpi) != former.contains(&kpi) {
                self.stamp(live);
            }
        }
        self.revision
    }

    /// Lets time pass: what changed by the clock alone since the last call is judged, each at its instant.
    /// Answers whether anything did.
    pub fn advance(&mut self, now: Timestamp) -> bool {
        self.clock = self.clock.max(now);
        let now = self.clock;
        self.is_open() && self.advance_while(|due| due <= now)
    }

    /// Lets time pass as long as what falls due next is wanted.
    fn advance_while(&mut self, wanted: impl Fn(Timestamp) -> bool) -> bool {
        let before = self.revision;
        while let Some(due) = self.next_due().filter(|due| wanted(*due)) {
            self.revision.0 += 1;
            let mut touched = Touched::default();
            self.take_due(due, &mut touched);
            self.turn_days(due);
            for (live, at) in touched {
                self.judge(live, due, at, Why::Membership);
            }
            while let Some((at, live)) = self.timers.first().copied().filter(|(at, _)| *at <= due) {
                self.timers.remove(&(at, live));
                self.judge(live, at, at, Why::Due);
            }
        }
        before != self.revision
    }

    /// The next instant at which something changes by the clock alone.
    pub fn next_due(&self) -> Option<Timestamp> {
        let timer = self.timers.first().map(|(at, _)| *at);
        let day = self.is_open().then(|| self.faces.iter().map(|face| face.until).min()).flatten();
        let scheduled = self.schedule.first().filter(|_| self.is_open());
        timer.into_iter().chain(day).chain(scheduled).min()
    }

    fn face(&self, scope: ScopeId) -> &Face {
        &self.faces[self.face_of[scope.0 as usize]]
    }

    /// The calendar of a scope.
    fn calendar(&self, scope: ScopeId) -> &Calendar {
        self.model.calendar(self.roster.calendar(scope))
    }

    /// The working days of a period by a face, shared by all who have the same.
    fn workdays(&self, times: &mut WorkingTimes, face: usize, period: &Period) -> Arc<Workdays> {
        let Face { calendar, zone, .. } = &self.faces[face];
        times.days(face, self.model.calendar(*calendar), zone, period)
    }

    /// Lets `ask` look at the board and at the working times, to which it may add.
    fn with_times<T>(&mut self, ask: impl FnOnce(&Self, &mut WorkingTimes) -> T) -> T {
        let mut times = std::mem::take(&mut self.working_times);
        let answer = ask(self, &mut times);
        self.working_times = times;
        answer
    }
}

#[cfg(test)]
mod tests;
