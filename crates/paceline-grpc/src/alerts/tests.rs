//! Alerts without a connection: who reads takes a frame only when the test says so.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use jiff::Timestamp;
use paceline_core::alert::AlertId;
use paceline_core::period::PeriodKind;
use paceline_core::sight::Sight;
use paceline_engine::{AlertFollower, AlertRecord, ToldAlert};
use prost::Message as _;
use tokio_stream::Stream as _;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{Code, Request, Status};

use super::Alerts;
use crate::admission::Admission;
use crate::aside::Aside;
use crate::driven::Driven;
use crate::limits::Limits;
use crate::organisation::{ALERTS, Organisation};
use crate::proto::alerts_service_server::AlertsService as _;
use crate::proto::watch_alerts_response::Frame;
use crate::proto::{
    Alert, ListAlertsRequest, ListAlertsResponse, WatchAlertsRequest, WatchAlertsResponse,
};
use crate::served::Served;
use crate::who::Principal;

/// The topic of alerts, on which the test has alerts stand.
pub(crate) struct Topic {
    follower: AlertFollower,
    count: u64,
}

impl Topic {
    /// That of an organisation: empty, and read to its end.
    pub(crate) fn of(organisation: &Organisation) -> Self {
        let live = organisation.live.clone();
        let mut follower = AlertFollower::new(live.clone(), 3, ALERTS.to_owned(), 0);
        live.alerts().agree_on([42; 32]);
        follower.caught_up(organisation.now());
        Self { follower, count: 0 }
    }

    /// Has an alert of a scope stand there.
    pub(crate) fn put(&mut self, scope: &str) {
        let told = ToldAlert {
            offset: self.count as i64,
            stands_since: Timestamp::UNIX_EPOCH,
            id: AlertId(u128::from(self.count).to_be_bytes()),
            scope: scope.to_owned(),
            kpi: "bookings".to_owned(),
            kind: PeriodKind::Month,
            since: Timestamp::UNIX_EPOCH,
            body: Alert { scope: scope.to_owned(), ..Alert::default() }.encode_to_vec(),
            is_repeat: false,
        };
        self.count += 1;
        self.follower.take(vec![AlertRecord { offset: told.offset, alert: Some(told) }]);
    }
}

/// Who reads a stream.
pub(crate) struct Reader<Frame>(pub(crate) Driven<Frame>);

impl<Frame> Reader<Frame> {
    /// Takes what there is next, if there is something.
    pub(crate) fn take(&mut self) -> Option<Frame> {
        let mut context = Context::from_waker(Waker::noop());
        match Pin::new(&mut self.0).poll_next(&mut context) {
            Poll::Pending => None,
            Poll::Ready(frame) => {
                Some(frame.expect("a stream ends with a status").expect("it goes on"))
            }
        }
    }
}

/// An organisation, M1 with U1 and U2 and M2 with U3, with its alerts and those who read them.
struct House {
    organisation: Organisation,
    topic: Topic,
    aside: Aside,
    alerts: Alerts,
    _shutdown: DropGuard,
}

impl House {
    fn open() -> Self {
        let organisation = Organisation::new(0, Vec::new());
        organisation.open_board();
        let (topic, aside, shutdown) =
            (Topic::of(&organisation), Aside::of_long_work(), CancellationToken::new());
        let served = Served::of(&organisation, Limits::default());
        let admission = Arc::new(Admission::new(&served.limits));
        let alerts = Alerts::new(served, admission, aside.clone(), shutdown.clone());
        Self { organisation, topic, aside, alerts, _shutdown: shutdown.drop_guard() }
    }

    async fn watch(&self, sight: Sight) -> Reader<WatchAlertsResponse> {
        let heartbeat = Some(prost_types::Duration { seconds: 60, nanos: 0 });
        let request = by(sight, WatchAlertsRequest { heartbeat, ..WatchAlertsRequest::default() });
        Reader(self.alerts.watch_alerts(request).await.expect("a stream").into_inner())
    }

    async fn list(&self) -> Result<ListAlertsResponse, Status> {
        let request = by(Sight::All, ListAlertsRequest::default());
        Ok(self.alerts.list_alerts(request).await?.into_inner())
    }
}

fn by<T>(sight: Sight, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Arc::new(Principal { sight, ..Principal::anyone() }));
    request
}

/// Lets everything run that can.
async fn run() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// Takes all there is and all that comes, and answers whose alerts those are.
async fn told(reader: &mut Reader<WatchAlertsResponse>) -> Vec<String> {
    let mut told = Vec::new();
    loop {
        run().await;
        let Some(message) = reader.take() else { return told };
        if let Some(Frame::Alert(alert)) = message.frame {
            told.push(alert.scope);
        }
    }
}

#[tokio::test]
async fn an_alert_that_waits_for_its_reader_is_not_told_when_its_rep_has_moved_away() {
    let moves = [
        (None, &["rep:U2", "rep:U1", "team:M1"][..]),
        (Some(("U2", "M2")), &["rep:U1", "team:M1"]),
        (Some(("U1", "M2")), &["rep:U2", "team:M1"]),
    ];
    for (moved, due) in moves {
        let mut house = House::open();
        let mut reader = house.watch(Sight::of_manager("M1")).await;
        // The bookmark that a stream begins with takes the room, and the first alert waits for that.
        run().await;
        ["rep:U2", "rep:U1", "team:M1", "rep:U3"].iter().for_each(|scope| house.topic.put(scope));
        run().await;
        if let Some((rep, manager)) = moved {
            house.organisation.tell(&[(rep, Some(Some(manager)))]);
        }
        assert_eq!(told(&mut reader).await, due, "{moved:?}");
        // The stream goes on after what was not told.
        house.topic.put("team:M1");
        assert_eq!(told(&mut reader).await, ["team:M1"]);
    }
}

#[tokio::test]
async fn lists_are_made_aside_where_no_more_than_so_many_wait() {
    let mut house = House::open();
    house.topic.put("rep:U1");
    let mut waiting = Vec::new();
    while let Some(soon) = house.aside.run_soon(|| ()) {
        waiting.push(soon);
        assert!(waiting.len() <= 100_000, "it takes whatever comes");
    }
    let refused = house.list().await.expect_err("too much waits");
    assert_eq!(refused.code(), Code::ResourceExhausted);
    drop(waiting);
    assert_eq!(house.list().await.expect("a list").alerts.len(), 1);
}
