//! The watcher of a leaderboard: the task that drives one watch of one.
//!
//! It rests until the board may have changed, the order may, or a heartbeat is due, waits for room for a frame, and only
//! then asks.

use std::convert::Infallible;
use std::sync::Arc;

use metrics::counter;
use paceline_core::board::{Revision, Subject};
use paceline_core::ranks::Leaderboard;
use paceline_core::roster::{Roster, ScopeId};
use paceline_engine::Alarm;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::super::end::End;
use super::super::stamp;
use super::super::stamp::Stamp;
use super::super::terms::{OPENING, Terms};
use super::frame::{Chunks, Told, kind, stamped};
use crate::aside::Aside;
use crate::audit::Named;
use crate::expiry;
use crate::leaderboard::Ranking;
use crate::metric;
use crate::proto::watch_leaderboard_response::Frame;
use crate::proto::{LeaderboardBookmark, OutOfScope, WatchLeaderboardResponse};
use crate::served::Served;

/// Room for one frame.
type Room = mpsc::OwnedPermit<WatchLeaderboardResponse>;

/// The reps from whom on a leaderboard is ranked aside.
const LARGE: usize = 64;

/// What is kept of one watch.
#[derive(Debug)]
pub(super) struct Watcher {
    served: Served,
    /// Where large ones are ranked.
    aside: Aside,
    ranking: Ranking,
    terms: Terms,
    sender: mpsc::Sender<WatchLeaderboardResponse>,
    signal: watch::Receiver<u64>,
    /// Set to when the order may change by the clock alone.
    alarm: Alarm,
    /// Whether that has come and was not looked at yet.
    rung: bool,
    /// What was told last; `None` until anything was.
    told: Option<Told>,
    /// Up to where that still stands.
    position: Revision,
    /// What the last frame told of the sources; `None` until one was sent.
    of_sources: Option<Arc<stamp::Told>>,
    /// When the last frame was sent.
    sent: Instant,
    /// From when on the board may be asked again.
    due: Instant,
}

impl Watcher {
    pub(super) fn new(
        served: Served,
        aside: Aside,
        ranking: Ranking,
        terms: Terms,
        sender: mpsc::Sender<WatchLeaderboardResponse>,
    ) -> Self {
        let (signal, alarm) = (served.live.subscribe(), served.live.alarm());
        let now = Instant::now();
        Self {
            served,
            aside,
            ranking,
            terms,
            sender,
            signal,
            alarm,
            rung: false,
            told: None,
            position: Revision::default(),
            of_sources: None,
            sent: now,
            due: now,
        }
    }

    /// Drives the watch until it ends.
    pub(super) async fn run(mut self, shutdown: CancellationToken, ender: oneshot::Sender<Status>) {
        let gone = self.sender.clone();
        let ((until, then), jitter) = (self.terms.until, self.terms.jitter);
        let expired = expiry::expired(self.served.wall.clone(), self.terms.expires);
        let end = tokio::select! {
            biased;
            () = expired => End::Expired,
            () = gone.closed() => End::Gone,
            () = shutdown.cancelled() => End::Draining,
            () = sleep_until(until) => then,
            end = self.deliver() => match end { Err(end) => end },
        };
        counter!(metric::ENDS, "reason" => end.reason()).increment(1);
        tracing::debug!(reason = end.reason(), "watch of a leaderboard ended");
        // Nobody hears it when the client has gone.
        ender.send(end.status(None, jitter)).ok();
    }

    async fn deliver(&mut self) -> Result<Infallible, End> {
        timeout(OPENING, self.opening()).await.map_err(|_| End::NotCaughtUp)?;
        loop {
            self.look().await?;
            self.rest().await;
        }
    }

    /// Waits until the sources are caught up.
    async fn opening(&mut self) {
        while !self.served.live.is_open() {
            // The board is held, and the signal with it, so this is never an error.
            self.signal.changed().await.ok();
        }
    }

    /// Rests until a heartbeat is due, or the leaderboard may be another and may be asked for again. That it may be stays
    /// marked until it is asked for.
    async fn rest(&mut self) {
        let heartbeat = self.heartbeat();
        if !self.rung {
            tokio::select! {
                () = sleep_until(heartbeat) => return,
                _ = self.signal.changed() => self.signal.mark_changed(),
                () = self.alarm.rung() => self.rung = true,
            }
        }
        sleep_until(heartbeat.min(self.due)).await;
    }

    /// When a bookmark is due: a little early, so that it has arrived when the client counts on it.
    fn heartbeat(&self) -> Instant {
        self.sent + self.terms.heartbeat.mul_f64(0.9)
    }

    /// Sends the leaderboard if it is another, or a bookmark if one is due.
    async fn look(&mut self) -> Result<(), End> {
        let room = self.room().await?;
        let now = Instant::now();
        if now < self.due {
            self.send_bookmark(room);
            return Ok(());
        }
        self.due = now + self.terms.min_interval;
        if self.stands() {
            if now >= self.heartbeat() {
                self.send_bookmark(room);
            }
            return Ok(());
        }
        let (leaderboard, stamp) = self.ask().await?;
        let told = Told::of(leaderboard.as_ref(), self.ranking.limit);
        self.position = stamp.revision;
        if self.told.as_ref() == Some(&told) {
            if now >= self.heartbeat() || self.another_cause(&stamp) {
                self.emit(room, Frame::Bookmark(LeaderboardBookmark {}), &stamp);
            }
            return Ok(());
        }
        self.told = Some(told);
        // What is lost later was not withheld when it was asked for.
        let witness = self.terms.witness.take();
        match leaderboard {
            Some(leaderboard) => self.send(room, leaderboard, &stamp).await,
            None => {
                let scope = self.ranking.subject.scope.clone();
                if let Some(witness) = witness {
                    witness.tell(Named::scopes([scope.as_str()]));
                }
                self.emit(room, Frame::OutOfScope(OutOfScope { scope }), &stamp);
                Ok(())
            }
        }
    }

    /// Whether nothing has changed since that concerns it. So what happens elsewhere costs no ranking.
    fn stands(&mut self) -> bool {
        if self.rung || self.told.is_none() {
            return false;
        }
        self.signal.mark_unchanged();
        let since = self.position;
        let read = stamp::Told::read(&self.served, |live, now| live.changed_since(since, now));
        let (Some((changed, roster, revision)), told) = read else { return false };
        if self.of_sources.as_ref().is_none_or(|sent| sent.causes != told.causes) {
            return false;
        }
        let of = roster.named(&self.ranking.subject.scope);
        let concerns = |scope: &ScopeId| {
            of.is_none_or(|of| {
                *scope == of || roster.above(*scope).is_none_or(|above| above.contains(&of))
            })
        };
        if changed.all || changed.scopes.keys().any(concerns) {
            return false;
        }
        self.position = revision;
        true
    }

    /// Whether a frame would tell of other causes than the last one.
    fn another_cause(&self, stamp: &Stamp) -> bool {
        self.of_sources.as_ref().is_none_or(|sent| sent.causes != stamp.told.causes)
    }

    /// Asks for the leaderboard, and has the alarm ring when its order may change.
    async fn ask(&mut self) -> Result<(Option<Leaderboard>, Stamp), End> {
        self.signal.mark_unchanged();
        self.rung = false;
        let (served, ranking) = (self.served.clone(), self.ranking.clone());
        let large = is_large(&ranking.subject, &self.served.live.roster());
        let read = move || stamp::Told::read(&served, |live, now| ranking.ask(live, None, now));
        // One of many reps takes so long that it would hold up the streams of a worker.
        let read =
            if large { self.aside.run(read).await.map_err(|_| End::Broken)? } else { read() };
        let ((leaderboard, revision), told) = read;
        self.alarm.set(leaderboard.as_ref().and_then(Leaderboard::next_move));
        Ok((leaderboard, Stamp { revision, told }))
    }

    /// Says that what was told still stands up to the position, without asking for it.
    fn send_bookmark(&mut self, room: Room) {
        let ((), told) = stamp::Told::read(&self.served, |_, _| ());
        // What came since is counted, but not sent.
        let covered = self.of_sources.as_ref().map(|sent| sent.covered.clone()).unwrap_or_default();
        let told = Arc::new(stamp::Told { covered, ..(*told).clone() });
        let stamp = Stamp { revision: self.position, told };
        self.emit(room, Frame::Bookmark(LeaderboardBookmark {}), &stamp);
    }

    /// Sends a leaderboard, each chunk when there is room for it.
    async fn send(
        &mut self,
        room: Room,
        leaderboard: Leaderboard,
        stamp: &Stamp,
    ) -> Result<(), End> {
        let mut room = room;
        let mut chunks = Chunks::of(leaderboard, self.ranking.limit);
        // A roster of later names all that was ever on the board.
        let roster = self.served.live.roster();
        loop {
            let chunk = chunks.next(self.served.live.model(), &roster);
            let last = chunk.last;
            self.emit(room, Frame::Leaderboard(chunk), stamp);
            if last {
                return Ok(());
            }
            room = self.room().await?;
        }
    }

    fn emit(&mut self, room: Room, frame: Frame, stamp: &Stamp) {
        counter!(metric::FRAMES, "kind" => kind(&frame)).increment(1);
        let sight = &self.ranking.subject.sight;
        drop(room.send(stamped(stamp, frame, &self.served, sight)));
        self.of_sources = Some(stamp.told.clone());
        self.sent = Instant::now();
    }

    /// Waits for room for a frame, as long as there is patience.
    async fn room(&self) -> Result<Room, End> {
        let room = timeout(self.served.limits.patience, self.sender.clone().reserve_owned()).await;
        room.map_err(|_| End::Slow)?.map_err(|_| End::Gone)
    }
}

fn is_large(subject: &Subject, roster: &Roster) -> bool {
    let scope = roster.named(&subject.scope);
    scope.is_some_and(|scope| roster.members(scope).nth(LARGE).is_some())
}
