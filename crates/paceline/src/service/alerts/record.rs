//! The records of the status topic: what is remembered of one standing each, as JSON.
//!
//! The key is `scope/KPI/kind of period/period`. The value is
//!
//! ```json
//! {"standing":{"status":"BEHIND","since":"2026-11-24T11:53:20.000000001Z","settled":"ON_TRACK","cause":"clock",
//!              "judged_at":"2026-11-24T11:53:20.000000001Z","last_day":"2026-11-30"},
//!  "alerts":[{"specversion":"1.0", … }]}
//! ```
//!
//! `settled` is the status that the last alert told of, and before the first one the status that the period began with. `alerts`
//! are those that are not known to stand on the topic of alerts, whole and as they are to stand there; it is absent when there
//! are none. `had` names the other statuses that began at the same instant, if there are any. `"over":true` says that the period
//! is over and the status its last. `standing` is absent when only alerts are left. A null value forgets the standing. Fields that this version does not know are skipped, since a later one may have written them.
//!
//! A key `token-key/…` holds, as `{"key":"<64 hexadecimal digits>"}`, what the resume tokens of alerts are authenticated by. The
//! first of them on the topic counts, in every life of the service; two that were written at once have keys that differ, so that
//! compaction cannot make the other the first.

use std::collections::VecDeque;

use jiff::Timestamp;
use paceline_core::alert::{Remembered, Trigger};
use paceline_core::day::Day;
use paceline_core::standing::Status;
use paceline_crm::without_values;
use paceline_engine::{About, MemorySaid, Recalled};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What the keys of secrets begin with. No standing's does: those have four parts.
const SECRET: &str = "token-key/";

/// What is remembered, as it is written.
#[derive(Serialize, Deserialize)]
struct Record<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    standing: Option<Standing>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    alerts: Vec<&'a RawValue>,
}

#[derive(Serialize, Deserialize)]
struct Standing {
    status: String,
    since: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    had: Vec<String>,
    settled: String,
    cause: String,
    judged_at: String,
    last_day: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    over: bool,
}

#[derive(Serialize, Deserialize)]
struct Secret {
    key: String,
}

/// The value of a record; none when there is nothing to remember.
///
/// # Errors
/// An alert is no JSON.
pub fn encode(
    remembered: Option<&Remembered>,
    alerts: &[&str],
) -> Result<Option<String>, serde_json::Error> {
    if remembered.is_none() && alerts.is_empty() {
        return Ok(None);
    }
    let alerts = alerts.iter().map(|alert| serde_json::from_str(alert));
    let record =
        Record { standing: remembered.map(standing), alerts: alerts.collect::<Result<_, _>>()? };
    serde_json::to_string(&record).map(Some)
}

/// The key and the value of a secret; `nonce` is for this one alone.
///
/// # Errors
/// None that is known of.
pub fn encode_secret(nonce: u64, secret: &[u8; 32]) -> Result<(String, String), serde_json::Error> {
    let key = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((format!("{SECRET}{nonce:016x}"), serde_json::to_string(&Secret { key })?))
}

/// What a record says.
///
/// # Errors
/// In words, why it says nothing.
pub fn decode(raw_key: Option<&[u8]>, value: Option<&[u8]>) -> Result<MemorySaid, String> {
    let key = raw_key.and_then(|key| std::str::from_utf8(key).ok());
    let about = key.and_then(About::parse);
    let Some(value) = value else {
        return Ok(about.map_or(MemorySaid::Nothing, MemorySaid::Forgotten));
    };
    if key.ok_or("the key is no text")?.starts_with(SECRET) {
        return decode_secret(value);
    }
    let about = about.ok_or("the key is not `scope/KPI/kind of period/period`")?;
    let record: Record<'_> =
        serde_json::from_slice(value).map_err(|error| without_values(&error))?;
    let remembered = record.standing.map(Standing::read).transpose();
    let remembered = remembered.map_err(|error| format!("standing.{error}"))?;
    let alerts: VecDeque<String> =
        record.alerts.into_iter().map(|alert| alert.get().to_owned()).collect();
    Ok(MemorySaid::Standing(about, Box::new(Recalled { remembered, alerts })))
}

fn decode_secret(value: &[u8]) -> Result<MemorySaid, String> {
    let Secret { key } = serde_json::from_slice(value).map_err(|error| without_values(&error))?;
    let digits = |at: usize| key.get(2 * at..2 * at + 2);
    let byte = |at| digits(at).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
    let secret = bytes.filter(|_| key.len() == 64).and_then(|bytes| bytes.try_into().ok());
    secret.map(MemorySaid::Secret).ok_or_else(|| "key: not 64 hexadecimal digits".to_owned())
}

fn standing(remembered: &Remembered) -> Standing {
    let Remembered { status, since, had, settled, trigger, judged, last_day, is_over } = remembered;
    let others = Status::ALL.into_iter().filter(|other| other != status && had.has(*other));
    Standing {
        status: status.name().to_owned(),
        since: since.to_string(),
        had: others.map(|other| other.name().to_owned()).collect(),
        settled: settled.name().to_owned(),
        cause: name(*trigger).to_owned(),
        judged_at: judged.to_string(),
        last_day: last_day.to_string(),
        over: *is_over,
    }
}

impl Standing {
    fn read(self) -> Result<Remembered, String> {
        let trigger = TRIGGERS.into_iter().find(|trigger| name(*trigger) == self.cause);
        let last_day = Day::parse(&self.last_day);
        let now = status("status", &self.status)?;
        let had = self.had.iter().map(|had| status("had", had));
        Ok(Remembered {
            status: now,
            had: had.chain([Ok(now)]).collect::<Result<_, _>>()?,
            since: instant("since", &self.since)?,
            settled: status("settled", &self.settled)?,
            trigger: trigger.ok_or_else(|| "cause: an unknown one".to_owned())?,
            judged: instant("judged_at", &self.judged_at)?,
            last_day: last_day.ok_or_else(|| "last_day: no day".to_owned())?,
            is_over: self.over,
        })
    }
}

const TRIGGERS: [Trigger; 5] =
    [Trigger::Records, Trigger::Goal, Trigger::Reps, Trigger::Clock, Trigger::Start];

const fn name(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Records => "change",
        Trigger::Goal => "goal",
        Trigger::Reps => "reps",
        Trigger::Clock => "clock",
        Trigger::Start => "start",
    }
}

fn status(field: &str, text: &str) -> Result<Status, String> {
    Status::named(text).ok_or_else(|| format!("{field}: no status"))
}

fn instant(field: &str, text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| format!("{field}: no instant"))
}

#[cfg(test)]
mod tests {
    use super::{About, MemorySaid, Recalled, Remembered, Status, Trigger, decode, encode};
    use super::{Day, TRIGGERS, encode_secret};

    const KEY: &str = "rep:a/b/bookings/month/2026-11";

    fn remembered(status: Status, trigger: Trigger, is_over: bool) -> Remembered {
        Remembered {
            status,
            since: "2026-11-24T11:53:20.000000001Z".parse().expect("an instant"),
            had: [status, Status::Ahead].into_iter().collect(),
            settled: Status::OnTrack,
            trigger,
            judged: "2026-11-24T12:00:00Z".parse().expect("an instant"),
            last_day: Day::parse("2026-11-30").expect("a day"),
            is_over,
        }
    }

    #[test]
    fn what_is_remembered_reads_back_as_it_was_written() {
        let statuses = Status::ALL.map(|status| Some(remembered(status, Trigger::Clock, true)));
        let triggers = TRIGGERS.map(|trigger| Some(remembered(Status::Behind, trigger, false)));
        // Whatever an alert is written like, it is kept to the letter.
        let alerts = [r#"{"id" : "1", "n": 1.50}"#, r#"{"id":"2"}"#];
        for remembered in statuses.into_iter().chain(triggers).chain([None]) {
            for count in 0..=2 {
                let alerts = &alerts[..count];
                let value = encode(remembered.as_ref(), alerts).expect("it is written");
                let said = decode(Some(KEY.as_bytes()), value.as_deref().map(str::as_bytes));
                let about = About::parse(KEY).expect("a key");
                assert_eq!((about.scope.as_str(), about.to_string().as_str()), ("rep:a/b", KEY));
                let alerts = alerts.iter().map(|alert| (*alert).to_owned()).collect();
                let recalled = Box::new(Recalled { remembered: remembered.clone(), alerts });
                let expected = match value {
                    Some(_) => MemorySaid::Standing(about, recalled),
                    None => MemorySaid::Forgotten(about),
                };
                assert_eq!(said, Ok(expected));
            }
        }
        let secret = [0xa7; 32];
        let (key, value) = encode_secret(7, &secret).expect("it is written");
        let said = decode(Some(key.as_bytes()), Some(value.as_bytes()));
        assert_eq!(said, Ok(MemorySaid::Secret(secret)));
    }

    #[test]
    fn what_cannot_be_understood_is_told_with_its_reason() {
        let right = encode(Some(&remembered(Status::Behind, Trigger::Clock, false)), &[]);
        let right = right.expect("it is written").expect("a value");
        let with = |from: &str, to: &str| {
            assert!(right.contains(from), "{right}");
            right.replacen(from, to, 1)
        };
        for (key, value, reason) in [
            ("", right.clone(), "the key is not"),
            ("rep:U1/bookings/2026-11", right.clone(), "the key is not"),
            ("rep:U1/bookings/fortnight/2026-11", right.clone(), "the key is not"),
            (KEY, "nonsense".to_owned(), "expected"),
            (KEY, with("BEHIND", "LATE"), "standing.status: no status"),
            (KEY, with("ON_TRACK", "on track"), "standing.settled: no status"),
            (KEY, with("\"clock\"", "\"weather\""), "standing.cause: an unknown one"),
            (KEY, with("2026-11-30", "2026-11-31"), "standing.last_day: no day"),
            (KEY, with("2026-11-24T11", "yesterday"), "standing.since: no instant"),
            (KEY, with("\"settled\"", "\"settle\""), "missing field"),
            (KEY, with("[\"AHEAD\"]", "[\"FIRST\"]"), "standing.had: no status"),
            ("token-key/1", r#"{"key":"abc"}"#.to_owned(), "key: not 64"),
        ] {
            let said = decode(Some(key.as_bytes()), Some(value.as_bytes()));
            let told = said.expect_err(&value);
            assert!(told.contains(reason), "{told}");
        }
    }
}
