//! The circle of those who watch one view: who has what, who waits, and what comes next for whom.
//!
//! It keeps members in step. Those in step have all that there was in the view up to one revision, so that what changes next
//! is one frame for all of them. Who joins, or did not take a frame before the next, is apart: what such a member lacks is made
//! for it alone, and from the next beat on it is in step again.
//!
//! A plain state machine: who drives it brings looks and beats, and wakes whom it says.

mod offer;
mod seats;
mod steps;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use paceline_core::board::Revision;
use tokio::time::Instant;
use tonic::Status;

use super::beat::{Beat, Brought, Job, Step};
use super::desk::Desk;
use super::end::End;
use super::look::Look;
use super::member::Member;
use super::whole::{Kind, Whole};
use crate::codec::Encoded;

use seats::Seats;

/// From how many steps frames are made at once, while the board is held.
const STEPS: usize = 64;

/// For how long what a beat brought may be taken. A snapshot is good for that long for whoever else begins, if nothing has
/// changed.
const KEPT: Duration = Duration::from_secs(1);

/// How much longer than one chunk a whole frame may take: it is held until then.
const WHOLE: u32 = 5;

/// All who watch one view.
#[derive(Debug)]
pub(super) struct Circle {
    pub(super) seats: Seats,
    /// The least time between two updates.
    interval: Duration,
    /// Up to where those in step have everything.
    step: Revision,
    /// The view is the same from `wanted` up to `known`.
    wanted: Revision,
    known: Revision,
    /// From when on there may be another beat for all.
    due: Instant,
    /// What beats brought that may still be taken.
    kept: Vec<Kept>,
    /// The last bookmark, and the number of the look it is of.
    bookmark: Option<(u64, Arc<Whole>)>,
    drive: Drive,
}

/// A frame that may be taken by those at a step.
#[derive(Debug)]
struct Kept {
    step: Step,
    whole: Arc<Whole>,
    /// When its beat began.
    began: Instant,
}

/// Whether somebody drives the circle on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drive {
    /// Nobody: nothing is to be done.
    Idle,
    /// Somebody, from an instant on.
    Waiting(Instant),
    /// Somebody, who is making a beat or about to see whether one is due.
    Making,
}

/// What is to be done next.
#[derive(Debug)]
pub(super) enum Next {
    /// Nothing, until something changes.
    Rest,
    /// Something from an instant on.
    At(Instant),
    /// A beat.
    Make(Job),
}

/// What a member gets.
#[derive(Debug)]
pub(super) enum Polled {
    /// A chunk.
    Chunk(Kind, Encoded),
    /// The status that ends its stream; nothing when it was given.
    End(Option<Status>),
    /// Nothing until it is woken, or until an instant.
    Rest(Instant),
}

/// What has to be done that somebody drives the circle on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stir {
    /// Nothing.
    Still,
    /// Somebody has to begin with it.
    Begin,
    /// Who waits has to see to it earlier.
    Hurry,
}

impl Circle {
    /// Nobody, who will watch from a look on.
    pub(super) fn new(interval: Duration, look: Option<&Look>, now: Instant) -> Self {
        let known = look.map(|look| look.revision).unwrap_or_default();
        Self {
            seats: Seats::default(),
            interval,
            step: Revision::default(),
            wanted: known,
            known,
            due: now,
            kept: Vec::new(),
            bookmark: None,
            drive: Drive::Idle,
        }
    }

    /// Notes that something in the view may have changed at a revision.
    pub(super) fn mark(&mut self, at: Revision) {
        self.wanted = self.wanted.max(at);
    }

    /// Gives a member what there is for it, or has it wait.
    pub(super) fn poll(&mut self, id: usize, waker: &Waker, desk: &Desk<'_>) -> Polled {
        if let Some(end) = self.seats.member(id).and_then(|member| member.end(desk)) {
            self.seats.end(id, end, desk);
        }
        self.settle(id, desk.look);
        let offer = self.offer(id, desk);
        let Some(member) = self.seats.member_mut(id) else {
            return Polled::End(self.seats.take_status(id));
        };
        if let Some((whole, place)) = offer {
            member.begin(whole, place, desk.now);
        }
        if let Some((kind, chunk)) = member.next_chunk(desk.now) {
            return Polled::Chunk(kind, chunk);
        }
        Polled::Rest(member.wait(waker, desk.now))
    }

    /// What has to be done for a member that waits, or for all.
    pub(super) fn stir(&mut self, id: Option<usize>, desk: &Desk<'_>) -> Stir {
        let Some(look) = desk.look.filter(|_| !self.is_making()) else {
            return Stir::Still;
        };
        // Nothing that all get comes sooner.
        if id.is_none() && matches!(self.drive, Drive::Waiting(at) if at <= self.due) {
            return Stir::Still;
        }
        let need = |member: &Member| Some(self.need(member, look, desk.now)?.0);
        let ready = |member: &&Member| member.is_ready();
        let at = match id {
            Some(id) => self.seats.member(id).filter(ready).and_then(need),
            None => self.seats.members().filter(ready).filter_map(need).min(),
        };
        match (at, self.drive) {
            (None, _) | (_, Drive::Making) => Stir::Still,
            (Some(at), Drive::Waiting(sooner)) if sooner <= at => Stir::Still,
            (Some(_), Drive::Waiting(_)) => Stir::Hurry,
            (Some(_), Drive::Idle) => {
                self.drive = Drive::Making;
                Stir::Begin
            }
        }
    }

    /// The next beat, if one is due.
    pub(super) fn begin(&mut self, desk: &Desk<'_>) -> Next {
        self.drive = Drive::Idle;
        let Some(look) = desk.look else { return Next::Rest };
        let (steps, began, heard) = (BTreeSet::new(), desk.now, look.generation);
        let mut job = Job { steps, common: false, began, heard };
        let mut wait = None::<Instant>;
        for id in 0..self.seats.len() {
            let Some((at, common, step)) = self.call(id, desk) else { continue };
            if at > desk.now {
                wait = Some(wait.map_or(at, |wait| wait.min(at)));
            } else if job.steps.len() < STEPS || job.steps.contains(&step) {
                job.steps.insert(step);
                job.common |= common;
                if let Some(member) = self.seats.member_mut(id) {
                    member.called = Some(step);
                }
            }
        }
        let next = match wait {
            _ if !job.steps.is_empty() => Next::Make(job),
            Some(at) => Next::At(at),
            None => Next::Rest,
        };
        self.drive = match &next {
            Next::Make(_) => Drive::Making,
            Next::At(at) => Drive::Waiting(*at),
            Next::Rest => Drive::Idle,
        };
        next
    }

    /// Whether a beat is being made.
    fn is_making(&self) -> bool {
        self.drive == Drive::Making
    }

    /// What a member that waits needs and when, and from which step.
    fn call(&mut self, id: usize, desk: &Desk<'_>) -> Option<(Instant, bool, Step)> {
        self.settle(id, desk.look);
        let member = self.seats.member(id).filter(|member| member.is_ready())?;
        let (at, common) = self.need(member, desk.look?, desk.now)?;
        Some((at, common, self.step_of(member.place)))
    }

    /// Hands out what a beat brought. Answers whom to wake.
    pub(super) fn finish(&mut self, job: &Job, beat: &Beat, desk: &Desk<'_>) -> Vec<Waker> {
        self.move_on(job, beat);
        self.kept.retain(|kept| kept.whole.revision >= self.step);
        for (step, brought) in &beat.brought {
            if let Brought::Frame(whole) = brought {
                self.kept.push(Kept { step: *step, whole: whole.clone(), began: job.began });
            }
        }
        let mut notice = None;
        let all = 0..self.seats.len();
        all.filter_map(|id| self.hand_out(id, job, beat, desk, &mut notice)).collect()
    }

    /// Notes that nobody drives it on any longer, nor can. Answers whom to wake.
    pub(super) fn break_off(&mut self, desk: &Desk<'_>) -> Vec<Waker> {
        self.drive = Drive::Idle;
        self.end_all(End::Broken, desk)
    }

    /// Ends all streams. Answers whom to wake.
    pub(super) fn end_all(&mut self, end: End, desk: &Desk<'_>) -> Vec<Waker> {
        (0..self.seats.len()).filter_map(|id| self.seats.end(id, end, desk)).collect()
    }

    /// Lets go what was not taken, and ends the streams that did not take it for too long, and those whose credentials have
    /// expired. Answers whom to wake.
    pub(super) fn sweep(&mut self, desk: &Desk<'_>) -> Vec<Waker> {
        self.kept.retain(|kept| desk.now < kept.began + KEPT);
        self.bookmark = None;
        let patience = desk.board.served.limits.patience;
        let is_over = |since: Instant| desk.now >= since + patience;
        let overdue = |since: Instant| desk.now >= since + patience * WHOLE;
        let stalled = |member: &Member| {
            member.stalled_since().is_some_and(is_over)
                || member.taking_since().is_some_and(overdue)
        };
        let stalled = |id: &usize| self.seats.member(*id).is_some_and(stalled);
        let stalled: Vec<usize> = (0..self.seats.len()).filter(stalled).collect();
        let expired = |id: &usize| self.seats.member(*id).is_some_and(|it| it.has_expired(desk));
        let expired: Vec<usize> = (0..self.seats.len()).filter(expired).collect();
        let expired = expired.into_iter().map(|id| (id, End::Expired));
        let over = expired.chain(stalled.into_iter().map(|id| (id, End::Slow)));
        over.filter_map(|(id, end)| self.seats.end(id, end, desk)).collect()
    }
}
