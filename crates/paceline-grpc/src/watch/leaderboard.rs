//! Watches of leaderboards: the whole leaderboard at first, and again whenever it is another.
//!
//! What a stream keeps of what it has sent is enough to tell whether another leaderboard is another: of each rep that was
//! shown the rank and the revision of the standing. A rank that the clock alone changes is foreseen, and an alarm set to the
//! instant.

mod frame;
mod watcher;

use tokio::sync::{mpsc, oneshot};
use tonic::{Request, Status};

use super::Watches;
use super::terms::Terms;
use crate::driven::Driven;
use crate::leaderboard::Ranking;
use crate::open::Open;
use crate::proto::{WatchLeaderboardRequest, WatchLeaderboardResponse};
use crate::who::Principal;

use watcher::Watcher;

impl Watches {
    /// Opens a watch of a leaderboard. It is driven by a task of its own, which ends with the stream that is answered.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field that is wrong, `RESOURCE_EXHAUSTED` when too many watches are open.
    pub(crate) fn open_leaderboard(
        &self,
        request: &Request<WatchLeaderboardRequest>,
    ) -> Result<Driven<WatchLeaderboardResponse>, Status> {
        let asked = request.get_ref();
        let WatchLeaderboardRequest { scope, kpi, period, by, limit, .. } = asked;
        let served = &self.hub.board.served;
        let principal = Principal::of(request.extensions())?;
        let ranking = Ranking::of((scope, kpi, period), *by, *limit, served, principal)?;
        let terms = Terms::of(request, asked.heartbeat, asked.min_interval, served)?;
        let open = Open::new(self.admission.enter(request.extensions())?);
        let (sender, frames) = mpsc::channel(1);
        let (ender, end) = oneshot::channel();
        let watcher =
            Watcher::new(served.clone(), self.hub.board.aside.clone(), ranking, terms, sender);
        let shutdown = self.shutdown.clone();
        tokio::spawn(async move {
            watcher.run(shutdown, ender).await;
            drop(open);
        });
        Ok(Driven::new(frames, end))
    }
}
