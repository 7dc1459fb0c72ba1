//! Gathering: what many streams of one connection send at the same time goes out in few writes.
//!
//! A change is told to many streams, each of which hands one small frame to its connection. Left to itself, HTTP/2 writes
//! after every such frame: the first wakes the connection, which runs next; and a frame of more than 256 bytes is written
//! by itself where the socket takes vectored writes. So every
//! frame costs a system call on either side.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::yield_now;

/// How much is read of a connection before others may go on: each frame of some bytes may be work, whatever it says.
const TURN: usize = 16 * 1024;

/// A socket that takes what is in one buffer, so that small frames are copied into one, and gives others their turn when much
/// is to be read. What was read of it already is read again first.
#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: S,
    said: Vec<u8>,
    /// What was read in this turn.
    read: usize,
}

impl<S> Wire<S> {
    pub(super) fn new(stream: S, said: Vec<u8>) -> Self {
        Self { stream, said, read: 0 }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.said.is_empty() {
            let take = self.said.len().min(buffer.remaining());
            buffer.put_slice(&self.said[..take]);
            self.said.drain(..take);
            return Poll::Ready(Ok(()));
        }
        if self.read >= TURN {
            self.read = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let come = pin!(&mut self.stream).poll_read(context, buffer);
        // When nothing is there, the turn is over too.
        self.read = if come.is_pending() { 0 } else { self.read + buffer.filled().len() - before };
        come
    }
}

// Vectored writes are left out on purpose.
impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        pin!(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        pin!(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        pin!(&mut self.stream).poll_shutdown(context)
    }
}

/// A connection that goes on once the tasks have run that were woken before it: its streams among them.
#[derive(Debug)]
pub(super) struct Gathered<C> {
    connection: Pin<Box<C>>,
    has_waited: bool,
}

impl<C> Gathered<C> {
    pub(super) fn new(connection: C) -> Self {
        Self { connection: Box::pin(connection), has_waited: false }
    }
}

impl<C: GracefulConnection> Gathered<C> {
    /// Has it take no further requests.
    pub(super) fn finish(&mut self) {
        self.connection.as_mut().graceful_shutdown();
    }
}

impl<C: Future<Output = Result<(), E>>, E> Future for Gathered<C> {
    type Output = C::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.has_waited = !self.has_waited;
        if self.has_waited {
            // Pending the first time it is asked, and woken when the others have run.
            return pin!(yield_now()).poll(context).map(|()| Ok(()));
        }
        self.connection.as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::{Arc, Mutex};
    use std::task::Poll;

    use tokio::sync::{mpsc, watch};

    use super::Gathered;

    const STREAMS: usize = 20;

    // On one worker, where who is woken last runs next.
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_connection_goes_on_once_all_its_streams_have_spoken() {
        let (frames, mut spoken) = mpsc::unbounded_channel();
        let (change, _) = watch::channel(());
        let writes = Arc::new(Mutex::new(Vec::new()));
        let written = writes.clone();
        let connection = poll_fn(move |context| {
            let mut taken = Vec::new();
            let is_over = loop {
                match spoken.poll_recv_many(context, &mut taken, STREAMS) {
                    Poll::Ready(0) => break true,
                    Poll::Ready(_) => {}
                    Poll::Pending => break false,
                }
            };
            if !taken.is_empty() {
                written.lock().expect("nobody panics with it").push(taken.len());
            }
            if is_over { Poll::Ready(Ok::<_, ()>(())) } else { Poll::Pending }
        });
        let all = tokio::spawn(async move {
            let connection = tokio::spawn(Gathered::new(connection));
            for at in 0..STREAMS {
                let (mut changed, frames) = (change.subscribe(), frames.clone());
                tokio::spawn(async move {
                    changed.changed().await.expect("it is changed");
                    frames.send(at).expect("the connection is there");
                });
            }
            drop(frames);
            // All of them wait by then, the connection too.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            change.send_replace(());
            connection.await
        });
        all.await.expect("no panic").expect("no panic").expect("no error");
        let writes = writes.lock().expect("nobody panics with it");
        assert_eq!(writes.iter().sum::<usize>(), STREAMS);
        // The worker looks after what waits now and then, and may do so amid them.
        assert!(writes.len() <= 2, "{writes:?}");
    }
}
