//! The terms of one watch: what its client asked for, within what is offered.

use std::time::Duration;

use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::errors::invalid;
use crate::limits::Limits;
use crate::proto;

/// The terms of one watch.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    /// After how long without a frame a bookmark is sent.
    pub(super) heartbeat: Duration,
    /// The least time between two updates.
    pub(super) min_interval: Duration,
    /// Whether a gap ends the stream.
    pub(super) fails_on_gap: bool,
    /// How long the client wants the stream, by its deadline.
    pub(super) deadline: Option<Duration>,
    /// How long a frame may wait to be taken.
    pub(super) patience: Duration,
    /// How long a stream lives, give or take a tenth.
    pub(super) age: Duration,
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HEARTBEAT: Duration = Duration::from_secs(5);
const MIN_INTERVAL: Duration = Duration::from_millis(50);

impl Terms {
    /// Reads the terms from a request.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field that is out of range.
    pub(super) fn read(
        request: &proto::WatchStandingsRequest,
        metadata: &MetadataMap,
        limits: &Limits,
    ) -> Result<Self, Status> {
        let heartbeat = heartbeat(request.heartbeat)?;
        let min_interval =
            duration("min_interval", request.min_interval, Duration::ZERO, MIN_INTERVAL)?;
        let on_gap = proto::OnGap::try_from(request.on_gap);
        let on_gap =
            on_gap.map_err(|_| invalid("on_gap", "neither ON_GAP_RESET nor ON_GAP_FAIL"))?;
        let deadline = deadline(metadata);
        Ok(Self {
            heartbeat,
            min_interval,
            fails_on_gap: on_gap == proto::OnGap::Fail,
            deadline,
            patience: limits.patience,
            age: limits.age,
        })
    }
}

/// After how long without a frame a bookmark is sent.
///
/// # Errors
/// `INVALID_ARGUMENT` when it is out of range.
pub(crate) fn heartbeat(value: Option<prost_types::Duration>) -> Result<Duration, Status> {
    duration("heartbeat", value, SECOND, HEARTBEAT)
}

/// How long the client wants a stream, by its deadline.
pub(crate) fn deadline(metadata: &MetadataMap) -> Option<Duration> {
    metadata.get("grpc-timeout").and_then(|value| timeout(value.to_str().ok()?))
}

/// A duration from `least` to a minute.
fn duration(
    field: &str,
    value: Option<prost_types::Duration>,
    least: Duration,
    default: Duration,
) -> Result<Duration, Status> {
    let Some(value) = value else { return Ok(default) };
    let duration =
        Duration::try_from(value).ok().filter(|duration| (least..=MINUTE).contains(duration));
    duration
        .ok_or_else(|| invalid(field, format!("must be from {} to 60 seconds", least.as_secs())))
}

/// Reads a timeout as the gRPC protocol writes it: at most 8 digits and a unit.
fn timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::timeout;
    use std::time::Duration;

    #[test]
    fn timeouts_read_as_the_protocol_writes_them() {
        for (text, seconds) in [
            ("1S", 1.0),
            ("2M", 120.0),
            ("99999999H", 3600.0 * 99_999_999.0),
            ("1500m", 1.5),
            ("7u", 7e-6),
        ] {
            assert_eq!(timeout(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["", "S", "1", "1s", "-1S", "123456789S", "é"] {
            assert_eq!(timeout(text), None, "{text}");
        }
    }
}
