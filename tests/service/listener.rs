//! A client of alerts: what is listed, and a watch that goes on from its token from one life of the service to the next.

use std::{collections::BTreeSet, time::Duration};

use paceline_client::proto::{
    Alert, ListAlertsRequest, WatchAlertsRequest, alerts_service_client::AlertsServiceClient,
    watch_alerts_response::Frame,
};
use paceline_tests::wait;
use tonic::Code;

use crate::under_test::Service;

/// All alerts that are kept, the newest first, as soon as the service tells.
pub(crate) fn list(service: &Service) -> Vec<Alert> {
    wait::until("alerts are listed", || {
        let mut client = AlertsServiceClient::new(service.channel());
        let request = ListAlertsRequest { page_size: 1_000, ..ListAlertsRequest::default() };
        match service.block_on(client.list_alerts(request)) {
            Ok(response) => Some(response.into_inner().alerts),
            Err(status) if status.code() == Code::Unavailable => None,
            Err(status) => panic!("alerts are refused: {status}"),
        }
    })
}

/// Waits until these alerts are told, and answers the ids of all that are.
pub(crate) fn wait_for(service: &Service, wanted: &BTreeSet<String>) -> BTreeSet<String> {
    let mut missing = Vec::new();
    let told = wait::attempts(|| {
        let told: BTreeSet<String> = list(service).into_iter().map(|alert| alert.id).collect();
        missing = wanted.difference(&told).cloned().collect();
        missing.is_empty().then_some(told)
    });
    told.unwrap_or_else(|| panic!("{} alerts were waited for in vain: {missing:?}", missing.len()))
}

/// What a client of a watch knows, from one connection to the next.
#[derive(Default)]
pub(crate) struct Listener {
    token: Vec<u8>,
    pub(crate) alerts: Vec<Alert>,
}

impl Listener {
    /// Goes on from its token until it has so many alerts, or with none to come until the first bookmark.
    pub(crate) fn listen(&mut self, service: &Service, count: usize) {
        let heartbeat = Some(Duration::from_secs(1).try_into().expect("a second fits"));
        let resume_token = self.token.clone();
        let request =
            WatchAlertsRequest { resume_token, heartbeat, ..WatchAlertsRequest::default() };
        let mut client = AlertsServiceClient::new(service.channel());
        let stream = service.block_on(client.watch_alerts(request)).expect("a watch is accepted");
        let mut stream = stream.into_inner();
        while self.token.is_empty() || self.alerts.len() < count {
            let message = service
                .block_on(async { tokio::time::timeout(wait::LIMIT, stream.message()).await });
            let message = message.expect("heartbeats come").expect("the stream goes on");
            let message = message.expect("it has no end");
            self.token = message.resume_token;
            match message.frame.expect("every message has a frame") {
                Frame::Alert(alert) => self.alerts.push(alert),
                Frame::Bookmark(_) => {}
            }
        }
    }
}
