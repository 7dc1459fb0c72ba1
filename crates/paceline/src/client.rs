//! What the refusals of a server mean to who typed a command.

use paceline_client::{Code, Error, Status};

/// What was asked for is wrong, whoever is asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// The answer is no.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// What a refusal means.
pub(crate) fn refusal(error: Error) -> anyhow::Error {
    match error.status() {
        Some(status) => by_code(status),
        None => Usage(error.to_string()).into(),
    }
}

fn by_code(status: &Status) -> anyhow::Error {
    let message = status.message().to_owned();
    match status.code() {
        Code::InvalidArgument => Usage(message).into(),
        Code::NotFound | Code::FailedPrecondition | Code::Aborted => Refused(message).into(),
        code => anyhow::anyhow!("{code:?}: {message}"),
    }
}
