//! The recorder: where all clients of a run write down what they are told, at the moment they are told it.

use std::{
    marker::PhantomData,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::{
    Answer, Appended, Asked, End, Ended, History, Mark, Marked, Place, Standings, Stream, Told,
    Watch,
};

/// How often it is looked whether the machine goes on, and when it did not.
const REST: Duration = Duration::from_millis(200);
const STILL: Duration = Duration::from_secs(3);
const LAG: Duration = Duration::from_millis(300);

/// Takes down a history while it happens.
#[derive(Debug)]
pub struct Recorder {
    began: Instant,
    wall: Timestamp,
    /// A plain mutex: held for a push, by clients that have just waited for the network.
    taken: Mutex<Taken>,
}

/// A stream that is recorded, by its place among those that watch the same.
#[derive(Clone, Copy, Debug)]
pub struct Opened<W: Watch = Standings> {
    stream: usize,
    watches: PhantomData<W>,
}

#[derive(Debug, Default)]
struct Taken {
    history: History,
    order: u64,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { began: Instant::now(), wall: Timestamp::now(), taken: Mutex::default() }
    }
}

impl Recorder {
    /// A stream that was asked for at `opened`, since the run began.
    pub fn open<W: Watch>(&self, client: usize, asked: Asked<W>, opened: Duration) -> Opened<W> {
        let mut taken = self.taken();
        let streams = W::streams_mut(&mut taken.history);
        streams.push(Stream { client, asked, opened, told: Vec::new(), end: None });
        Opened { stream: streams.len() - 1, watches: PhantomData }
    }

    /// A message came.
    pub fn tell<W: Watch>(&self, opened: Opened<W>, message: W::Message) -> Place {
        let mut taken = self.taken();
        // Under the lock, so that the order and the clock agree.
        let (order, at) = (taken.order, self.began.elapsed());
        taken.order += 1;
        let told = &mut W::streams_mut(&mut taken.history)[opened.stream].told;
        told.push(Told { order, at, message });
        Place { stream: opened.stream, message: Some(told.len() - 1) }
    }

    /// A stream ended.
    pub fn end<W: Watch>(
        &self,
        opened: Opened<W>,
        end: End,
        answered: bool,
        disturbed: bool,
    ) -> Place {
        let ended = Ended { at: self.began.elapsed(), end, answered, disturbed };
        W::streams_mut(&mut self.taken().history)[opened.stream].end = Some(ended);
        Place { stream: opened.stream, message: None }
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

    /// What stands on the topic of alerts, when nothing comes to it any more.
    pub fn keep_topic(&self, topic: Vec<Appended>) {
        self.taken().history.topic = topic;
    }

    /// Marks when the machine has no time for the run, for ever.
    pub async fn mind_the_machine(&self) {
        loop {
            let before = Instant::now();
            tokio::time::sleep(REST).await;
            let late = before.elapsed().saturating_sub(REST);
            if late > LAG {
                let now = self.now();
                self.taken().history.lags.push((now.saturating_sub(late), now));
            }
            if late > STILL {
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
        let history = std::mem::take(&mut self.taken().history);
        History { began: self.wall, ..history }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
