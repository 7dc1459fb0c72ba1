//! Members: the streams that watch one view, each with what it has, what it is taking and when it ends.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use paceline_core::board::Revision;
use tokio::time::Instant;

use super::beat::Step;
use super::desk::Desk;
use super::end::End;
use super::look::Look;
use super::stamp::Told;
use super::terms::{OPENING, Terms};
use super::whole::{Kind, Whole};
use crate::audit::Witness;
use crate::codec::Encoded;
use crate::expiry::Expiry;
use crate::proto::ResetReason;

/// What a member has of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing.
    Afresh,
    /// What is void, and why.
    Reset(ResetReason),
    /// Everything up to a revision of its own.
    Apart(Revision),
    /// Everything up to where all are who are in step.
    InStep,
}

/// One stream.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) place: Place,
    /// Everything up to here was sent, in whole; `None` until a snapshot was.
    pub(super) position: Option<Revision>,
    /// What the last frame told; `None` until one was sent.
    pub(super) told: Option<Arc<Told>>,
    /// The generation of causes it has heard of.
    pub(super) heard: u64,
    /// The frame that it is taking, and how much of it is taken.
    taking: Option<(Arc<Whole>, usize)>,
    /// When it began to take that.
    began: Option<Instant>,
    /// That nothing is new but what makes the numbers incomplete, as a beat found.
    pub(super) notice: Option<Arc<Whole>>,
    /// The step of it that a beat is made for, until it takes what that brings.
    pub(super) called: Option<Step>,
    /// There while it waits: it has taken all there was.
    pub(super) waker: Option<Waker>,
    /// Since when there is something that it has not taken.
    pub(super) owed: Option<Instant>,
    /// When it last took something.
    sent: Option<Instant>,
    opened: Instant,
    /// From when on it may get an update.
    pub(super) due: Instant,
    heartbeat: Duration,
    pub(super) fails_on_gap: bool,
    /// When it ends, and why then.
    pub(super) until: (Instant, End),
    /// When its credentials expire.
    expires: Option<Expiry>,
    /// Spreads what many would do at once; from 0 to 1.
    pub(super) jitter: f64,
    /// Tells the audit log of what its first frame withholds, until that is begun.
    witness: Option<Witness>,
}

impl Member {
    pub(super) fn new(place: Place, terms: &Terms, now: Instant) -> Self {
        let position = if let Place::Apart(revision) = place { Some(revision) } else { None };
        Self {
            place,
            position,
            told: None,
            heard: 0,
            taking: None,
            began: None,
            notice: None,
            called: None,
            waker: None,
            owed: None,
            sent: None,
            opened: now,
            due: now,
            heartbeat: terms.heartbeat,
            fails_on_gap: terms.fails_on_gap,
            until: terms.until,
            expires: terms.expires,
            jitter: terms.jitter,
            witness: terms.witness.clone(),
        }
    }

    /// Whether it waits for what comes.
    pub(super) fn is_ready(&self) -> bool {
        self.waker.is_some()
    }

    /// Whether nothing was sent yet.
    pub(super) fn is_new(&self) -> bool {
        self.sent.is_none()
    }

    /// Why it ends, if it is time.
    pub(super) fn end(&self, desk: &Desk<'_>) -> Option<End> {
        if self.has_expired(desk) {
            return Some(End::Expired);
        }
        let (until, end) = self.until;
        let waits = self.is_new() && desk.look.is_none();
        match desk.now {
            now if now >= until => Some(end),
            now if waits && now >= self.opens_until() => Some(End::NotCaughtUp),
            _ => None,
        }
    }

    /// Whether its credentials are worth nothing any longer.
    pub(super) fn has_expired(&self, desk: &Desk<'_>) -> bool {
        self.expires.is_some_and(|expiry| expiry.is_over(&desk.board.served.wall))
    }

    /// When it ends if there is nothing to look at until then.
    fn opens_until(&self) -> Instant {
        self.opened + OPENING
    }

    /// When a bookmark is due: a little early, so that it has arrived when the client counts on it. Never before the first
    /// frame.
    pub(super) fn heartbeat_at(&self) -> Option<Instant> {
        self.sent.filter(|_| self.position.is_some()).map(|sent| sent + self.heartbeat.mul_f64(0.9))
    }

    /// Since when something waits to be taken.
    pub(super) fn stalled_since(&self) -> Option<Instant> {
        self.owed.into_iter().chain(self.heartbeat_at()).min()
    }

    /// Whether it is amid a frame.
    pub(super) fn is_taking(&self) -> bool {
        self.taking.is_some()
    }

    /// Since when it is taking a frame.
    pub(super) fn taking_since(&self) -> Option<Instant> {
        self.began.filter(|_| self.is_taking())
    }

    /// Begins to take a frame, after which it is at `place`.
    pub(super) fn begin(&mut self, whole: Arc<Whole>, place: Place, now: Instant) {
        if let Some(witness) = self.witness.take() {
            witness.tell(whole.unknown.clone());
        }
        (self.place, self.taking, self.began) = (place, Some((whole, 0)), Some(now));
        // It would be older than that frame.
        self.notice = None;
    }

    /// Has it wait. Answers until when at the latest.
    pub(super) fn wait(&mut self, waker: &Waker, now: Instant) -> Instant {
        match &mut self.waker {
            Some(known) => known.clone_from(waker),
            None => self.waker = Some(waker.clone()),
        }
        self.owed = None;
        let opening = Some(self.opens_until()).filter(|until| *until > now);
        let next = self.heartbeat_at().or(opening);
        // Should it turn out to be later, somebody looks again every now and then.
        let expiry = self.expires.and_then(|expiry| expiry.about).filter(|about| *about > now);
        next.into_iter().chain(expiry).fold(self.until.0, Instant::min)
    }

    /// The next chunk of the frame that it is taking.
    pub(super) fn next_chunk(&mut self, now: Instant) -> Option<(Kind, Encoded)> {
        let (whole, taken) = self.taking.as_mut()?;
        self.waker = None;
        let chunk = whole.chunks.get(*taken).cloned()?;
        *taken += 1;
        self.told = Some(whole.told.clone());
        self.heard = self.heard.max(whole.heard);
        self.sent = Some(now);
        self.owed = Some(now);
        if *taken == whole.chunks.len() {
            self.position = Some(whole.revision);
            self.taking = None;
            self.owed = None;
        }
        Some(chunk)
    }

    /// Whether it has not been told of the causes of a look.
    pub(super) fn is_to_be_told(&self, look: &Look) -> bool {
        self.heard < look.generation
    }

    /// Whether causes are others than it was told, or it was told none yet.
    pub(super) fn knows_other_causes(&self, told: &Told) -> bool {
        self.told.as_ref().is_none_or(|known| known.causes != told.causes)
    }
}
