//! Crashes at every boundary between two writes: what comes to stand on the topic of alerts is what is owed, each alert with
//! one content.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use paceline_core::alert::{Alert, AlertId, Hold, Machine, Owed, Remembered, Trigger};
use paceline_core::board::{Key, Revision, Standing, Step, Transition};
use paceline_core::calendar::Calendar;
use paceline_core::day::Day;
use paceline_core::kpi::KpiId;
use paceline_core::ledger::Doubt;
use paceline_core::period::PeriodKind;
use paceline_core::roster::ScopeId;
use paceline_core::standing::{Numbers, Status};

use super::{About, Memory, Ready, Recalled, Write};

const STANDINGS: u32 = 3;
const SECONDS: usize = 40;

/// Chance, from a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        // xorshift64*: enough to vary a test, and the same everywhere.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end
    }
}

/// What outlives a crash.
#[derive(Default)]
struct Topics {
    statuses: BTreeMap<About, (Option<Remembered>, Vec<String>)>,
    alerts: Vec<String>,
}

/// One life of the service.
struct Life {
    number: usize,
    memory: Memory,
    machine: Machine,
    /// What it takes each standing's status to be.
    statuses: Vec<Option<Status>>,
    writes: VecDeque<Write>,
    telling: VecDeque<Ready>,
}

fn key(standing: u32) -> Key {
    let period =
        PeriodKind::Month.holding(Day::parse("2026-11-24").expect("a day"), &Calendar::default());
    Key { scope: ScopeId(standing), kpi: KpiId(0), period: Arc::new(period) }
}

fn about(key: &Key) -> About {
    About {
        scope: format!("rep:U{}", key.scope.0),
        kpi: "bookings".to_owned(),
        kind: key.period.kind,
        period: key.period.name.clone(),
    }
}

fn at(second: usize) -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_secs(second as u64)
}

fn id(key: &Key, status: Status, since: Timestamp) -> String {
    AlertId::of(&about(key).scope, "bookings", &key.period, status, since).to_string()
}

impl Life {
    /// Begins with what the topics hold.
    fn begin(number: usize, hold: Hold, topics: &Topics) -> Self {
        let (memory, mut machine) = (Memory::new(), Machine::new(hold));
        for (about, (remembered, alerts)) in &topics.statuses {
            let alerts = alerts.iter().cloned().collect();
            let recalled = Recalled { remembered: remembered.clone(), alerts };
            memory.kept().read(about.clone(), Some(recalled));
        }
        let mut statuses = vec![None; STANDINGS as usize];
        for (about, Recalled { remembered, .. }) in memory.open() {
            let standing: usize = about.scope[5..].parse().expect("a number");
            if let Some(remembered) = remembered {
                statuses[standing] = Some(remembered.status);
                machine.recall(key(standing as u32), &remembered);
            }
        }
        let (writes, telling) = (VecDeque::new(), VecDeque::new());
        Self { number, memory, machine, statuses, writes, telling }
    }

    /// Judges all standings, as the board and who holds its lock do.
    fn judge(&mut self, second: usize, story: &[Vec<Status>]) {
        let now = at(second);
        for (standing, statuses) in story.iter().enumerate() {
            let status = statuses[second];
            let step = match self.statuses[standing].replace(status) {
                None => Step::Began,
                Some(before) if before != status => Step::Changed,
                Some(_) => continue,
            };
            let (key, trigger) = (key(standing as u32), Trigger::Records);
            let (since, judged, had) = (now, now, [status].into_iter().collect());
            self.machine.take(&Transition { key, step, status, since, had, trigger, judged });
        }
        let mut raised = Vec::new();
        while let Some(owed) = self.machine.due(now) {
            raised.push((about(&owed.key), alert(owed)));
        }
        let changed = self.machine.changed().map(|(key, remembered)| (about(&key), remembered));
        self.memory.remember(raised, changed);
    }

    /// Does one thing that the writer may do next, but telling where the topic of alerts is `shut`. Answers whether there is more.
    fn step(&mut self, chance: &mut Chance, topics: &mut Topics, shut: bool) -> bool {
        let choices = chance.below(6);
        match choices {
            2 | 5 if shut => {
                self.writes.extend(self.memory.writes(1));
                return !self.writes.is_empty();
            }
            0 | 1 => self.writes.extend(self.memory.writes(1 + choices as usize)),
            2 => self.telling.extend(self.memory.ready(1)),
            3 | 4 => self.end_write(chance, topics),
            _ => self.end_telling(chance, topics),
        }
        let waiting = self.memory.waiting();
        waiting.standings > 0 || waiting.alerts > 0
    }

    /// A write ends: for good, or with nobody knowing how.
    fn end_write(&mut self, chance: &mut Chance, topics: &mut Topics) {
        let Some(write) = self.writes.pop_front() else { return };
        if chance.below(8) == 0 {
            self.memory.failed(&write);
        } else {
            self.land(&write, topics);
            if chance.below(8) == 0 {
                self.memory.failed(&write);
            } else {
                self.memory.written(&write);
            }
        }
    }

    fn land(&self, write: &Write, topics: &mut Topics) {
        let number = self.number;
        // What is made in different lives differs, as a standing does.
        let text = |alert: &Alert| {
            let Standing { key, status, since, .. } = &alert.standing;
            format!("{} made in life {number}", id(key, *status, *since))
        };
        let alerts: Vec<String> =
            write.raised.iter().map(|raised| raised.text(text).to_owned()).collect();
        if write.remembered.is_none() && alerts.is_empty() {
            topics.statuses.remove(&write.about);
        } else {
            topics.statuses.insert(write.about.clone(), (write.remembered.clone(), alerts));
        }
    }

    fn end_telling(&mut self, chance: &mut Chance, topics: &mut Topics) {
        let Some(ready) = self.telling.pop_front() else { return };
        if chance.below(8) > 0 {
            let text = ready.raised.text(|_| panic!("it was written to the memory before"));
            topics.alerts.push(text.to_owned());
        }
        if chance.below(4) == 0 {
            self.memory.untold(ready);
        } else if topics.alerts.iter().any(|told| told == ready.raised.text(|_| String::new())) {
            self.memory.told(&ready);
        } else {
            self.memory.untold(ready);
        }
    }
}

fn alert(owed: Owed) -> Alert {
    let Owed { key, from, to, since, trigger, judged } = owed;
    let standing = Standing {
        key,
        numbers: Numbers::default(),
        sample: 0,
        status: to,
        since,
        next_change: None,
        doubt: Doubt::default(),
        lags: false,
        revision: Revision(0),
    };
    Alert { standing, from, trigger, judged }
}

/// The ids that are owed of each standing, in their order: each stretch of one status by itself.
fn owed(story: &[Vec<Status>], hold: Hold) -> Vec<Vec<String>> {
    let rank = |status: Status| match status.name() {
        "MISSED" => 0,
        "BEHIND" => 1,
        "AHEAD" => 3,
        "ACHIEVED" => 4,
        _ => 2,
    };
    let mut all = Vec::new();
    for (standing, statuses) in (0..).zip(story) {
        let mut ids = Vec::new();
        let mut settled = statuses[0];
        let mut since = 0;
        for (now, status) in statuses.iter().copied().enumerate() {
            if now > 0 && statuses[now - 1] != status {
                since = now;
            }
            let worse = rank(status) < rank(settled);
            let held = Duration::from_secs((now - since) as u64);
            if status != settled && held >= if worse { hold.enter } else { hold.leave } {
                settled = status;
                ids.push(id(&key(standing), status, at(since)));
            }
        }
        all.push(ids);
    }
    all
}

fn story(chance: &mut Chance) -> Vec<Vec<Status>> {
    let statuses = |chance: &mut Chance| {
        let mut status = Status::ALL[chance.below(8) as usize];
        let mut next = || {
            if chance.below(4) == 0 {
                status = Status::ALL[chance.below(8) as usize];
            }
            status
        };
        (0..SECONDS).map(|_| next()).collect()
    };
    (0..STANDINGS).map(|_| statuses(chance)).collect()
}

/// Plays a story of many lives, and answers how many there were and how many alerts stood there twice.
fn check(seed: u64) -> (usize, usize) {
    let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let times = [0, 0, 1, 3, 7].map(Duration::from_secs);
    let mut time = || times[chance.below(5) as usize];
    let hold = Hold { enter: time(), leave: time() };
    let story = story(&mut chance);
    let mut topics = Topics::default();
    let mut life = Life::begin(0, hold, &topics);
    for second in 0..SECONDS {
        life.judge(second, &story);
        // Alerts of one standing come to wait for one another.
        let shut = second + 1 < SECONDS && chance.below(3) == 0;
        while life.step(&mut chance, &mut topics, shut) {
            if chance.below(30) == 0 {
                // What is under way may land after the crash.
                for write in std::mem::take(&mut life.writes) {
                    if chance.below(2) == 0 {
                        life.land(&write, &mut topics);
                    }
                }
                life = Life::begin(life.number + 1, hold, &topics);
                life.judge(second, &story);
            }
        }
    }
    let mut contents = BTreeMap::<&str, &str>::new();
    for told in &topics.alerts {
        let id = told.split(' ').next().expect("an id");
        let first = contents.entry(id).or_insert(told);
        assert_eq!(first, told, "seed {seed}: one id has two contents");
    }
    let owed = owed(&story, hold);
    assert_eq!(contents.len(), owed.iter().map(Vec::len).sum::<usize>(), "seed {seed}, {hold:?}");
    for owed in owed {
        let place = |id: &String| topics.alerts.iter().position(|told| told.starts_with(id));
        let places: Vec<_> = owed.iter().map(place).collect();
        assert!(places.iter().all(Option::is_some), "seed {seed}, {hold:?}: one is not told");
        assert!(places.is_sorted(), "seed {seed}, {hold:?}: told in another order: {places:?}");
    }
    let held = topics.statuses.values().filter(|(_, alerts)| !alerts.is_empty()).count();
    assert_eq!(held, 0, "seed {seed}: what stands on its topic is not kept any longer");
    (life.number, topics.alerts.len() - contents.len())
}

#[test]
fn no_crash_loses_an_alert_or_gives_it_another_content() {
    let (mut lives, mut repeats) = (0, 0);
    for seed in 1..=2_000 {
        let (number, repeated) = check(seed);
        lives += number;
        repeats += repeated;
    }
    println!("seeds 1 to 2000: {lives} crashes, {repeats} repeats");
    assert!(lives > 10_000 && repeats > 500, "{lives} crashes, {repeats} repeats");
}

/// While the topic of alerts takes nothing, a standing's alerts add up to more than a record holds. Those that do not fit are not
/// told before they are written, and until then what is remembered is that they were not told.
#[test]
fn alerts_beyond_what_a_record_holds_are_written_when_there_is_room() {
    let (memory, count) = (Memory::new(), 300);
    let statuses = [Status::Behind, Status::OnTrack];
    for nth in 0..count {
        let [from, to] = if nth % 2 == 0 { [statuses[1], statuses[0]] } else { statuses };
        let (since, trigger) = (at(nth), Trigger::Records);
        let owed = Owed { key: key(0), from, to, since, trigger, judged: since };
        // The last of them is of the end of the period, after which nothing else is to be remembered.
        memory.remember([(about(&key(0)), alert(owed))], [(about(&key(0)), None)]);
    }
    let text = |alert: &Alert| alert.standing.since.to_string();
    let (mut told, mut writes) = (Vec::new(), 0);
    loop {
        let Some(write) = memory.writes(1).pop() else { break };
        writes += 1;
        assert!(write.raised.len() <= 128);
        let left = count - told.len() - write.raised.len();
        let settled = write.remembered.as_ref().map(|remembered| remembered.settled);
        let next = (left > 0).then(|| statuses[(count - left + 1) % 2]);
        assert_eq!(settled, next, "what does not fit is as if it were not told");
        assert!(write.remembered.as_ref().is_none_or(|remembered| remembered.is_over));
        memory.written(&write);
        while let [ready] = &memory.ready(usize::MAX)[..] {
            told.push(ready.raised.text(text).to_owned());
            memory.told(ready);
        }
    }
    let expected: Vec<String> = (0..count).map(|nth| at(nth).to_string()).collect();
    assert_eq!(told, expected);
    assert_eq!((writes, memory.waiting()), (4, super::Waiting::default()));
}
