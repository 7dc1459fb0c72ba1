//! The frames of one watch of alerts, as the connection takes them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::{mpsc, oneshot};
use tokio_stream::Stream;
use tonic::Status;

use crate::proto::WatchAlertsResponse;

/// The frames of one watch, and then the status it ends with, which has a way of its own: a client that takes nothing is not
/// waited for.
#[derive(Debug)]
pub(crate) struct Frames {
    frames: mpsc::Receiver<WatchAlertsResponse>,
    end: Option<oneshot::Receiver<Status>>,
}

impl Frames {
    pub(super) fn new(
        frames: mpsc::Receiver<WatchAlertsResponse>,
        end: oneshot::Receiver<Status>,
    ) -> Self {
        Self { frames, end: Some(end) }
    }
}

impl Stream for Frames {
    type Item = Result<WatchAlertsResponse, Status>;

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
