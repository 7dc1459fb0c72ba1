//! A client of a running server: where it is, and what its refusals mean to who typed a command.

use std::time::Duration;

use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

/// What was asked for is wrong, whoever is asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// The answer is no.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// A connection that is made when it is first used.
///
/// # Errors
/// [`Usage`]: the text is no address.
pub(crate) fn channel(address: &str) -> Result<Channel, Usage> {
    let url =
        if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let refused = |_| Usage(format!("`{address}` is no address; write host:port"));
    let endpoint = Endpoint::from_shared(url).map_err(refused)?;
    let endpoint = endpoint
        .connect_timeout(Duration::from_secs(5))
        .http2_keep_alive_interval(Duration::from_secs(30));
    Ok(endpoint.connect_lazy())
}

/// What a refusal means.
pub(crate) fn refusal(status: &Status) -> anyhow::Error {
    let message = status.message().to_owned();
    match status.code() {
        Code::InvalidArgument => Usage(message).into(),
        Code::NotFound | Code::FailedPrecondition | Code::Aborted => Refused(message).into(),
        code => anyhow::anyhow!("{code:?}: {message}"),
    }
}
