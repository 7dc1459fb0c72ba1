//! Whatever happens, and whoever joins, stalls, goes and comes back: every frame brings a viewer to what a snapshot of its
//! revision shows, nothing comes twice, and everything comes.

use std::collections::BTreeMap;
use std::task::Poll;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use paceline_engine::Cause;

use super::known::{Key, Known, Seen};
use super::{House, Viewer, select};
use crate::limits::Limits;
use crate::proto::{Selector, Standing};

/// How long what is to come may take to come.
const DEADLINE: Duration = Duration::from_secs(60);

const REPS: [&str; 8] = ["M1", "M2", "U1", "U2", "U3", "N1", "N2", ""];

fn selectors() -> Vec<Selector> {
    vec![
        select(&["org"], false),
        select(&["rep:U1"], false),
        select(&["rep:N1", "rep:U2", "team:U1"], false),
        select(&["team:M1"], true),
        select(&["rep:U3", "team:N1"], true),
        Selector { kpis: vec!["bookings".to_owned()], ..select(&["rep:U1"], false) },
        select(&[], false),
    ]
}

/// Chance, from a seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    /// A number below `sides`.
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    pub(super) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len() as u64) as usize].clone()
    }
}

struct Play {
    house: House,
    dice: Dice,
    viewers: Vec<(Viewer, bool)>,
    /// What each selector showed, from a revision on.
    history: BTreeMap<u64, Vec<BTreeMap<Key, Standing>>>,
    /// What viewers knew at some frame, with the selector of each.
    memories: Vec<(Selector, Known)>,
    frames: usize,
}

impl Play {
    fn new(seed: u64) -> Self {
        let house = House::open(Limits::default());
        let (viewers, history, memories) = (Vec::new(), BTreeMap::new(), Vec::new());
        let mut play = Self { house, dice: Dice(seed), viewers, history, memories, frames: 0 };
        play.remember();
        play
    }

    fn remember(&mut self) {
        let shown = selectors().iter().map(|selector| self.house.shown(selector)).collect();
        self.history.insert(self.house.organisation.live.revision().0, shown);
    }

    async fn act(&mut self) {
        match self.dice.roll(20) {
            0..=5 => self.book(),
            6 => self.move_rep(),
            7 => self.pass(),
            8 => self.complete(),
            9..=10 => self.join(),
            11 => self.leave(),
            12..=13 => self.stall(),
            14..=16 => self.house.run().await,
            _ => self.take(),
        }
        self.remember();
    }

    fn book(&mut self) {
        let count = 1 + self.dice.roll(3);
        let amounts: Vec<(&str, String)> = (0..count)
            .map(|_| (self.dice.pick(&REPS), format!("{}", self.dice.roll(50_000))))
            .collect();
        let amounts: Vec<(&str, &str)> =
            amounts.iter().map(|(rep, amount)| (*rep, amount.as_str())).collect();
        self.house.organisation.book(&amounts);
    }

    fn move_rep(&mut self) {
        let rep = self.dice.pick(&REPS[2..7]);
        let manager = self.dice.pick(&[None, Some("M1"), Some("M2")]);
        let told = (self.dice.roll(4) > 0).then_some(manager);
        self.house.organisation.tell(&[(rep, told)]);
    }

    fn pass(&mut self) {
        let hours = SignedDuration::from_hours(self.dice.roll(30) as i64);
        let then = self.house.organisation.now() + hours;
        self.house.organisation.turn_to(&then.to_string());
    }

    fn complete(&mut self) {
        let cause = Cause::Unreadable { error: format!("{}", self.dice.roll(2)) };
        let raised = self.dice.roll(2) == 0;
        self.house.organisation.live.set_cause(cause, raised);
    }

    fn join(&mut self) {
        if self.viewers.len() >= 12 {
            return;
        }
        if self.memories.is_empty() || self.dice.roll(3) > 0 {
            let selector = self.dice.pick(&selectors());
            return self.watch(selector, Known::default());
        }
        let (selector, known) = self.dice.pick(&self.memories);
        self.watch(selector, known);
    }

    /// Has somebody watch from what it knows, with a heartbeat that is due all the time or never.
    fn watch(&mut self, selector: Selector, known: Known) {
        let heartbeat = self.dice.pick(&[Duration::from_millis(1), DEADLINE]);
        let viewer = self.house.watch(selector, &known.token, heartbeat);
        self.viewers.push((Viewer { known, ..viewer }, false));
    }

    fn leave(&mut self) {
        if !self.viewers.is_empty() {
            let at = self.dice.roll(self.viewers.len() as u64) as usize;
            let (Viewer { selector, known, .. }, _) = self.viewers.swap_remove(at);
            if !known.token.is_empty() && !known.is_amid_a_frame() && self.dice.roll(3) > 0 {
                self.watch(selector, known);
            }
        }
    }

    fn stall(&mut self) {
        if !self.viewers.is_empty() {
            let at = self.dice.roll(self.viewers.len() as u64) as usize;
            self.viewers[at].1 ^= true;
        }
    }

    /// Those who do not stall take what there is: all of it, or one chunk.
    fn take(&mut self) {
        for at in 0..self.viewers.len() {
            let (viewer, stalls) = &mut self.viewers[at];
            if *stalls || self.dice.roll(4) == 0 {
                continue;
            }
            let seen = if self.dice.roll(5) == 0 {
                match viewer.take() {
                    Poll::Ready(seen) => seen.into_iter().collect(),
                    Poll::Pending => Vec::new(),
                }
            } else {
                viewer.take_all()
            };
            self.check(at, &seen);
        }
    }

    /// What a viewer knows is what a snapshot showed at the revision of its last frame.
    fn check(&mut self, at: usize, seen: &[Seen]) {
        let viewer = &self.viewers[at].0;
        assert!(viewer.end.is_none(), "{:?}", viewer.end);
        self.frames += seen.len();
        let Some(last) = seen.last().filter(|_| !viewer.known.is_amid_a_frame()) else { return };
        if matches!(last, Seen::Reset(_)) {
            return;
        }
        let (_, shown) = self.history.range(..=last.message().revision).next_back().expect("one");
        let which = selectors().iter().position(|selector| *selector == viewer.selector);
        assert_eq!(viewer.timeless(), shown[which.expect("one of ours")], "{last:?}");
        if !viewer.known.token.is_empty() {
            self.memories.push((viewer.selector.clone(), viewer.known.clone()));
        }
    }

    /// Nobody stalls any longer, and everybody comes to what there is.
    async fn settle(&mut self) {
        let started = Instant::now();
        self.viewers.iter_mut().for_each(|(_, stalls)| *stalls = false);
        let newest = self.house.organisation.live.revision().0;
        loop {
            for at in 0..self.viewers.len() {
                let seen = self.viewers[at].0.take_all();
                self.check(at, &seen);
            }
            let is_there = |viewer: &Viewer| {
                viewer.known.revision > 0 && viewer.timeless() == self.house.shown(&viewer.selector)
            };
            if self.viewers.iter().all(|(viewer, _)| is_there(viewer)) {
                return;
            }
            assert!(started.elapsed() < DEADLINE, "not everybody has come to {newest}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Plays one case. Answers how many frames were seen.
async fn play(seed: u64) -> usize {
    let mut play = Play::new(seed);
    for _ in 0..4 {
        for _ in 0..40 {
            play.act().await;
        }
        play.settle().await;
    }
    play.frames
}

/// How many cases are played: the same every time. More of them find more.
const CASES: u64 = 60;

#[tokio::test]
async fn whoever_joins_stalls_and_comes_back_has_what_there_is() {
    let mut frames = 0;
    for seed in 0..CASES {
        let local = tokio::task::LocalSet::new();
        let played = local.run_until(async { tokio::task::spawn_local(play(seed)).await }).await;
        frames += played.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
    assert!(frames > 0);
}
