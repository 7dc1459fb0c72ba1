//! Work that would hold up the streams of a worker, on threads of its own.

use std::future::Future;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};
use tonic::{Request, Response, Status};

use crate::errors;
use crate::served::Served;
use crate::who::Principal;

/// How much work may wait, for each that is being done, before no more is taken; and how much of that which takes long.
const WAITING: usize = 64;
const WAITING_LONG: usize = 16;

/// Runs work aside, no more of it at a time than there are processors: more would be no sooner done, and every thread takes
/// memory. The rest waits in order.
#[derive(Clone, Debug)]
pub(crate) struct Aside {
    room: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Aside {
    pub(crate) fn new() -> Self {
        Self::of(available_parallelism().map_or(1, Into::into), WAITING)
    }

    /// For work that takes long: half as much of it at a time, so that there is always a thread for what does not.
    pub(crate) fn of_long_work() -> Self {
        let room = available_parallelism().map_or(1, |processors| processors.get().div_ceil(2));
        Self::of(room, WAITING_LONG)
    }

    fn of(room: usize, waiting: usize) -> Self {
        let waiting = Arc::new(Semaphore::new(room * (1 + waiting)));
        Self { room: Arc::new(Semaphore::new(room)), waiting }
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
        let room = self.room.clone().acquire_owned().await.ok();
        spawn_blocking(move || {
            let _room = room;
            work()
        })
        .await
    }

    /// The same; nothing if too much waits already.
    pub(crate) fn run_soon<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<impl Future<Output = Result<T, JoinError>>> {
        let waiting = self.waiting.clone().try_acquire_owned().ok()?;
        Some(async move {
            let _waiting = waiting;
            self.run(work).await
        })
    }

    /// Answers a request on a thread where that holds up no streams.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` if too much waits already, `INTERNAL` when the work panics, and those of `get`.
    pub(crate) async fn answer<Asked: Send + 'static, Answer: Send + 'static>(
        &self,
        served: &Served,
        request: Request<Asked>,
        get: impl FnOnce(&Served, &Principal, &Asked) -> Result<Answer, Status> + Send + 'static,
    ) -> Result<Response<Answer>, Status> {
        let principal = Principal::of(request.extensions())?.clone();
        let (served, request) = (served.clone(), request.into_inner());
        let got = self.run_soon(move || get(&served, &principal, &request));
        let got = got.ok_or_else(errors::too_busy)?;
        got.await.map_err(|_| Status::internal("the answer could not be made"))?.map(Response::new)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::Aside;

    #[tokio::test]
    async fn what_would_wait_too_long_is_not_taken() {
        let aside = Aside::new();
        let (go, held) = mpsc::channel::<()>();
        let held = std::sync::Arc::new(std::sync::Mutex::new(held));
        let mut taken = Vec::new();
        while let Some(soon) = aside.run_soon({
            let held = held.clone();
            move || held.lock().expect("nobody panics with it").recv().is_err()
        }) {
            taken.push(soon);
            assert!(taken.len() <= 100_000, "it takes whatever comes");
        }
        drop(go);
        let ended = all_of(taken).await;
        assert!(ended.into_iter().all(|is_over| is_over));
        assert!(aside.run_soon(|| ()).is_some(), "there is room again");
    }

    async fn all_of<T>(
        futures: Vec<impl Future<Output = Result<T, tokio::task::JoinError>>>,
    ) -> Vec<T> {
        let mut all = Vec::new();
        for future in futures {
            all.push(future.await.expect("it does not panic"));
        }
        all
    }
}
