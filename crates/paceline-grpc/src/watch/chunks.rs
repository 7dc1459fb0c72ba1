//! Chunks: a snapshot or an update in pieces that every client takes.

use std::vec;

use paceline_core::board::Standing;
use paceline_core::model::Model;
use paceline_core::roster::Roster;
use prost::Message as _;

use crate::convert;
use crate::proto;

/// Once a chunk is this large it is sent. One more standing or removal, and what every frame carries, fit
/// below the promised 256 KiB: a request, and so a name in it, has at most 64 KiB.
const CHUNK_BYTES: usize = 128 * 1024;

/// What is left of a snapshot or an update. Standings become wire messages only as their chunk is made.
#[derive(Debug)]
pub(super) struct Chunks {
    standings: vec::IntoIter<Standing>,
    removed: vec::IntoIter<proto::Removal>,
}

/// A piece of a snapshot or an update.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) standings: Vec<proto::Standing>,
    pub(super) removed: Vec<proto::Removal>,
    pub(super) last: bool,
}

impl Chunks {
    pub(super) fn new(standings: Vec<Standing>, removed: Vec<proto::Removal>) -> Self {
        Self { standings: standings.into_iter(), removed: removed.into_iter() }
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
            let Some(removal) = self.removed.next() else { break };
            bytes += size(removal.encoded_len());
            chunk.removed.push(removal);
        }
        chunk.last = self.standings.as_slice().is_empty() && self.removed.as_slice().is_empty();
        chunk
    }
}

/// The bytes of a message within another: tag and length before it.
fn size(message: usize) -> usize {
    1 + prost::length_delimiter_len(message) + message
}

impl From<Chunk> for proto::Snapshot {
    fn from(Chunk { standings, last, .. }: Chunk) -> Self {
        Self { standings, last }
    }
}

impl From<Chunk> for proto::Update {
    fn from(Chunk { standings, removed, last }: Chunk) -> Self {
        Self { standings, removed, last }
    }
}
