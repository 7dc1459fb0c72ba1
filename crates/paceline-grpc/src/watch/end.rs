//! How a watch ends: with a status, a reason that a program can act on, and the last token.

use std::time::Duration;

use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::errors::{RETRY, info};

/// The trailer that holds the last token of a stream that ended.
pub const TOKEN_TRAILER: &str = "paceline-resume-token-bin";

/// Why a watch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The client has gone.
    Gone,
    /// The server is going.
    Draining,
    /// It has lived as long as streams do.
    Age,
    /// The client's deadline has passed.
    Deadline,
    /// The client takes nothing.
    Slow,
    /// It could not be driven any further.
    Broken,
    /// The client wants no reset, and it cannot go on without.
    Gap,
    /// The sources were not caught up for too long.
    NotCaughtUp,
    /// The credentials that it was opened with have expired.
    Expired,
}

impl End {
    /// The reason, for programs.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Gone => "CLIENT_GONE",
            Self::Draining => "SERVER_DRAINING",
            Self::Age => "STREAM_AGE",
            Self::Deadline => "CLIENT_DEADLINE",
            Self::Slow => "SLOW_CLIENT",
            Self::Broken => "BROKEN",
            Self::Gap => "GAP",
            Self::NotCaughtUp => "NOT_CAUGHT_UP",
            Self::Expired => "CREDENTIALS_EXPIRED",
        }
    }

    /// The status, with the last token. `jitter`, from 0 to 1, spreads the clients of one server over time.
    pub(crate) fn status(self, token: Option<&[u8]>, jitter: f64) -> Status {
        let (code, message) = match self {
            Self::Gone => (Code::Cancelled, "the client has gone"),
            Self::Draining => {
                (Code::Unavailable, "the server is going; resume with the last token")
            }
            Self::Age => {
                (Code::Unavailable, "the stream has come of age; resume with the last token")
            }
            Self::Deadline => (Code::DeadlineExceeded, "the client's deadline has passed"),
            Self::Slow => (
                Code::ResourceExhausted,
                "a frame was not taken for too long; resume with the last token",
            ),
            Self::Broken => (Code::Internal, "the watch broke off; resume with the last token"),
            Self::Gap => (
                Code::OutOfRange,
                "the stream cannot go on from its token; begin again without one",
            ),
            Self::NotCaughtUp => (Code::Unavailable, "the sources are not caught up yet"),
            Self::Expired => (
                Code::Unauthenticated,
                "the credentials have expired; resume with new ones and the last token",
            ),
        };
        let mut metadata = MetadataMap::new();
        if let Some(token) = token {
            metadata.insert_bin(TOKEN_TRAILER, MetadataValue::from_bytes(token));
        }
        let details = info(self.reason(), self.retry(jitter));
        Status::with_error_details_and_metadata(code, message, details, metadata)
    }

    fn retry(self, jitter: f64) -> Option<Duration> {
        match self {
            Self::Draining
            | Self::Age
            | Self::Slow
            | Self::Broken
            | Self::NotCaughtUp
            | Self::Expired => Some(RETRY.mul_f64(0.5 + jitter)),
            Self::Gap => Some(Duration::ZERO),
            Self::Gone | Self::Deadline => None,
        }
    }
}
