//! Plays a history to the engine and to the oracle, and compares all they say.
//!
//! The oracle is asked again at every commit and at every instant at which the engine says that the clock changes
//! something; the instants between are tried too, so that an instant that was not named would be found.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    rc::Rc,
};

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
};
use paceline_core::board::{Revision, Standing};
use paceline_tests::recompute::{
    Board, Row, StatusMemory,
    config::{Config, KpiType, PeriodKind},
    formula::Formula,
    records::{self, Records},
    scope::Scope,
    status::Status,
};
use proptest::test_runner::TestCaseError;

use super::{
    coverage::Coverage,
    history::{self, Jump, Message, Step},
    world::World,
};
use crate::{
    compare,
    engine::{self, Engine},
};

/// Names of a scope, a KPI and a period.
type Names = (String, String, String);

/// A difference, in words.
type Outcome = Result<(), String>;

/// A history being played.
pub(crate) struct Play<'a> {
    world: &'a World,
    coverage: &'a mut Coverage,
    engine: Engine,
    oracle: Config,
    records: Rc<Records>,
    memory: StatusMemory,
    /// What each lane has not committed, with the offsets.
    sent_to: Vec<Vec<(i64, Message)>>,
    /// Of those of these that it has taken, whether they were accepted.
    accepted: Vec<Vec<bool>>,
    sent: Vec<Message>,
    now: Timestamp,
    open: bool,
    /// What a watcher knows who has read every update.
    watched: BTreeMap<Names, Standing>,
    revision: Revision,
    looks: usize,
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
        let engine = Engine::new(&world.yaml, &world.partitions, world.lanes);
        world.features.iter().for_each(|feature| coverage.saw(feature));
        coverage.saw_if("several lanes", world.lanes > 1);
        coverage.saw_if("records over several partitions", world.spread && world.partitions[0] > 1);
        Self {
            sent_to: vec![Vec::new(); engine.lanes()],
            accepted: vec![Vec::new(); engine.lanes()],
            world,
            coverage,
            engine,
            oracle,
            records: Rc::default(),
            memory: StatusMemory::new(),
            sent: Vec::new(),
            now: world.start,
            open: false,
            watched: BTreeMap::new(),
            revision: Revision::default(),
            looks: 0,
            log: None,
        }
    }

    pub(crate) fn run(mut self, steps: &[Step]) -> Result<(), TestCaseError> {
        self.run_steps(steps).map_err(TestCaseError::fail)
    }

    fn run_steps(&mut self, steps: &[Step]) -> Outcome {
        let opens = self.world.features.len() % 6;
        for (nth, step) in steps.iter().enumerate() {
            if nth == opens {
                self.open()?;
            }
            self.step(step, nth)?;
        }
        self.open()?;
        for lane in 0..self.sent_to.len() {
            self.commit(lane)?;
        }
        self.clock(Jump::Days(2))?;
        self.look(20)
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
            Step::Garbage(chosen) => self.take(history::garbage(*chosen)),
            Step::Commit(lane) => self.commit(usize::from(*lane) % self.sent_to.len()),
            Step::Clock(jump) => self.clock(*jump),
            Step::Look(days) => self.look(i32::from(*days)),
        }
    }

    fn open(&mut self) -> Outcome {
        if self.open {
            return Ok(());
        }
        // A lane commits what it has taken before it says that it has caught up.
        for lane in 0..self.sent_to.len() {
            self.commit(lane)?;
        }
        self.open = true;
        self.coverage.saw_if("taken before the board opens", !self.sent.is_empty());
        self.note(|| "open".to_owned());
        self.engine.open(self.now);
        self.compare("opening")
    }

    fn take(&mut self, message: Message) -> Outcome {
        let (key, value) = (message.key.as_bytes(), message.value.as_ref().map(String::as_bytes));
        let place = (message.source, message.partition);
        let (lane, offset) = self.engine.send(place, Some(key), value, message.time);
        self.note(|| {
            let value = message.value.as_deref().unwrap_or("null");
            format!("{place:?} lane {lane} @{offset} {}: {value}", message.key)
        });
        if message.kind != "garbage" {
            let newer =
                |other: &Message| other.key == message.key && other.version > message.version;
            let late = message.version.is_some() && self.sent.iter().any(newer);
            let equal =
                |other: &Message| other.key == message.key && other.version == message.version;
            let tie = message.version.is_some() && self.sent.iter().any(equal);
            self.coverage.saw_if("late", late);
            self.coverage.saw_if("equally new", tie);
            self.coverage.saw(message.kind);
            self.sent.push(message.clone());
        }
        self.sent_to[lane].push((offset, message));
        // Alone, a few at once, and more than walk through a lane's rooms together.
        let together = [1, 3, 7, 64][self.world.yaml.len() % 4];
        if self.sent_to[lane].len() - self.accepted[lane].len() >= together {
            self.take_sent(lane);
        }
        Ok(())
    }

    fn take_sent(&mut self, lane: usize) {
        let accepted = self.engine.take(lane);
        let new = &self.sent_to[lane][self.accepted[lane].len()..];
        let again = |(nth, (_, message)): (usize, &(i64, Message))| {
            new[..nth].iter().any(|(_, before)| before.key == message.key)
        };
        self.coverage.saw_if("several messages at once", accepted.len() > 1);
        self.coverage.saw_if("more at once than walk together", accepted.len() > 16);
        self.coverage.saw_if("one record twice at once", new.iter().enumerate().any(again));
        self.accepted[lane].extend(accepted);
    }

    /// Commits a lane, to the oracle by letting it know of what the lane has taken.
    fn commit(&mut self, lane: usize) -> Outcome {
        let now = self.now;
        self.note(|| format!("commit of lane {lane} at {now}"));
        self.take_sent(lane);
        self.engine.commit(lane, self.now);
        let sent = std::mem::take(&mut self.sent_to[lane]);
        let accepted = std::mem::take(&mut self.accepted[lane]);
        for ((offset, message), accepted) in sent.into_iter().zip(accepted) {
            let topic = ["opportunities", "activities"][message.source];
            let taken = Rc::make_mut(&mut self.records).take(
                &self.oracle,
                records::Message {
                    topic,
                    offset,
                    timestamp: message.time,
                    key: Some(message.key.as_bytes()),
                    value: message.value.as_ref().map(String::as_bytes),
                },
            );
            self.coverage.saw_if("refused", taken.is_err());
            if taken.is_ok() != accepted {
                return Err(format!(
                    "the engine accepts: {accepted}, the oracle says {taken:?}: {message:?}"
                ));
            }
        }
        if self.open { self.compare("a commit") } else { Ok(()) }
    }

    /// Lets time pass, stopping at every instant that the engine names.
    fn clock(&mut self, jump: Jump) -> Outcome {
        let to = jump.from(self.now, self.engine.live.next_due());
        self.note(|| format!("clock to {to}"));
        self.saw_jump(to);
        if self.open {
            let config = self.oracle.clone();
            let records = Rc::clone(&self.records);
            let board = Board::new(&config, &records);
            let mut dues = 0;
            while let Some(due) = self.engine.live.next_due().filter(|due| *due <= to) {
                if due <= self.now {
                    return Err(format!("at {} it says that something is due at {due}", self.now));
                }
                self.due(due, &board, dues % 20 == 0)?;
                dues += 1;
            }
        }
        self.now = to;
        self.engine.live.advance(to);
        if self.open { self.compare("time has passed") } else { Ok(()) }
    }

    /// Stops at an instant; with `fully`, all standings are looked at, also right before it.
    fn due(&mut self, due: Timestamp, board: &Board<'_>, fully: bool) -> Outcome {
        if fully && due - 1.nanosecond() > self.now {
            self.compare_statuses(board, due - 1.nanosecond())?;
        }
        self.engine.live.advance(due);
        self.now = due;
        let before = self.watched.clone();
        let changed = self.watch()?;
        let moved: BTreeSet<(String, String, PeriodKind)> = changed
            .iter()
            .filter(|names| {
                before.get(*names).is_none_or(|known| known.status != self.watched[*names].status)
            })
            .map(|names| (names.0.clone(), names.1.clone(), kind(&self.watched[names])))
            .collect();
        let wanted =
            |scope: String, kpi: &str, kind| moved.contains(&(scope, kpi.to_owned(), kind));
        let rows = board.rows(due, None, &mut self.memory, |scope, kpi, kind| {
            fully || wanted(scope.to_string(), &kpi.name, kind)
        });
        for row in rows {
            let names = (row.scope.clone(), row.kpi.clone(), row.period.name.clone());
            let Some(standing) = self.watched.get(&names) else {
                return Err(format!("at {due} there is no standing of {names:?}"));
            };
            let status = engine::status(standing.status);
            if status != row.status {
                return Err(format!(
                    "at {due} {names:?} is {status:?} instead of {:?}",
                    row.status
                ));
            }
            let known = before.get(&names);
            let new = known.is_none_or(|known| known.status != standing.status);
            if new && standing.since != due
                || !new && known.is_some_and(|known| known.since != standing.since)
            {
                return Err(format!("at {due} {names:?} is {status:?} since {}", standing.since));
            }
            self.coverage.saw_if("a status changes by the clock alone", new && known.is_some());
            self.coverage.saw_if(
                "an instant to the nanosecond",
                new && due.subsec_nanosecond() % 1_000 != 0,
            );
            self.coverage.saw_if("a new period begins", known.is_none());
        }
        Ok(())
    }

    /// Looks at everything, and at the numbers of periods that lie behind.
    fn look(&mut self, days: i32) -> Outcome {
        if !self.open {
            return Ok(());
        }
        self.compare("a look")?;
        let today = self.now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let on = today - (2 + days % 60).days();
        self.coverage.saw("the past");
        self.compare_past(on)
    }

    /// All standings, in the periods that are running.
    fn compare(&mut self, after: &str) -> Outcome {
        self.watch()?;
        let config = self.oracle.clone();
        let records = Rc::clone(&self.records);
        let board = Board::new(&config, &records);
        let rows = board.rows(self.now, None, &mut self.memory, |_, _, _| true);
        let standings = self.engine.standings(None, self.now);
        self.compare_all(&rows, &standings, after, true)?;
        self.compare_watched(&standings)?;
        for row in &rows {
            self.saw_row(row);
        }
        self.saw_periods(&rows);
        for nth in 0..2 {
            self.looks += 1;
            let at = (self.looks * 7 + nth * 13) % standings.len();
            self.check_next_change(&board, &standings[at])?;
        }
        Ok(())
    }

    /// The numbers in the periods that hold a day behind.
    fn compare_past(&mut self, on: Date) -> Outcome {
        let config = self.oracle.clone();
        let records = Rc::clone(&self.records);
        let board = Board::new(&config, &records);
        let rows = board.rows(self.now, Some(on), &mut StatusMemory::new(), |_, _, _| true);
        let standings = self.engine.standings(Some(on), self.now);
        self.compare_all(&rows, &standings, &format!("asked for {on}"), false)?;
        let rolling = |standing: &&Standing| matches!(kind(standing), PeriodKind::Rolling(_));
        let fixed = standings.iter().filter(|standing| !rolling(standing));
        fixed.take(3).try_for_each(|standing| self.check_next_change(&board, standing))
    }

    fn compare_all(
        &self,
        rows: &[Row],
        standings: &[Standing],
        after: &str,
        judged: bool,
    ) -> Outcome {
        let by_names: BTreeMap<Names, &Standing> =
            standings.iter().map(|standing| (self.engine.names(standing), standing)).collect();
        if by_names.len() != rows.len() || rows.len() != standings.len() {
            return Err(format!(
                "{after}: {} standings instead of {}",
                standings.len(),
                rows.len()
            ));
        }
        for row in rows {
            let names = (row.scope.clone(), row.kpi.clone(), row.period.name.clone());
            let standing = by_names.get(&names);
            let differences = standing
                .map_or_else(|| "\n  missing".to_owned(), |it| differences(row, it, judged));
            if !differences.is_empty() {
                return Err(format!(
                    "{after}, at {}: {names:?} of {} to {}:{differences}",
                    self.now, row.period.start, row.period.end
                ));
            }
        }
        Ok(())
    }

    /// The statuses at an instant at which the engine says that none has changed.
    fn compare_statuses(&self, board: &Board<'_>, instant: Timestamp) -> Outcome {
        for row in board.rows(instant, None, &mut self.memory.clone(), |_, _, _| true) {
            let names = (row.scope, row.kpi, row.period.name);
            let known = self.memory.get(&names).map(|(status, _)| *status);
            if known != Some(row.status) {
                return Err(format!(
                    "{names:?} is {:?} at {instant}, having been {known:?}, which the engine does not notice",
                    row.status
                ));
            }
        }
        Ok(())
    }

    /// The instant at which a status is to change by the clock alone: until then it does not, and then it does.
    fn check_next_change(&mut self, board: &Board<'_>, standing: &Standing) -> Outcome {
        let (scope, kpi, period) = self.engine.names(standing);
        let kind = kind(standing);
        let rolling = matches!(kind, PeriodKind::Rolling(_));
        let on = (!rolling).then(|| standing.key.period.end.civil());
        let status = engine::status(standing.status);
        let at = |instant| board.status_at((&scope, &kpi, kind), on, instant, Some(status));
        // Between instants at which a standing is judged, its period may end.
        let stays = |instant: Timestamp| {
            let found = at(instant);
            if found == status {
                return Ok(());
            }
            Err(format!(
                "at {} {scope} {kpi} {period} is {status:?} with the next change at {:?}, but {found:?} at {instant}",
                self.now, standing.next_change
            ))
        };
        self.coverage.saw(if standing.next_change.is_some() {
            "next change"
        } else {
            "no next change"
        });
        let Some(next) = standing.next_change else {
            let ends = standing.key.period.end.plus(-1).start(&jiff::tz::TimeZone::UTC);
            let until = if rolling { self.now + 960.hours() } else { ends };
            return [1, 3]
                .map(|part| between(self.now, until, part))
                .into_iter()
                .try_for_each(stays);
        };
        if next <= self.now {
            return Err(format!("at {} the next change of {scope} {kpi} is at {next}", self.now));
        }
        stays(next - 1.nanosecond())?;
        stays(between(self.now, next, 1 + self.looks % 3))?;
        // The period of what is made of a stock ends without a value, but then its standing is gone.
        let ends = standing.key.period.end.plus(1).start(self.zone(&scope)) == next;
        if at(next) == status && !(ends && self.is_stock(&kpi)) {
            return Err(format!(
                "at {} the next change of {scope} {kpi} {period} is at {next}, but it is still {status:?} then",
                self.now
            ));
        }
        Ok(())
    }

    fn zone(&self, scope: &str) -> &jiff::tz::TimeZone {
        let scope = Scope::all(&self.oracle).into_iter().find(|known| known.to_string() == scope);
        scope.expect("the oracle has the scope").zone(&self.oracle)
    }

    /// Whether a KPI is a stock, or made of any.
    fn is_stock(&self, kpi: &str) -> bool {
        let kpi = self.oracle.kpi(kpi).expect("the oracle has the KPI");
        match kpi.kind {
            KpiType::Derived => {
                let formula = Formula::compile(kpi.expr.as_ref().expect("it has an expression"));
                formula.named().iter().any(|part| self.is_stock(part))
            }
            KpiType::Ratio => kpi.numerator.as_ref().is_some_and(|part| self.is_stock(part)),
            KpiType::Simple | KpiType::Conversion | KpiType::Other => kpi.at.is_none(),
        }
    }

    /// Takes in what changed since the last time. Answers whose standings did.
    fn watch(&mut self) -> Result<BTreeSet<Names>, String> {
        let (update, revision) = self.engine.changed(self.revision, self.now);
        self.revision = revision;
        for removal in &update.removed {
            self.watched.remove(&self.engine.names_of(&removal.key));
        }
        let named =
            update.standings.into_iter().map(|standing| (self.engine.names(&standing), standing));
        let changed: BTreeMap<Names, Standing> = named.collect();
        for (names, standing) in &changed {
            self.check_since(names, standing)?;
        }
        let names = changed.keys().cloned().collect();
        self.watched.extend(changed);
        Ok(names)
    }

    /// A status has begun when it became another, which is neither before the last one began nor yet to come.
    fn check_since(&self, names: &Names, standing: &Standing) -> Outcome {
        let before = self.watched.get(names);
        let right = match before {
            Some(before) if before.status == standing.status => before.since == standing.since,
            Some(before) => before.since <= standing.since && standing.since <= self.now,
            None => standing.since <= self.now,
        };
        if right {
            return Ok(());
        }
        let told = |standing: &Standing| (standing.status, standing.since);
        Err(format!(
            "at {} {names:?} is {:?}, having been {:?}",
            self.now,
            told(standing),
            before.map(told)
        ))
    }

    /// Who has read every update knows what a fresh look shows, but for what follows from the clock.
    fn compare_watched(&self, standings: &[Standing]) -> Outcome {
        if self.watched.len() != standings.len() {
            return Err(format!(
                "a watcher knows {} standings of {}",
                self.watched.len(),
                standings.len()
            ));
        }
        let told = |standing: &Standing| {
            let Standing { numbers, sample, status, since, next_change, doubt, revision, .. } =
                standing;
            (
                numbers.actual,
                numbers.goal,
                *sample,
                *status,
                *since,
                *next_change,
                *doubt,
                *revision,
            )
        };
        for standing in standings {
            let names = self.engine.names(standing);
            let watched = self.watched.get(&names).map(told);
            if watched != Some(told(standing)) {
                return Err(format!(
                    "{names:?}: a watcher knows {watched:?} instead of {:?}",
                    told(standing)
                ));
            }
        }
        Ok(())
    }

    fn saw_row(&mut self, row: &Row) {
        let doubted = row.in_doubt && row.status == Status::Behind;
        let coverage = &mut *self.coverage;
        coverage.saw(match row.status {
            Status::NoGoal => "NoGoal",
            Status::NotEnoughData => "NotEnoughData",
            Status::Missed => "Missed",
            Status::Achieved => "Achieved",
            Status::TooEarly => "TooEarly",
            Status::Ahead => "Ahead",
            Status::OnTrack => "OnTrack",
            Status::Behind => "Behind",
        });
        let pace = row.pace_float();
        let undecided =
            pace.is_some_and(|pace| (0.9..0.95).contains(&pace) || (1.05..1.1).contains(&pace));
        coverage.saw_if("actual", !row.actual.is_empty());
        coverage.saw_if("no actual", row.actual.is_empty());
        coverage.saw_if("a number of nobody", row.scope == "unassigned" && row.sample > 0);
        coverage.saw_if("goal of the members", row.scope == "org" && !row.goal.is_empty());
        coverage.saw_if("projected", !row.projected.is_empty());
        coverage.saw_if("required per day", !row.required_per_day.is_empty());
        coverage.saw_if("pace", row.pace.is_some());
        coverage.saw_if("in doubt", row.in_doubt);
        coverage.saw_if(
            "ahead with nothing left to do",
            row.status == Status::Ahead && row.actual.is_empty(),
        );
        coverage.saw_if(
            "sample too small",
            row.status == Status::NotEnoughData && !row.actual.is_empty(),
        );
        coverage
            .saw_if("behind because of doubt", doubted && pace.is_some_and(|pace| pace >= 0.95));
        coverage
            .saw_if("a status within the dead zone", undecided && row.status != Status::OnTrack);
    }

    /// What several calendars make of one instant.
    fn saw_periods(&mut self, rows: &[Row]) {
        let days = |row: &Row| (row.period.end - row.period.start).get_days() + 1;
        for row in rows {
            let fiscal = row.period.kind == PeriodKind::Month && row.period.name.starts_with("FY");
            self.coverage.saw_if("a fiscal month", fiscal);
            self.coverage.saw_if("a month of six weeks", fiscal && days(row) == 42);
            self.coverage.saw_if(
                "nothing left of a goal",
                row.status == Status::NoGoal && row.goal == "0" && !row.scope.starts_with("team"),
            );
        }
        let org = |row: &&Row| row.scope == "org" && !row.goal.is_empty();
        let apart = |org: &Row, row: &Row| {
            let same_kind = row.kpi == org.kpi && row.period.kind == org.period.kind;
            same_kind && !org.period.is_rolling() && row.period.end != org.period.end
        };
        let found = rows
            .iter()
            .filter(org)
            .any(|org| rows.iter().any(|row| row.scope.starts_with("rep") && apart(org, row)));
        self.coverage.saw_if("a team's goal in another period than a member's", found);
    }

    fn saw_jump(&mut self, to: Timestamp) {
        let zone = &self.oracle.calendars.default.time_zone;
        let (from, until) = (self.now.to_zoned(zone.clone()), to.to_zoned(zone.clone()));
        let days = (until.date() - from.date()).get_days();
        self.coverage.saw_if("midnight", days >= 1);
        let weekend = (0..days).any(|day| (from.date() + day.days()).weekday() == Weekday::Sunday);
        self.coverage.saw_if("a jump over a weekend", weekend);
        self.coverage.saw_if("a jump over the end of a month", from.month() != until.month());
        self.coverage.saw_if("a change of the clocks", from.offset() != until.offset());
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        if self.log.is_some() {
            let line = line();
            if let Some(log) = &mut self.log {
                writeln!(log, "{line}").expect("a string takes any text");
            }
        }
    }
}

fn kind(standing: &Standing) -> PeriodKind {
    standing.key.period.kind.to_string().parse().expect("both know the same kinds of period")
}

/// An instant a quarter, a half or three quarters of the way.
fn between(from: Timestamp, until: Timestamp, quarters: usize) -> Timestamp {
    let way = (until.as_nanosecond() - from.as_nanosecond()).max(0);
    let nanos = from.as_nanosecond() + way * quarters as i128 / 4;
    Timestamp::from_nanosecond(nanos).expect("between two instants")
}

/// What differs; of periods that lie behind there is no memory by which to judge a status.
fn differences(row: &Row, standing: &Standing, judged: bool) -> String {
    let status = if judged { compare::status(row, standing) } else { String::new() };
    compare::numbers(row, standing) + &status
}
