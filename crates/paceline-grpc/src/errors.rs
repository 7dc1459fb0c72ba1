//! Errors as clients see them: a status code, and `google.rpc` details that a program can act on.

use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Whose reasons they are, in every `google.rpc.ErrorInfo`.
pub(crate) const DOMAIN: &str = "paceline";

/// How long a client is asked to wait before it tries again.
pub(crate) const RETRY: Duration = Duration::from_secs(1);

/// A field of the request is wrong.
pub(crate) fn invalid(field: impl Into<String>, description: impl Into<String>) -> Status {
    let (field, description) = (field.into(), description.into());
    let message = format!("{field}: {description}");
    let mut details = ErrorDetails::with_bad_request_violation(field, description);
    details.set_error_info("INVALID_FIELD", DOMAIN, HashMap::new());
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// A scope is unknown or forbidden; which of both is not told.
pub(crate) fn unknown_scope(name: &str) -> Status {
    let message = format!("scope `{name}` is unknown, or not visible to you");
    Status::with_error_details(Code::NotFound, message, info("UNKNOWN_SCOPE", None))
}

/// The sources are not caught up.
pub(crate) fn not_caught_up() -> Status {
    let message = "the sources are not caught up yet";
    Status::with_error_details(Code::Unavailable, message, info("NOT_CAUGHT_UP", Some(RETRY)))
}

/// As many watches as the server takes are open.
pub(crate) fn too_many_streams() -> Status {
    let message = "as many watches are open as this server takes";
    Status::with_error_details(
        Code::ResourceExhausted,
        message,
        info("TOO_MANY_STREAMS", Some(RETRY)),
    )
}

/// The details of an error that has a reason and, where trying again helps, a delay.
pub(crate) fn info(reason: &str, retry: Option<Duration>) -> ErrorDetails {
    let mut details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    if retry.is_some() {
        details.set_retry_info(retry);
    }
    details
}
