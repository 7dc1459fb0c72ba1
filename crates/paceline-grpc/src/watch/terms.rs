//! The terms of one watch: what its client asked for, within what is offered.

use std::time::Duration;

use tokio::time::Instant;
use tonic::metadata::MetadataMap;
use tonic::{Request, Status};

use super::end::End;
use crate::audit::Witness;
use crate::errors::{self, invalid};
use crate::expiry::Expiry;
use crate::jitter::jitter;
use crate::proto;
use crate::served::Served;
use crate::server::LastCall;
use crate::who::Principal;

/// The terms of one watch.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// After how long without a frame a bookmark is sent.
    pub(crate) heartbeat: Duration,
    /// The least time between two updates.
    pub(super) min_interval: Duration,
    /// Whether a gap ends the stream.
    pub(super) fails_on_gap: bool,
    /// When the stream ends, and why then.
    pub(crate) until: (Instant, End),
    /// When the credentials it was opened with expire.
    pub(crate) expires: Option<Expiry>,
    /// Spreads what many would do at once; from 0 to 1.
    pub(crate) jitter: f64,
    /// Whom the audit log hears from of what the client does not get.
    pub(crate) witness: Option<Witness>,
}

/// How long a stream waits for the sources to be caught up, before it ends and its client is to come again: who waits hears
/// nothing, and cannot tell that from a connection that is dead.
pub(crate) const OPENING: Duration = Duration::from_secs(30);

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HEARTBEAT: Duration = Duration::from_secs(5);
const MIN_INTERVAL: Duration = Duration::from_millis(50);

impl Terms {
    /// Reads the terms of a watch of standings.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field that is out of range.
    pub(super) fn read(
        request: &Request<proto::WatchStandingsRequest>,
        served: &Served,
    ) -> Result<Self, Status> {
        let asked = request.get_ref();
        let terms = Self::of(request, asked.heartbeat, asked.min_interval, served)?;
        let on_gap = proto::OnGap::try_from(asked.on_gap);
        let on_gap =
            on_gap.map_err(|_| invalid("on_gap", "neither ON_GAP_RESET nor ON_GAP_FAIL"))?;
        Ok(Self { fails_on_gap: on_gap == proto::OnGap::Fail, ..terms })
    }

    /// The terms that all watches have.
    ///
    /// # Errors
    /// As for [`Self::read`]; `UNAUTHENTICATED` when the credentials have expired.
    pub(crate) fn of<Asked>(
        request: &Request<Asked>,
        heartbeat: Option<prost_types::Duration>,
        min_interval: Option<prost_types::Duration>,
        served: &Served,
    ) -> Result<Self, Status> {
        let expires = Principal::of(request.extensions())?.expires;
        let expires = expires.map(|at| Expiry::new(at, &served.wall));
        if expires.is_some_and(|expiry| expiry.is_over(&served.wall)) {
            return Err(errors::unauthenticated("CREDENTIALS_EXPIRED", None));
        }
        let last_call = request.extensions().get::<LastCall>();
        let heartbeat = self::heartbeat(heartbeat)?;
        let min_interval = duration("min_interval", min_interval, Duration::ZERO, MIN_INTERVAL)?;
        let deadline = deadline(request.metadata());
        let jitter = jitter();
        let until = until(served.limits.age.mul_f64(0.9 + 0.2 * jitter), last_call, deadline);
        let (fails_on_gap, witness) = (false, Witness::of(request.extensions(), served)?);
        Ok(Self { heartbeat, min_interval, fails_on_gap, until, expires, jitter, witness })
    }
}

/// After how long without a frame a bookmark is sent.
///
/// # Errors
/// `INVALID_ARGUMENT` when it is out of range.
fn heartbeat(value: Option<prost_types::Duration>) -> Result<Duration, Status> {
    duration("heartbeat", value, SECOND, HEARTBEAT)
}

/// How long the client wants a stream, by its deadline.
fn deadline(metadata: &MetadataMap) -> Option<Duration> {
    metadata.get("grpc-timeout").and_then(|value| timeout(value.to_str().ok()?))
}

/// When a stream that begins now ends: when it is of age, or its connection is, or by the client's deadline.
fn until(
    age: Duration,
    last_call: Option<&LastCall>,
    deadline: Option<Duration>,
) -> (Instant, End) {
    let now = Instant::now();
    let age = last_call.map_or(now + age, |last_call| last_call.end.min(now + age));
    // A deadline may be further away than there is time.
    match deadline.and_then(|deadline| now.checked_add(deadline)) {
        Some(deadline) if deadline < age => (deadline, End::Deadline),
        Some(_) | None => (age, End::Age),
    }
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
    use super::{timeout, until};
    use std::time::Duration;

    use tokio::time::Instant;

    use crate::server::LastCall;
    use crate::watch::end::End;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_stream_ends_no_later_than_its_connection_lets_it() {
        let early = LastCall::new(Duration::ZERO, MINUTE);
        let (end, reason) = until(30 * MINUTE, Some(&early), None);
        assert_eq!((end, reason), (early.end, End::Age));
        let late = LastCall::new(60 * MINUTE, MINUTE);
        let (end, reason) = until(30 * MINUTE, Some(&late), Some(40 * MINUTE));
        assert!(end < late.end && end <= Instant::now() + 30 * MINUTE && reason == End::Age);
        assert_eq!(until(30 * MINUTE, Some(&early), Some(Duration::ZERO)).1, End::Deadline);
    }

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
