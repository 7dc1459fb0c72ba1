//! Chunks: a snapshot or an update in pieces that every client takes.

use std::vec;

use paceline_core::board::{Removal, Standing, Update};
use paceline_core::model::Model;
use paceline_core::roster::Roster;
use prost::Message as _;

use crate::convert;
use crate::proto;
use crate::proto::watch_standings_response::Frame;

/// Once a chunk is this large it is sent. One more standing or removal, and what every frame carries, fit
/// below the promised 256 KiB: a request, and so a name in it, has at most 64 KiB.
const CHUNK_BYTES: usize = 128 * 1024;

/// What is left of a snapshot or an update. It becomes wire messages only as their chunk is made.
#[derive(Debug)]
pub(super) struct Chunks {
    standings: vec::IntoIter<Standing>,
    removed: vec::IntoIter<Removal>,
    unknown: vec::IntoIter<String>,
}

/// A piece of a snapshot or an update.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) standings: Vec<proto::Standing>,
    pub(super) removed: Vec<proto::Removal>,
    pub(super) last: bool,
}

impl Chunks {
    /// Everything in a view.
    pub(super) fn of_snapshot(standings: Vec<Standing>) -> Self {
        Self::of_update(Update { standings, removed: Vec::new() })
    }

    /// What changed in a view.
    pub(super) fn of_update(Update { standings, removed }: Update) -> Self {
        Self {
            standings: standings.into_iter(),
            removed: removed.into_iter(),
            unknown: Vec::new().into_iter(),
        }
    }

    /// The removal of scopes that are unknown.
    pub(super) fn of_unknown(scopes: Vec<String>) -> Self {
        Self { unknown: scopes.into_iter(), ..Self::of_update(Update::default()) }
    }

    /// The next piece; of nothing at all an empty one.
    pub(super) fn next(&mut self, model: &Model, roster: &Roster) -> Chunk {
        let mut chunk = Chunk::default();
        let mut bytes = 0;
        while bytes < CHUNK_BYTES {
            let Some(standing) = self.standings.next() else { break };
            let standing = convert::standing(&standing, model, roster);
            bytes += size(standing.encoded_len());
            chunk.standings.push(standing);
        }
        while bytes < CHUNK_BYTES {
            let Some(removal) = self.next_removal(model, roster) else { break };
            bytes += size(removal.encoded_len());
            chunk.removed.push(removal);
        }
        chunk.last = self.is_empty();
        chunk
    }

    fn next_removal(&mut self, model: &Model, roster: &Roster) -> Option<proto::Removal> {
        let ended = self.removed.next().map(|removal| convert::removal(&removal, model, roster));
        ended.or_else(|| self.unknown.next().map(|scope| convert::out_of_scope(&scope)))
    }

    fn is_empty(&self) -> bool {
        let removed = self.removed.as_slice().is_empty() && self.unknown.as_slice().is_empty();
        removed && self.standings.as_slice().is_empty()
    }
}

/// The bytes of a message within another: tag and length before it.
fn size(message: usize) -> usize {
    1 + prost::length_delimiter_len(message) + message
}

impl Chunk {
    /// It as a piece of a snapshot.
    pub(super) fn snapshot(self) -> Frame {
        Frame::Snapshot(proto::Snapshot { standings: self.standings, last: self.last })
    }

    /// It as a piece of an update.
    pub(super) fn update(self) -> Frame {
        let Self { standings, removed, last } = self;
        Frame::Update(proto::Update { standings, removed, last })
    }
}
