//! Whole frames: a snapshot or an update with all its chunks, encoded once for all who take it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use metrics::{Counter, counter};
use paceline_core::board::{Revision, Update};
use paceline_engine::Shown;

use super::chunks::{Chunk, Chunks};
use super::hub::Board;
use super::stamp::{Stamp, Told};
use crate::audit::Named;
use crate::codec::Encoded;
use crate::metric;
use crate::proto::watch_standings_response::Frame;
use crate::proto::{Bookmark, Reset, ResetReason};
use crate::selector::View;

/// A whole frame. Who has taken all of it has everything up to its revision.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) chunks: Vec<(Kind, Encoded)>,
    pub(super) revision: Revision,
    pub(super) told: Arc<Told>,
    /// The generation of causes that it tells of.
    pub(super) heard: u64,
    /// The scopes that it says are unknown, if it is a snapshot.
    pub(super) unknown: Named,
    _kept: Kept,
}

/// The bytes of all frames that are kept for somebody to take.
#[derive(Clone, Debug, Default)]
pub(super) struct Stock(Arc<AtomicUsize>);

/// The bytes of one of them.
#[derive(Debug)]
struct Kept {
    stock: Stock,
    bytes: usize,
}

impl Stock {
    /// How many bytes there are.
    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn keep(&self, chunks: &[(Kind, Encoded)]) -> Kept {
        let bytes = chunks.iter().map(|(_, chunk)| chunk.bytes().len()).sum();
        self.0.fetch_add(bytes, Ordering::Relaxed);
        Kept { stock: self.clone(), bytes }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.stock.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What a chunk is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Snapshot,
    Update,
    Bookmark,
    Reset,
}

impl Kind {
    /// Its name in metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Update => "update",
            Self::Bookmark => "bookmark",
            Self::Reset => "reset",
        }
    }
}

/// Counts the frames that are sent, by kind. They are many: each counter is looked up once.
#[derive(Debug)]
pub(super) struct Sent {
    snapshots: Counter,
    updates: Counter,
    bookmarks: Counter,
    resets: Counter,
}

impl Sent {
    pub(super) fn new() -> Self {
        let of = |kind: Kind| counter!(metric::FRAMES, "kind" => kind.name());
        Self {
            snapshots: of(Kind::Snapshot),
            updates: of(Kind::Update),
            bookmarks: of(Kind::Bookmark),
            resets: of(Kind::Reset),
        }
    }

    /// Counts one.
    pub(super) fn count(&self, kind: Kind) {
        let counter = match kind {
            Kind::Snapshot => &self.snapshots,
            Kind::Update => &self.updates,
            Kind::Bookmark => &self.bookmarks,
            Kind::Reset => &self.resets,
        };
        counter.increment(1);
    }
}

/// Makes the frames of one view at one revision.
#[derive(Debug)]
pub(super) struct Maker<'a> {
    pub(super) board: &'a Board,
    pub(super) view: &'a View,
    pub(super) stamp: Stamp,
    /// The generation of causes that was known before it was stamped.
    pub(super) heard: u64,
}

impl Maker<'_> {
    /// Everything in the view. A removal of the scopes that are unknown belongs to it: until that is sent, there is no token
    /// to resume with.
    pub(super) fn snapshot(&self, shown: Shown) -> Whole {
        let Shown { standings, unknown, .. } = shown;
        let here = self.token(self.stamp.revision);
        let named = Named::scopes(unknown.iter().map(String::as_str));
        let last = if unknown.is_empty() { here.clone() } else { Vec::new() };
        let standings = Chunks::of_snapshot(standings);
        let mut chunks = self.chunks(Kind::Snapshot, standings, Chunk::snapshot, &[], last);
        if !unknown.is_empty() {
            let unknown = Chunks::of_unknown(unknown);
            chunks.extend(self.chunks(Kind::Update, unknown, Chunk::update, &[], here));
        }
        Whole { unknown: named, ..self.whole(chunks) }
    }

    /// The same for who has something that it voids.
    pub(super) fn reset(&self, reason: ResetReason, snapshot: &Whole) -> Whole {
        let reset = Reset { reason: reason.into(), epoch: self.board.tokens.epoch().to_string() };
        let mut chunks = vec![self.encode(Kind::Reset, Frame::Reset(reset), Vec::new())];
        chunks.extend_from_slice(&snapshot.chunks);
        Whole { unknown: snapshot.unknown.clone(), ..self.whole(chunks) }
    }

    /// What changed in the view since a revision. A token amid it resumes there.
    pub(super) fn update(&self, since: Revision, update: Update) -> Whole {
        let (before, here) = (self.token(since), self.token(self.stamp.revision));
        let update = Chunks::of_update(update);
        self.whole(self.chunks(Kind::Update, update, Chunk::update, &before, here))
    }

    /// That there is nothing new.
    pub(super) fn bookmark(&self) -> Whole {
        let here = self.token(self.stamp.revision);
        self.whole(vec![self.encode(Kind::Bookmark, Frame::Bookmark(Bookmark {}), here)])
    }

    fn whole(&self, chunks: Vec<(Kind, Encoded)>) -> Whole {
        let Stamp { revision, told } = self.stamp.clone();
        let _kept = self.board.stock.keep(&chunks);
        Whole { chunks, revision, told, heard: self.heard, unknown: Named::default(), _kept }
    }

    /// All chunks, with a token amid them and one for the last.
    fn chunks(
        &self,
        kind: Kind,
        mut chunks: Chunks,
        frame: fn(Chunk) -> Frame,
        amid: &[u8],
        last: Vec<u8>,
    ) -> Vec<(Kind, Encoded)> {
        // A roster of later names all that was ever on the board.
        let roster = self.board.served.live.roster();
        let mut encoded = Vec::with_capacity(1);
        loop {
            let chunk = chunks.next(self.board.served.live.model(), &roster);
            if chunk.last {
                encoded.push(self.encode(kind, frame(chunk), last));
                return encoded;
            }
            encoded.push(self.encode(kind, frame(chunk), amid.to_vec()));
        }
    }

    fn encode(&self, kind: Kind, frame: Frame, token: Vec<u8>) -> (Kind, Encoded) {
        counter!(metric::ENCODED, "kind" => kind.name()).increment(1);
        (kind, self.stamp.encode(frame, token, &self.board.served, &self.view.selection.sight))
    }

    fn token(&self, revision: Revision) -> Vec<u8> {
        self.board.tokens.write(revision, &self.view.hash)
    }
}
