//! The follower: a client that puts a watch together to a board of its own, and holds every frame to the contract.

use std::ops::{Deref, DerefMut};

use paceline_client::proto::WatchStandingsResponse;
use tokio::time::timeout;
use tonic::{Status, Streaming};

use crate::known::Known;
pub(crate) use crate::known::{Seen, canonical, key};
use crate::stage::DEADLINE;

pub(crate) struct Follower {
    stream: Streaming<WatchStandingsResponse>,
    known: Known,
}

impl Deref for Follower {
    type Target = Known;

    fn deref(&self) -> &Known {
        &self.known
    }
}

impl DerefMut for Follower {
    fn deref_mut(&mut self) -> &mut Known {
        &mut self.known
    }
}

impl Follower {
    pub(crate) fn new(stream: Streaming<WatchStandingsResponse>) -> Self {
        Self { stream, known: Known::default() }
    }

    /// Goes on with the stream of another, knowing what it knows.
    pub(crate) fn go_on_with(&mut self, other: Self) {
        self.stream = other.stream;
    }

    /// The next message, whole or not.
    pub(crate) async fn message(&mut self) -> Result<WatchStandingsResponse, Status> {
        let message = timeout(DEADLINE, self.stream.message()).await.expect("a frame in time");
        Ok(message?.expect("a stream ends with a status"))
    }

    /// The next whole frame, applied.
    pub(crate) async fn next(&mut self) -> Result<Seen, Status> {
        loop {
            let message = self.message().await?;
            if let Some(seen) = self.apply(message) {
                return Ok(seen);
            }
        }
    }

    /// The next whole frame of a stream that goes on.
    pub(crate) async fn seen(&mut self) -> Seen {
        self.next().await.expect("the stream goes on")
    }

    /// Reads on until everything up to a revision has been received.
    pub(crate) async fn catch_up(&mut self, revision: u64) {
        while self.revision < revision || self.is_amid_a_frame() {
            self.seen().await;
        }
    }

    /// The status that ends the stream.
    pub(crate) async fn end(&mut self) -> Status {
        loop {
            if let Err(status) = self.next().await {
                return status;
            }
        }
    }
}
