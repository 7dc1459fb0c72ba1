//! What a token claims: who says it, for whom, of whom, and for how long.

use jiff::Timestamp;
use paceline_grpc::Unidentified;
use serde_json::{Map, Value};

use super::{expired, invalid};

/// The longest subject, in bytes.
const SUBJECT_BYTES: usize = 255;
/// The last second of the year 9999: what lies behind it is a mistake.
const LATEST: f64 = 253_402_300_799.0;

/// What has to be claimed.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    /// The issuer, exactly.
    pub(crate) issuer: String,
    /// The audience, or one of them.
    pub(crate) audience: String,
    /// How far the clocks of both sides may differ where a token begins to hold, in seconds.
    pub(crate) skew: f64,
}

/// Whose token it is, and until when.
#[derive(Debug, PartialEq)]
pub(crate) struct Held {
    pub(crate) subject: String,
    pub(crate) expires: Timestamp,
}

impl Expected {
    /// Checks what a token claims at an instant.
    ///
    /// Only where it begins to hold the clocks may differ: a token ends when it says so, as do the streams opened with it.
    ///
    /// # Errors
    /// It is of another issuer or for somebody else, does not hold yet or any more, or does not say.
    pub(crate) fn check(
        &self,
        claims: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<Held, Unidentified> {
        if claims.get("iss").and_then(Value::as_str) != Some(&self.issuer) {
            return Err(invalid("issuer"));
        }
        if !claims.get("aud").is_some_and(|aud| self.is_audience(aud)) {
            return Err(invalid("audience"));
        }
        let subject = claims.get("sub").and_then(Value::as_str);
        let subject = subject.filter(|subject| is_subject(subject));
        let subject = subject.ok_or_else(|| invalid("subject"))?.to_owned();
        let expires = self.check_times(claims, now)?;
        Ok(Held { subject, expires })
    }

    fn is_audience(&self, aud: &Value) -> bool {
        match aud {
            Value::String(one) => *one == self.audience,
            // A list with something else in it is no list of audiences.
            Value::Array(all) => {
                all.iter().all(Value::is_string)
                    && all.iter().any(|one| one.as_str() == Some(&self.audience))
            }
            _ => false,
        }
    }

    fn check_times(
        &self,
        claims: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<Timestamp, Unidentified> {
        let exp = seconds(claims, "exp")?.ok_or_else(|| invalid("exp"))?;
        let now = now.as_millisecond() as f64 / 1000.0;
        for (name, detail) in [("nbf", "not_yet"), ("iat", "issued_later")] {
            let Some(instant) = seconds(claims, name)? else { continue };
            if instant > now + self.skew {
                return Err(invalid(detail));
            }
            if instant > exp {
                return Err(invalid("exp"));
            }
        }
        if exp <= now {
            return Err(expired("exp"));
        }
        Timestamp::from_millisecond((exp * 1000.0) as i64).map_err(|_| invalid("exp"))
    }
}

/// A number of seconds since 1970, if it is claimed.
fn seconds(claims: &Map<String, Value>, name: &'static str) -> Result<Option<f64>, Unidentified> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_f64().filter(|seconds| (0.0..=LATEST).contains(seconds));
    seconds.map(Some).ok_or_else(|| invalid(name))
}

fn is_subject(subject: &str) -> bool {
    !subject.is_empty() && subject.len() <= SUBJECT_BYTES && !subject.contains(char::is_control)
}
