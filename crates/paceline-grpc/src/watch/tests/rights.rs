//! Whoever moves, comes or goes, nobody is told of anybody they do not see, and everybody has what they see.
//!
//! Who sees whom is worked out apart, from names alone: see [`tree`].

mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::task::Poll;
use std::time::Duration;

use jiff::SignedDuration;
use paceline_core::sight::{Root, Sight};

use super::known::{Key, Known, Seen};
use super::play::Dice;
use super::{House, Viewer, select};
use crate::limits::Limits;
use crate::proto::{Removal, RemovalReason, Selector, Standing};
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
    /// What occurred, by name.
    counts: BTreeMap<&'static str, usize>,
}

fn sights() -> Vec<Sight> {
    let roots = |roots: &[(&str, bool)]| {
        let root = |(scope, with_members): &(&str, bool)| Root {
            scope: (*scope).to_owned(),
            with_members: *with_members,
        };
        Sight::Of(roots.iter().map(root).collect())
    };
    vec![
        Sight::All,
        Sight::of_rep("U1"),
        Sight::of_rep("V1"),
        Sight::of_manager("M1"),
        Sight::of_manager("M2"),
        Sight::of_manager("U1"),
        Sight::of_manager("V2"),
        roots(&[("team:M1", false), ("rep:V2", false)]),
        roots(&[("org", false), ("team:V1", true), ("team:U3", true)]),
        roots(&[("org", true)]),
    ]
}

fn selectors(sight: &Sight) -> Vec<Selector> {
    let mut selectors = vec![
        select(&["org"], true),
        select(&["team:M1"], true),
        select(&["team:V1", "team:U1", "rep:V3"], true),
        select(&["rep:U1", "rep:V1", "rep:V2", "team:V2", "team:M2"], false),
    ];
    // What nobody limits is made aside, and comes when it comes.
    if *sight != Sight::All {
        selectors.push(select(&[], false));
        selectors.push(Selector { kpis: vec!["bookings".to_owned()], ..select(&[], true) });
    }
    selectors
}

impl Play {
    fn new(seed: u64) -> Self {
        let house = House::open(Limits::default());
        let tree = Tree::new(&[
            ("M1", None),
            ("U1", Some("M1")),
            ("U2", Some("M1")),
            ("M2", None),
            ("U3", Some("M2")),
        ]);
        let trees = [(0, tree.clone())].into();
        let (dice, watchers, counts) = (Dice(seed), Vec::new(), BTreeMap::new());
        Self { house, dice, tree, trees, watchers, counts }
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
            _ => {}
        }
        self.move_some();
        if self.dice.roll(2) == 0 {
            self.house.run().await;
            self.take();
        }
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
        self.trees.range(..=revision).next_back().expect("the first").1
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
    while play.trees.len() <= MOVES / CASES {
        play.act().await;
    }
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
    ] {
        let count = counts.get(what).copied().unwrap_or_default();
        assert!(count >= 20, "{what} occurred {count} times: {counts:?}");
    }
}
