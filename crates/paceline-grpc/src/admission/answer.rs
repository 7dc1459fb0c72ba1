//! Answers, kept until their clients have taken them: for long only as many bytes as all may have.
//!
//! An answer is handed on in pieces, as its client takes them, so that what is left of it can be let go at any time, also while
//! nobody asks for it. Its client is told so if it does.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::http::HeaderMap;
use axum::response::Response;
use hyper::body::Frame;
use prost::bytes::{Bytes, BytesMut};
use tokio::task::AbortHandle;
use tokio::time::sleep;
use tonic::Status;

use super::refused;
use super::slow::{AT_ONCE, Slow};
use crate::errors;
use crate::server::Busy;

/// How much is handed on at a time.
pub(super) const PIECE: usize = 32 * 1024;
/// What one place is worth.
const PLACE_BYTES: usize = 1024;

/// How many places so many bytes are.
pub(super) fn places(bytes: usize) -> usize {
    bytes.div_ceil(PLACE_BYTES)
}

/// Has an answer be kept until it is taken, or nobody suffers any longer that it is not.
pub(super) async fn kept(response: Response, busy: Option<Busy>, slow: &Slow) -> Response {
    if response.body().is_end_stream() {
        return response;
    }
    let (head, body) = response.into_parts();
    let left = Kept::new(read(body).await);
    let timer = tokio::spawn(mind(left.clone(), slow.clone())).abort_handle();
    Response::from_parts(head, Body::new(Answer { left, timer, _busy: busy }))
}

/// Has a stream hold what it does until it ends.
pub(super) fn holding<Held: Send + Unpin + 'static>(response: Response, held: Held) -> Response {
    let (head, body) = response.into_parts();
    Response::from_parts(head, Body::new(Holding { body, _held: held }))
}

/// What is left of an answer.
#[derive(Debug)]
struct Left {
    data: Bytes,
    trailers: Option<HeaderMap>,
}

/// The same, for who hands it on and who may let it go.
#[derive(Clone, Debug)]
struct Kept(Arc<Mutex<Left>>);

impl Kept {
    fn new(left: Left) -> Self {
        Self(Arc::new(Mutex::new(left)))
    }

    fn left(&self) -> MutexGuard<'_, Left> {
        // Each change is made in one go.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bytes(&self) -> usize {
        self.left().data.len()
    }

    fn let_go(&self) {
        let trailers = end(&refused(errors::slow_to_take()));
        *self.left() = Left { data: Bytes::new(), trailers };
    }
}

/// How something ends that breaks off with a status.
pub(super) fn end(status: &Status) -> Option<HeaderMap> {
    let mut trailers = HeaderMap::new();
    // It has no metadata that would not fit.
    status.add_header(&mut trailers).ok().map(|()| trailers)
}

/// Takes an answer, which is there, from where it was made.
async fn read(body: Body) -> Left {
    let mut body = pin!(body);
    let mut left = Left { data: Bytes::new(), trailers: None };
    let mut more = BytesMut::new();
    while let Some(Ok(frame)) =
        std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await
    {
        match frame.into_data() {
            Ok(data) if left.data.is_empty() => left.data = data,
            Ok(data) => more.extend_from_slice(&data),
            // They come last, and what made them may hold more that was not to be sent.
            Err(frame) => {
                left.trailers = frame.into_trailers().ok();
                break;
            }
        }
    }
    if !more.is_empty() {
        left.data = [left.data, more.freeze()].concat().into();
    }
    left
}

/// Lets an answer go that its client is too slow to take.
async fn mind(kept: Kept, slow: Slow) {
    sleep(AT_ONCE).await;
    let places = u32::try_from(places(kept.bytes()));
    let place = places.ok().and_then(|places| slow.take(places));
    if place.is_some() {
        slow.suffer(|| kept.bytes()).await;
    }
    kept.let_go();
}

/// An answer on its way to its client.
#[derive(Debug)]
struct Answer {
    left: Kept,
    timer: AbortHandle,
    _busy: Option<Busy>,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let mut left = self.left.left();
        if !left.data.is_empty() {
            let piece = left.data.len().min(PIECE);
            return Poll::Ready(Some(Ok(Frame::data(left.data.split_to(piece)))));
        }
        Poll::Ready(left.trailers.take().map(|trailers| Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        let left = self.left.left();
        left.data.is_empty() && left.trailers.is_none()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.timer.abort();
    }
}

/// A stream, and what it holds.
#[derive(Debug)]
struct Holding<Held> {
    body: Body,
    _held: Held,
}

impl<Held: Unpin> HttpBody for Holding<Held> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        pin!(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
