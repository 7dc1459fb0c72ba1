//! A log of goals in memory: what is appended is read back at once, unless the test withholds or refuses it.

use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use paceline_core::goal::Edit;
use paceline_engine::{GoalFollower, GoalRecord, Live, Told};
use paceline_grpc::{AppendGoal, Appending};

use crate::organisation::GOALS;

#[derive(Clone)]
pub(crate) struct GoalLog {
    state: Arc<Mutex<State>>,
}

struct State {
    follower: GoalFollower,
    next: i64,
    /// Why the log takes nothing, if that is so; whether it takes it nonetheless.
    refusal: Option<(String, bool)>,
    /// Gaps in the offsets before each record, as transactions leave them.
    gap: i64,
}

impl GoalLog {
    pub(crate) fn new(live: Arc<Live>) -> Self {
        let follower = GoalFollower::new(live, 1, GOALS.to_owned());
        let state = State { follower, next: 0, refusal: None, gap: 0 };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    pub(crate) fn appender(self) -> AppendGoal {
        Arc::new(move |edit: Edit| -> Appending {
            let appended = self.state().append(edit);
            Box::pin(std::future::ready(appended))
        })
    }

    /// From here on appending fails, with or without the record being there nonetheless.
    pub(crate) fn refuse(&self, reason: &str, taken: bool) {
        self.state().refusal = Some((reason.to_owned(), taken));
    }

    pub(crate) fn accept(&self) {
        self.state().refusal = None;
    }

    /// Leaves out so many offsets before each record.
    pub(crate) fn leave_gaps(&self, gap: i64) {
        self.state().gap = gap;
    }

    /// Lets something stand on the log that cannot be understood.
    pub(crate) fn garbage(&self, key: &str) {
        self.state().put(key.to_owned(), Told::Malformed);
    }

    /// Lets an edit stand on the log that did not come from the service.
    pub(crate) fn put(&self, edit: Edit) {
        self.state().put(format!("{}/{}", edit.goal, edit.number), Told::Edit(Box::new(edit)));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the log")
    }
}

impl State {
    fn append(&mut self, edit: Edit) -> Result<u64, String> {
        let refusal = self.refusal.clone();
        if let Some((reason, false)) = refusal {
            return Err(reason);
        }
        let key = format!("{}/{}", edit.goal, edit.number);
        let offset = self.put(key, Told::Edit(Box::new(edit)));
        refusal.map_or(Ok(offset), |(reason, _)| Err(reason))
    }

    fn put(&mut self, key: String, told: Told) -> u64 {
        let offset = self.next + self.gap;
        self.next = offset + 1;
        let now: Timestamp = crate::stage::at(crate::stage::NOW);
        let record = GoalRecord { offset, key: key.into_bytes(), told };
        self.follower.take(vec![record], now);
        offset as u64
    }
}
