//! The known: what a client knows of a view, put together from frames, each of which it holds to the contract.

use std::collections::{BTreeMap, BTreeSet};

use super::wire::watch_standings_response::Frame;
use super::wire::{Period, Removal, RemovalReason, Standing, WatchStandingsResponse};

/// Scope, KPI, name of the period.
pub(crate) type Key = (String, String, String);

/// What a client knows.
#[derive(Clone, Default)]
pub(crate) struct Known {
    /// What the client knows, by whole snapshots and updates.
    pub(crate) board: BTreeMap<Key, Standing>,
    /// The token of the last frame.
    pub(crate) token: Vec<u8>,
    /// The scopes that were answered to be out of scope.
    pub(crate) out_of_scope: BTreeSet<String>,
    /// The whole frames received, by kind.
    pub(crate) counts: BTreeMap<&'static str, usize>,
    /// The revision of the last frame.
    pub(crate) revision: u64,
    pending: Pending,
    delivered: BTreeMap<Key, u64>,
}

/// The chunks of a snapshot or update that has not ended.
#[derive(Clone, Default)]
struct Pending {
    revision: Option<u64>,
    standings: Vec<Standing>,
    removed: Vec<Removal>,
}

/// What a whole frame was.
#[derive(Debug)]
pub(crate) enum Seen {
    Snapshot(WatchStandingsResponse),
    Update(WatchStandingsResponse, Vec<Standing>, Vec<Removal>),
    Bookmark(WatchStandingsResponse),
    Reset(WatchStandingsResponse),
}

impl Known {
    /// Whether it has received some, but not all chunks of a frame.
    pub(crate) fn is_amid_a_frame(&self) -> bool {
        self.pending.revision.is_some()
    }

    pub(crate) fn apply(&mut self, message: WatchStandingsResponse) -> Option<Seen> {
        assert!(message.revision >= self.revision, "revisions never decrease");
        assert_eq!(message.complete, message.causes.is_empty(), "incomplete with causes");
        assert!(message.as_of.is_some() && message.emitted_at.is_some(), "every frame is stamped");
        self.revision = message.revision;
        self.token.clone_from(&message.resume_token);
        let seen = match message.frame.clone().expect("a frame") {
            Frame::Snapshot(chunk) => {
                let standings = self.collect(&message, chunk.standings, Vec::new(), chunk.last)?.0;
                self.board = keyed(standings);
                self.delivered = self.board.iter().map(|(k, s)| (k.clone(), s.revision)).collect();
                ("snapshot", Seen::Snapshot(message))
            }
            Frame::Update(chunk) => {
                let (standings, removed) =
                    self.collect(&message, chunk.standings, chunk.removed, chunk.last)?;
                self.update(&standings, &removed);
                ("update", Seen::Update(message, standings, removed))
            }
            Frame::Bookmark(_) => ("bookmark", Seen::Bookmark(message)),
            Frame::Reset(_) => {
                self.board.clear();
                self.delivered.clear();
                ("reset", Seen::Reset(message))
            }
        };
        assert!(self.pending.revision.is_none(), "nothing comes between chunks");
        *self.counts.entry(seen.0).or_default() += 1;
        Some(seen.1)
    }

    fn collect(
        &mut self,
        message: &WatchStandingsResponse,
        standings: Vec<Standing>,
        removed: Vec<Removal>,
        last: bool,
    ) -> Option<(Vec<Standing>, Vec<Removal>)> {
        let revision = *self.pending.revision.get_or_insert(message.revision);
        assert_eq!(revision, message.revision, "all chunks have one revision");
        self.pending.standings.extend(standings);
        self.pending.removed.extend(removed);
        if !last {
            return None;
        }
        let Pending { standings, removed, .. } = std::mem::take(&mut self.pending);
        assert!(standings.iter().all(|standing| standing.revision <= revision));
        Some((standings, removed))
    }

    fn update(&mut self, standings: &[Standing], removed: &[Removal]) {
        assert!(!standings.is_empty() || !removed.is_empty(), "an update says something");
        for standing in standings {
            let before = self.delivered.insert(key(standing), standing.revision);
            assert!(before < Some(standing.revision), "revisions of a standing strictly increase");
            self.board.insert(key(standing), standing.clone());
        }
        for removal in removed {
            // Of somebody who is unknown, neither KPI nor period is.
            if removal.reason() == RemovalReason::OutOfScope && removal.period.is_none() {
                self.out_of_scope.insert(removal.scope.clone());
            } else {
                let period = removal.period.as_ref().map(|Period { name, .. }| name.clone());
                // It may not have been there: some come and go between two updates.
                self.board.remove(&(
                    removal.scope.clone(),
                    removal.kpi.clone(),
                    period.expect("a period"),
                ));
            }
        }
    }

    /// The standings it knows, without what the clock alone changes.
    pub(crate) fn canonical(&self) -> BTreeMap<Key, Standing> {
        canonical(self.board.values().cloned())
    }
}

impl Seen {
    pub(crate) fn message(&self) -> &WatchStandingsResponse {
        match self {
            Self::Snapshot(message)
            | Self::Update(message, ..)
            | Self::Bookmark(message)
            | Self::Reset(message) => message,
        }
    }
}

pub(crate) fn key(standing: &Standing) -> Key {
    let period = standing.period.as_ref().expect("a period");
    (standing.scope.clone(), standing.kpi.clone(), period.name.clone())
}

fn keyed(standings: Vec<Standing>) -> BTreeMap<Key, Standing> {
    standings.into_iter().map(|standing| (key(&standing), standing)).collect()
}

/// Standings as the contract compares them: without revisions.
pub(crate) fn canonical(standings: impl IntoIterator<Item = Standing>) -> BTreeMap<Key, Standing> {
    let plain = |standing| Standing { revision: 0, ..standing };
    keyed(standings.into_iter().map(plain).collect())
}
