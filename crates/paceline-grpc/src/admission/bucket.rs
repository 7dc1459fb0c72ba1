//! Buckets: how often something was done of late.

use std::time::Duration;

use tokio::time::Instant;

use crate::limits::Rate;

/// What is done at some rate, by the generic cell rate algorithm (ITU-T I.371): all that is kept is when a steady doer would be
/// done with what was done.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket {
    done: Option<Instant>,
}

impl Bucket {
    /// Does it once more.
    ///
    /// # Errors
    /// After how long it may be done, when that is too often.
    pub(super) fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        *self = self.after_one_more(rate, now)?;
        Ok(())
    }

    /// As it is once that was done once more, for who does it only if something else may be done too.
    ///
    /// # Errors
    /// As for [`Self::take`].
    pub(super) fn after_one_more(self, rate: Rate, now: Instant) -> Result<Self, Duration> {
        // What may be done less often than once a second may not be done.
        let each = Duration::from_secs(1) / rate.per_second.max(1);
        let done = self.done.unwrap_or(now).max(now) + each;
        let early = (done - now).saturating_sub(each * rate.burst.max(1));
        if !early.is_zero() {
            return Err(early);
        }
        Ok(Self { done: Some(done) })
    }

    /// Whether nothing of what was done matters any longer.
    pub(super) fn is_rested(&self, now: Instant) -> bool {
        self.done.is_none_or(|done| done <= now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Bucket;
    use crate::limits::Rate;

    const RATE: Rate = Rate { per_second: 5, burst: 20 };

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let (mut bucket, start) = (Bucket::default(), Instant::now());
        let mut passed = 0;
        // Ten seconds of a hundred attempts each.
        for tick in 0..1_000 {
            let now = start + Duration::from_millis(10) * tick;
            passed += u32::from(bucket.take(RATE, now).is_ok());
        }
        assert_eq!(passed, 20 + 10 * 5 - 1, "the last of them is due at ten seconds sharp");
        assert!(!bucket.is_rested(start + Duration::from_secs(10)));
        assert!(bucket.is_rested(start + Duration::from_secs(14)));
    }

    #[test]
    fn who_waits_as_long_as_told_is_let_in_and_not_before() {
        let (mut bucket, now) = (Bucket::default(), Instant::now());
        for _ in 0..RATE.burst {
            bucket.take(RATE, now).expect("a burst passes");
        }
        let wait = bucket.take(RATE, now).expect_err("too often");
        assert_eq!(wait, Duration::from_millis(200));
        // An attempt in vain costs nothing.
        assert_eq!(bucket.take(RATE, now), Err(wait));
        assert!(bucket.take(RATE, now + wait - Duration::from_millis(1)).is_err());
        bucket.take(RATE, now + wait).expect("it has waited");
    }
}
