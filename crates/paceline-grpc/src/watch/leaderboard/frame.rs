//! The frames of a watch of a leaderboard, and what tells one leaderboard from another.

use std::vec;

use paceline_core::board::{Revision, Standing};
use paceline_core::model::Model;
use paceline_core::ranks::{Leaderboard, Ranked};
use paceline_core::roster::{Roster, ScopeId};
use paceline_core::sight::Sight;
use prost::Message as _;

use super::super::stamp::Stamp;
use crate::convert;
use crate::proto;
use crate::proto::WatchLeaderboardResponse;
use crate::proto::watch_leaderboard_response::Frame;
use crate::served::Served;

/// Once a chunk is this large it is sent. One more rank, and what every frame carries, fit below the promised 256 KiB.
const CHUNK_BYTES: usize = 128 * 1024;

/// What was told: that there is no such scope, or a leaderboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// There is no such scope.
    OutOfScope,
    /// How many reps there are, and of those that are shown the rank, whose it is, and since when the standing is as it is.
    Leaderboard(usize, Vec<(Option<u32>, ScopeId, Revision)>),
}

impl Told {
    /// What telling of a leaderboard, of which `limit` reps are shown or with 0 all, says.
    pub(super) fn of(leaderboard: Option<&Leaderboard>, limit: usize) -> Self {
        let Some(leaderboard) = leaderboard else { return Self::OutOfScope };
        let told =
            |ranked: &Ranked| (ranked.rank, ranked.reading.key().scope, ranked.reading.revision());
        Self::Leaderboard(leaderboard.members(), leaderboard.shown(limit).map(told).collect())
    }
}

/// What is left of a leaderboard to be sent. It becomes wire messages only as their chunk is made.
#[derive(Debug)]
pub(super) struct Chunks {
    ranks: vec::IntoIter<(Option<u32>, Standing)>,
    members: u32,
}

impl Chunks {
    /// All of a leaderboard of which `limit` reps are shown, or with 0 all.
    pub(super) fn of(leaderboard: Leaderboard, limit: usize) -> Self {
        let members = leaderboard.members() as u32;
        Self { ranks: leaderboard.into_standings(limit).into_iter(), members }
    }

    /// The next piece; of nothing at all an empty one.
    pub(super) fn next(&mut self, model: &Model, roster: &Roster) -> proto::Leaderboard {
        let (mut ranks, mut bytes) = (Vec::new(), 0);
        while bytes < CHUNK_BYTES {
            let Some((rank, standing)) = self.ranks.next() else { break };
            let rank = convert::rank(rank, &standing, model, roster);
            bytes += 1 + prost::length_delimiter_len(rank.encoded_len()) + rank.encoded_len();
            ranks.push(rank);
        }
        let last = self.ranks.as_slice().is_empty();
        proto::Leaderboard { ranks, members: self.members, last }
    }
}

/// A frame with a stamp.
pub(super) fn stamped(
    stamp: &Stamp,
    frame: Frame,
    served: &Served,
    sight: &Sight,
) -> WatchLeaderboardResponse {
    let told = &stamp.told;
    WatchLeaderboardResponse {
        frame: Some(frame),
        revision: stamp.revision.0,
        as_of: Some(convert::timestamp(told.as_of)),
        emitted_at: Some(convert::timestamp((served.wall)())),
        covered: told.covered.clone(),
        complete: told.causes.is_empty(),
        causes: convert::causes(&told.causes, served.live.model(), sight),
    }
}

/// What a metric calls a frame.
pub(super) fn kind(frame: &Frame) -> &'static str {
    match frame {
        Frame::Leaderboard(_) => "leaderboard",
        Frame::Bookmark(_) => "bookmark",
        Frame::OutOfScope(_) => "out_of_scope",
    }
}
