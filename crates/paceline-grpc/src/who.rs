//! Who asks: found once for each request, before any service sees it, and carried along with it.
//!
//! What a caller may see is no list of scopes but a [`Sight`], which the board is asked with: who is below whom is another
//! tomorrow, and a stream of today goes on.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use paceline_core::sight::Sight;
use sha2::{Digest as _, Sha256};
use tonic::{Extensions, Status};

use crate::errors;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees their own numbers.
    Rep,
    /// Sees their own numbers, and those of everyone below.
    Manager,
    /// Sees all numbers.
    Executive,
    /// Sees all numbers, and sets goals.
    Admin,
    /// A program, which sees and does what the config says.
    Service,
}

impl Role {
    /// Its name in claims, configs and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rep => "rep",
            Self::Manager => "manager",
            Self::Executive => "executive",
            Self::Admin => "admin",
            Self::Service => "service",
        }
    }
}

/// Stands for a principal, whose names may be long and are nobody's business where things are counted.
pub(crate) type Holder = [u8; 16];

/// Somebody who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Who says who it is: the issuer of a token, or `mtls`; empty where nobody checks.
    pub issuer: String,
    /// Who it is, uniquely within the issuer: the subject of a token or certificate.
    pub subject: String,
    /// What they may do.
    pub role: Role,
    /// Whose numbers they may see.
    pub sight: Sight,
    /// The id of the rep that they are, if they are one.
    pub rep: Option<String>,
    /// Whether they may set and delete goals.
    pub sets_goals: bool,
    /// From when on their credentials are worth nothing, by the wall clock.
    pub expires: Option<Timestamp>,
}

impl Principal {
    /// Whoever asks where nobody is asked who they are.
    pub fn anyone() -> Self {
        Self {
            issuer: String::new(),
            subject: "anonymous".to_owned(),
            role: Role::Admin,
            sight: Sight::All,
            rep: None,
            sets_goals: true,
            expires: None,
        }
    }

    /// What their edits are signed with; nothing where nobody checks who they are.
    pub(crate) fn signature(&self) -> Option<String> {
        let Self { issuer, subject, .. } = self;
        self.is_known().then(|| format!("{issuer}/{subject}"))
    }

    /// Whether it is known who they are, and one can be told from another.
    pub(crate) fn is_known(&self) -> bool {
        !self.issuer.is_empty()
    }

    /// What stands for them where it is counted what each has.
    pub(crate) fn holder(&self) -> Holder {
        let mut hasher = Sha256::new();
        hasher.update((self.issuer.len() as u64).to_be_bytes());
        hasher.update(&self.issuer);
        hasher.update(&self.subject);
        let mut holder = Holder::default();
        holder.copy_from_slice(&hasher.finalize()[..size_of::<Holder>()]);
        holder
    }

    /// The rep who is shown their own rank where they do not see all, if such ranks are shown.
    pub(crate) fn ranked(&self, ranks_only: bool) -> Option<&str> {
        self.rep.as_deref().filter(|_| ranks_only && self.role == Role::Rep)
    }

    /// Who asked a request.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when nobody looked, which lets nobody in by an oversight.
    pub(crate) fn of(extensions: &Extensions) -> Result<&Arc<Self>, Status> {
        extensions
            .get::<Arc<Self>>()
            .ok_or_else(|| errors::unauthenticated("CREDENTIALS_MISSING", None))
    }
}

/// What somebody shows for who they are.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// The metadata of the request.
    pub headers: &'a HeaderMap,
    /// The certificate that the connection's peer has proven to own, in DER.
    pub certificate: Option<&'a [u8]>,
}

/// Why somebody is nobody. It is told in logs and counted; the caller hears only what helps an honest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unidentified {
    /// What a program can act on: `CREDENTIALS_MISSING`, `CREDENTIALS_EXPIRED`, `CREDENTIALS_INVALID`, `KEY_UNKNOWN`, which may be no
    /// fault of the caller's, or `KEYS_UNAVAILABLE`, which is none.
    pub reason: &'static str,
    /// What exactly was wrong, for the log and the metrics: a word of a fixed list.
    pub detail: &'static str,
    /// How long to wait before coming again with the same credentials, if that may help.
    pub wait: Option<Duration>,
}

/// Somebody on the way to being identified.
pub type Identifying<'a> =
    Pin<Box<dyn Future<Output = Result<Principal, Unidentified>> + Send + 'a>>;

/// Finds out who asks.
pub trait Identify: Debug + Send + Sync {
    /// Who shows these credentials.
    fn identify<'a>(&'a self, shown: Credentials<'a>) -> Identifying<'a>;
}

/// The certificate of a connection's peer, which every request on it carries.
#[derive(Clone, Debug)]
pub(crate) struct PeerCertificate(pub(crate) Arc<[u8]>);

/// What may be asked without credentials, as probes do.
pub(crate) const HEALTH: &str = "/grpc.health.v1.Health/";

/// Lets only those through of whom it is known who they are, which the request tells from there on.
pub(crate) async fn identified(
    State(identify): State<Option<Arc<dyn Identify>>>,
    mut request: Request,
    next: Next,
) -> Response {
    let principal = match &identify {
        None => Principal::anyone(),
        Some(_) if request.uri().path().starts_with(HEALTH) => return next.run(request).await,
        Some(identify) => {
            let certificate = request.extensions().get::<PeerCertificate>().cloned();
            let certificate = certificate.as_ref().map(|certificate| &*certificate.0);
            let shown = Credentials { headers: request.headers(), certificate };
            match identify.identify(shown).await {
                Ok(principal) => principal,
                Err(unidentified) => return refused(unidentified),
            }
        }
    };
    let principal = Arc::new(principal);
    request.extensions_mut().insert(principal.clone());
    let mut response = next.run(request).await;
    // Whoever looks at the answer knows then whose it is.
    response.extensions_mut().insert(principal);
    response
}

fn refused(unidentified: Unidentified) -> Response {
    let Unidentified { reason, detail, wait } = unidentified;
    tracing::debug!(reason, detail, "nobody known");
    let mut response = errors::unauthenticated(reason, wait).into_http();
    response.extensions_mut().insert(unidentified);
    response
}

#[cfg(test)]
mod tests {
    use super::Principal;

    #[test]
    fn names_that_read_alike_in_a_row_are_not_the_same() {
        let named = |issuer: &str, subject: &str| {
            let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
            Principal { issuer, subject, ..Principal::anyone() }.holder()
        };
        assert_ne!(named("a", "bc"), named("ab", "c"));
        assert_eq!(named("a", "b"), named("a", "b"));
    }
}
