//! Watches without a connection, on a board that is driven by hand: who is not asked stalls, and who is takes what there is.

mod holding;
#[expect(dead_code, reason = "shared with the tests that go over a connection")]
#[path = "../../tests/grpc/known.rs"]
mod known;
mod play;
mod rights;
mod sharing;
mod wire {
    //! What clients read: here the server's own messages.
    pub(super) use crate::proto::*;
}

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use paceline_core::sight::Sight;
use prost::Message as _;
use tokio_stream::Stream as _;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{Extensions, Request, Status};

use super::member::Place;
use super::terms::Terms;
use super::{Frames, Watches};
use crate::admission::Admission;
use crate::codec::Encoded;
use crate::convert;
use crate::limits::Limits;
use crate::open::Admitted;
use crate::organisation::Organisation;
use crate::proto::{Selector, Standing, WatchStandingsRequest, WatchStandingsResponse};
use crate::selector::View;
use crate::served::Served;
use crate::token::Tokens;
use crate::who::Principal;
use known::{Key, Known, Seen, canonical};

/// An organisation and those who watch it.
struct House {
    organisation: Organisation,
    watches: Watches,
    _shutdown: DropGuard,
}

/// Somebody who watches.
struct Viewer {
    selector: Selector,
    sight: Sight,
    frames: Frames,
    known: Known,
    /// The chunks that were taken, so that who shares one with whom can be told.
    chunks: Vec<Encoded>,
    end: Option<Status>,
}

impl House {
    fn open(limits: Limits) -> Self {
        Self::with(limits, 0)
    }

    /// With more reps.
    fn with(limits: Limits, more: usize) -> Self {
        Self::serving(limits, more, |_| {})
    }

    /// The same, served in another way.
    fn serving(limits: Limits, more: usize, change: impl FnOnce(&mut Served)) -> Self {
        let organisation = Organisation::new(more, Vec::new());
        organisation.open_board();
        let mut served = Served::of(&organisation, limits);
        change(&mut served);
        let shutdown = CancellationToken::new();
        let tokens = Tokens::of_new_epoch().expect("random bytes");
        let admission = Arc::new(Admission::new(&served.limits));
        let watches = Watches::new(served, admission, tokens, shutdown.clone());
        Self { organisation, watches, _shutdown: shutdown.drop_guard() }
    }

    /// Somebody who begins to watch, or goes on from a token.
    fn watch(&self, selector: Selector, token: &[u8], heartbeat: Duration) -> Viewer {
        self.try_watch(selector, token, heartbeat).expect("room")
    }

    /// Somebody who watches what of it they see.
    fn watch_as(
        &self,
        sight: &Sight,
        selector: Selector,
        token: &[u8],
        heartbeat: Duration,
    ) -> Viewer {
        self.seat(sight, selector, token, heartbeat).expect("room")
    }

    fn try_watch(
        &self,
        selector: Selector,
        token: &[u8],
        heartbeat: Duration,
    ) -> Result<Viewer, Status> {
        self.seat(&Sight::All, selector, token, heartbeat)
    }

    fn seat(
        &self,
        sight: &Sight,
        selector: Selector,
        token: &[u8],
        heartbeat: Duration,
    ) -> Result<Viewer, Status> {
        let request = WatchStandingsRequest {
            min_interval: Some(prost_types::Duration::default()),
            ..WatchStandingsRequest::default()
        };
        let served = &self.watches.hub.board.served;
        let mut request = Request::new(request);
        request.extensions_mut().insert(Arc::new(Principal::anyone()));
        let terms = Terms::read(&request, served).expect("terms");
        let terms = Terms { heartbeat, ..terms };
        let view = View::of(&selector, served.live.model(), sight).expect("a view");
        let place: Place = self.watches.place(token, &view, &terms).expect("a token of ours");
        let frames = self.watches.seat(view, &terms, place, self.room()?)?;
        let (known, chunks, end) = (Known::default(), Vec::new(), None);
        let sight = sight.clone();
        Ok(Viewer { selector, sight, frames, known, chunks, end })
    }

    /// Room for somebody.
    fn room(&self) -> Result<Admitted, Status> {
        let mut extensions = Extensions::new();
        extensions.insert(Arc::new(Principal::anyone()));
        self.watches.admission.enter(&extensions)
    }

    /// What a fresh snapshot of a selection shows, without what the clock alone changes.
    fn shown(&self, selector: &Selector) -> BTreeMap<Key, Standing> {
        self.shown_to(&Sight::All, selector)
    }

    /// The same for who has a sight.
    fn shown_to(&self, sight: &Sight, selector: &Selector) -> BTreeMap<Key, Standing> {
        let live = &self.organisation.live;
        let view = View::of(selector, live.model(), sight).expect("a view");
        let shown = live.standings(&view.selection, None, self.organisation.now());
        let roster = live.roster();
        let convert = |standing| convert::standing(standing, live.model(), &roster);
        timeless(shown.standings.iter().map(convert))
    }

    /// Lets everything run that can.
    async fn run(&self) {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
}

impl Viewer {
    /// Takes what there is next, and answers it when that ends a frame.
    fn take(&mut self) -> Poll<Option<Seen>> {
        let mut context = Context::from_waker(Waker::noop());
        match Pin::new(&mut self.frames).poll_next(&mut context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(chunk))) => {
                let message = WatchStandingsResponse::decode(chunk.bytes()).expect("a frame");
                self.chunks.push(chunk);
                Poll::Ready(self.known.apply(message))
            }
            Poll::Ready(Some(Err(status))) => {
                self.end = Some(status);
                Poll::Ready(None)
            }
            Poll::Ready(None) => panic!("a stream ends with a status"),
        }
    }

    /// Takes all there is, and answers the whole frames.
    fn take_all(&mut self) -> Vec<Seen> {
        let mut seen = Vec::new();
        while self.end.is_none()
            && let Poll::Ready(frame) = self.take()
        {
            seen.extend(frame);
        }
        seen
    }

    /// What it knows, without what the clock alone changes.
    fn timeless(&self) -> BTreeMap<Key, Standing> {
        timeless(self.known.board.values().cloned())
    }
}

/// Standings without their revisions, and without what differs with the instant they are evaluated at.
fn timeless(standings: impl IntoIterator<Item = Standing>) -> BTreeMap<Key, Standing> {
    canonical(standings.into_iter().map(|standing| Standing {
        expected: String::new(),
        projected: String::new(),
        required_per_day: String::new(),
        pace: None,
        expected_rate: String::new(),
        rate_until: None,
        ..standing
    }))
}

fn select(scopes: &[&str], with_members: bool) -> Selector {
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    Selector { scopes, with_members, ..Selector::default() }
}
