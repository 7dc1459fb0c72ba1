//! Work that would hold up the streams of a worker, on threads of its own.

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};

/// Runs work aside, no more of it at a time than there are processors: more would be no sooner done, and every thread takes
/// memory. The rest waits in order.
#[derive(Clone, Debug)]
pub(crate) struct Aside(Arc<Semaphore>);

impl Aside {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(available_parallelism().map_or(1, Into::into))))
    }

    /// Runs it when there is room. Whoever waits for it may go; what has begun is done all the same.
    ///
    /// # Errors
    /// When the work panics, or the runtime ends before it begins.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // It is never closed; without a permit the work would only begin sooner.
        let room = self.0.clone().acquire_owned().await.ok();
        spawn_blocking(move || {
            let _room = room;
            work()
        })
        .await
    }
}
