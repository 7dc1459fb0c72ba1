//! Audiences: all streams of one view, who are given the same frames.
//!
//! Nothing runs for an audience that lacks nothing. When something is to be done for it, a task makes beats until there is
//! nothing left to do.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

use paceline_core::board::{Revision, Selection};
use paceline_core::roster::{Roster, ScopeId};
use paceline_core::sight::Sight;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::beat::{Beat, Job};
use super::circle::{Circle, Next, Polled, Stir};
use super::desk::Desk;
use super::end::End;
use super::hub::Board;
use super::member::Member;
use crate::open::Admitted;
use crate::selector::View;

/// The scopes of a view for which a beat is no longer made between two frames of other streams.
const LARGE: usize = 64;
/// The scopes that a view names from which on its beats wait for one another.
const MANY: usize = 512;

/// All streams of one view.
#[derive(Debug)]
pub(super) struct Audience {
    pub(super) view: View,
    /// The names of the scopes within which all lies that it shows, each with whether what is part of it does; nothing when that
    /// may be anything.
    pub(super) within: Option<Vec<(String, bool)>>,
    /// Whether it shows all that lies within.
    pub(super) is_whole: bool,
    /// The least time between two updates.
    pub(super) interval: Duration,
    board: Arc<Board>,
    /// Held to look at who is there, never while the board is asked.
    circle: Mutex<Circle>,
    hurry: Notify,
}

impl Audience {
    pub(super) fn new(view: View, interval: Duration, board: Arc<Board>) -> Self {
        let look = board.look();
        let circle = Circle::new(interval, look.as_deref(), Instant::now());
        let within = view.selection.within(&board.served.live.roster());
        let named = |(name, with_members): (&str, bool)| (name.to_owned(), with_members);
        let within = within.map(|within| within.into_iter().map(named).collect());
        let circle = Mutex::new(circle);
        let Selection { sight, scopes, .. } = &view.selection;
        let is_whole = *sight == Sight::All || scopes.is_empty();
        Self { view, within, is_whole, interval, board, circle, hurry: Notify::new() }
    }

    /// Whether it shows a scope that lies within.
    pub(super) fn shows(&self, scope: ScopeId, roster: &Roster) -> bool {
        self.is_whole || self.view.selection.shows(scope, roster)
    }

    /// Seats a stream.
    pub(super) fn join(&self, member: Member, admitted: Admitted) -> usize {
        self.circle().seats.take(member, admitted)
    }

    /// Lets a stream go. Answers whether it was the last.
    pub(super) fn leave(&self, id: usize) -> bool {
        self.circle().seats.leave(id)
    }

    /// Gives a stream what there is for it, or has it wait.
    pub(super) fn poll(self: &Arc<Self>, id: usize, context: &Context<'_>) -> Polled {
        let (polled, stir) = self.with(|circle, desk| {
            let polled = circle.poll(id, context.waker(), desk);
            let stir = match polled {
                Polled::Rest(_) => circle.stir(Some(id), desk),
                Polled::Chunk(..) | Polled::End(_) => Stir::Still,
            };
            (polled, stir)
        });
        self.see_to(stir);
        polled
    }

    /// Notes that something in the view may have changed at a revision.
    pub(super) fn mark(&self, at: Revision) {
        self.circle().mark(at);
    }

    /// Sees to what is to be done.
    pub(super) fn stir(self: &Arc<Self>) {
        let stir = self.with(|circle, desk| circle.stir(None, desk));
        self.see_to(stir);
    }

    /// Lets go what was not taken for too long.
    pub(super) fn sweep(&self) {
        self.change(Circle::sweep);
    }

    /// Ends all its streams.
    pub(super) fn end(&self, end: End) {
        self.change(|circle, desk| circle.end_all(end, desk));
    }

    /// Changes the circle, and wakes whom that concerns.
    fn change(&self, change: impl FnOnce(&mut Circle, &Desk<'_>) -> Vec<Waker>) {
        self.with(change).into_iter().for_each(Waker::wake);
    }

    /// Does something with the circle. The last look is that of then: who comes after the hub sees what the hub has seen.
    fn with<T>(&self, work: impl FnOnce(&mut Circle, &Desk<'_>) -> T) -> T {
        let mut circle = self.circle();
        let look = self.board.look();
        let (look, view, now) = (look.as_deref(), &self.view, Instant::now());
        work(&mut circle, &Desk { board: &self.board, view, look, now })
    }

    fn see_to(self: &Arc<Self>, stir: Stir) {
        match stir {
            Stir::Still => {}
            Stir::Hurry => self.hurry.notify_one(),
            Stir::Begin => drop(tokio::spawn(self.clone().drive())),
        }
    }

    /// Makes beats until there is nothing left to do.
    async fn drive(self: Arc<Self>) {
        let mut driving = Driving { audience: &self, is_done: false };
        loop {
            match self.with(Circle::begin) {
                Next::Rest => break,
                Next::At(at) => tokio::select! {
                    () = sleep_until(at) => {}
                    () = self.hurry.notified() => {}
                },
                Next::Make(job) => {
                    let Some((job, beat)) = self.make(job).await else { return };
                    self.change(|circle, desk| circle.finish(&job, &beat, desk));
                }
            }
        }
        driving.is_done = true;
    }

    /// Makes a beat. One of a large view takes so long that it would hold up the streams of a worker.
    async fn make(self: &Arc<Self>, job: Job) -> Option<(Job, Beat)> {
        let audience = self.clone();
        let make = move || {
            let Self { view, board, .. } = &*audience;
            let beat = Beat::make(&job, view, board);
            (job, beat)
        };
        if self.view.selection.scopes.len() > MANY {
            return self.board.long.run(make).await.ok();
        }
        if self.is_large() {
            return self.board.aside.run(make).await.ok();
        }
        Some(make())
    }

    /// Whether its view holds many scopes as the roster stands now.
    fn is_large(&self) -> bool {
        let roster = self.board.served.live.roster();
        let Some(within) = self.view.selection.within(&roster) else { return true };
        let members = |(scope, with_members): &(&str, bool)| {
            let scope = roster.named(scope).filter(|_| *with_members);
            scope.map_or(0, |scope| roster.size(scope))
        };
        within.len() > LARGE || within.iter().map(members).sum::<usize>() > LARGE
    }

    fn circle(&self) -> MutexGuard<'_, Circle> {
        // Who panics while holding it breaks off the streams.
        self.circle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Breaks off the streams of an audience that is driven no further, since nobody would wake them again.
struct Driving<'a> {
    audience: &'a Audience,
    is_done: bool,
}

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            self.audience.change(Circle::break_off);
        }
    }
}
