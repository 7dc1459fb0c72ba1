//! The watcher: the task that drives one watch of alerts.
//!
//! It keeps a position on the list that all watches share, and takes the next alert from there only when its client takes the one
//! before: a client that is slow costs nothing but its own freshness, and none is skipped.

use std::convert::Infallible;
use std::slice;
use std::sync::Arc;

use metrics::counter;
use paceline_engine::ToldAlert;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::list::message;
use super::token;
use super::view::{Lens, View};
use crate::audit::Named;
use crate::convert;
use crate::errors;
use crate::expiry;
use crate::metric;
use crate::proto::watch_alerts_response::Frame;
use crate::proto::{AlertsBookmark, WatchAlertsResponse};
use crate::served::Served;
use crate::watch::end::End;
use crate::watch::terms::{OPENING, Terms};

/// How many alerts are looked at before others may add to them.
const STRETCH: usize = 256;

/// Room for one frame.
type Room = mpsc::OwnedPermit<WatchAlertsResponse>;

/// What is kept of one watch.
#[derive(Debug)]
pub(super) struct Watcher {
    served: Served,
    view: View,
    terms: Terms,
    sender: mpsc::Sender<WatchAlertsResponse>,
    signal: watch::Receiver<u64>,
    /// The token it was asked for with.
    token: Vec<u8>,
    /// Everything before was sent or is not asked for; `None` until the topic is read.
    position: Option<i64>,
    /// When the last frame was sent.
    sent: Instant,
}

/// Why it ends.
enum Ending {
    End(End),
    /// What it was asked for turned out to be impossible.
    Refused(Box<Status>),
}

impl From<End> for Ending {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}

impl From<Status> for Ending {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(status))
    }
}

impl Watcher {
    pub(super) fn new(
        served: Served,
        view: View,
        terms: Terms,
        token: Vec<u8>,
        sender: mpsc::Sender<WatchAlertsResponse>,
    ) -> Self {
        let signal = served.live.alerts().subscribe();
        let sent = Instant::now();
        Self { served, view, terms, sender, signal, token, position: None, sent }
    }

    /// Drives the watch until it ends.
    pub(super) async fn run(mut self, shutdown: CancellationToken, ender: oneshot::Sender<Status>) {
        let gone = self.sender.clone();
        let ((until, then), jitter) = (self.terms.until, self.terms.jitter);
        let expired = expiry::expired(self.served.wall.clone(), self.terms.expires);
        let ending = tokio::select! {
            biased;
            () = expired => End::Expired.into(),
            () = gone.closed() => End::Gone.into(),
            () = shutdown.cancelled() => End::Draining.into(),
            () = sleep_until(until) => then.into(),
            ending = self.deliver() => match ending { Err(ending) => ending },
        };
        let (reason, status) = match ending {
            Ending::End(end) => (end.reason(), end.status(self.resume_token().as_deref(), jitter)),
            Ending::Refused(status) => ("REFUSED", *status),
        };
        counter!(metric::ENDS, "reason" => reason).increment(1);
        tracing::debug!(reason, "watch of alerts ended");
        // Nobody hears it when the client has gone.
        ender.send(status).ok();
    }

    async fn deliver(&mut self) -> Result<Infallible, Ending> {
        timeout(OPENING, self.opening()).await.map_err(|_| errors::not_caught_up())?;
        if let Some(witness) = self.terms.witness.take() {
            witness.tell(Named::scopes(self.view.unknown(&self.served.live.roster())));
        }
        let alerts = self.served.live.alerts();
        let mut position = token::start(&self.token, &self.view, alerts)?;
        self.position = Some(position);
        // From the first moment on there is a token to go on with.
        self.send_bookmark().await?;
        loop {
            self.signal.mark_unchanged();
            let stretch =
                self.served.live.alerts().from(position, STRETCH).map_err(|_| End::Gap)?;
            self.send(&stretch.alerts).await?;
            if stretch.next == position {
                self.rest().await?;
            } else {
                // Of a long list of alerts for others nothing is sent, which others need not wait for.
                tokio::task::yield_now().await;
            }
            position = stretch.next;
            self.position = Some(position);
        }
    }

    /// Waits until the topic is read, and it is known who is part of which scope.
    async fn opening(&mut self) {
        let mut board = self.served.live.subscribe();
        while !(self.served.live.alerts().is_ready() && self.served.live.is_open()) {
            // Board and list are held, and their signals with them, so this is never an error.
            tokio::select! {
                _ = self.signal.changed() => {}
                _ = board.changed() => {}
            }
        }
    }

    /// Rests until more alerts come, and sends a bookmark if one is due before.
    async fn rest(&mut self) -> Result<(), Ending> {
        // A little early, so that it has arrived when the client counts on it.
        let heartbeat = self.sent + self.terms.heartbeat.mul_f64(0.9);
        tokio::select! {
            _ = self.signal.changed() => Ok(()),
            () = sleep_until(heartbeat) => self.send_bookmark().await,
        }
    }

    /// Sends those alerts that are asked for, each by the roster of the moment at which it goes: while a client is waited for people
    /// move.
    async fn send(&mut self, alerts: &[Arc<ToldAlert>]) -> Result<(), Ending> {
        let mut alerts = alerts.iter();
        while let Some(alert) = self.next_of(&mut alerts) {
            let room = self.room().await?;
            if !self.view.holds(alert, &self.lens()) {
                continue;
            }
            self.position = Some(alert.offset + 1);
            self.emit(room, Frame::Alert(message(alert)?), "alert");
        }
        Ok(())
    }

    /// The next alert that is asked for just now. No roster is kept while a client is waited for.
    fn next_of<'a>(
        &self,
        alerts: &mut slice::Iter<'a, Arc<ToldAlert>>,
    ) -> Option<&'a Arc<ToldAlert>> {
        let lens = self.lens();
        alerts.find(|alert| self.view.holds(alert, &lens))
    }

    /// The view by the roster of this moment.
    fn lens(&self) -> Lens {
        self.view.by(self.served.live.roster())
    }

    async fn send_bookmark(&mut self) -> Result<(), Ending> {
        let room = self.room().await?;
        self.emit(room, Frame::Bookmark(AlertsBookmark {}), "bookmark");
        Ok(())
    }

    fn emit(&mut self, room: Room, frame: Frame, kind: &'static str) {
        counter!(metric::FRAMES, "kind" => kind).increment(1);
        let Served { live, clock, wall, .. } = &self.served;
        let causes = live.freshness().causes();
        drop(room.send(WatchAlertsResponse {
            frame: Some(frame),
            resume_token: self.resume_token().unwrap_or_default(),
            as_of: Some(convert::timestamp(clock())),
            emitted_at: Some(convert::timestamp(wall())),
            complete: causes.is_empty(),
            causes: convert::causes(&causes, live.model(), self.view.sight()),
        }));
        self.sent = Instant::now();
    }

    fn resume_token(&self) -> Option<Vec<u8>> {
        let alerts = self.served.live.alerts();
        self.position.map(|position| token::at(position, &self.view, alerts))
    }

    /// Waits for room for a frame, as long as there is patience.
    async fn room(&self) -> Result<Room, End> {
        let room = timeout(self.served.limits.patience, self.sender.clone().reserve_owned()).await;
        room.map_err(|_| End::Slow)?.map_err(|_| End::Gone)
    }
}
