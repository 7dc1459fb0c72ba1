//! Steps: keeping those who watch a view in step with one another.

use std::sync::Arc;
use std::task::Waker;

use paceline_core::board::Revision;
use tokio::time::Instant;

use super::Circle;
use crate::proto::ResetReason;
use crate::watch::beat::{Beat, Brought, Job, Step};
use crate::watch::desk::Desk;
use crate::watch::end::End;
use crate::watch::look::Look;
use crate::watch::member::{Member, Place};
use crate::watch::whole::Whole;

impl Circle {
    /// Has a look tell how far the view is known to be the same, and a member that therefore lacks nothing be in step.
    pub(super) fn settle(&mut self, id: usize, look: Option<&Look>) {
        // A beat that is being made is made from the step there is.
        let Some(look) = look.filter(|_| !self.is_making()) else { return };
        self.known = self.known.max(look.revision);
        if self.wanted <= self.step {
            self.step = self.step.max(self.known);
        }
        let (step, wanted, known) = (self.step, self.wanted, self.known);
        let Some(member) = self.seats.member_mut(id) else { return };
        if let Place::Apart(at) = member.place
            && (at == step || wanted <= at.min(step) && at.max(step) <= known)
        {
            member.place = Place::InStep;
        }
    }

    /// When a member needs something, and whether that comes with what all get; nothing when it lacks nothing.
    pub(super) fn need(
        &self,
        member: &Member,
        look: &Look,
        now: Instant,
    ) -> Option<(Instant, bool)> {
        let has = match member.place {
            _ if member.is_new() => return Some((now, false)),
            Place::Afresh | Place::Reset(_) => return Some((now, false)),
            Place::Apart(revision) => revision,
            Place::InStep => self.step,
        };
        if self.wanted <= has && !member.is_to_be_told(look) {
            return None;
        }
        // Who is behind the others is brought up to them, and then keeps time with them.
        let behind = has < self.step;
        Some(if behind { (member.due, false) } else { (member.due.max(self.due), true) })
    }

    /// From where the next frame of a member goes.
    pub(super) fn step_of(&self, place: Place) -> Step {
        match place {
            Place::Afresh => Step::Afresh,
            Place::Reset(reason) => Step::Reset(reason),
            Place::Apart(revision) => Step::After(revision),
            Place::InStep => Step::After(self.step),
        }
    }

    /// Where a member is that has everything up to a revision.
    pub(super) fn place_at(&self, revision: Revision) -> Place {
        if revision == self.step { Place::InStep } else { Place::Apart(revision) }
    }

    /// Moves the step that is common to the revision of a beat. Who was in step and lacks what the beat brings is not, until it
    /// has taken that.
    pub(super) fn move_on(&mut self, job: &Job, beat: &Beat) {
        let in_step = |member: &Member| member.place == Place::InStep;
        let alone = !self.seats.members().any(in_step);
        if job.common {
            self.due = job.began + self.interval;
        } else if !alone {
            return;
        }
        let same = matches!(beat.at(Step::After(self.step)), Some(Brought::Nothing));
        if alone || !same {
            self.wanted = self.wanted.max(beat.stamp.revision);
            let apart = Place::Apart(self.step);
            let members = self.seats.members_mut().filter(|member| in_step(member));
            members.for_each(|member| member.place = apart);
        }
        self.known = self.known.max(beat.stamp.revision);
        self.step = self.step.max(beat.stamp.revision);
    }

    /// Gives a member what a beat brought it. Answers how to wake it, if it is to take something or needs more.
    pub(super) fn hand_out(
        &mut self,
        id: usize,
        job: &Job,
        beat: &Beat,
        desk: &Desk<'_>,
        notice: &mut Option<Arc<Whole>>,
    ) -> Option<Waker> {
        let called = self.seats.member(id)?.called?;
        let here = self.place_at(beat.stamp.revision);
        let due = job.began + self.interval;
        let member = self.seats.member_mut(id)?;
        match beat.at(called) {
            // It was called before, and did not come.
            None => member.called = None,
            Some(Brought::Frame(_)) if matches!(called, Step::After(_)) => member.due = due,
            Some(Brought::Frame(_)) => {}
            Some(Brought::Gap) if member.fails_on_gap => return self.seats.end(id, End::Gap, desk),
            Some(Brought::Gap) => {
                member.place = Place::Reset(ResetReason::Expired);
                (member.position, member.called) = (None, None);
            }
            Some(Brought::Nothing) => {
                member.heard = member.heard.max(job.heard);
                if member.place != Place::InStep {
                    member.place = here;
                }
                member.called = None;
                if member.knows_other_causes(&beat.stamp.told) {
                    let make = || desk.bookmark(&beat.stamp, job.heard);
                    member.notice = Some(notice.get_or_insert_with(make).clone());
                }
            }
        }
        if member.called.is_none() && member.notice.is_none() {
            return None;
        }
        member.owed = Some(desk.now);
        member.waker.take()
    }
}
