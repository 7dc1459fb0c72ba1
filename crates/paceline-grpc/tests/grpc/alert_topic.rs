//! A topic of alerts in memory: what the board raises comes to stand on it as the service writes it, and is read back.

use std::sync::Arc;

use jiff::Timestamp;
use paceline_client::proto;
use paceline_core::alert::{Alert, AlertId};
use paceline_engine::{AlertFollower, AlertRecord, Live, ToldAlert};
use paceline_grpc::alert_message;
use prost::Message as _;

use crate::organisation::ALERTS;
use crate::stage::{NOW, Stage, at};

/// What the tokens of a service are authenticated by.
pub(crate) const SECRET: [u8; 32] = [42; 32];

pub(crate) struct AlertTopic {
    live: Arc<Live>,
    follower: AlertFollower,
    pub(crate) records: Vec<ToldAlert>,
}

impl AlertTopic {
    /// The empty topic of a stage, read to its end.
    pub(crate) fn of(stage: &Stage) -> Self {
        Self::holding(stage, Vec::new(), 0)
    }

    /// The topic of a stage, which holds records and begins at an offset, read to its end.
    pub(crate) fn holding(stage: &Stage, records: Vec<ToldAlert>, first: i64) -> Self {
        let mut topic = Self::unread(stage, records, first);
        topic.caught_up();
        topic
    }

    /// The same before its end is reached and tokens are known.
    pub(crate) fn unread(stage: &Stage, records: Vec<ToldAlert>, first: i64) -> Self {
        let live = stage.live.clone();
        let mut follower = AlertFollower::new(live.clone(), 3, ALERTS.to_owned(), first);
        let record =
            |told: &ToldAlert| AlertRecord { offset: told.offset, alert: Some(told.clone()) };
        follower.take(records.iter().map(record).collect());
        Self { live, follower, records }
    }

    pub(crate) fn caught_up(&mut self) {
        self.live.alerts().agree_on(SECRET);
        self.follower.caught_up(at(NOW));
    }

    /// Has what was raised since the last call stand on the topic.
    pub(crate) fn pump(&mut self) {
        let memory = self.live.memory();
        let mut raised = Vec::new();
        for write in memory.writes(usize::MAX) {
            memory.written(&write);
        }
        // One of each standing at a time.
        loop {
            let all = memory.ready(usize::MAX);
            if all.is_empty() {
                break;
            }
            for ready in all {
                let mut message = None;
                ready.raised.text(|alert| {
                    message = Some(self.message(alert));
                    String::new()
                });
                raised.push(message.expect("it is written once"));
                memory.told(&ready);
            }
        }
        raised.into_iter().for_each(|message| self.put(&message));
    }

    /// Has an alert stand on the topic.
    pub(crate) fn put(&mut self, message: &proto::Alert) {
        let since = message.since.as_ref().expect("an instant");
        let told = ToldAlert {
            offset: self.records.last().map_or(0, |last| last.offset + 1),
            stands_since: Timestamp::UNIX_EPOCH
                + jiff::SignedDuration::from_secs(self.records.len() as i64),
            id: AlertId::parse(&message.id).expect("an id"),
            scope: message.scope.clone(),
            kpi: message.kpi.clone(),
            kind: message.period.as_ref().expect("a period").kind.parse().expect("a kind"),
            since: Timestamp::new(since.seconds, since.nanos).expect("an instant"),
            body: message.encode_to_vec(),
            is_repeat: false,
        };
        self.records.push(told.clone());
        self.follower.take(vec![AlertRecord { offset: told.offset, alert: Some(told) }]);
    }

    /// Lets go of all but the last so many.
    pub(crate) fn keep_last(&self, count: usize) {
        let kept = &self.records[self.records.len() - count];
        self.live.alerts().forget_before(kept.stands_since);
    }

    /// An alert as a client reads it.
    fn message(&self, alert: &Alert) -> proto::Alert {
        let written = alert_message(alert, self.live.model(), &self.live.roster()).encode_to_vec();
        proto::Alert::decode(&*written).expect("an alert")
    }
}
