//! The clock: the one place where the program asks what time it is.

use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// The clock that the engine runs by.
#[derive(Clone, Copy, Debug, Default)]
pub enum Clock {
    /// The machine's.
    #[default]
    System,
    /// An instant at which it stands still.
    Fixed(Timestamp),
    /// Began at an instant, and runs since.
    From {
        /// The instant it showed first.
        instant: Timestamp,
        /// When it showed that.
        began: Instant,
    },
}

/// The text names no clock.
#[derive(Debug, thiserror::Error)]
#[error("not a clock: write fixed:2026-12-31T23:59:59Z or from:2026-12-31T23:59:59Z")]
pub struct ParseClockError;

impl Clock {
    /// What time it is.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Fixed(instant) => *instant,
            Self::From { instant, began } => {
                instant.checked_add(began.elapsed()).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// How long until an instant; `None` when it never comes.
    pub fn until(&self, instant: Timestamp) -> Option<Duration> {
        if matches!(self, Self::Fixed(_)) {
            return None;
        }
        Some(Duration::try_from(instant.duration_since(self.now())).unwrap_or(Duration::ZERO))
    }

    /// The clock as other rooms take it.
    pub fn shared(self) -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
        Arc::new(move || self.now())
    }
}

impl FromStr for Clock {
    type Err = ParseClockError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, instant) = text.split_once(':').ok_or(ParseClockError)?;
        let instant = instant.parse().map_err(|_| ParseClockError)?;
        match kind {
            "fixed" => Ok(Self::Fixed(instant)),
            "from" => Ok(Self::From { instant, began: Instant::now() }),
            _ => Err(ParseClockError),
        }
    }
}
