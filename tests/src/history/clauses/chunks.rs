//! Chunks: whether the pieces of a snapshot or an update come one after the other, all of one revision.

use paceline_client::proto::{WatchStandingsResponse, watch_standings_response::Frame};

use super::{History, Place, at};

/// What comes in chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Snapshot,
    Update,
}

/// What a message is a chunk of, and whether it is the last.
pub(super) fn chunk(message: &WatchStandingsResponse) -> Option<(Kind, bool)> {
    match &message.frame {
        Some(Frame::Snapshot(chunk)) => Some((Kind::Snapshot, chunk.last)),
        Some(Frame::Update(chunk)) => Some((Kind::Update, chunk.last)),
        _ => None,
    }
}

/// Whether a message is a chunk that others of the same kind follow.
fn goes_on(message: &WatchStandingsResponse, kind: Kind) -> bool {
    chunk(message) == Some((kind, false))
}

/// Messages that stand where the next chunk of what was begun belongs.
pub(super) fn interrupted(history: &History, kind: Kind) -> Vec<(String, Vec<Place>)> {
    let mut found = Vec::new();
    for (number, stream) in history.numbered() {
        for (before, pair) in stream.told.windows(2).enumerate() {
            let (this, next) = (&pair[0].message, &pair[1].message);
            if !goes_on(this, kind) {
                continue;
            }
            let same = this.revision == next.revision && this.as_of == next.as_of;
            if chunk(next).is_none_or(|(other, _)| other != kind) || !same {
                let says = format!("a chunk of one {kind:?} is followed by something else");
                found.push((says, vec![at(number, before), at(number, before + 1)]));
            }
        }
    }
    found
}
