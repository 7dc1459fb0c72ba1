//! The audit log, as the services see it: what they tell it, and when.
//!
//! A change of a goal waits until it stands there; a refusal never waits, and who is refused is not told why that is written
//! down: whether something is unknown or hidden is for the log to find out, which takes both in the same way.

mod named;
mod witness;

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use paceline_core::goal::Edit;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::call::Call;
use crate::who::{Principal, Unidentified};

pub use named::{About, Named};
pub(crate) use witness::Witness;

/// A log of who changed what and who was refused what, to which is only added.
pub trait AuditLog: Debug + Send + Sync {
    /// Writes down what becomes of a goal, and answers once that stands there for good. The error says in words why it may not.
    fn goal(&self, change: GoalChange) -> Auditing;

    /// Takes note of a refusal, at once; it may be counted only, if there are too many.
    fn refused(&self, refusal: Refusal);
}

/// A record on its way to the audit log.
pub type Auditing = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// What becomes of a goal.
#[derive(Clone, Debug)]
pub struct GoalChange {
    /// By which call.
    pub call: Arc<Call>,
    /// By whom.
    pub who: Arc<Principal>,
    /// The edit.
    pub edit: Edit,
    /// How far it has come.
    pub step: Step,
}

/// How far an edit has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is accepted, and is written to the goals' topic next.
    Accepted,
    /// The goals' topic did not say that it has it: it may come into effect nonetheless. With what the topic said.
    Unconfirmed(String),
}

/// Somebody was refused something.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// By which call.
    pub call: Arc<Call>,
    /// Who; nobody, if that was the reason.
    pub who: Option<Arc<Principal>>,
    /// The code, such as `PERMISSION_DENIED`; `OUT_OF_SCOPE` for what a watch names and does not get.
    pub outcome: &'static str,
    /// The reason that the caller was told, if any.
    pub reason: String,
    /// What exactly was wrong with credentials, which the caller was not told.
    pub detail: Option<&'static str>,
    /// What the request named of which it was refused. Of `NOT_FOUND` and `OUT_OF_SCOPE` this is only a refusal if there is such a
    /// thing.
    pub named: Named,
}

/// Tells the log of refusals.
pub(crate) async fn audited(
    State(log): State<Option<Arc<dyn AuditLog>>>,
    request: Request,
    next: Next,
) -> Response {
    let call = request.extensions().get::<Arc<Call>>().cloned();
    let response = next.run(request).await;
    if let (Some(log), Some(call)) = (log, call)
        && let Some(refusal) = refusal(call, &response)
    {
        log.refused(refusal);
    }
    response
}

fn refusal(call: Arc<Call>, response: &Response) -> Option<Refusal> {
    let who = response.extensions().get::<Arc<Principal>>().cloned();
    let status = response.extensions().get::<Status>()?;
    let named = Named::of(status);
    let nobody = response.extensions().get::<Unidentified>();
    let outcome = match status.code() {
        // Who shows the name of a key that cannot be asked for just now may be a forger.
        Code::Unavailable if nobody.is_some() => "UNAVAILABLE",
        Code::Unauthenticated => "UNAUTHENTICATED",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::NotFound if named.is_some() => "NOT_FOUND",
        Code::Ok
        | Code::NotFound
        | Code::Cancelled
        | Code::Unknown
        | Code::InvalidArgument
        | Code::DeadlineExceeded
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => return None,
    };
    let detail = nobody.map(|nobody| nobody.detail);
    let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    let named = named.cloned().unwrap_or_default();
    Some(Refusal { call, who, outcome, reason, detail, named })
}
