//! The recorder: where all clients of a run write down what they are told, at the moment they are told it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use paceline_client::proto::WatchStandingsResponse;

use super::{Answer, Asked, End, Ended, History, Mark, Marked, Place, Stream, Told};

/// How often it is looked whether the machine goes on, and when it did not.
const REST: Duration = Duration::from_millis(200);
const STILL: Duration = Duration::from_secs(3);

/// Takes down a history while it happens.
#[derive(Debug)]
pub struct Recorder {
    began: Instant,
    /// A plain mutex: held for a push, by clients that have just waited for the network.
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    history: History,
    order: u64,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { began: Instant::now(), taken: Mutex::default() }
    }
}

impl Recorder {
    /// A stream that was asked for at `opened`, since the run began; the answer is its place in the history.
    pub fn open(&self, client: usize, asked: Asked, opened: Duration) -> usize {
        let stream = Stream { client, asked, opened, told: Vec::new(), end: None };
        let streams = &mut self.taken().history.streams;
        streams.push(stream);
        streams.len() - 1
    }

    /// A message came.
    pub fn tell(&self, stream: usize, message: WatchStandingsResponse) -> Place {
        let mut taken = self.taken();
        // Under the lock, so that the order and the clock agree.
        let (order, at) = (taken.order, self.began.elapsed());
        taken.order += 1;
        let told = &mut taken.history.streams[stream].told;
        told.push(Told { order, at, message });
        Place { stream, message: Some(told.len() - 1) }
    }

    /// A stream ended.
    pub fn end(&self, stream: usize, end: End, answered: bool, disturbed: bool) -> Place {
        let ended = Ended { at: self.began.elapsed(), end, answered, disturbed };
        self.taken().history.streams[stream].end = Some(ended);
        Place { stream, message: None }
    }

    /// Something is done to the service or its broker.
    pub fn mark(&self, mark: Mark) {
        let marked = Marked { at: self.now(), wall: Timestamp::now(), mark };
        self.taken().history.marks.push(marked);
    }

    /// The service answered when asked for standings.
    pub fn answer(&self, answer: Answer) {
        self.taken().history.answers.push(answer);
    }

    /// Marks when the machine has no time for the run, for ever.
    pub async fn mind_the_machine(&self) {
        loop {
            let before = Instant::now();
            tokio::time::sleep(REST).await;
            if before.elapsed() > STILL {
                self.mark(Mark::StoodStill);
            }
        }
    }

    /// How long the run has lasted.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Looks at what was taken down so far.
    pub fn so_far<T>(&self, look: impl FnOnce(&History) -> T) -> T {
        look(&self.taken().history)
    }

    /// Everything that was taken down, leaving nothing.
    #[must_use]
    pub fn finish(&self) -> History {
        std::mem::take(&mut self.taken().history)
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
