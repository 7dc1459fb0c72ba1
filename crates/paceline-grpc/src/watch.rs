//! Watches: streams of frames, which those who watch the same view share.
//!
//! The [`hub`] follows what changes on the board, and wakes the [`audience`]s that are concerned. For those of an audience who
//! are ready a beat looks at the board once, and makes and encodes each frame once. A stream takes a frame when its
//! connection has room for it. What is kept of a stream is up to where it has everything, so a client that stalls costs what
//! its connection has buffered and the frame it is amid, which it shares with others, and gets the newest values when it goes on.

mod audience;
mod beat;
mod chunks;
mod circle;
mod desk;
pub(crate) mod end;
mod hub;
mod leaderboard;
mod look;
mod member;
mod stamp;
mod stream;
pub(crate) mod terms;
mod whole;

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};

use crate::admission::Admission;
use crate::errors;
use crate::open::Admitted;
use crate::proto;
use crate::selector::View;
use crate::served::Served;
use crate::token::{Position, Tokens};
use crate::who::Principal;

use end::End;
use hub::Hub;
use member::{Member, Place};
use terms::Terms;

pub use end::TOKEN_TRAILER;
pub(crate) use stream::Frames;

/// All watches of the server.
#[derive(Debug)]
pub(crate) struct Watches {
    hub: Arc<Hub>,
    admission: Arc<Admission>,
    shutdown: CancellationToken,
}

impl Watches {
    /// No watch yet. They follow the board until `shutdown`.
    pub(crate) fn new(
        served: Served,
        admission: Arc<Admission>,
        tokens: Tokens,
        shutdown: CancellationToken,
    ) -> Self {
        let hub = Arc::new(Hub::new(served, tokens));
        tokio::spawn(hub.clone().follow(shutdown.clone()));
        Self { hub, admission, shutdown }
    }

    /// Opens a watch.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field that is wrong, `OUT_OF_RANGE` for a token that cannot be honoured when the
    /// client wants no reset, `UNAUTHENTICATED` when its credentials have expired, `RESOURCE_EXHAUSTED` when too many watches are
    /// open.
    pub(crate) fn open(
        &self,
        request: &Request<proto::WatchStandingsRequest>,
    ) -> Result<Frames, Status> {
        let asked = request.get_ref();
        let served = &self.hub.board.served;
        let sight = &Principal::of(request.extensions())?.sight;
        let view = match &asked.selector {
            Some(selector) => View::of(selector, served.live.model(), sight)?,
            None => View::of(&proto::Selector::default(), served.live.model(), sight)?,
        };
        let terms = Terms::read(request, served)?;
        let place = self.place(&asked.resume_token, &view, &terms)?;
        self.seat(view, &terms, place, self.admission.enter(request.extensions())?)
    }

    /// Seats a stream among those of its view.
    fn seat(
        &self,
        view: View,
        terms: &Terms,
        place: Place,
        admitted: Admitted,
    ) -> Result<Frames, Status> {
        if self.hub.board.stock.bytes() > self.hub.board.served.limits.frames {
            return Err(errors::too_many_frames());
        }
        let member = Member::new(place, terms, Instant::now());
        let (until, _) = member.until;
        let (audience, seat) = self.hub.join(view, terms.min_interval, member, admitted);
        Ok(Frames::new(self.hub.clone(), audience, seat, until))
    }

    /// What the client has that comes with a token.
    fn place(&self, token: &[u8], view: &View, terms: &Terms) -> Result<Place, Status> {
        if token.is_empty() {
            return Ok(Place::Afresh);
        }
        let position = self.hub.board.tokens.read(token, &view.hash);
        let reason =
            match position.map_err(|error| errors::invalid("resume_token", error.to_string()))? {
                Position::After(revision) => return Ok(Place::Apart(revision)),
                Position::OtherEpoch => proto::ResetReason::OtherEpoch,
                Position::OtherSelector => proto::ResetReason::OtherSelector,
            };
        if terms.fails_on_gap { Err(End::Gap.status(None, 0.5)) } else { Ok(Place::Reset(reason)) }
    }
}

#[cfg(test)]
mod tests;
