//! A status as it is held: since when, and what else began at that instant.

use std::time::Duration;

use jiff::Timestamp;

use super::Status;

/// A set of statuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statuses(u8);

/// A status, and since when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The status.
    pub status: Status,
    /// Since when.
    pub since: Timestamp,
    /// The statuses that have begun at that instant, this one among them.
    pub had: Statuses,
}

impl Statuses {
    /// These, and one more.
    #[must_use]
    pub fn with(self, status: Status) -> Self {
        Self(self.0 | 1 << status as u8)
    }

    /// Whether it is one of them.
    pub fn has(self, status: Status) -> bool {
        self.0 & 1 << status as u8 != 0
    }
}

impl FromIterator<Status> for Statuses {
    fn from_iter<I: IntoIterator<Item = Status>>(statuses: I) -> Self {
        statuses.into_iter().fold(Self::default(), Self::with)
    }
}

impl Held {
    /// A status that nothing has come before.
    pub fn new(status: Status, since: Timestamp) -> Self {
        Self { status, since, had: Statuses::default().with(status) }
    }

    /// What is held when another status begins, at an instant or when this one did, whichever is later: changes may come to be
    /// known late.
    ///
    /// One that has begun at that very instant before begins a nanosecond later, so that no two beginnings are the same: an
    /// alert is known by its status and since when it holds.
    #[must_use]
    pub fn then(self, status: Status, at: Timestamp) -> Self {
        if at > self.since {
            return Self::new(status, at);
        }
        if self.had.has(status) {
            let later = self.since.checked_add(Duration::from_nanos(1));
            return Self::new(status, later.unwrap_or(self.since));
        }
        Self { status, since: self.since, had: self.had.with(status) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Held, Statuses};
    use crate::standing::Status;

    #[test]
    fn no_two_beginnings_are_the_same() {
        let at = |text: &str| text.parse().expect("an instant");
        let noon = at("2026-11-23T12:00:00Z");
        let mut held = Held::new(Status::OnTrack, noon);
        let mut begun = vec![(held.status, held.since)];
        for status in [Status::Behind, Status::OnTrack, Status::Ahead, Status::OnTrack] {
            held = held.then(status, at("2026-11-23T11:00:00Z"));
            assert!(!begun.contains(&(held.status, held.since)), "{held:?} after {begun:?}");
            begun.push((held.status, held.since));
        }
        let times: Vec<i128> =
            begun.iter().map(|(_, since)| since.as_nanosecond() - noon.as_nanosecond()).collect();
        assert_eq!(times, [0, 0, 1, 1, 2], "no later than it has to be");
        let later = held.then(Status::Behind, at("2026-11-23T13:00:00Z"));
        assert_eq!(later, Held::new(Status::Behind, at("2026-11-23T13:00:00Z")));
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let some = [Status::NoGoal, Status::Behind];
        let set: Statuses = some.into_iter().collect();
        assert!(Status::ALL.into_iter().all(|status| set.has(status) == some.contains(&status)));
    }
}
