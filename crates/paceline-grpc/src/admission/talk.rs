//! Talks: streams both ways, of reflection, whose client says one thing after the other and takes one answer after the other.
//!
//! Nothing of one is ever whole, so its client counts as slow from the beginning: it has a place among the slow, and for no longer
//! than who is slow may be. Then both ways end, also of who takes nothing, and what was not taken is kept no longer.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::Frame;
use prost::bytes::Bytes;
use tokio::task::AbortHandle;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::answer::{PIECE, end};
use super::refused;
use super::slow::Slow;
use crate::errors;

/// Has a talk last as long as who is slow may be, and hold what it does until then.
pub(super) async fn held(
    request: Request,
    next: Next,
    slow: &Slow,
    holds: impl Send + 'static,
) -> Response {
    let over = CancellationToken::new();
    let request = request.map(|body| Body::new(Heard { body, over: waiting(&over) }));
    let response = next.run(request).await;
    if response.body().is_end_stream() {
        return response;
    }
    let (head, body) = response.into_parts();
    let said = Said::new(body);
    let ends = waiting(&over);
    let timer = tokio::spawn(mind(said.clone(), slow.clone(), over, holds)).abort_handle();
    Response::from_parts(head, Body::new(Talk { said, over: ends, timer }))
}

/// Ends a talk that has lasted long enough.
async fn mind(said: Said, slow: Slow, over: CancellationToken, holds: impl Send) {
    // What is heard ends too when the talk is dropped, and this with it.
    let over = over.drop_guard();
    slow.suffer(|| said.left().taken).await;
    said.let_go();
    drop((over, holds));
}

/// Waits until a talk is over. To be asked again then is no mistake.
type Over = Pin<Box<WaitForCancellationFutureOwned>>;

fn waiting(over: &CancellationToken) -> Over {
    Box::pin(over.clone().cancelled_owned())
}

/// What a client says, until the talk is over.
#[derive(Debug)]
struct Heard {
    body: Body,
    over: Over,
}

impl HttpBody for Heard {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.over.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.body).poll_frame(context)
    }
}

/// What a client is to take.
#[derive(Debug)]
struct Left {
    body: Body,
    /// What came of it last, as far as it is not taken yet.
    data: Bytes,
    /// How many bytes were taken.
    taken: usize,
    /// How it ends if it is let go.
    end: Option<HeaderMap>,
}

/// The same, for who hands it on and who may let it go.
#[derive(Clone, Debug)]
struct Said(Arc<Mutex<Left>>);

impl Said {
    fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(Left { body, data: Bytes::new(), taken: 0, end: None })))
    }

    fn left(&self) -> MutexGuard<'_, Left> {
        // Each change is made in one go.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn let_go(&self) {
        let end = end(&refused(errors::talked_long_enough()));
        let mut left = self.left();
        let taken = left.taken;
        *left = Left { body: Body::empty(), data: Bytes::new(), taken, end };
    }
}

/// What a client is told, until the talk is over.
#[derive(Debug)]
struct Talk {
    said: Said,
    over: Over,
    timer: AbortHandle,
}

impl HttpBody for Talk {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let is_over = self.over.as_mut().poll(context).is_ready();
        let mut left = self.said.left();
        if is_over {
            return Poll::Ready(left.end.take().map(|end| Ok(Frame::trailers(end))));
        }
        if left.data.is_empty() {
            let Some(frame) = ready!(Pin::new(&mut left.body).poll_frame(context)) else {
                return Poll::Ready(None);
            };
            match frame?.into_data() {
                Ok(data) => left.data = data,
                Err(frame) => return Poll::Ready(Some(Ok(frame))),
            }
        }
        let piece = left.data.len().min(PIECE);
        left.taken += piece;
        Poll::Ready(Some(Ok(Frame::data(left.data.split_to(piece)))))
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.timer.abort();
    }
}
