//! Errors as clients see them: a status code, and `google.rpc` details that a program can act on.

use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::audit::Named;
use crate::jitter::jitter;

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

/// Fields of the request are wrong, each with what is wrong about it.
pub(crate) fn all_invalid(fields: Vec<(String, String)>) -> Status {
    let texts: Vec<String> =
        fields.iter().map(|(field, description)| format!("{field}: {description}")).collect();
    let mut details = ErrorDetails::new();
    for (field, description) in fields {
        details.add_bad_request_violation(field, description);
    }
    details.set_error_info("INVALID_FIELD", DOMAIN, HashMap::new());
    Status::with_error_details(Code::InvalidArgument, texts.join("\n"), details)
}

/// It is not known who asks, for a reason of [`Unidentified`](crate::who::Unidentified), and whether to come again after a while.
pub(crate) fn unauthenticated(reason: &str, wait: Option<Duration>) -> Status {
    let (code, message) = match reason {
        "CREDENTIALS_MISSING" => {
            (Code::Unauthenticated, "no credentials: send `authorization: Bearer <token>`")
        }
        "CREDENTIALS_EXPIRED" => {
            (Code::Unauthenticated, "the credentials have expired: come again with new ones")
        }
        "KEYS_UNAVAILABLE" => {
            let message = "the keys by which credentials are checked cannot be had just now";
            (Code::Unavailable, message)
        }
        "KEY_UNKNOWN" => {
            let message = "the credentials are not accepted: their key is not known, or not yet";
            (Code::Unauthenticated, message)
        }
        _ => (Code::Unauthenticated, "the credentials are not accepted"),
    };
    Status::with_error_details(code, message, info(reason, wait.map(spread)))
}

/// Somebody asks for what those of their role may not do, whatever they name.
pub(crate) fn not_permitted(what: &str, named: Named) -> Status {
    let message = format!("your role may not {what}");
    let info = info("NOT_PERMITTED", None);
    named.attached(Status::with_error_details(Code::PermissionDenied, message, info))
}

/// There is no such goal.
pub(crate) fn unknown_goal(id: &str) -> Status {
    let message = format!("there is no goal `{id}`");
    let status = Status::with_error_details(Code::NotFound, message, info("UNKNOWN_GOAL", None));
    Named::goal(id).attached(status)
}

/// A goal is the config's.
pub(crate) fn goal_of_file(id: &str) -> Status {
    let message = format!(
        "goal `{id}` is the config's: change it there, or set one for the same people, which wins over it"
    );
    Status::with_error_details(Code::FailedPrecondition, message, info("GOAL_OF_FILE", None))
}

/// A goal was edited since the caller looked.
pub(crate) fn goal_edited(id: &str, expected: u64, edit: u64) -> Status {
    let message =
        format!("goal `{id}` was edited meanwhile: its last edit is {edit}, not {expected}");
    Status::with_error_details(Code::Aborted, message, info("GOAL_EDITED", None))
}

/// An edit could not be written down in the audit log, and was not made.
pub(crate) fn goal_not_audited(error: &dyn std::fmt::Display) -> Status {
    let message = format!(
        "nothing was changed: the audit log did not take the edit, without which none is made: {error}"
    );
    Status::with_error_details(Code::Unavailable, message, info("GOAL_NOT_AUDITED", Some(RETRY)))
}

/// An edit could not be written, or not in time.
pub(crate) fn goal_not_written(error: &dyn std::fmt::Display) -> Status {
    let message = format!(
        "the edit was not acknowledged by the topic, and may come into effect nonetheless: {error}"
    );
    Status::with_error_details(Code::Unavailable, message, info("GOAL_NOT_WRITTEN", Some(RETRY)))
}

/// An edit is written, and the log cannot be read.
pub(crate) fn goal_not_read_back() -> Status {
    let message = "the edit is on its topic, and comes into effect as soon as that can be read";
    Status::with_error_details(Code::Unavailable, message, info("GOAL_NOT_IN_EFFECT", Some(RETRY)))
}

/// A scope is unknown or forbidden; which of both is not told.
pub(crate) fn unknown_scope(name: &str) -> Status {
    unknown_scopes(name, Named::scopes([name]))
}

/// Checks that none of the scopes that a request names is unknown or forbidden, of which it is given all that are.
///
/// # Errors
/// `NOT_FOUND`, which tells the caller of the first alone.
pub(crate) fn check_known<'a>(unknown: impl IntoIterator<Item = &'a str>) -> Result<(), Status> {
    let mut unknown = unknown.into_iter().peekable();
    let Some(&first) = unknown.peek() else { return Ok(()) };
    Err(unknown_scopes(first, Named::scopes(unknown)))
}

fn unknown_scopes(first: &str, named: Named) -> Status {
    let message = format!("scope `{first}` is unknown, or not visible to you");
    let info = info("UNKNOWN_SCOPE", None);
    named.attached(Status::with_error_details(Code::NotFound, message, info))
}

/// The sources are not caught up.
pub(crate) fn not_caught_up() -> Status {
    let message = "the sources are not caught up yet";
    Status::with_error_details(Code::Unavailable, message, info("NOT_CAUGHT_UP", Some(RETRY)))
}

/// A token stands where its stream cannot go on.
pub(crate) fn token_out_of_range(reason: &str, message: &str) -> Status {
    Status::with_error_details(Code::OutOfRange, message, info(reason, Some(Duration::ZERO)))
}

/// A revision is yet to come: it cannot have been seen.
pub(crate) fn revision_ahead(since: u64, newest: u64) -> Status {
    let message = format!(
        "since_revision: {since} is yet to come, for the newest revision is {newest}; if it was seen before a restart, ask without it"
    );
    Status::with_error_details(Code::OutOfRange, message, info("REVISION_AHEAD", None))
}

/// A revision is of another history of the board.
pub(crate) fn other_epoch() -> Status {
    let message = "epoch: `since_revision` is of another epoch, as from before a restart; ask without both, and go on from the revision and epoch of the answer";
    Status::with_error_details(Code::OutOfRange, message, info("OTHER_EPOCH", None))
}

/// As many watches as the server takes are open.
pub(crate) fn too_many_streams() -> Status {
    exhausted("TOO_MANY_STREAMS", "as many watches are open as this server takes", RETRY)
}

/// Somebody has as many watches open as they may.
pub(crate) fn too_many_own_streams(most: usize) -> Status {
    let message = format!(
        "you have {most} watches open, which is as many as you may: end one, or watch more in it"
    );
    exhausted("TOO_MANY_STREAMS", &message, RETRY)
}

/// Somebody, or all together, ask too often; after so long they may again.
pub(crate) fn too_many_requests(wait: Duration) -> Status {
    exhausted("TOO_MANY_REQUESTS", "that was asked for too often of late", wait)
}

/// A request does not come in, and others do not either.
pub(crate) fn too_many_halves() -> Status {
    let message = "the request was not whole at once, and too many others are not either";
    exhausted("TOO_MANY_HALF_REQUESTS", message, RETRY)
}

/// A request did not come in.
pub(crate) fn half_asked() -> Status {
    let message = "the request was not whole in time";
    let info = info("HALF_REQUEST", Some(spread(RETRY)));
    Status::with_error_details(Code::DeadlineExceeded, message, info)
}

/// An answer was not taken.
pub(crate) fn slow_to_take() -> Status {
    exhausted("SLOW_CLIENT", "the answer was not taken in time: ask for less, or watch", RETRY)
}

/// A stream of reflection has lasted as long as any may.
pub(crate) fn talked_long_enough() -> Status {
    let message = "a stream of reflection lasts no longer: ask for the rest in another";
    exhausted("SLOW_CLIENT", message, RETRY)
}

/// A selector has more entries than may be, or longer ones.
pub(crate) fn selector_too_large(field: &str, description: impl Into<String>) -> Status {
    let description = description.into();
    let message = format!("{field}: {description}");
    let mut details = ErrorDetails::with_bad_request_violation(field, description);
    details.set_error_info("SELECTOR_TOO_LARGE", DOMAIN, HashMap::new());
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// As much waits to be taken by clients as the server keeps.
pub(crate) fn too_many_frames() -> Status {
    exhausted("TOO_MANY_FRAMES", "too much is kept for clients that are slow to take it", RETRY)
}

/// There are more records behind a standing than are listed.
pub(crate) fn too_many_records(most: usize) -> Status {
    let message = format!(
        "more than {most} records are behind it: ask for fewer people, or for a shorter period"
    );
    Status::with_error_details(Code::ResourceExhausted, message, info("TOO_MANY_RECORDS", None))
}

/// A listing is not kept any longer.
pub(crate) fn list_gone() -> Status {
    let message = "the listing is not kept any longer: begin with the first page";
    Status::with_error_details(Code::Aborted, message, info("LIST_GONE", None))
}

/// Records could not be asked in time.
pub(crate) fn listing_timed_out(patience: Duration) -> Status {
    let message = format!("the records could not be asked within {} s", patience.as_secs());
    Status::with_error_details(Code::Unavailable, message, info("LISTING_TIMED_OUT", Some(RETRY)))
}

/// More is asked for than can be worked out soon.
pub(crate) fn too_busy() -> Status {
    exhausted("TOO_BUSY", "more is asked for than can be answered soon", RETRY)
}

/// There is no room for what is asked for; there may be after `wait`.
fn exhausted(reason: &str, message: &str, wait: Duration) -> Status {
    Status::with_error_details(Code::ResourceExhausted, message, info(reason, Some(spread(wait))))
}

/// How long to wait, of which `least` is needed: who is refused together does not come again together.
fn spread(least: Duration) -> Duration {
    least + RETRY.mul_f64(jitter())
}

/// The details of an error that has a reason and, where trying again helps, a delay.
pub(crate) fn info(reason: &str, retry: Option<Duration>) -> ErrorDetails {
    let mut details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    if retry.is_some() {
        details.set_retry_info(retry);
    }
    details
}
