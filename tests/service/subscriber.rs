//! A client of a watch that checks the contract on every frame.
//!
//! What a subscriber may rely on is short enough to be held against each message of each test: revisions, the atomic
//! snapshot, and an update being applied whole.

use std::collections::BTreeMap;

use paceline_client::proto::{
    Removal, ResetReason, Standing, WatchStandingsResponse, watch_standings_response::Frame,
};
use paceline_tests::wait;
use tonic::Streaming;

use crate::under_test::Service;

/// A scope, a KPI and the name of a period.
pub(crate) type Names = (String, String, String);

/// A client that knows what a subscriber knows.
pub(crate) struct Subscriber<'a> {
    service: &'a Service,
    stream: Streaming<WatchStandingsResponse>,
    /// What it knows, after the last chunk of the last update.
    pub(crate) view: BTreeMap<Names, Standing>,
    /// What was removed of it, in the order in which it was told.
    pub(crate) gone: Vec<Removal>,
    /// The last message.
    pub(crate) last: WatchStandingsResponse,
    /// How many messages have come.
    pub(crate) messages: usize,
    /// Chunks that are to be applied with the one that says it is the last.
    pending: Vec<(Vec<Standing>, Vec<Removal>)>,
    whole: bool,
}

/// What a message brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Brought {
    /// A whole snapshot.
    Snapshot,
    /// A whole update.
    Update,
    /// A part of one of them.
    Chunk,
    Bookmark,
    Reset(ResetReason),
}

impl<'a> Subscriber<'a> {
    pub(crate) fn new(service: &'a Service, stream: Streaming<WatchStandingsResponse>) -> Self {
        Self {
            service,
            stream,
            view: BTreeMap::new(),
            gone: Vec::new(),
            last: WatchStandingsResponse::default(),
            messages: 0,
            pending: Vec::new(),
            whole: false,
        }
    }

    /// Takes the next message.
    ///
    /// # Panics
    /// When none comes, or when it breaks the contract.
    pub(crate) fn next(&mut self) -> Brought {
        let message = self
            .service
            .block_on(async { tokio::time::timeout(wait::LIMIT, self.stream.message()).await });
        let message =
            message.expect("heartbeats come").expect("the stream goes on").expect("it has no end");
        assert!(
            message.revision >= self.last.revision,
            "revisions went back from {}: {message:?}",
            self.last.revision
        );
        assert_eq!(message.complete, message.causes.is_empty(), "{message:?}");
        assert!(message.as_of.is_some() && message.emitted_at.is_some(), "{message:?}");
        self.last = message;
        self.messages += 1;
        match self.last.frame.take().expect("every message has a frame") {
            Frame::Snapshot(chunk) => self.snapshot(chunk.standings, chunk.last),
            Frame::Update(chunk) => self.update(chunk.standings, chunk.removed, chunk.last),
            Frame::Bookmark(_) => {
                assert!(
                    self.whole && self.pending.is_empty(),
                    "a bookmark within a snapshot or an update"
                );
                Brought::Bookmark
            }
            Frame::Reset(reset) => {
                (self.whole, self.view) = (false, BTreeMap::new());
                Brought::Reset(reset.reason())
            }
        }
    }

    /// What the stream begins with. One that goes on after a token knows what its client knew.
    pub(crate) fn first_frame(&mut self) -> Brought {
        self.whole = true;
        self.next()
    }

    /// Takes messages until a condition holds of what it knows.
    pub(crate) fn until(&mut self, what: &str, mut condition: impl FnMut(&Self) -> bool) {
        let start = std::time::Instant::now();
        while !(self.whole && self.pending.is_empty() && condition(self)) {
            assert!(start.elapsed() < wait::LIMIT, "waited in vain until {what}: {:?}", self.last);
            self.next();
        }
    }

    /// Takes messages until it knows a number.
    pub(crate) fn until_actual(&mut self, scope: &str, kpi: &str, actual: &str) {
        self.until(&format!("{scope} has {actual} of {kpi}"), |known| {
            known.actual(scope, kpi) == Some(actual)
        });
    }

    /// A number it knows, of any kind of period.
    pub(crate) fn actual(&self, scope: &str, kpi: &str) -> Option<&str> {
        let mut of =
            self.view.values().filter(|standing| standing.scope == scope && standing.kpi == kpi);
        of.next().map(|standing| standing.actual.as_str())
    }

    fn snapshot(&mut self, standings: Vec<Standing>, last: bool) -> Brought {
        if let Some(before) = self.pending.first().and_then(|(standings, _)| standings.first()) {
            assert!(before.revision <= self.last.revision);
        }
        assert!(
            standings.iter().all(|standing| standing.revision <= self.last.revision),
            "newer than the snapshot"
        );
        self.pending.push((standings, Vec::new()));
        if !last {
            return Brought::Chunk;
        }
        self.view.clear();
        for (standings, _) in std::mem::take(&mut self.pending) {
            self.view.extend(standings.into_iter().map(|standing| (names(&standing), standing)));
        }
        self.whole = true;
        Brought::Snapshot
    }

    fn update(&mut self, standings: Vec<Standing>, removed: Vec<Removal>, last: bool) -> Brought {
        assert!(self.whole, "an update before the snapshot has ended");
        self.pending.push((standings, removed));
        if !last {
            return Brought::Chunk;
        }
        for (standings, removed) in std::mem::take(&mut self.pending) {
            self.gone.extend(removed.iter().cloned());
            for removal in removed {
                let period = removal.period.map(|period| period.name).unwrap_or_default();
                self.view.remove(&(removal.scope, removal.kpi, period));
            }
            for standing in standings {
                let revision = standing.revision;
                assert!(revision <= self.last.revision, "newer than its update");
                let before = self.view.insert(names(&standing), standing);
                assert!(
                    before.is_none_or(|before| before.revision < revision),
                    "the same revision twice"
                );
            }
        }
        Brought::Update
    }
}

pub(crate) fn names(standing: &Standing) -> Names {
    let period = standing.period.as_ref().map(|period| period.name.clone()).unwrap_or_default();
    (standing.scope.clone(), standing.kpi.clone(), period)
}
