//! The ledger: what each principal has, and did of late.
//!
//! It forgets who has nothing and did nothing that matters, so that there may be any number of them over time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::bucket::Bucket;
use crate::limits::Rate;
use crate::who::{Holder, Principal};

/// How many may be known at a time, which takes a few MiB: who comes then waits until others have rested.
const ACCOUNTS: usize = 65_536;
/// How long who finds no account is told to wait, and how often it is looked for ones to forget where there are many.
const REST: Duration = Duration::from_secs(1);
/// How many are kept without looking for ones to forget.
const FEW: usize = 1_024;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Of a stream.
    Opening,
    /// Of anything that is answered at once.
    Call,
}

/// What all have.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Held for a look or a change, and every so often for a walk over the accounts.
    accounts: Mutex<Accounts>,
}

#[derive(Debug, Default)]
struct Accounts {
    all: HashMap<Holder, Account>,
    /// How many there may be before some are looked for to forget.
    many: usize,
    /// When that was done last.
    swept: Option<Instant>,
}

#[derive(Debug, Default)]
struct Account {
    streams: usize,
    openings: Bucket,
    calls: Bucket,
}

/// A stream of somebody; when it is dropped, they may have another.
#[derive(Debug)]
pub(crate) struct Share {
    ledger: Arc<Ledger>,
    holder: Holder,
}

impl Ledger {
    /// Has somebody do something once more.
    ///
    /// # Errors
    /// After how long they may, when that is too often.
    pub(super) fn count(
        &self,
        principal: &Principal,
        used: Use,
        rate: Rate,
        now: Instant,
    ) -> Result<(), Duration> {
        let mut accounts = self.accounts();
        let account = accounts.account(principal.holder(), now).ok_or(REST)?;
        match used {
            Use::Opening => account.openings.take(rate, now),
            Use::Call => account.calls.take(rate, now),
        }
    }

    /// Has somebody open a stream; nothing if they have as many as they may.
    pub(super) fn open(ledger: &Arc<Self>, principal: &Principal, most: usize) -> Option<Share> {
        let holder = principal.holder();
        let mut accounts = ledger.accounts();
        let account = accounts.account(holder, Instant::now())?;
        if account.streams >= most {
            return None;
        }
        account.streams += 1;
        drop(accounts);
        Some(Share { ledger: ledger.clone(), holder })
    }

    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        // Each change is made in one go.
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Accounts {
    /// Somebody's account; nothing if there is none and as many as there may be.
    fn account(&mut self, holder: Holder, now: Instant) -> Option<&mut Account> {
        if self.all.len() >= self.many.clamp(FEW, ACCOUNTS) && !self.all.contains_key(&holder) {
            self.sweep(now);
            if self.all.len() >= ACCOUNTS {
                return None;
            }
        }
        Some(self.all.entry(holder).or_default())
    }

    /// Forgets who has nothing and did nothing that matters.
    fn sweep(&mut self, now: Instant) {
        if self.all.len() >= ACCOUNTS && self.swept.is_some_and(|swept| now < swept + REST) {
            return;
        }
        self.swept = Some(now);
        self.all.retain(|_, account| {
            let is_rested = account.openings.is_rested(now) && account.calls.is_rested(now);
            account.streams > 0 || !is_rested
        });
        // Twice as many as are needed, so that there are as many newcomers to each walk as it is long.
        self.many = self.all.len() * 2;
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // Who has a stream is not forgotten.
        if let Some(account) = self.ledger.accounts().all.get_mut(&self.holder) {
            account.streams -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{ACCOUNTS, FEW, Ledger, Use};
    use crate::limits::Rate;
    use crate::who::Principal;

    const RATE: Rate = Rate { per_second: 50, burst: 100 };

    fn somebody(number: usize) -> Principal {
        let (issuer, subject) = ("issuer".to_owned(), format!("subject {number}"));
        Principal { issuer, subject, ..Principal::anyone() }
    }

    #[test]
    fn any_number_of_principals_over_time_takes_room_for_those_of_late_only() {
        let (ledger, start) = (Arc::new(Ledger::default()), Instant::now());
        let held = Ledger::open(&ledger, &somebody(usize::MAX), 1).expect("room");
        // A thousand a second, each of whom matters for 20 ms.
        for number in 0..100_000 {
            let now = start + Duration::from_millis(1) * number;
            let somebody = somebody(number as usize);
            ledger.count(&somebody, Use::Call, RATE, now).expect("not often");
            assert!(ledger.accounts().all.len() <= FEW, "at {number}");
        }
        assert!(Ledger::open(&ledger, &somebody(usize::MAX), 1).is_none(), "that one is known");
        drop(held);
        assert!(Ledger::open(&ledger, &somebody(usize::MAX), 1).is_some());
    }

    #[test]
    fn as_many_as_there_may_be_at_once_have_others_wait_until_they_have_rested() {
        let (ledger, start) = (Ledger::default(), Instant::now());
        let count = |number: usize, now| ledger.count(&somebody(number), Use::Call, RATE, now);
        for number in 0..ACCOUNTS {
            count(number, start).expect("room");
        }
        let wait = count(ACCOUNTS, start).expect_err("one too many");
        assert_eq!(ledger.accounts().all.len(), ACCOUNTS);
        // Who is known goes on.
        count(0, start).expect("it is known");
        count(ACCOUNTS, start + wait).expect("the others have rested");
        assert!(ledger.accounts().all.len() <= 2);
    }
}
