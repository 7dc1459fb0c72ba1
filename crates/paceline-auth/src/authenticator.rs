//! Finding out who asks: by the token of a request, or else by the certificate of its connection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use metrics::counter;
use paceline_grpc::{Clock, Credentials, Identify, Identifying, Principal, Unidentified};

use crate::certificate::Identities;
use crate::keys::{self, Algorithm, KeySource, Keys};
use crate::roles::{Claims, Duties, Roles, Service};
use crate::token::claims::Expected;
use crate::token::{form, invalid};
use crate::{bearer, metric, ring_provider};

/// Whose tokens are believed, and what they are to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Who issues them, exactly as they say it.
    pub issuer: String,
    /// Whom they are for: their audience, or one of several.
    pub audience: String,
    /// Where the keys come from.
    pub keys: KeySource,
    /// What they may be signed with.
    pub algorithms: Vec<Algorithm>,
    /// The kinds of token that are taken, in lower case; `None` is one that does not say.
    pub kinds: Vec<Option<String>>,
    /// How far the clocks of both sides may differ where a token begins to hold.
    pub skew: Duration,
    /// After how long keys are fetched again; so long a key is believed that is no longer published.
    pub refresh: Duration,
    /// The least time between two fetches, however many unknown keys are asked for.
    pub cool_down: Duration,
    /// Where it stands what somebody is.
    pub claims: Claims,
    /// What the words there mean.
    pub roles: Roles,
    /// The programs, by their subjects.
    pub services: BTreeMap<String, Service>,
}

/// Whose certificates are believed to be whose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MutualTls {
    /// Who has which.
    pub identities: Identities,
}

/// Why nobody can be identified.
#[derive(Debug, thiserror::Error)]
#[error("the identity provider's keys cannot be fetched: {0}")]
pub struct Error(#[from] keys::Error);

/// Finds out who asks.
///
/// A token decides, where there is one: then a certificate only let its connection in. A request with a bad token is refused, whatever
/// its certificate.
#[derive(Debug)]
pub struct Authenticator {
    clock: Shown,
    tokens: Option<Checked>,
    certificates: Option<MutualTls>,
}

/// What tokens are checked by.
#[derive(Debug)]
struct Checked {
    expected: Expected,
    keys: Arc<Keys>,
    algorithms: Vec<Algorithm>,
    kinds: Vec<Option<String>>,
    duties: Duties,
}

/// A clock that can be shown.
struct Shown(Clock);

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a clock")
    }
}

impl Authenticator {
    /// By tokens, certificates or both, and the wall clock.
    ///
    /// # Errors
    /// [`Error`]: keys could never be fetched.
    pub fn new(
        tokens: Option<Tokens>,
        certificates: Option<MutualTls>,
        clock: Clock,
    ) -> Result<Self, Error> {
        ring_provider::install();
        let tokens = tokens.map(|tokens| Checked::new(tokens, &clock)).transpose()?;
        Ok(Self { clock: Shown(clock), tokens, certificates })
    }

    async fn find(&self, shown: Credentials<'_>) -> Result<Principal, Unidentified> {
        let values = shown.headers.get_all("authorization");
        let token = bearer::token(values.iter().map(|value| value.as_bytes()))?;
        let now = (self.clock.0)();
        let (principal, by) = match (token, shown.certificate) {
            (Some(token), _) => {
                let tokens = self.tokens.as_ref().ok_or_else(|| invalid("no_tokens"))?;
                (tokens.check(token, now).await?, "token")
            }
            (None, Some(certificate)) => {
                let known = self.certificates.as_ref();
                let known = known.ok_or_else(|| invalid("certificate_unknown"))?;
                (known.identities.find(certificate, now)?, "certificate")
            }
            (None, None) => {
                let (reason, detail) = ("CREDENTIALS_MISSING", "missing");
                return Err(Unidentified { reason, detail, wait: None });
            }
        };
        counter!(metric::IDENTIFIED, "by" => by).increment(1);
        Ok(principal)
    }
}

impl Identify for Authenticator {
    fn identify<'a>(&'a self, shown: Credentials<'a>) -> Identifying<'a> {
        Box::pin(async move {
            let found = self.find(shown).await;
            if let Err(unidentified) = &found {
                counter!(metric::REFUSED, "detail" => unidentified.detail).increment(1);
            }
            found
        })
    }
}

impl Checked {
    fn new(tokens: Tokens, clock: &Clock) -> Result<Self, Error> {
        let span = |time: Duration| SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
        let pace = keys::Pace { ttl: span(tokens.refresh), cool_down: span(tokens.cool_down) };
        let keys = Keys::new(&tokens.keys, pace, clock.clone())?;
        let expected = Expected {
            issuer: tokens.issuer,
            audience: tokens.audience,
            skew: tokens.skew.as_secs_f64(),
        };
        let services = Arc::new(tokens.services);
        let duties = Duties { claims: tokens.claims, roles: tokens.roles, services };
        Ok(Self { expected, keys, algorithms: tokens.algorithms, kinds: tokens.kinds, duties })
    }

    async fn check(&self, token: &str, now: jiff::Timestamp) -> Result<Principal, Unidentified> {
        let form = form::take_apart(token, &self.algorithms)?;
        if !self.kinds.contains(&form.kind) {
            return Err(invalid("typ"));
        }
        let key = self.keys.find(&form.kid, form.algorithm).await?;
        let algorithm = form.algorithm.into();
        let verified = jsonwebtoken::crypto::verify(
            form.signature,
            form.signed.as_bytes(),
            &key.material,
            algorithm,
        );
        if !verified.unwrap_or(false) {
            return Err(invalid("signature"));
        }
        let held = self.expected.check(&form.claims, now)?;
        self.duties.principal(&self.expected.issuer, held, &form.claims)
    }
}
