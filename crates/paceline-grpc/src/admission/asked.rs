//! What is asked, whole: a request waits here until it is, and no service sees half of one.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use prost::bytes::{Bytes, BytesMut};
use tokio::time::timeout;
use tonic::Status;

use super::slow::{AT_ONCE, Slow};
use crate::errors;
use crate::server::{Busy, REQUEST_BYTES};

/// The head of a message: whether it is compressed, and its length.
const MESSAGE_HEAD: usize = 5;

/// A request once it has come in, as far as any may: of what is longer the head of the message says so, and the service
/// refuses it by that. While places run short, the connection of one that has kept its place for too long is not kept, nor is that of
/// one for whom there is none, if nothing else of it is under way: what was read of half a request is most of what it takes.
///
/// # Errors
/// `DEADLINE_EXCEEDED` when that takes too long, `RESOURCE_EXHAUSTED` when too many others are slow too.
pub(super) async fn whole(request: Request, slow: &Slow) -> Result<Request, Status> {
    let (head, body) = request.into_parts();
    let busy = head.extensions.get::<Busy>();
    let come = AtomicUsize::new(0);
    let mut bytes = pin!(read(body, &come));
    let bytes = match timeout(AT_ONCE, &mut bytes).await {
        Ok(bytes) => bytes?,
        Err(_) => {
            let Some(_place) = slow.take(1) else {
                if let Some(busy) = busy.filter(|busy| busy.is_alone()) {
                    busy.let_go();
                }
                return Err(errors::too_many_halves());
            };
            tokio::select! {
                bytes = bytes => bytes?,
                () = slow.suffer(|| come.load(Ordering::Relaxed)) => {
                    if let Some(busy) = busy.filter(|_| slow.run_short()) {
                        busy.let_go();
                    }
                    return Err(errors::half_asked());
                }
            }
        }
    };
    Ok(Request::from_parts(head, Body::from(bytes)))
}

async fn read(body: Body, come: &AtomicUsize) -> Result<Bytes, Status> {
    let mut body = pin!(body);
    let mut bytes = BytesMut::new();
    while bytes.len() < REQUEST_BYTES + MESSAGE_HEAD {
        let next = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await;
        let Some(frame) = next else { break };
        let frame = frame.map_err(|_| Status::cancelled("the request broke off"))?;
        if let Ok(data) = frame.into_data() {
            bytes.extend_from_slice(&data);
            come.store(bytes.len(), Ordering::Relaxed);
        }
    }
    Ok(bytes.freeze())
}
