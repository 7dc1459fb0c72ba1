//! The watcher: the task that drives one watch.
//!
//! It rests until something may have changed or a heartbeat is due, waits for room for a frame, and only then asks the
//! board: so what is sent is the newest there is when it is sent.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;

use metrics::{counter, gauge};
use paceline_core::board::{Revision, Update};
use paceline_engine::{Cause, Shown};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::chunks::{Chunk, Chunks};
use super::end::End;
use super::stamp::Stamp;
use super::terms::Terms;
use crate::metric;
use crate::proto::watch_standings_response::Frame;
use crate::proto::{Bookmark, Covered, Reset, ResetReason, WatchStandingsResponse};
use crate::selector::View;
use crate::served::Served;
use crate::token::Tokens;

/// Room for one frame.
type Room = mpsc::OwnedPermit<WatchStandingsResponse>;

/// Where a watch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// With a snapshot.
    Afresh,
    /// With what changed after a revision.
    After(Revision),
    /// With a reset, then a snapshot.
    Reset(ResetReason),
}

/// What is kept of one watch.
#[derive(Debug)]
pub(super) struct Watcher {
    served: Served,
    tokens: Arc<Tokens>,
    view: View,
    terms: Terms,
    sender: mpsc::Sender<WatchStandingsResponse>,
    signal: watch::Receiver<u64>,
    start: Start,
    /// Everything up to here was sent, in whole; `None` until a snapshot was.
    position: Option<Revision>,
    /// The causes that the last frame told of; `None` until one was sent.
    told: Option<BTreeSet<Cause>>,
    /// Up to where the sources are counted in what was sent.
    covered: Vec<Covered>,
    /// When the last frame was sent.
    sent: Instant,
    /// From when on the board may be asked for changes.
    due: Instant,
    jitter: f64,
}

impl Watcher {
    pub(super) fn new(
        served: Served,
        tokens: Arc<Tokens>,
        view: View,
        terms: Terms,
        sender: mpsc::Sender<WatchStandingsResponse>,
        start: Start,
    ) -> Self {
        let signal = served.live.subscribe();
        let position = if let Start::After(revision) = start { Some(revision) } else { None };
        let now = Instant::now();
        // What has no randomness left falls together, which is no reason to fail.
        let jitter = f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX);
        Self {
            served,
            tokens,
            view,
            terms,
            sender,
            signal,
            start,
            position,
            told: None,
            covered: Vec::new(),
            sent: now,
            due: now,
            jitter,
        }
    }

    /// Drives the watch until it ends.
    pub(super) async fn run(mut self, shutdown: CancellationToken, ender: oneshot::Sender<Status>) {
        let _open = Open::new();
        let gone = self.sender.clone();
        let age = self.terms.age.mul_f64(0.9 + 0.2 * self.jitter);
        let deadline = self.terms.deadline;
        let end = tokio::select! {
            biased;
            () = gone.closed() => End::Gone,
            () = shutdown.cancelled() => End::Draining,
            () = sleep(age) => End::Age,
            () = sleep(deadline.unwrap_or_default()), if deadline.is_some() => End::Deadline,
            end = self.deliver() => match end { Err(end) => end },
        };
        counter!(metric::ENDS, "reason" => end.reason()).increment(1);
        tracing::debug!(reason = end.reason(), "watch ended");
        // Nobody hears it when the client has gone.
        ender.send(end.status(self.token().as_deref(), self.jitter)).ok();
    }

    async fn deliver(&mut self) -> Result<Infallible, End> {
        self.opening().await;
        match self.start {
            Start::Afresh => self.send_snapshot().await?,
            Start::Reset(reason) => self.reset(reason).await?,
            Start::After(_) => self.signal.mark_changed(),
        }
        loop {
            self.rest().await;
            self.look().await?;
        }
    }

    /// Waits until the sources are caught up.
    async fn opening(&mut self) {
        while !self.served.live.is_open() {
            // The board is held, and the signal with it, so this is never an error.
            self.signal.changed().await.ok();
        }
    }

    /// Rests until a heartbeat is due, or the board has changed and may be asked again. The change stays marked until
    /// it is asked.
    async fn rest(&mut self) {
        let heartbeat = self.heartbeat();
        tokio::select! {
            () = sleep_until(heartbeat) => return,
            _ = self.signal.changed() => self.signal.mark_changed(),
        }
        sleep_until(heartbeat.min(self.due)).await;
    }

    /// When a bookmark is due: a little early, so that it has arrived when the client counts on it.
    fn heartbeat(&self) -> Instant {
        self.sent + self.terms.heartbeat.mul_f64(0.9)
    }

    /// Sends what has changed, or a bookmark if one is due.
    async fn look(&mut self) -> Result<(), End> {
        let room = self.room().await?;
        let now = Instant::now();
        let Some(since) = self.position.filter(|_| now >= self.due) else {
            self.send_bookmark(room);
            return Ok(());
        };
        self.due = now + self.terms.min_interval;
        let (update, stamp) = self.changes(since);
        match update {
            None => {
                drop(room);
                self.gap().await
            }
            Some(update) if update.standings.is_empty() && update.removed.is_empty() => {
                self.position = Some(stamp.revision);
                if now >= self.heartbeat() || self.told.as_ref() != Some(&stamp.causes) {
                    self.emit(room, Frame::Bookmark(Bookmark {}), &stamp);
                }
                Ok(())
            }
            Some(update) => {
                let (chunks, position) = (Chunks::of_update(update), Some(stamp.revision));
                self.send(room, chunks, Chunk::update, &stamp, position).await
            }
        }
    }

    /// What changed in the view after a revision.
    fn changes(&mut self, since: Revision) -> (Option<Update>, Stamp) {
        self.signal.mark_unchanged();
        let selection = &self.view.selection;
        Stamp::read(&self.served, |live, now| live.changes_since(since, selection, now))
    }

    /// More was removed since than is remembered.
    async fn gap(&mut self) -> Result<(), End> {
        if self.terms.fails_on_gap { Err(End::Gap) } else { self.reset(ResetReason::Expired).await }
    }

    /// Voids what was sent before, and sends a snapshot.
    async fn reset(&mut self, reason: ResetReason) -> Result<(), End> {
        let room = self.room().await?;
        self.position = None;
        let ((), stamp) = Stamp::read(&self.served, |live, _| ((), live.revision()));
        let reset = Reset { reason: reason.into(), epoch: self.tokens.epoch().to_string() };
        self.emit(room, Frame::Reset(reset), &stamp);
        self.send_snapshot().await
    }

    /// Sends everything in the view. A removal of the scopes that are unknown belongs to it: until it is sent, there
    /// is no token to resume with.
    async fn send_snapshot(&mut self) -> Result<(), End> {
        let room = self.room().await?;
        self.due = Instant::now() + self.terms.min_interval;
        self.signal.mark_unchanged();
        let selection = &self.view.selection;
        let (Shown { standings, unknown, .. }, stamp) = Stamp::read(&self.served, |live, now| {
            let shown = live.standings(selection, None, now);
            let revision = shown.revision;
            (shown, revision)
        });
        let chunks = Chunks::of_snapshot(standings);
        let position = unknown.is_empty().then_some(stamp.revision);
        self.send(room, chunks, Chunk::snapshot, &stamp, position).await?;
        if unknown.is_empty() {
            return Ok(());
        }
        let room = self.room().await?;
        let chunks = Chunks::of_unknown(unknown);
        self.send(room, chunks, Chunk::update, &stamp, Some(stamp.revision)).await
    }

    /// Says that there is nothing new up to the position, without asking for it.
    fn send_bookmark(&mut self, room: Room) {
        let position = self.position.unwrap_or_default();
        let ((), mut stamp) = Stamp::read(&self.served, |_, _| ((), position));
        // What came since is counted, but not sent.
        stamp.covered.clone_from(&self.covered);
        self.emit(room, Frame::Bookmark(Bookmark {}), &stamp);
    }

    /// Sends all chunks, each when there is room for it. With the last the stream is at `position`; a token from before
    /// resumes with all of them.
    async fn send(
        &mut self,
        room: Room,
        mut chunks: Chunks,
        frame: fn(Chunk) -> Frame,
        stamp: &Stamp,
        position: Option<Revision>,
    ) -> Result<(), End> {
        let mut room = room;
        // A roster of later names all that was ever on the board.
        let roster = self.served.live.roster();
        loop {
            let chunk = chunks.next(self.served.live.model(), &roster);
            if chunk.last {
                self.position = position;
                self.emit(room, frame(chunk), stamp);
                return Ok(());
            }
            self.emit(room, frame(chunk), stamp);
            room = self.room().await?;
        }
    }

    fn emit(&mut self, room: Room, frame: Frame, stamp: &Stamp) {
        counter!(metric::FRAMES, "kind" => kind(&frame)).increment(1);
        let token = self.token().unwrap_or_default();
        drop(room.send(stamp.frame(frame, token, &self.served)));
        self.told = Some(stamp.causes.clone());
        self.covered.clone_from(&stamp.covered);
        self.sent = Instant::now();
    }

    fn token(&self) -> Option<Vec<u8>> {
        self.position.map(|position| self.tokens.write(position, &self.view.hash))
    }

    /// Waits for room for a frame, as long as there is patience.
    async fn room(&self) -> Result<Room, End> {
        let room = timeout(self.terms.patience, self.sender.clone().reserve_owned()).await;
        room.map_err(|_| End::Slow)?.map_err(|_| End::Gone)
    }
}

/// Counts a watch as open, however it ends.
struct Open;

impl Open {
    fn new() -> Self {
        gauge!(metric::STREAMS).increment(1);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        gauge!(metric::STREAMS).decrement(1);
    }
}

fn kind(frame: &Frame) -> &'static str {
    match frame {
        Frame::Snapshot(_) => "snapshot",
        Frame::Update(_) => "update",
        Frame::Bookmark(_) => "bookmark",
        Frame::Reset(_) => "reset",
    }
}
