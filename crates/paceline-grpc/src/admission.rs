//! Admission: what of all that is asked is let in, and how long who is slow may be.
//!
//! It stands behind [`crate::who`], so that nothing is kept of who is nobody. What is quick needs no place of its own: a request
//! that is there, an answer that is taken. Whoever is slow to say what they want, or to take what they got, needs a place
//! among the slow, of which there are few; and where those run short, slowness is suffered for a moment only. So neither
//! takes anything from those who are quick.

mod answer;
mod asked;
mod bucket;
mod ledger;
mod method;
mod probes;
mod slow;
mod talk;

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tonic::{Extensions, Status};

use crate::errors;
use crate::limits::{Allowance, Limits, Rate};
use crate::metric;
use crate::open::Admitted;
use crate::server::Busy;
use crate::who::{Principal, Role};

use bucket::Bucket;
use ledger::{Ledger, Use};
use method::{Kind, Methods};
use probes::Probes;
use slow::Slow;

pub(crate) use ledger::Share;

/// Requests at a time that have come in half.
const HALVES: usize = 512;
/// Streams of reflection at a time: each may hold a few answers, of some ten KiB.
const TALKS: usize = 64;

/// What is let in.
#[derive(Debug)]
pub(crate) struct Admission {
    limits: Limits,
    methods: Methods,
    /// The watches that may be open, and the calls under way. They are never closed.
    streams: Arc<Semaphore>,
    calls: Arc<Semaphore>,
    /// What all together did of late.
    openings: Mutex<Bucket>,
    called: Mutex<Bucket>,
    /// What each principal has.
    ledger: Arc<Ledger>,
    halves: Slow,
    answers: Slow,
    probes: Probes,
    talks: Slow,
}

impl Admission {
    pub(crate) fn new(limits: &Limits) -> Self {
        let room = |places| Arc::new(Semaphore::new(places));
        Self {
            methods: Methods::of_descriptors(),
            streams: room(limits.streams),
            calls: room(limits.calls),
            openings: Mutex::default(),
            called: Mutex::default(),
            ledger: Arc::default(),
            halves: Slow::new(HALVES, limits.head),
            answers: Slow::new(answer::places(limits.answers), limits.patience),
            probes: Probes::new(limits),
            talks: Slow::new(TALKS, limits.patience),
            limits: limits.clone(),
        }
    }

    /// A place for a watch, which is given back when that is dropped.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` when as many are open as may be, of whoever asks or in all, and as for [`Principal::of`].
    pub(crate) fn enter(&self, extensions: &Extensions) -> Result<Admitted, Status> {
        let own = self.own_stream(Principal::of(extensions)?).map_err(refused)?;
        let all = self.streams.clone().try_acquire_owned();
        let all = all.map_err(|_| refused(errors::too_many_streams()))?;
        Ok(Admitted::new(all, own, extensions.get::<Busy>().cloned()))
    }

    /// A stream of somebody; nothing where they need none to have one.
    fn own_stream(&self, principal: &Principal) -> Result<Option<Share>, Status> {
        let Some(allowance) = self.allowance(principal) else { return Ok(None) };
        let share = Ledger::open(&self.ledger, principal, allowance.streams);
        share.map(Some).ok_or_else(|| errors::too_many_own_streams(allowance.streams))
    }

    /// What somebody may have; nothing is said of it where nobody is asked who they are, and all are one.
    fn allowance(&self, principal: &Principal) -> Option<&Allowance> {
        principal.is_known().then_some(match principal.role {
            Role::Service => &self.limits.service,
            Role::Rep | Role::Manager | Role::Executive | Role::Admin => &self.limits.person,
        })
    }

    /// Counts one use of what may be used so often, by whoever asks and by all: of both, or, if it is too often for either, of neither.
    fn count(&self, principal: Option<&Principal>, kind: Kind, now: Instant) -> Result<(), Status> {
        let Some(used) = kind.use_of_all() else { return self.count_own(principal, kind, now) };
        let (rate, bucket) = self.of_all(used);
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = bucket.after_one_more(rate, now).map_err(errors::too_many_requests)?;
        self.count_own(principal, kind, now)?;
        *bucket = taken;
        Ok(())
    }

    fn count_own(
        &self,
        principal: Option<&Principal>,
        kind: Kind,
        now: Instant,
    ) -> Result<(), Status> {
        let Some((principal, used)) = principal.zip(kind.own_use()) else { return Ok(()) };
        let Some(allowance) = self.allowance(principal) else { return Ok(()) };
        let rate = match used {
            Use::Opening => allowance.openings,
            Use::Call => allowance.calls,
        };
        self.ledger.count(principal, used, rate, now).map_err(errors::too_many_requests)
    }

    /// How often all together may do something, and what they did of late.
    fn of_all(&self, used: Use) -> (Rate, &Mutex<Bucket>) {
        match used {
            Use::Opening => (self.limits.openings, &self.openings),
            Use::Call => (self.limits.call_rate, &self.called),
        }
    }
}

/// Lets only so much through.
pub(crate) async fn admitted(
    State(admission): State<Arc<Admission>>,
    request: Request,
    next: Next,
) -> Response {
    match admission.admit(request, next).await {
        Ok(response) => response,
        Err(status) => refused(status).into_http::<tonic::body::Body>().into_response(),
    }
}

impl Admission {
    async fn admit(&self, request: Request, next: Next) -> Result<Response, Status> {
        let kind = self.methods.kind(request.uri().path());
        let principal = request.extensions().get::<Arc<Principal>>().map(AsRef::as_ref);
        self.count(principal, kind, Instant::now())?;
        match kind {
            Kind::Call => self.call(request, next).await,
            Kind::Watch => Ok(next.run(asked::whole(request, &self.halves).await?).await),
            Kind::Check => self.probes.check(request, next).await,
            Kind::Probe => self.probes.watch(request, next).await,
            Kind::Talk => self.talk(request, next).await,
        }
    }

    async fn call(&self, request: Request, next: Next) -> Result<Response, Status> {
        let request = asked::whole(request, &self.halves).await?;
        let busy = request.extensions().get::<Busy>().cloned();
        let call = self.calls.clone().try_acquire_owned();
        let call = call.map_err(|_| errors::too_busy())?;
        let response = next.run(request).await;
        drop(call);
        Ok(answer::kept(response, busy, &self.answers).await)
    }

    async fn talk(&self, request: Request, next: Next) -> Result<Response, Status> {
        let own = self.own_stream(Principal::of(request.extensions())?)?;
        let place = self.talks.take(1).ok_or_else(errors::too_many_streams)?;
        let busy = request.extensions().get::<Busy>().cloned();
        Ok(talk::held(request, next, &self.talks, (own, place, busy)).await)
    }
}

/// Counts a refusal.
fn refused(status: Status) -> Status {
    metric::refused(&status);
    status
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Admission, Kind};
    use crate::limits::{Allowance, Limits, Rate};
    use crate::who::Principal;

    fn somebody(name: &str) -> Principal {
        let (issuer, subject) = ("issuer".to_owned(), name.to_owned());
        Principal { issuer, subject, ..Principal::anyone() }
    }

    /// Once in a tenth of a second for all, and twice at once, then once a second, for each.
    fn admission() -> Admission {
        let all = Rate { per_second: 10, burst: 1 };
        let own = Rate { per_second: 1, burst: 2 };
        let person = Allowance { openings: own, calls: own, ..Limits::default().person };
        Admission::new(&Limits { openings: all, call_rate: all, person, ..Limits::default() })
    }

    #[test]
    fn an_attempt_in_vain_counts_neither_for_who_makes_it_nor_for_all() {
        for kind in [Kind::Call, Kind::Watch] {
            let (admission, start) = (admission(), Instant::now());
            let tenths = |count: u32| start + Duration::from_millis(100) * count;
            let (ana, ben) = (somebody("Ana"), somebody("Ben"));
            let count = |who: &Principal, now| admission.count(Some(who), kind, now).is_ok();
            assert!(count(&ana, start));
            // Often for all: it is not hers that is too often.
            for _ in 0..10 {
                assert!(!count(&ana, start), "{kind:?}");
            }
            assert!(count(&ana, tenths(1)), "{kind:?}: those in vain counted for her");
            // Often for her: it is not that of all.
            for _ in 0..10 {
                assert!(!count(&ana, tenths(2)), "{kind:?}");
            }
            assert!(count(&ben, tenths(2)), "{kind:?}: those in vain counted for all");
        }
    }

    #[test]
    fn what_nobody_known_may_ask_for_is_at_any_rate() {
        let (admission, now) = (admission(), Instant::now());
        for kind in [Kind::Check, Kind::Probe] {
            assert!((0..100).all(|_| admission.count(None, kind, now).is_ok()), "{kind:?}");
        }
        for kind in [Kind::Call, Kind::Watch] {
            admission.count(Some(&somebody("Ana")), kind, now).expect("nobody took it");
        }
    }
}
