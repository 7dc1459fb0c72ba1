//! Why the client cannot do what it was asked, and which refusals pass.

use std::error::Error as _;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// The trailer that holds the last token of a stream that ended.
const TOKEN_TRAILER: &str = "paceline-resume-token-bin";
/// The longest that a server is believed to want a client to wait.
const RETRY_MAX: Duration = Duration::from_secs(60);

/// Why the client cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no address.
    #[error("`{0}` is no address; write host:port")]
    Address(String),
    /// The name of who asks cannot be sent.
    #[error("`{0}` is not written in ASCII")]
    Actor(String),
    /// The token cannot be sent.
    #[error("the token has characters that no token has")]
    Token,
    /// The token would go to another host in plain text, which [`Client::insecure`](crate::Client::insecure) would let it.
    #[error(
        "the token would go to `{0}` in plain text, for anybody on the way to use: write https://{0}"
    )]
    PlainToken(String),
    /// TLS cannot be made with what was given.
    #[error("TLS cannot be made: {0}")]
    Tls(String),
    /// The server refuses, or cannot be asked.
    #[error("{}", told(.0))]
    Refused(Box<Status>),
}

impl Error {
    /// What the server answered, if it was asked.
    pub fn status(&self) -> Option<&Status> {
        match self {
            Self::Refused(status) => Some(status),
            Self::Address(_)
            | Self::Actor(_)
            | Self::Token
            | Self::PlainToken(_)
            | Self::Tls(_) => None,
        }
    }

    /// The reason as a word that programs can act on, such as `UNKNOWN_SCOPE` or `GOAL_EDITED`.
    pub fn reason(&self) -> Option<String> {
        self.status()?.get_details_error_info().map(|info| info.reason)
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(status))
    }
}

/// What a status says, with what is behind it where no connection was made: that tells a certificate that is not believed from
/// a server that is not there.
pub(crate) fn told(status: &Status) -> String {
    let cause = status.source().map(root).unwrap_or_default();
    let message = status.message();
    if cause.is_empty() || message.contains(&cause) {
        return message.to_owned();
    }
    format!("{message}: {cause}")
}

/// The last cause of an error, in words.
pub(crate) fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// Whether the credentials have expired, and others would be taken.
pub(crate) fn has_expired(status: &Status) -> bool {
    status.code() == Code::Unauthenticated && has_reason(status, "CREDENTIALS_EXPIRED")
}

fn has_reason(status: &Status, reason: &str) -> bool {
    status.get_details_error_info().is_some_and(|info| info.reason == reason)
}

/// Whether trying again may help, with nothing else changed.
pub(crate) fn passes(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable
        | Code::Unknown
        | Code::Internal
        | Code::ResourceExhausted
        | Code::Aborted
        | Code::Cancelled
        | Code::DeadlineExceeded => true,
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::DataLoss => false,
        // The key by which the token was signed may be newer than those that the server knows.
        Code::Unauthenticated => has_reason(status, "KEY_UNKNOWN"),
    }
}

/// How long the server asks to wait.
pub(crate) fn retry_delay(status: &Status) -> Duration {
    let asked = status.get_details_retry_info().and_then(|info| info.retry_delay);
    asked.unwrap_or_default().min(RETRY_MAX)
}

/// The last token of a stream that ended with this status.
pub(crate) fn last_token(status: &Status) -> Option<Vec<u8>> {
    let token = status.metadata().get_bin(TOKEN_TRAILER)?.to_bytes().ok()?;
    (!token.is_empty()).then(|| token.to_vec())
}

/// Whether the refusal is of the token that was resumed with, and of nothing else.
pub(crate) fn refuses_token(status: &Status) -> bool {
    let request = status.get_details_bad_request();
    let fields = request.map(|request| request.field_violations).unwrap_or_default();
    status.code() == Code::InvalidArgument
        && !fields.is_empty()
        && fields.iter().all(|violation| violation.field == "resume_token")
}
