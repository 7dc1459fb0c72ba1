//! The stream of one watch, as the connection takes it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep};
use tokio_stream::Stream;
use tonic::Status;

use super::audience::Audience;
use super::circle::Polled;
use super::hub::Hub;
use crate::codec::Encoded;

/// The frames of one watch, and then the status it ends with.
///
/// No task drives it: the connection asks when it has room. Whoever ends a watch whose connection does not ask does so in its
/// audience, which frees what it holds.
#[derive(Debug)]
pub(crate) struct Frames {
    hub: Arc<Hub>,
    audience: Arc<Audience>,
    seat: usize,
    timer: Pin<Box<Sleep>>,
}

impl Frames {
    pub(super) fn new(hub: Arc<Hub>, audience: Arc<Audience>, seat: usize, until: Instant) -> Self {
        Self { hub, audience, seat, timer: Box::pin(tokio::time::sleep_until(until)) }
    }

    /// Has the timer wake no later than an instant. One that wakes too early is set anew then, which costs less than to set it
    /// with every frame.
    fn set_timer(&mut self, until: Instant) {
        if self.timer.is_elapsed() || self.timer.deadline() > until {
            self.timer.as_mut().reset(until);
        }
    }
}

impl Stream for Frames {
    type Item = Result<Encoded, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match self.audience.poll(self.seat, context) {
                Polled::Chunk(kind, chunk) => {
                    self.hub.board.sent.count(kind);
                    return Poll::Ready(Some(Ok(chunk)));
                }
                Polled::End(status) => return Poll::Ready(status.map(Err)),
                Polled::Rest(until) => {
                    self.set_timer(until);
                    ready!(self.timer.as_mut().poll(context));
                }
            }
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.hub.leave(&self.audience, self.seat);
    }
}
