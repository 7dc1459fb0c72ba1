//! A stream whose frames a task of its own makes, as the connection takes them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::{mpsc, oneshot};
use tokio_stream::Stream;
use tonic::Status;

/// The frames of one stream, and then the status it ends with.
///
/// The status has a way of its own, so that a stream whose client takes nothing can end, and free what it holds, without
/// waiting for that client.
#[derive(Debug)]
pub(crate) struct Driven<Frame> {
    frames: mpsc::Receiver<Frame>,
    end: Option<oneshot::Receiver<Status>>,
}

impl<Frame> Driven<Frame> {
    pub(crate) fn new(frames: mpsc::Receiver<Frame>, end: oneshot::Receiver<Status>) -> Self {
        Self { frames, end: Some(end) }
    }
}

impl<Frame> Stream for Driven<Frame> {
    type Item = Result<Frame, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(frame) = ready!(self.frames.poll_recv(context)) {
            return Poll::Ready(Some(Ok(frame)));
        }
        let Some(end) = &mut self.end else { return Poll::Ready(None) };
        let end = ready!(Pin::new(end).poll(context));
        self.end = None;
        // Only a task that panicked says nothing.
        Poll::Ready(Some(Err(end.unwrap_or_else(|_| Status::internal("the watch broke off")))))
    }
}
