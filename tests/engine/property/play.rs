//! Plays a history to the engine and to the oracle, and compares all they say.
//!
//! The oracle is asked again at every commit and at every instant at which the engine says that the clock changes
//! something; the instants between are tried too, so that an instant that was not named would be found.

mod ahead;
mod behind;
mod clock;
mod compare;
mod edits;
mod moves;
mod ranks;
mod restart;
mod seen;
mod steps;
mod taking;
mod watcher;

use std::{collections::BTreeMap, collections::BTreeSet, fmt::Write as _, rc::Rc};

use jiff::{Timestamp, civil::Date};
use paceline_core::{
    board::{Revision, Standing},
    standing::Status,
};
use paceline_tests::recompute::{
    StatusMemory,
    config::{Config, PeriodKind},
    records::Records,
};
use proptest::test_runner::TestCaseError;

use super::{
    coverage::Coverage,
    history::{Jump, Message, Step, first_image, garbage},
    world::World,
};
use crate::engine::Engine;
use edits::Book;
use moves::Moves;
use taking::Pending;

/// Names of a scope, a KPI and a period.
type Names = (String, String, String);

/// A difference, in words.
type Outcome = Result<(), String>;

/// A history being played.
pub(crate) struct Play<'a> {
    world: &'a World,
    coverage: &'a mut Coverage,
    engine: Engine,
    /// With the goals that were set while running.
    oracle: Rc<Config>,
    records: Rc<Records>,
    memory: StatusMemory,
    /// By lane.
    pending: Vec<Pending>,
    sent: Vec<Message>,
    /// What was told of reps: the key and what stands on it.
    rows: Vec<(String, Option<String>)>,
    /// The keys on which stands what cannot be understood.
    malformed: BTreeSet<String>,
    /// The days from which something holds that was told of reps.
    dates: BTreeSet<Date>,
    book: Book,
    now: Timestamp,
    open: bool,
    /// What a watcher knows who has read every update.
    watched: BTreeMap<Names, Standing>,
    /// The beginnings of statuses that were read of those.
    begun: BTreeMap<Names, BTreeSet<(Status, Timestamp)>>,
    revision: Revision,
    /// Whether what changed since the last look was judged step by step.
    in_steps: bool,
    looks: usize,
    moves: Moves,
    log: Option<String>,
}

/// What happened, message by message, for who has to find out why.
pub(crate) fn log(world: &World, steps: &[Step]) -> String {
    let mut coverage = Coverage::default();
    let mut play = Play::new(world, &mut coverage);
    play.log = Some(String::new());
    let outcome = play.run_steps(steps);
    format!("{}{outcome:?}", play.log.unwrap_or_default())
}

impl<'a> Play<'a> {
    pub(crate) fn new(world: &'a World, coverage: &'a mut Coverage) -> Self {
        let oracle =
            Config::read(&world.yaml).unwrap_or_else(|error| panic!("{error}\n{}", world.yaml));
        let engine = Engine::new(&world.yaml, &partitions(world), world.lanes);
        world.features.iter().for_each(|feature| coverage.saw(feature));
        coverage.saw_if("several lanes", world.lanes > 1);
        coverage.saw_if(
            "records over several partitions",
            world.spread && world.topics[0].partitions > 1,
        );
        Self {
            pending: (0..engine.lanes()).map(|_| Pending::default()).collect(),
            world,
            coverage,
            engine,
            oracle: Rc::new(oracle),
            records: Rc::default(),
            memory: StatusMemory::new(),
            sent: Vec::new(),
            rows: Vec::new(),
            malformed: BTreeSet::new(),
            dates: world.dates.iter().copied().collect(),
            book: Book::default(),
            now: world.start,
            open: false,
            watched: BTreeMap::new(),
            begun: BTreeMap::new(),
            revision: Revision::default(),
            in_steps: false,
            looks: 0,
            moves: Moves::default(),
            log: None,
        }
    }

    pub(crate) fn run(mut self, steps: &[Step]) -> Result<(), TestCaseError> {
        self.run_steps(steps).map_err(TestCaseError::fail)
    }

    /// The same, in which every move of a standing is to be named. Answers the kinds of moves there were.
    pub(crate) fn explained(
        mut self,
        steps: &[Step],
    ) -> Result<BTreeSet<&'static str>, TestCaseError> {
        self.moves.checked = true;
        self.run_steps(steps).map_err(TestCaseError::fail)?;
        Ok(self.moves.named)
    }

    fn run_steps(&mut self, steps: &[Step]) -> Outcome {
        for (subject, record, set) in &self.world.opening {
            self.take(first_image(self.world, *subject, *record, set))?;
        }
        let opens = self.world.features.len() % 6;
        for (nth, step) in steps.iter().enumerate() {
            if nth == opens {
                self.open()?;
            }
            self.step(step, nth)?;
        }
        self.open()?;
        self.commit_all()?;
        self.clock(Jump::Days(2))?;
        self.look(20)?;
        self.explain_all()?;
        self.go_on()?;
        self.restart()
    }

    fn step(&mut self, step: &Step, nth: usize) -> Outcome {
        match step {
            Step::Change(change) => {
                self.take(change.message(self.world, self.now, nth, &self.sent))
            }
            Step::Again(back) => {
                let len = self.sent.len();
                let Some(message) =
                    self.sent.get(len.wrapping_sub(1 + usize::from(*back) % len.max(1)))
                else {
                    return Ok(());
                };
                let message = message.clone();
                self.coverage.saw("duplicate");
                self.take(message)
            }
            Step::Garbage(chosen) => self.take(garbage(*chosen)),
            Step::Row(row) => self.tell(row),
            Step::Edit(edit) => self.edit(edit),
            Step::Commit(lane) => self.commit(usize::from(*lane) % self.pending.len()),
            Step::Clock(jump) => self.clock(*jump),
            Step::Look(days) => self.look(i32::from(*days)),
        }
    }

    fn open(&mut self) -> Outcome {
        if self.open {
            return Ok(());
        }
        // A lane commits what it has taken before it says that it has caught up.
        for lane in 0..self.pending.len() {
            self.commit_lane(lane)?;
        }
        self.open = true;
        self.coverage.saw_if("taken before the board opens", !self.sent.is_empty());
        self.note(|| "open".to_owned());
        self.engine.open(self.now);
        self.compare("opening")
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            writeln!(log, "{}", line()).expect("a string takes any text");
        }
    }
}

fn partitions(world: &World) -> Vec<usize> {
    world.topics.iter().map(|topic| topic.partitions).collect()
}

fn kind(standing: &Standing) -> PeriodKind {
    standing.key.period.kind.to_string().parse().expect("both know the same kinds of period")
}
