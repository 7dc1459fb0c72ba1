//! The records of the topic of alerts: CloudEvents 1.0 in structured JSON, one alert each.
//!
//! ```json
//! {"specversion":"1.0","id":"c0ffee00c0ffee00c0ffee00c0ffee00","source":"/paceline","type":"paceline.alert.v1",
//!  "subject":"rep:U1/bookings/month/2026-11","time":"2026-11-24T11:53:20.000000001Z","datacontenttype":"application/json",
//!  "data":{"id":"c0ffee00c0ffee00c0ffee00c0ffee00","scope":"rep:U1","kpi":"bookings", … }}
//! ```
//!
//! `data` is a `paceline.v1.Alert` by the proto3 JSON mapping, so that whoever has the proto reads it. The key is the subject,
//! so that the alerts of one standing have one order wherever they are copied to.

use jiff::Timestamp;
use paceline_core::alert::{Alert, AlertId};
use paceline_core::model::Model;
use paceline_core::roster::Roster;
use paceline_crm::without_values;
use paceline_engine::{About, ToldAlert};
use paceline_grpc::{alert_message, proto};
use prost::Message as _;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::json::Shape;

/// What the value of a record is.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";
const VERSION: &str = "1.0";
const SOURCE: &str = "/paceline";
const TYPE: &str = "paceline.alert.v1";

/// Writes and reads alerts.
pub struct Events {
    shape: Shape,
}

/// An alert as it is written.
#[derive(Serialize, Deserialize)]
struct Event<'a> {
    specversion: &'a str,
    id: &'a str,
    source: &'a str,
    r#type: &'a str,
    subject: String,
    time: String,
    datacontenttype: &'a str,
    #[serde(borrow)]
    data: &'a RawValue,
}

impl Events {
    /// What writes and reads them.
    ///
    /// # Errors
    /// The descriptors that were compiled in are damaged.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self { shape: Shape::of("Alert")? })
    }

    /// An alert as it stands on the topic.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn write(&self, alert: &Alert, model: &Model, roster: &Roster) -> anyhow::Result<String> {
        let message = alert_message(alert, model, roster);
        let data = self.shape.line(&message)?;
        let event = Event {
            specversion: VERSION,
            id: &message.id,
            source: SOURCE,
            r#type: TYPE,
            subject: subject(&message),
            time: alert.standing.since.to_string(),
            datacontenttype: "application/json",
            data: serde_json::from_str(&data)?,
        };
        Ok(serde_json::to_string(&event)?)
    }

    /// The alert that a record says.
    ///
    /// # Errors
    /// In words, why it says none.
    pub fn read(
        &self,
        offset: i64,
        timestamp_ms: Option<i64>,
        value: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<ToldAlert, String> {
        let event: Event<'_> = serde_json::from_slice(value.ok_or("there is no value")?)
            .map_err(|error| without_values(&error))?;
        if event.r#type != TYPE {
            return Err(format!("type: not {TYPE}"));
        }
        let alert: proto::Alert = self
            .shape
            .read(event.data.get())
            .map_err(|_| "data: no `paceline.v1.Alert`".to_owned())?;
        let id = AlertId::parse(&alert.id).filter(|_| alert.id == event.id);
        let kind = alert.period.as_ref().and_then(|period| period.kind.parse().ok());
        let since = alert.since.as_ref();
        let since = since.and_then(|since| Timestamp::new(since.seconds, since.nanos).ok());
        Ok(ToldAlert {
            offset,
            stands_since: timestamp_ms
                .and_then(|millis| Timestamp::from_millisecond(millis).ok())
                .map_or(now, |stands_since| stands_since.min(now)),
            id: id.ok_or("id: not that of an alert, or not that of data")?,
            kind: kind.ok_or("data.period.kind: not a kind of period")?,
            since: since.ok_or("data.since: not an instant")?,
            body: alert.encode_to_vec(),
            scope: alert.scope,
            kpi: alert.kpi,
            is_repeat: false,
        })
    }

    /// The subject of an alert as it is written, which is its key.
    pub fn subject_of(about: &About) -> String {
        about.to_string()
    }
}

fn subject(message: &proto::Alert) -> String {
    let proto::Alert { scope, kpi, period, .. } = message;
    let period = period.as_ref();
    let (kind, name) = period.map(|period| (&*period.kind, &*period.name)).unwrap_or_default();
    format!("{scope}/{kpi}/{kind}/{name}")
}
