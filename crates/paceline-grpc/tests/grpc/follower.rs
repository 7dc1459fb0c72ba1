//! The follower: a client that puts a watch together to a board of its own, and holds every frame to the contract.

use std::collections::{BTreeMap, BTreeSet};

use paceline_client::proto::watch_standings_response::Frame;
use paceline_client::proto::{Period, Removal, RemovalReason, Standing, WatchStandingsResponse};
use tokio::time::timeout;
use tonic::{Status, Streaming};

use crate::stage::DEADLINE;

/// Scope, KPI, name of the period.
pub(crate) type Key = (String, String, String);

pub(crate) struct Follower {
    stream: Streaming<WatchStandingsResponse>,
    /// What the client knows, by whole snapshots and updates.
    pub(crate) board: BTreeMap<Key, Standing>,
    /// The token of the last frame.
    pub(crate) token: Vec<u8>,
    /// The scopes that were answered to be out of scope.
    pub(crate) out_of_scope: BTreeSet<String>,
    /// The whole frames received, by kind.
    pub(crate) counts: BTreeMap<&'static str, usize>,
    revision: u64,
    pending: Pending,
    delivered: BTreeMap<Key, u64>,
}

/// The chunks of a snapshot or update that has not ended.
#[derive(Default)]
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

impl Follower {
    pub(crate) fn new(stream: Streaming<WatchStandingsResponse>) -> Self {
        Self {
            stream,
            board: BTreeMap::new(),
            token: Vec::new(),
            out_of_scope: BTreeSet::new(),
            counts: BTreeMap::new(),
            revision: 0,
            pending: Pending::default(),
            delivered: BTreeMap::new(),
        }
    }

    /// Goes on with the stream of another, knowing what it knows.
    pub(crate) fn go_on_with(&mut self, other: Self) {
        self.stream = other.stream;
    }

    /// The next message, whole or not.
    pub(crate) async fn message(&mut self) -> Result<WatchStandingsResponse, Status> {
        let message = timeout(DEADLINE, self.stream.message()).await.expect("a frame in time");
        Ok(message?.expect("a stream ends with a status"))
    }

    /// The next whole frame, applied.
    pub(crate) async fn next(&mut self) -> Result<Seen, Status> {
        loop {
            let message = self.message().await?;
            if let Some(seen) = self.apply(message) {
                return Ok(seen);
            }
        }
    }

    /// The next whole frame of a stream that goes on.
    pub(crate) async fn seen(&mut self) -> Seen {
        self.next().await.expect("the stream goes on")
    }

    /// Reads on until everything up to a revision has been received.
    pub(crate) async fn catch_up(&mut self, revision: u64) {
        while self.revision < revision || self.pending.revision.is_some() {
            self.seen().await;
        }
    }

    /// The status that ends the stream.
    pub(crate) async fn end(&mut self) -> Status {
        loop {
            if let Err(status) = self.next().await {
                return status;
            }
        }
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
            if removal.reason() == RemovalReason::OutOfScope {
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
