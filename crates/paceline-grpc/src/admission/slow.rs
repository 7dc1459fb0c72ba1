//! Places for who is slow, and how long they may be.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// For how long nobody is slow.
pub(super) const AT_ONCE: Duration = Duration::from_millis(50);
/// How long who is slow may stand still where places run short.
const MOMENT: Duration = Duration::from_secs(5);

/// The places of those who are slow.
#[derive(Clone, Debug)]
pub(super) struct Slow {
    places: Arc<Semaphore>,
    all: usize,
    /// How long they may be where there are enough places.
    limit: Duration,
    /// How long they may stand still where there are not.
    moment: Duration,
}

impl Slow {
    pub(super) fn new(places: usize, limit: Duration) -> Self {
        let all = places.min(Semaphore::MAX_PERMITS);
        Self { places: Arc::new(Semaphore::new(all)), all, limit, moment: MOMENT }
    }

    /// So many places, if there are.
    pub(super) fn take(&self, places: u32) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_many_owned(places).ok()
    }

    /// Waits until who stands still, as `progress` counts, has done so for too long, or is slow for longer than anybody may be.
    pub(super) async fn suffer(&self, progress: impl Fn() -> usize) {
        let began = tokio::time::Instant::now();
        let mut at = progress();
        while began.elapsed() < self.limit {
            tokio::time::sleep(self.moment.min(self.limit.saturating_sub(began.elapsed()))).await;
            let now = progress();
            if now == at && self.run_short() {
                return;
            }
            at = now;
        }
    }

    /// Whether more than half of the places are taken.
    pub(super) fn run_short(&self) -> bool {
        self.places.available_permits() < self.all.div_ceil(2)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use tokio::time::{Instant, timeout};

    use super::Slow;

    const LONG: Duration = Duration::from_secs(60);
    const MOMENT: Duration = Duration::from_millis(10);

    #[tokio::test]
    async fn who_stands_still_is_suffered_for_long_where_there_is_room_and_else_for_a_moment() {
        let slow = Slow { moment: MOMENT, ..Slow::new(4, MOMENT * 10) };
        let _two = slow.take(2).expect("places");
        let began = Instant::now();
        slow.suffer(|| 0).await;
        assert!(began.elapsed() >= MOMENT * 10);
        let slow = Slow { limit: LONG, ..slow };
        let _third = slow.take(1).expect("a place");
        assert!(slow.take(2).is_none(), "there is one left");
        timeout(LONG / 2, slow.suffer(|| 0)).await.expect("no longer than a moment");
    }

    #[tokio::test]
    async fn who_goes_on_is_suffered_where_places_run_short_too() {
        let slow = Slow { moment: MOMENT, ..Slow::new(1, MOMENT * 10) };
        let _only = slow.take(1).expect("a place");
        let (began, asked) = (Instant::now(), Cell::new(0));
        let progress = || {
            asked.set(asked.get() + 1);
            asked.get()
        };
        slow.suffer(progress).await;
        assert!(began.elapsed() >= MOMENT * 10, "and not for longer than anybody");
    }
}
