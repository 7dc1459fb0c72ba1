//! The queue: lanes are asked one thing at a time, and whoever waits for that has a call under way. So few may wait, and fewer of
//! each, lest calls for contributors be all that are under way.

use std::sync::Arc;

use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};
use tonic::Status;

use crate::errors;
use crate::metric;
use crate::places::{Place, Places};
use crate::who::{Holder, Principal, Role};

/// How many may wait, the one whose turn it is included.
const ALL: usize = 16;
/// Of those, how many of one person, and of one service, which may speak for many people.
const OF_PERSON: usize = 2;
const OF_SERVICE: usize = 8;

/// Those who wait.
#[derive(Debug)]
pub(super) struct Queue {
    turn: Semaphore,
    places: Arc<Places<Holder>>,
}

/// A place in the queue, until it is dropped.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    turn: &'a Semaphore,
    _place: Place<Holder>,
}

impl Default for Queue {
    fn default() -> Self {
        Self { turn: Semaphore::new(1), places: Places::new(ALL) }
    }
}

impl Queue {
    /// Has somebody wait behind those who do already.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` when as many wait as may, of theirs or in all.
    pub(super) fn join(&self, principal: &Principal) -> Result<Waiting<'_>, Status> {
        let place = self.places.take(principal.holder(), most(principal)).ok_or_else(|| {
            let status = errors::too_busy();
            metric::refused(&status);
            status
        })?;
        Ok(Waiting { turn: &self.turn, _place: place })
    }
}

impl Waiting<'_> {
    /// Waits until it is their turn, which is over when that is dropped. The queue is never closed.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.turn.acquire().await
    }
}

/// How many of somebody may wait. Where nobody is known, all are one.
fn most(principal: &Principal) -> usize {
    if !principal.is_known() {
        return ALL;
    }
    match principal.role {
        Role::Service => OF_SERVICE,
        Role::Rep | Role::Manager | Role::Executive | Role::Admin => OF_PERSON,
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt as _;

    use super::{ALL, OF_PERSON, OF_SERVICE, Queue};
    use crate::who::{Principal, Role};

    fn somebody(name: &str, role: Role) -> Principal {
        let (issuer, subject) = ("issuer".to_owned(), name.to_owned());
        Principal { issuer, subject, role, ..Principal::anyone() }
    }

    #[test]
    fn few_wait_and_fewer_of_each() {
        let queue = Queue::default();
        let join = |who: &Principal| (0..=ALL).map_while(|_| queue.join(who).ok()).collect();
        for (who, most) in [
            (somebody("Ana", Role::Executive), OF_PERSON),
            (somebody("dashboard", Role::Service), OF_SERVICE),
            (Principal::anyone(), ALL),
        ] {
            let waiting: Vec<_> = join(&who);
            assert_eq!(waiting.len(), most, "{who:?}");
            let status = queue.join(&who).expect_err("no more of them");
            assert_eq!(status.get_details_error_info().expect("a reason").reason, "TOO_BUSY");
            assert!(status.get_details_retry_info().expect("details").retry_delay.is_some());
        }
        let services = ["one", "other"].map(|name| somebody(name, Role::Service));
        let _all: Vec<Vec<_>> = services.iter().map(join).collect();
        queue.join(&somebody("Ben", Role::Rep)).expect_err("as many wait as may");
    }
}
