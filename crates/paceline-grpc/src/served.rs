//! What is served: the live board, and the clocks to evaluate and to stamp it by.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;
use paceline_core::goal::Edit;
use paceline_engine::Live;

use crate::audit::AuditLog;
use crate::limits::Limits;
use crate::who::Identify;

/// A source of the present instant.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What appends an edit of a goal to the log of goals, and answers its place once the log has it for good.
pub type AppendGoal = Arc<dyn Fn(Edit) -> Appending + Send + Sync>;

/// An edit on its way to the log; the error says in words why it may not have arrived.
pub type Appending = Pin<Box<dyn Future<Output = Result<u64, String>> + Send>>;

/// What is served, and within which limits.
#[derive(Clone)]
pub struct Served {
    /// The board.
    pub live: Arc<Live>,
    /// The engine's clock, by which standings are evaluated.
    pub clock: Clock,
    /// The wall clock, by which frames say when they were made. It differs where the engine's clock is set.
    pub wall: Clock,
    /// Where edits of goals are written. They are read back from there into the board.
    pub append_goal: AppendGoal,
    /// What finds out who asks; without, everybody may see and do everything.
    pub identify: Option<Arc<dyn Identify>>,
    /// Whether reps may ask for the leaderboard of any scope that they are part of, of which they are then shown their own rank and
    /// the number of reps; without, only for one of which they see all.
    pub ranks_only: bool,
    /// Where changes of goals and refusals are written down; without, they are not.
    pub audit: Option<Arc<dyn AuditLog>>,
    /// What clients may hold.
    pub limits: Limits,
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served").field("limits", &self.limits).finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Served {
    /// An organisation that is served to anyone, by its own clock and without a log of goals.
    pub(crate) fn of(organisation: &crate::organisation::Organisation, limits: Limits) -> Self {
        let clock = organisation.clock.clone();
        let clock: Clock = Arc::new(move || *clock.lock().expect("a clock"));
        Self {
            live: organisation.live.clone(),
            wall: clock.clone(),
            clock,
            append_goal: Arc::new(|_| Box::pin(std::future::ready(Err("no log".to_owned())))),
            identify: None,
            ranks_only: false,
            audit: None,
            limits,
        }
    }
}
