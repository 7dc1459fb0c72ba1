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
mod slow;

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tonic::{Extensions, Status};

use crate::errors;
use crate::limits::Limits;
use crate::metric;
use crate::open::Admitted;
use crate::server::Busy;
use crate::who::{Principal, Role};

use bucket::Bucket;
use ledger::{Ledger, Use};
use method::{Kind, Methods};
use slow::Slow;

pub(crate) use ledger::Share;

/// Streams of health and reflection at a time, for which nobody has to be known.
const PROBES: usize = 1_000;
/// Requests at a time that have come in half.
const HALVES: usize = 512;

/// What is let in.
#[derive(Debug)]
pub(crate) struct Admission {
    limits: Limits,
    methods: Methods,
    /// The watches that may be open, and the calls under way. They are never closed.
    streams: Arc<Semaphore>,
    calls: Arc<Semaphore>,
    probes: Arc<Semaphore>,
    openings: Mutex<Bucket>,
    /// What each principal has.
    ledger: Arc<Ledger>,
    halves: Slow,
    answers: Slow,
}

impl Admission {
    pub(crate) fn new(limits: &Limits) -> Self {
        let room = |places| Arc::new(Semaphore::new(places));
        Self {
            methods: Methods::of_descriptors(),
            streams: room(limits.streams),
            calls: room(limits.calls),
            probes: room(PROBES),
            openings: Mutex::default(),
            ledger: Arc::default(),
            halves: Slow::new(HALVES, limits.head),
            answers: Slow::new(answer::places(limits.answers), limits.patience),
            limits: limits.clone(),
        }
    }

    /// A place for a watch, which is given back when that is dropped.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` when as many are open as may be, of whoever asks or in all, and as for [`Principal::of`].
    pub(crate) fn enter(&self, extensions: &Extensions) -> Result<Admitted, Status> {
        let principal = Principal::of(extensions)?;
        let own = match self.allowance(principal) {
            None => None,
            Some(allowance) => {
                let share = Ledger::open(&self.ledger, principal, allowance.streams);
                Some(
                    share
                        .ok_or_else(|| refused(errors::too_many_own_streams(allowance.streams)))?,
                )
            }
        };
        let all = self.streams.clone().try_acquire_owned();
        let all = all.map_err(|_| refused(errors::too_many_streams()))?;
        Ok(Admitted::new(all, own, extensions.get::<Busy>().cloned()))
    }

    /// What somebody may have; nothing is said of it where nobody is asked who they are, and all are one.
    fn allowance(&self, principal: &Principal) -> Option<&crate::limits::Allowance> {
        if principal.issuer.is_empty() {
            return None;
        }
        Some(match principal.role {
            Role::Service => &self.limits.service,
            Role::Rep | Role::Manager | Role::Executive | Role::Admin => &self.limits.person,
        })
    }

    /// Counts one use of what may be used so often.
    fn count(&self, principal: Option<&Arc<Principal>>, used: Use) -> Result<(), Status> {
        let now = Instant::now();
        let allowance = principal.and_then(|principal| self.allowance(principal));
        if let (Some(principal), Some(allowance)) = (principal, allowance) {
            let rate = match used {
                Use::Opening => allowance.openings,
                Use::Call => allowance.calls,
            };
            self.ledger.count(principal, used, rate, now).map_err(errors::too_many_requests)?;
        }
        if used == Use::Opening {
            let mut openings = self.openings.lock().unwrap_or_else(PoisonError::into_inner);
            openings.take(self.limits.openings, now).map_err(errors::too_many_requests)?;
        }
        Ok(())
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
        let busy = request.extensions().get::<Busy>().cloned();
        let principal = request.extensions().get::<Arc<Principal>>();
        self.count(principal, if kind == Kind::Call { Use::Call } else { Use::Opening })?;
        match kind {
            Kind::Call => {
                let request = self.whole(request, busy.as_ref()).await?;
                let call = self.calls.clone().try_acquire_owned();
                let call = call.map_err(|_| errors::too_busy())?;
                let response = next.run(request).await;
                drop(call);
                Ok(answer::kept(response, busy, &self.answers).await)
            }
            Kind::Watch => Ok(next.run(self.whole(request, busy.as_ref()).await?).await),
            Kind::Probe => {
                let place = self.probes.clone().try_acquire_owned();
                let place = place.map_err(|_| errors::too_many_streams())?;
                Ok(answer::holding(next.run(request).await, busy, place))
            }
        }
    }
}

impl Admission {
    /// A request once it has come in. A connection that leaves one lie while too many others do is not kept: what was read of it
    /// is most of what it takes.
    async fn whole(&self, request: Request, busy: Option<&Busy>) -> Result<Request, Status> {
        let asked = asked::whole(request, &self.halves).await;
        if let (Err(_), Some(busy)) = (&asked, busy.filter(|_| self.halves.run_short())) {
            busy.let_go();
        }
        asked
    }
}

/// Counts a refusal.
fn refused(status: Status) -> Status {
    metric::refused(&status);
    status
}
