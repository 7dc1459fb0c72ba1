//! Leaderboards in the play: each shows whom somebody sees by the tree at its revision, and everybody comes to what there is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tonic::Request;

use super::cast::{principal, sights};
use super::tree::{self, Eyes, Ranked, Tree};
use super::{LONG, Play};
use crate::alerts::tests::Reader;
use crate::proto::watch_leaderboard_response::Frame;
use crate::proto::{Leaderboard, Selector, WatchLeaderboardRequest, WatchLeaderboardResponse};

/// Whose leaderboards are watched.
const SCOPES: [&str; 8] =
    ["org", "team:M1", "team:M2", "team:U1", "team:V1", "team:V2", "rep:U1", "rep:V1"];

/// Somebody who watches a leaderboard.
pub(super) struct Onlooker {
    reader: Reader<WatchLeaderboardResponse>,
    scope: String,
    eyes: Eyes,
    /// The rep that they are.
    rep: Option<String>,
    /// What the leaderboard that they were told of last shows; nothing before the first.
    told: Option<Ranked>,
    stalls: bool,
}

impl Onlooker {
    /// Takes what there is, and holds it against the trees. Answers what occurred.
    fn take(&mut self, trees: &BTreeMap<u64, Tree>) -> Vec<&'static str> {
        let mut occurred = Vec::new();
        while let Some(WatchLeaderboardResponse { frame, revision, .. }) = self.reader.take() {
            let before = self.told.clone();
            match frame.expect("a frame") {
                Frame::Leaderboard(leaderboard) => self.told = Some(shown(leaderboard)),
                Frame::OutOfScope(out) => {
                    assert_eq!(out.scope, self.scope);
                    self.told = Some(Ranked::OutOfScope);
                }
                Frame::Bookmark(_) => {}
            }
            let due = self.due(tree::at(trees, revision));
            assert_eq!(self.told, Some(due), "{} at {revision}, {:?}", self.scope, self.eyes);
            occurred.push(match (before, self.told.as_ref()) {
                (Some(Ranked::OutOfScope), Some(Ranked::Shown { .. })) => "leaderboard gained",
                (Some(Ranked::Shown { .. }), Some(Ranked::OutOfScope)) => "leaderboard lost",
                (_, Some(Ranked::Shown { reps, members })) if reps.len() < *members => "own rank",
                _ => "leaderboard",
            });
        }
        occurred
    }

    /// What they are to be told by a tree.
    fn due(&self, tree: &Tree) -> Ranked {
        self.eyes.ranked(&self.scope, self.rep.as_deref(), tree)
    }
}

fn shown(leaderboard: Leaderboard) -> Ranked {
    assert!(leaderboard.last, "a small one comes in one frame");
    let standings = leaderboard.ranks.into_iter().filter_map(|rank| rank.standing);
    let reps: BTreeSet<String> = standings.map(|standing| standing.scope).collect();
    Ranked::Shown { reps, members: leaderboard.members as usize }
}

impl Play {
    /// Somebody begins to watch a leaderboard, stops, stalls or reads on.
    pub(super) fn change_onlookers(&mut self) {
        let at = self.dice.roll(self.onlookers.len() as u64) as usize;
        match self.dice.roll(4) {
            0..=1 if self.onlookers.len() < 8 => self.look_on(),
            2 if self.onlookers.len() > 4 => drop(self.onlookers.swap_remove(at)),
            3 => self.onlookers[at].stalls ^= true,
            _ => {}
        }
    }

    /// Somebody begins to watch a leaderboard.
    pub(super) fn look_on(&mut self) {
        let (sight, scope) = (self.dice.pick(&sights()), self.dice.pick(&SCOPES).to_owned());
        let who = principal(&sight);
        let (eyes, rep) = (Eyes::new(&sight, &Selector::default()), who.rep.clone());
        let mut request = Request::new(WatchLeaderboardRequest {
            scope: scope.clone(),
            kpi: "bookings".to_owned(),
            period: "month".to_owned(),
            heartbeat: Some(LONG.try_into().expect("a duration")),
            min_interval: Some(prost_types::Duration::default()),
            ..WatchLeaderboardRequest::default()
        });
        request.extensions_mut().insert(Arc::new(who));
        let reader = Reader(self.house.watches.open_leaderboard(&request).expect("a watch"));
        self.onlookers.push(Onlooker { reader, scope, eyes, rep, told: None, stalls: false });
    }

    /// Those who do not stall take what is ready.
    pub(super) fn take_leaderboards(&mut self) {
        for at in 0..self.onlookers.len() {
            let onlooker = &mut self.onlookers[at];
            if !onlooker.stalls {
                onlooker.take(&self.trees).into_iter().for_each(|what| self.count(what));
            }
        }
    }

    /// Nobody stalls any longer, and all come to what there is.
    pub(super) async fn know_ranks(&mut self) {
        self.onlookers.iter_mut().for_each(|it| it.stalls = false);
        let (started, tree) = (Instant::now(), self.tree.clone());
        while self.onlookers.iter().any(|it| it.told.as_ref() != Some(&it.due(&tree))) {
            assert!(started.elapsed() < LONG, "not everybody has come to what there is");
            tokio::time::sleep(Duration::from_millis(1)).await;
            self.take_leaderboards();
        }
    }
}
