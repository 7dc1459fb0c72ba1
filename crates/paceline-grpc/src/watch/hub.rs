//! The hub: it follows what changes on the board, and wakes the audiences that are concerned.
//!
//! So a change costs those who watch something else nothing, however many they are.

mod registry;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use paceline_core::board::{Changed, Revision};
use paceline_core::roster::Roster;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::audience::Audience;
use super::end::End;
use super::look::Look;
use super::member::Member;
use super::stamp::Told;
use super::whole::{Sent, Stock};
use crate::aside::Aside;
use crate::open::Admitted;
use crate::selector::View;
use crate::served::Served;
use crate::token::Tokens;

use registry::Registry;

/// How often the board is looked at though nothing is heard of it, and what was not taken is looked after. A bookmark is of an
/// instant no longer ago.
const TICK: Duration = Duration::from_secs(1);

/// What all audiences look at.
#[derive(Debug)]
pub(super) struct Board {
    pub(super) served: Served,
    pub(super) tokens: Tokens,
    /// Where beats of large views are made.
    pub(super) aside: Aside,
    /// Where those of views of many scopes are, so that others need not wait for them.
    pub(super) long: Aside,
    pub(super) sent: Sent,
    pub(super) stock: Stock,
    look: Mutex<Option<Arc<Look>>>,
}

/// All audiences, and what wakes them.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) board: Arc<Board>,
    /// May be held while that of an audience is waited for, never the other way round.
    registry: Mutex<Registry>,
}

impl Board {
    /// The last look; none before the sources are caught up.
    pub(super) fn look(&self) -> Option<Arc<Look>> {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, Option<Arc<Look>>> {
        // It is set in one go.
        self.look.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    pub(super) fn new(served: Served, tokens: Tokens) -> Self {
        let (aside, sent, look) = (Aside::new(), Sent::new(), Mutex::new(None));
        let stock = Stock::default();
        let long = Aside::of_long_work();
        let board = Arc::new(Board { served, tokens, aside, long, sent, stock, look });
        Self { board, registry: Mutex::new(Registry::default()) }
    }

    /// Seats a stream among those of its view.
    pub(super) fn join(
        &self,
        view: View,
        interval: Duration,
        member: Member,
        admitted: Admitted,
    ) -> (Arc<Audience>, usize) {
        let mut registry = self.registry();
        let audience = registry.audience(view, interval, &self.board);
        let id = audience.join(member, admitted);
        if let Some(end) = registry.closed() {
            audience.end(end);
        }
        (audience, id)
    }

    /// Lets a stream go, and its audience with the last one.
    pub(super) fn leave(&self, audience: &Arc<Audience>, id: usize) {
        let mut registry = self.registry();
        if audience.leave(id) {
            registry.remove(audience);
        }
    }

    /// Follows the board until `shutdown`, which ends all streams.
    pub(super) async fn follow(self: Arc<Self>, shutdown: CancellationToken) {
        let mut following = Following { hub: &self, is_done: false };
        let mut signal = self.board.served.live.subscribe();
        let tick = TICK.min(self.board.served.limits.patience / 4);
        let mut next = Instant::now();
        loop {
            self.look();
            if Instant::now() >= next {
                self.all().iter().for_each(|audience| audience.sweep());
                next = Instant::now() + tick;
            }
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                // The board is held, and the signal with it, so this is never an error.
                _ = signal.changed() => {}
                () = sleep_until(next) => {}
            }
        }
        self.close(End::Draining);
        following.is_done = true;
    }

    /// Ends all streams, and takes no more.
    fn close(&self, end: End) {
        let audiences = self.registry().close(end);
        audiences.iter().for_each(|audience| audience.end(end));
    }

    /// Looks at what has changed since the last look, and wakes whom that concerns.
    fn look(&self) {
        let last = self.board.look();
        let since = last.as_ref().map(|last| last.revision).unwrap_or_default();
        let read = Told::read(&self.board.served, |live, now| live.changed_since(since, now));
        let (Some((changed, roster, revision)), told) = read else { return };
        let news = last.as_ref().is_none_or(|last| last.told.causes != told.causes);
        let generation = last.as_ref().map_or(0, |last| last.generation + u64::from(news));
        let number = last.as_ref().map_or(0, |last| last.number + 1);
        let concerned = self.mark(&changed, &roster, revision, last.is_none());
        // Who sees the look counts on everybody having been marked who is concerned.
        *self.board.locked() = Some(Arc::new(Look { number, revision, told, generation }));
        let woken = if news { self.all() } else { concerned };
        woken.iter().for_each(Audience::stir);
    }

    /// Marks the audiences that are concerned by what changed up to a revision, and answers them.
    fn mark(
        &self,
        changed: &Changed,
        roster: &Roster,
        revision: Revision,
        is_first: bool,
    ) -> Vec<Arc<Audience>> {
        if is_first || changed.all {
            let all = self.all();
            all.iter().for_each(|audience| audience.mark(revision));
            return all;
        }
        if changed.scopes.is_empty() {
            return Vec::new();
        }
        let concerned = self.registry().concerned(&changed.scopes, roster);
        let mark = |(audience, at): (Arc<Audience>, Revision)| {
            audience.mark(at);
            audience
        };
        concerned.into_iter().map(mark).collect()
    }

    fn all(&self) -> Vec<Arc<Audience>> {
        self.registry().all()
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        // What a panic leaves half done is about one audience, whose streams break off.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Breaks off all streams when the board is followed no further, since they would hear of no change any more.
struct Following<'a> {
    hub: &'a Hub,
    is_done: bool,
}

impl Drop for Following<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            tracing::error!("the board is not followed any longer: all watches break off");
            self.hub.close(End::Broken);
        }
    }
}
