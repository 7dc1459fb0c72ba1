//! How a stream ended, as its client saw it.

use std::time::Duration;

use paceline_grpc::TOKEN_TRAILER;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// The end of a stream.
#[derive(Clone, Debug)]
pub struct Ended {
    /// When, since the run began.
    pub at: Duration,
    /// How.
    pub end: End,
    /// Whether the service had answered before.
    pub answered: bool,
    /// Whether the way between client and service was disturbed while it was open.
    pub disturbed: bool,
}

/// How a stream ended.
#[derive(Clone, Debug)]
pub enum End {
    /// The client left when it wanted to.
    Left,
    /// The client left since nothing came for too long.
    GaveUp,
    /// The client was not answered in good time, or had no connection.
    Unanswered,
    /// It was over without a status.
    Over,
    /// With a status.
    Status(Refusal),
}

/// What a status says.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The code.
    pub code: Code,
    /// The message, for people.
    pub message: String,
    /// Reason and domain of its `google.rpc.ErrorInfo`. A connection that breaks has none: the client's own library speaks
    /// then.
    pub info: Option<(String, String)>,
    /// The fields that its `google.rpc.BadRequest` names.
    pub fields: Vec<String>,
    /// The delay of its `google.rpc.RetryInfo`.
    pub retry: Option<Duration>,
    /// The token of the trailer.
    pub token: Option<Vec<u8>>,
}

impl From<&Status> for Refusal {
    fn from(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info().map(|info| (info.reason.clone(), info.domain.clone()));
        let violations = details.bad_request().map(|bad| bad.field_violations.clone());
        let fields = violations.unwrap_or_default().into_iter().map(|violation| violation.field);
        let token = status.metadata().get_bin(TOKEN_TRAILER);
        Self {
            code: status.code(),
            message: status.message().to_owned(),
            info,
            fields: fields.collect(),
            retry: details.retry_info().and_then(|retry| retry.retry_delay),
            token: token.and_then(|token| Some(token.to_bytes().ok()?.to_vec())),
        }
    }
}

impl Refusal {
    /// The machine-readable reason, if it has one.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.info.as_ref().map(|(reason, _)| reason.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal;
    use std::{collections::HashMap, time::Duration};
    use tonic::{
        Code, Status,
        metadata::{MetadataMap, MetadataValue},
    };
    use tonic_types::{ErrorDetails, StatusExt as _};

    #[test]
    fn a_status_reads_with_all_it_says() {
        let mut details = ErrorDetails::with_error_info("SLOW", "paceline", HashMap::new());
        details.set_retry_info(Some(Duration::from_secs(2)));
        details.add_bad_request_violation("heartbeat", "too long");
        let mut metadata = MetadataMap::new();
        let name = paceline_grpc::TOKEN_TRAILER;
        metadata.insert_bin(name, MetadataValue::from_bytes(b"T"));
        let status = Status::with_error_details_and_metadata(
            Code::ResourceExhausted,
            "slow",
            details,
            metadata,
        );
        let refusal = Refusal::from(&status);
        assert_eq!(refusal.info, Some(("SLOW".to_owned(), "paceline".to_owned())));
        assert_eq!(refusal.retry, Some(Duration::from_secs(2)));
        assert_eq!(refusal.fields, ["heartbeat"]);
        assert_eq!(refusal.token.as_deref(), Some(&b"T"[..]));
        assert_eq!(Refusal::from(&Status::unknown("broken pipe")).info, None);
    }
}
