//! Watches: streams of frames, each driven by a task that computes a frame only when there is room for it.
//!
//! Between the task and the connection there is room for one frame. What the task keeps of a watch is the revision
//! up to which it has sent, so a client that stalls holds one frame and what its connection has buffered, however
//! long it stalls, and gets the newest values when it goes on.

mod chunks;
pub(crate) mod end;
mod frames;
mod leaderboard;
mod stamp;
pub(crate) mod terms;
mod watcher;

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};

use crate::errors;
use crate::proto;
use crate::selector::View;
use crate::served::Served;
use crate::token::{Position, Tokens};

use end::End;
use terms::Terms;
use watcher::{Start, Watcher};

pub use end::TOKEN_TRAILER;
pub(crate) use frames::Frames;

/// All watches of the server.
#[derive(Debug)]
pub(crate) struct Watches {
    served: Served,
    tokens: Arc<Tokens>,
    room: Arc<Semaphore>,
    shutdown: CancellationToken,
}

impl Watches {
    pub(crate) fn new(served: Served, tokens: Tokens, shutdown: CancellationToken) -> Self {
        let room = Arc::new(Semaphore::new(served.limits.streams));
        Self { served, tokens: Arc::new(tokens), room, shutdown }
    }

    /// Opens a watch. It is driven by a task of its own, which ends with the stream that is answered.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field that is wrong, `OUT_OF_RANGE` for a token that cannot be honoured when the
    /// client wants no reset, `RESOURCE_EXHAUSTED` when too many watches are open, `INTERNAL` without random numbers.
    pub(crate) fn open(
        &self,
        request: &Request<proto::WatchStandingsRequest>,
    ) -> Result<Frames, Status> {
        let asked = request.get_ref();
        let live = &self.served.live;
        let selector = asked.selector.clone().unwrap_or_default();
        let view = View::of(&selector, live.model())?;
        let terms = Terms::read(asked, request.metadata(), &self.served.limits)?;
        let start = self.start(&asked.resume_token, &view, &terms)?;
        let room = self.room.clone().try_acquire_owned().map_err(|_| errors::too_many_streams())?;
        let (sender, frames) = mpsc::channel(1);
        let (ender, end) = oneshot::channel();
        let watcher =
            Watcher::new(self.served.clone(), self.tokens.clone(), view, terms, sender, start);
        let shutdown = self.shutdown.clone();
        tokio::spawn(async move {
            watcher.run(shutdown, ender).await;
            drop(room);
        });
        Ok(Frames::new(frames, end))
    }

    fn start(&self, token: &[u8], view: &View, terms: &Terms) -> Result<Start, Status> {
        if token.is_empty() {
            return Ok(Start::Afresh);
        }
        let position = self.tokens.read(token, &view.hash);
        let reason =
            match position.map_err(|error| errors::invalid("resume_token", error.to_string()))? {
                Position::After(revision) => return Ok(Start::After(revision)),
                Position::OtherEpoch => proto::ResetReason::OtherEpoch,
                Position::OtherSelector => proto::ResetReason::OtherSelector,
            };
        if terms.fails_on_gap { Err(End::Gap.status(None, 0.5)) } else { Ok(Start::Reset(reason)) }
    }
}
