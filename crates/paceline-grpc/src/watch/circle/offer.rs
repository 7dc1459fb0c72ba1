//! Offers: what a member is given next, if there is anything for it.

use std::sync::Arc;

use super::{Circle, KEPT, Kept};
use crate::watch::beat::Step;
use crate::watch::desk::Desk;
use crate::watch::look::Look;
use crate::watch::member::{Member, Place};
use crate::watch::stamp::{Stamp, Told};
use crate::watch::whole::Whole;

/// The chunks of a snapshot that is shared by all who begin within a moment, though something has changed since, which they get
/// after it: one for each of them would take too much memory where they stall.
const LARGE: usize = 2;

/// A frame, and where who has taken it is.
type Offer = (Arc<Whole>, Place);

impl Circle {
    /// What there is for a member that is taking nothing.
    pub(super) fn offer(&mut self, id: usize, desk: &Desk<'_>) -> Option<Offer> {
        let member = self.seats.member(id).filter(|member| !member.is_taking())?;
        if let Some(whole) = self.kept_for(member, desk) {
            let place = self.place_at(whole.revision);
            let due = desk.now + self.interval;
            let member = self.seats.member_mut(id)?;
            // Who takes what a beat brought to others has not been called, and so has no time set.
            if member.called.take().is_none()
                && matches!(member.place, Place::Apart(_) | Place::InStep)
            {
                member.due = due;
            }
            return Some((whole, place));
        }
        let place = member.place;
        if let Some(notice) = &member.notice {
            return Some((notice.clone(), place));
        }
        if member.heartbeat_at().is_some_and(|at| desk.now >= at) {
            return Some((self.bookmark_for(id, desk)?, place));
        }
        None
    }

    /// The frame that goes from where a member is. It need not have been called for it.
    fn kept_for(&self, member: &Member, desk: &Desk<'_>) -> Option<Arc<Whole>> {
        let step = self.step_of(member.place);
        // Who was told that nothing had changed up to some revision is not brought to one before.
        let is_ahead = |kept: &Kept| member.position.is_none_or(|at| at <= kept.whole.revision);
        let fits = |kept: &&Kept| kept.step == step && is_ahead(kept);
        let kept = self.kept.iter().rev().find(fits)?;
        let is_called = member.called == Some(step);
        let is_good = match step {
            Step::Afresh => {
                let told = |look: &Look| look.told.causes == kept.whole.told.causes;
                (self.wanted <= kept.whole.revision || kept.whole.chunks.len() > LARGE)
                    && desk.now < kept.began + KEPT
                    && desk.look.is_some_and(told)
            }
            Step::Reset(_) => false,
            // Who goes on from a token is brought up to now, and not to a beat of a while ago.
            Step::After(_) => desk.now >= member.due && !member.is_new(),
        };
        (is_called || is_good).then(|| kept.whole.clone())
    }

    /// A bookmark. Where the view is known to be the same up to a look it says so, with what was known at that look, and is
    /// one for all. Otherwise it repeats where the member stands: what came since may be counted, and is not sent.
    fn bookmark_for(&mut self, id: usize, desk: &Desk<'_>) -> Option<Arc<Whole>> {
        let member = self.seats.member(id)?;
        let (look, told) = (desk.look?, member.told.clone()?);
        let in_step = member.place == Place::InStep && self.wanted <= self.step;
        if !in_step || self.step != look.revision || look.told.as_of < told.as_of {
            let causes = told.causes.union(&look.told.causes).cloned().collect();
            let told = Arc::new(Told { causes, ..(*told).clone() });
            let stamp = Stamp { revision: member.position?, told };
            // What was cleared since is still to be told.
            return Some(desk.bookmark(&stamp, member.heard));
        }
        match &self.bookmark {
            Some((number, bookmark)) if *number == look.number => Some(bookmark.clone()),
            Some(_) | None => {
                let stamp = Stamp { revision: look.revision, told: look.told.clone() };
                let bookmark = desk.bookmark(&stamp, look.generation);
                self.bookmark = Some((look.number, bookmark.clone()));
                Some(bookmark)
            }
        }
    }
}
