//! Whoever moves, comes or goes, nobody is told of anybody they do not see, and everybody has what they see.
//!
//! Who sees whom is worked out apart, from names alone: see [`tree`]. Standings are checked here, alerts and leaderboards in [`heard`]
//! and [`ranked`].

mod cast;
mod heard;
mod ranked;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::task::Poll;
use std::time::Duration;

use jiff::SignedDuration;
use paceline_core::sight::Sight;

use super::known::{Key, Known, Seen};
use super::play::Dice;
use super::{House, Viewer, select};
use crate::alerts::Alerts;
use crate::alerts::tests::Topic;
use crate::aside::Aside;
use crate::limits::Limits;
use crate::proto::{Removal, RemovalReason, Selector, Standing};
use cast::{revisions, selectors, sights};
use heard::Listener;
use ranked::Onlooker;
use tree::{Eyes, Tree};

const LONG: Duration = Duration::from_secs(60);
/// How many moves are made, of all who watch.
const MOVES: usize = 10_000;
/// In so many organisations.
const CASES: usize = 10;
const VISITORS: [&str; 6] = ["V1", "V2", "V3", "V4", "V5", "V6"];

/// Somebody who watches, and what they have been shown.
struct Watcher {
    viewer: Viewer,
    eyes: Eyes,
    shown: BTreeSet<Key>,
    /// The revision of the last whole frame; 0 before the first.
    at: u64,
    stalls: bool,
}

struct Play {
    house: House,
    dice: Dice,
    tree: Tree,
    /// The tree since each revision at which it became another.
    trees: BTreeMap<u64, Tree>,
    watchers: Vec<Watcher>,
    alerts: Alerts,
    topic: Topic,
    listeners: Vec<Listener>,
    onlookers: Vec<Onlooker>,
    /// What occurred, by name.
    counts: BTreeMap<&'static str, usize>,
}

impl Play {
    fn new(seed: u64) -> Self {
        let house = House::serving(Limits::default(), 0, |served| {
            served.ranks_only = true;
            served.wall = revisions(served);
        });
        let tree = Tree::new(&[
            ("M1", None),
            ("U1", Some("M1")),
            ("U2", Some("M1")),
            ("M2", None),
            ("U3", Some("M2")),
        ]);
        let trees = [(0, tree.clone())].into();
        let (served, admission) = (&house.watches.hub.board.served, &house.watches.admission);
        let alerts = Alerts::new(
            served.clone(),
            admission.clone(),
            Aside::of_long_work(),
            house.watches.shutdown.clone(),
        );
        let topic = Topic::of(&house.organisation);
        Self {
            house,
            dice: Dice(seed),
            tree,
            trees,
            watchers: Vec::new(),
            alerts,
            topic,
            listeners: Vec::new(),
            onlookers: Vec::new(),
            counts: BTreeMap::new(),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Somebody joins, leaves, gets another manager, or a team ends; or some of that at once.
    fn move_some(&mut self) {
        let mut told = BTreeMap::new();
        for _ in 0..=self.dice.roll(8) / 6 {
            let reps = self.tree.reps();
            let rep = self.dice.pick(&reps);
            match self.dice.roll(10) {
                0..=2 => told.extend(self.tree.hire(self.dice.pick(&VISITORS), &rep)),
                3 => told.extend(self.tree.dismiss(self.dice.pick(&VISITORS))),
                4 => told.extend(self.tree.dissolve(&rep, &self.dice.pick(&reps))),
                5 => told.extend(self.tree.place(&rep, None)),
                _ => told.extend(self.tree.place(&rep, Some(&self.dice.pick(&reps)))),
            }
        }
        let told: Vec<(&str, Option<Option<&str>>)> = told
            .iter()
            .map(|(rep, told): (&String, &Option<Option<String>>)| {
                (rep.as_str(), told.as_ref().map(Option::as_deref))
            })
            .collect();
        if told.is_empty() {
            return;
        }
        let revision = self.house.organisation.tell(&told);
        self.trees.insert(revision.0, self.tree.clone());
    }

    fn book(&mut self) {
        let reps = self.tree.reps();
        let amount = self.dice.roll(500).to_string();
        self.house.organisation.book(&[(&self.dice.pick(&reps), &amount)]);
    }

    fn pass(&mut self) {
        let then = self.house.organisation.now() + SignedDuration::from_hours(7);
        self.house.organisation.turn_to(&then.to_string());
    }

    /// Somebody begins to watch, or goes on with what they have.
    fn join(&mut self) {
        let sight = self.dice.pick(&sights());
        let selector = self.dice.pick(&selectors(&sight));
        self.watch(sight, selector, Known::default(), BTreeSet::new(), 0);
    }

    fn watch(
        &mut self,
        sight: Sight,
        selector: Selector,
        known: Known,
        shown: BTreeSet<Key>,
        at: u64,
    ) {
        let eyes = Eyes::new(&sight, &selector);
        let viewer = self.house.watch_as(&sight, selector, &known.token, LONG);
        let viewer = Viewer { known, ..viewer };
        self.watchers.push(Watcher { viewer, eyes, shown, at, stalls: false });
    }

    fn leave(&mut self) {
        let at = self.dice.roll(self.watchers.len() as u64) as usize;
        let Watcher { viewer, shown, at, .. } = self.watchers.swap_remove(at);
        let Viewer { sight, selector, known, .. } = viewer;
        if known.token.is_empty() || known.is_amid_a_frame() {
            return;
        }
        if self.dice.roll(5) > 0 {
            self.count("resumed");
            return self.watch(sight, selector, known, shown, at);
        }
        // Somebody else takes up the token, and is told nothing but what they see themselves.
        let other = self.dice.pick(&sights());
        let is_other = other != sight && selectors(&other).contains(&selector);
        if is_other {
            let mut token = Known::default();
            token.token = known.token;
            self.count("token of another");
            self.watch(other, selector, token, BTreeSet::new(), 0);
        }
    }

    async fn act(&mut self) {
        match self.dice.roll(40) {
            0..=3 => self.book(),
            4 if self.dice.roll(10) == 0 => self.pass(),
            5..=6 if self.watchers.len() < 14 => self.join(),
            7 if self.watchers.len() > 8 => self.leave(),
            8 if !self.watchers.is_empty() => {
                let at = self.dice.roll(self.watchers.len() as u64) as usize;
                self.watchers[at].stalls ^= true;
            }
            9..=13 => self.alert().await,
            14..=17 => self.change_listeners().await,
            18..=21 => self.change_onlookers(),
            // What waits for a timer goes on only as time does.
            22..=24 => tokio::time::sleep(Duration::from_millis(1)).await,
            _ => {}
        }
        self.move_some();
        if self.dice.roll(2) == 0 {
            self.house.run().await;
            self.take_all();
        }
    }

    fn take_all(&mut self) {
        self.take();
        self.take_alerts();
        self.take_leaderboards();
    }

    fn take(&mut self) {
        for at in 0..self.watchers.len() {
            while !self.watchers[at].stalls
                && let Poll::Ready(seen) = self.watchers[at].viewer.take()
            {
                assert!(
                    self.watchers[at].viewer.end.is_none(),
                    "{:?}",
                    self.watchers[at].viewer.end
                );
                if let Some(seen) = seen {
                    self.check(at, &seen);
                }
            }
        }
    }

    fn tree_at(&self, revision: u64) -> &Tree {
        tree::at(&self.trees, revision)
    }

    /// No frame tells of anybody who is not seen, and what is known is what is seen.
    fn check(&mut self, at: usize, seen: &Seen) {
        let revision = seen.message().revision;
        match seen {
            Seen::Reset(_) => {
                self.watchers[at].shown.clear();
                return self.count("reset");
            }
            Seen::Snapshot(_) => self.count("snapshot"),
            Seen::Bookmark(_) => self.count("bookmark"),
            Seen::Update(_, standings, removed) => {
                self.check_standings(at, revision, standings);
                removed.iter().for_each(|removal| self.check_removal(at, revision, removal));
            }
        }
        let watcher = &self.watchers[at];
        let known = &watcher.viewer.known.board;
        let scopes: BTreeSet<&str> = known.keys().map(|(scope, ..)| scope.as_str()).collect();
        let expected = watcher.eyes.sees(self.tree_at(revision));
        let expected: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
        assert_eq!(scopes, expected, "at {revision}, for {:?}", watcher.eyes);
        if revision == self.house.organisation.live.revision().0 && self.dice.roll(4) == 0 {
            let Viewer { sight, selector, .. } = &watcher.viewer;
            assert_eq!(watcher.viewer.timeless(), self.house.shown_to(sight, selector));
            self.count("compared with a snapshot");
        }
        let watcher = &mut self.watchers[at];
        (watcher.shown, watcher.at) =
            (watcher.viewer.known.board.keys().cloned().collect(), revision);
    }

    fn check_standings(&mut self, at: usize, revision: u64, standings: &[Standing]) {
        let Watcher { eyes, shown, at: before, .. } = &self.watchers[at];
        let (seen, mut came) = (eyes.sees(self.tree_at(revision)), 0);
        let knew: BTreeSet<&str> = shown.iter().map(|(scope, ..)| scope.as_str()).collect();
        for standing in standings {
            assert!(seen.contains(&standing.scope), "{} is not seen by {eyes:?}", standing.scope);
            assert!(standing.revision > *before, "it is stamped with the revision of coming");
            came += usize::from(!knew.contains(standing.scope.as_str()));
        }
        if came > 0 {
            self.count("grew");
        }
    }

    /// A removal is of what was shown, and says no more than what was seen.
    fn check_removal(&mut self, at: usize, revision: u64, removal: &Removal) {
        let Watcher { eyes, shown, at: before, viewer, .. } = &self.watchers[at];
        let Some(period) = &removal.period else {
            assert!(viewer.selector.scopes.contains(&removal.scope), "{removal:?}");
            return self.count("unknown");
        };
        let key = (removal.scope.clone(), removal.kpi.clone(), period.name.clone());
        assert!(shown.contains(&key), "{eyes:?} was never shown {removal:?}");
        let trees = self.trees.range(..=*before).next_back().into_iter();
        let trees = trees.chain(self.trees.range(before + 1..=revision)).map(|(_, tree)| tree);
        let (lost, ended) = eyes.last_saw(&removal.scope, trees);
        let reason = removal.reason();
        assert_eq!(reason == RemovalReason::OutOfScope, lost, "{removal:?} for {eyes:?}");
        let what = match (reason, ended) {
            (RemovalReason::OutOfScope, true) => "lost, and ended unseen",
            (RemovalReason::OutOfScope, false) => "lost",
            (RemovalReason::Deleted, _) => "deleted",
            (RemovalReason::OutOfFilter | RemovalReason::Unspecified, _) => "out of filter",
        };
        self.count(what);
    }
}

/// Plays one case. Answers what occurred.
async fn play(seed: u64) -> BTreeMap<&'static str, usize> {
    let mut play = Play::new(seed);
    (0..8).for_each(|_| play.join());
    for _ in 0..6 {
        play.listen().await;
        play.look_on();
    }
    while play.trees.len() <= MOVES / CASES {
        play.act().await;
    }
    play.hear_all().await;
    play.know_ranks().await;
    play.counts
}

#[tokio::test]
async fn whoever_moves_nobody_is_told_of_whom_they_do_not_see() {
    let mut counts = BTreeMap::<&str, usize>::new();
    for seed in 0..CASES as u64 {
        let local = tokio::task::LocalSet::new();
        let played = local.run_until(async { tokio::task::spawn_local(play(seed)).await }).await;
        for (what, count) in played.unwrap_or_else(|error| panic!("seed {seed}: {error}")) {
            *counts.entry(what).or_default() += count;
        }
    }
    for what in [
        "grew",
        "lost",
        "lost, and ended unseen",
        "deleted",
        "out of filter",
        "unknown",
        "resumed",
        "token of another",
        "reset",
        "compared with a snapshot",
        "alert told",
        "alert of another",
        "alert of before a move",
        "resumed alerts",
        "token of alerts of another",
        "leaderboard",
        "leaderboard gained",
        "leaderboard lost",
        "own rank",
    ] {
        let count = counts.get(what).copied().unwrap_or_default();
        assert!(count >= 20, "{what} occurred {count} times: {counts:?}");
    }
}
