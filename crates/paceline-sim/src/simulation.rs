//! The simulation: a queue of things that are due, and one change at a time.
//!
//! Every record has at most one thing due, so the queue is as long as there are records still in motion. What happens to
//! a record is decided when its turn comes, from the state it is in: live traffic may therefore change a record at any
//! moment without unsettling its future.

mod activities;
mod deals;
mod live;
mod pool;
mod quota;
mod steps;

use std::{cmp::Reverse, collections::BinaryHeap};

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    Change, Fields, Id, Meeting, Op, Opportunity, Organisation, Row, Task,
    calendar::{self, DAY_MS},
    field::Field,
    organisation,
    rng::Rng,
};
use pool::Pool;
use quota::Quota;

/// History before the first day, which fills the pipeline that the first day starts with.
const WARM_UP_DAYS: i64 = 100;
/// The user that loads the records which are alive on the first day.
const INTEGRATION_USER: u32 = 9_000_000;

/// Something that will happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// A rep opens a new deal.
    Prospect(u32),
    /// A deal gets attention.
    Deal(u32),
    /// A meeting about this deal is booked.
    Booking(u32),
    /// A meeting ends.
    Meeting(u32),
    /// A thing to do about this deal is noted.
    Chore(u32),
    /// A task is worked on.
    Task(u32),
    /// Some of a rep's deals go to a colleague.
    Reorganisation,
}

/// A record and whether it exists, and whether something is due for it.
#[derive(Debug, Clone, Copy)]
struct Record<T> {
    row: T,
    alive: bool,
    queued: bool,
}

/// How far the records of the first day have been told.
#[derive(Debug, Clone, Copy)]
struct Load {
    /// The records before this place, over all entities in turn, are told.
    next: usize,
    /// Records made before the first day.
    end: [usize; 3],
}

/// The organisation at work. An endless iterator of changes in the order of their times.
#[derive(Debug, Clone)]
pub struct Simulation {
    organisation: Organisation,
    rng: Rng,
    queue: BinaryHeap<Reverse<(i64, u64, Due)>>,
    tickets: u64,
    /// The time of the last change, in milliseconds since 1970.
    clock: i64,
    version: u64,
    transaction: u64,
    deals: Vec<Record<Opportunity>>,
    meetings: Vec<Record<Meeting>>,
    tasks: Vec<Record<Task>>,
    open: Pool,
    won: Pool,
    planned: Pool,
    to_do: Pool,
    deleted: Pool,
    quotas: Vec<Quota>,
    load: Load,
    /// Open deals that live traffic tries to keep; known after its first change.
    live_open: Option<usize>,
}

impl Simulation {
    /// The organisation on the morning of its first day, with a pipeline under way.
    #[must_use]
    pub fn new(organisation: Organisation) -> Self {
        let from = i64::from(calendar::from_date(organisation.options().from)) * DAY_MS;
        let mut simulation = Self::empty(organisation, from - WARM_UP_DAYS * DAY_MS);
        while let Some((time, due)) = simulation.pop(from - 1) {
            let _untold = simulation.handle(due, time);
        }
        simulation.clock = from;
        simulation.version = 0;
        simulation.transaction = 0;
        simulation.load = Load {
            next: 0,
            end: [simulation.deals.len(), simulation.meetings.len(), simulation.tasks.len()],
        };
        simulation
    }

    fn empty(organisation: Organisation, clock: i64) -> Self {
        let mut rng = Rng::new(organisation.options().seed);
        let quotas = organisation.reps().iter().map(|_| Quota::new(&mut rng)).collect();
        let mut simulation = Self {
            organisation,
            rng,
            queue: BinaryHeap::new(),
            tickets: 0,
            clock,
            version: 0,
            transaction: 0,
            deals: Vec::new(),
            meetings: Vec::new(),
            tasks: Vec::new(),
            open: Pool::default(),
            won: Pool::default(),
            planned: Pool::default(),
            to_do: Pool::default(),
            deleted: Pool::default(),
            quotas,
            load: Load { next: 0, end: [0; 3] },
            live_open: None,
        };
        simulation.start_work(clock);
        simulation
    }

    fn start_work(&mut self, clock: i64) {
        for rep in 0..self.organisation.reps().len() as u32 {
            let first =
                i64::from(calendar::from_date(self.organisation.reps()[rep as usize].start))
                    * DAY_MS;
            let time = self.after_work(rep, clock.max(first), 60);
            self.schedule(time, Due::Prospect(rep));
        }
        self.schedule(clock, Due::Reorganisation);
    }

    /// The people at work.
    #[must_use]
    pub fn organisation(&self) -> &Organisation {
        &self.organisation
    }

    /// The opportunities that are open at this moment, in no particular order.
    pub fn open_opportunities(&self) -> impl Iterator<Item = &Opportunity> {
        self.open.members().iter().map(|deal| &self.deals[*deal as usize].row)
    }

    /// The changes up to and including an instant. What comes after it is left for later calls.
    pub fn history_until(&mut self, instant: Timestamp) -> impl Iterator<Item = Change> + '_ {
        std::iter::from_fn(move || self.advance(instant.as_millisecond()))
    }

    fn advance(&mut self, until: i64) -> Option<Change> {
        if self.clock <= until
            && let Some(change) = self.load_next()
        {
            return Some(change);
        }
        while let Some((time, due)) = self.pop(until) {
            let change = self.handle(due, time);
            if change.is_some() {
                return change;
            }
        }
        None
    }

    /// Takes what is due next, unless that is after `until`.
    fn pop(&mut self, until: i64) -> Option<(i64, Due)> {
        let Reverse((time, _, _)) = self.queue.peek()?;
        if (*time).max(self.clock) > until {
            return None;
        }
        let Reverse((time, _, due)) = self.queue.pop()?;
        self.clock = self.clock.max(time);
        Some((self.clock, due))
    }

    fn handle(&mut self, due: Due, time: i64) -> Option<Change> {
        match due {
            Due::Prospect(rep) => Some(self.prospect(rep, time)),
            Due::Deal(deal) => self.attend(deal, time),
            Due::Booking(deal) => self.book(deal, time),
            Due::Meeting(meeting) => self.conclude(meeting, time),
            Due::Chore(deal) => self.note(deal, time),
            Due::Task(task) => self.work_on(task, time),
            Due::Reorganisation => self.reorganise(time),
        }
    }

    fn schedule(&mut self, time: i64, due: Due) {
        self.tickets += 1;
        self.queue.push(Reverse((time, self.tickets, due)));
    }

    /// The next record of the first day that still matters: it has a future, or counts in the current quarter.
    fn load_next(&mut self) -> Option<Change> {
        let [deals, meetings, tasks] = self.load.end;
        while self.load.next < deals + meetings + tasks {
            let place = self.load.next;
            self.load.next += 1;
            let row = if place < deals {
                self.loadable_deal(place)
            } else if place < deals + meetings {
                self.loadable_meeting(place - deals)
            } else {
                self.loadable_task(place - deals - meetings)
            };
            if let Some(row) = row {
                let actor = organisation::user(INTEGRATION_USER);
                return Some(self.change(Op::Create, row, Fields::default(), self.clock, actor));
            }
        }
        None
    }

    fn loadable_deal(&self, place: usize) -> Option<Row> {
        let deal = self.deals[place];
        let recent = !deal.row.stage.is_open() && self.in_first_quarter(deal.row.close_day);
        (deal.alive && (deal.queued || recent)).then_some(Row::Opportunity(deal.row))
    }

    fn loadable_meeting(&self, place: usize) -> Option<Row> {
        let meeting = self.meetings[place];
        let recent = self.in_first_quarter((meeting.row.start_ms / DAY_MS) as i32);
        (meeting.alive && (meeting.queued || recent)).then_some(Row::Event(meeting.row))
    }

    fn loadable_task(&self, place: usize) -> Option<Row> {
        let task = self.tasks[place];
        let done = task.row.completed_ms;
        let counts = done.is_none_or(|ms| self.in_first_quarter((ms / DAY_MS) as i32));
        (task.alive && counts).then_some(Row::Task(task.row))
    }

    fn in_first_quarter(&self, day: i32) -> bool {
        day >= calendar::quarter(calendar::from_date(self.organisation.options().from)).0
    }

    fn change(&mut self, op: Op, row: Row, changed: Fields, time: i64, actor: Id) -> Change {
        self.version += 1;
        self.transaction += 1;
        let (version, transaction) = (self.version, self.transaction);
        let time = calendar::to_timestamp(time);
        Change { op, version, time, row, changed, actor, transaction, rest: Vec::new() }
    }

    fn update(&mut self, row: Row, changed: &[Field], time: i64, actor: Id) -> Change {
        self.change(Op::Update, row, Fields::of(changed).with(Field::LastModifiedDate), time, actor)
    }

    fn zone(&self, owner: Id) -> &TimeZone {
        &self.organisation.rep(owner).time_zone
    }

    /// Today for the owner of a record.
    fn today(&self, owner: Id, time: i64) -> i32 {
        calendar::local_day(self.zone(owner), time)
    }

    /// A moment in the rep's working hours, on average so many minutes of work ahead; the season stretches it.
    fn after_work(&mut self, rep: u32, time: i64, minutes: u32) -> i64 {
        let zone = &self.organisation.reps()[rep as usize].time_zone;
        let season = calendar::slowness(calendar::local_day(zone, time));
        let minutes = self.rng.around(minutes * season / 100);
        calendar::after_work(zone, time, minutes, &mut self.rng)
    }
}

impl Iterator for Simulation {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        self.advance(i64::MAX)
    }
}
