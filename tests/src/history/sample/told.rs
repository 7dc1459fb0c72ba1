//! Small histories of alerts.

use std::time::Duration;

use paceline_client::proto::{
    Alert, AlertCause, AlertCauseKind, AlertsBookmark, Period, Selector, Standing, Status,
    WatchAlertsRequest, WatchAlertsResponse, watch_alerts_response::Frame,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::second;
use crate::history::{
    self, Alerts, Appended, Asked, End, Ended, History, Place, Presented, Principal, Stream,
};

/// A history of alerts in the making. Everything happens a second after what was before.
#[derive(Debug, Default)]
pub(in crate::history) struct Told {
    taken: History,
    alerts: Vec<Alert>,
    seconds: u64,
    /// Which process of the service answers.
    pub(in crate::history) server: u32,
    request: WatchAlertsRequest,
}

impl Told {
    /// One with alerts of these scopes on the topic, which stand there from the beginning.
    pub(in crate::history) fn with(scopes: &[&str]) -> Self {
        let mut told = Self::default();
        scopes.iter().for_each(|scope| told.append(scope));
        told
    }

    pub(in crate::history) fn history(&self) -> History {
        self.taken.clone()
    }

    /// An alert is written to the topic.
    pub(in crate::history) fn append(&mut self, scope: &str) {
        let at = self.tick().as_secs();
        let since = 1_000 + self.alerts.len() as u64;
        let nanoseconds = (since * 1_000_000_000).to_string();
        let lines = ["paceline.alert.v1", scope, "bookings", "month", "2026-11", "BEHIND"];
        let digest = Sha256::digest([&lines[..], &[&nanoseconds]].concat().join("\n"));
        let id: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let time = format!("1970-01-01T00:{:02}:{:02}Z", since / 60, since % 60);
        let text = json!({"id": id, "data": {
            "id": id, "scope": scope, "kpi": "bookings", "period": {"kind": "month", "name": "2026-11"},
            "from": "STATUS_ON_TRACK", "to": "STATUS_BEHIND", "since": time,
            "standing": {"scope": scope, "actual": "5", "status": "STATUS_BEHIND"},
            "cause": {"kind": "ALERT_CAUSE_KIND_CLOCK"},
        }});
        let stamp = i64::try_from(at * 1_000).expect("small");
        let record = Appended::read(&text.to_string(), stamp).expect("an alert");
        self.taken.topic.push(record);
        self.alerts.push(alert(&id, scope, since));
    }

    pub(in crate::history) fn ask_for(&mut self, scope: &str) {
        let scopes = vec![scope.to_owned()];
        self.request.selector = Some(Selector { scopes, ..Selector::default() });
    }

    pub(in crate::history) fn ask_for_members(&mut self, scope: &str) {
        let scopes = vec![scope.to_owned()];
        let selector = Selector { scopes, with_members: true, ..Selector::default() };
        self.request.selector = Some(selector);
    }

    pub(in crate::history) fn open(&mut self) -> usize {
        self.present(Presented::Nothing)
    }

    pub(in crate::history) fn resume(&mut self, place: Place) -> usize {
        self.present(Presented::Of(place))
    }

    pub(in crate::history) fn present(&mut self, token: Presented) -> usize {
        let (request, server) = (self.request.clone(), self.server);
        let by = Principal::default();
        let asked = Asked::<Alerts> { request, token, server, undisturbed: true, by };
        let opened = self.tick();
        self.taken.alerts.push(Stream { client: 0, asked, opened, told: Vec::new(), end: None });
        self.taken.alerts.len() - 1
    }

    /// A stream is told the alert that was written as the nth.
    pub(in crate::history) fn alert(&mut self, stream: usize, nth: usize) -> Place {
        let alert = self.alerts[nth].clone();
        self.tell(stream, Frame::Alert(alert))
    }

    pub(in crate::history) fn bookmark(&mut self, stream: usize) -> Place {
        self.tell(stream, Frame::Bookmark(AlertsBookmark {}))
    }

    /// The alert that a stream was told last, to be made wrong.
    pub(in crate::history) fn of_last(&mut self, stream: usize) -> &mut Alert {
        let told = self.taken.alerts[stream].told.last_mut().expect("a message");
        match &mut told.message.frame {
            Some(Frame::Alert(alert)) => alert,
            _ => panic!("no alert"),
        }
    }

    pub(in crate::history) fn end(&mut self, stream: usize, end: End) -> Place {
        let ended = Ended { at: self.tick(), end, answered: true, disturbed: false };
        self.taken.alerts[stream].end = Some(ended);
        Place { stream, message: None }
    }

    fn tell(&mut self, stream: usize, frame: Frame) -> Place {
        let at = self.tick();
        let message = WatchAlertsResponse {
            frame: Some(frame),
            resume_token: vec![7; 81],
            emitted_at: Some(second(at.as_secs().cast_signed())),
            complete: true,
            ..WatchAlertsResponse::default()
        };
        let told = &mut self.taken.alerts[stream].told;
        told.push(history::Told { order: at.as_secs(), at, message });
        Place { stream, message: Some(told.len() - 1) }
    }

    fn tick(&mut self) -> Duration {
        self.seconds += 1;
        Duration::from_secs(self.seconds)
    }
}

fn alert(id: &str, scope: &str, since: u64) -> Alert {
    let (kind, name) = ("month".to_owned(), "2026-11".to_owned());
    let mut standing =
        Standing { scope: scope.to_owned(), actual: "5".to_owned(), ..Standing::default() };
    standing.set_status(Status::Behind);
    let mut cause = AlertCause::default();
    cause.set_kind(AlertCauseKind::Clock);
    Alert {
        id: id.to_owned(),
        scope: scope.to_owned(),
        kpi: "bookings".to_owned(),
        period: Some(Period { kind, name, ..Period::default() }),
        from: Status::OnTrack.into(),
        to: Status::Behind.into(),
        since: Some(second(since.cast_signed())),
        standing: Some(standing),
        cause: Some(cause),
    }
}
