//! Small histories for the tests of the clauses, told step by step.

mod told;

use std::time::Duration;

use paceline_client::proto::{
    Bookmark, OnGap, Period, Removal, RemovalReason, Reset, ResetReason, Selector, Snapshot,
    Standing, Update, WatchStandingsRequest, WatchStandingsResponse,
    watch_standings_response::Frame,
};
use tonic::Code;

use super::{
    Asked, End, Ended, History, Mark, Marked, Place, Presented, Principal, Refusal, Stream,
};

pub(super) use told::Told;

/// The month that all samples are about.
const MONTH: &str = "2026-11";

/// A history in the making. Every message comes a second after the one before.
#[derive(Debug, Default)]
pub(super) struct Sample {
    pub(super) taken: History,
    seconds: u64,
    /// Which process of the service answers.
    pub(super) server: u32,
    /// Who asks.
    pub(super) by: Principal,
    /// What is asked for.
    pub(super) request: WatchStandingsRequest,
}

impl Sample {
    /// What was told so far.
    pub(super) fn history(&self) -> History {
        self.taken.clone()
    }

    /// One that asks for these scopes.
    pub(super) fn of(scopes: &[&str], with_members: bool) -> Self {
        let mut sample = Self::default();
        sample.ask_for(scopes, with_members);
        sample
    }

    pub(super) fn ask_for(&mut self, scopes: &[&str], with_members: bool) {
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        let selector = Selector { scopes, with_members, ..Selector::default() };
        self.request.selector = Some(selector);
    }

    pub(super) fn fail_on_gap(&mut self) {
        self.request.on_gap = OnGap::Fail.into();
    }

    /// Time passes.
    pub(super) fn pass(&mut self, seconds: u64) {
        self.seconds += seconds;
    }

    pub(super) fn mark(&mut self, mark: Mark) {
        let at = self.tick();
        let wall = jiff::Timestamp::UNIX_EPOCH + at;
        self.taken.marks.push(Marked { at, wall, mark });
    }

    pub(super) fn open(&mut self) -> usize {
        self.present(Presented::Nothing)
    }

    pub(super) fn resume(&mut self, place: Place) -> usize {
        self.present(Presented::Of(place))
    }

    pub(super) fn present(&mut self, token: Presented) -> usize {
        let (request, server, by) = (self.request.clone(), self.server, self.by.clone());
        let asked = Asked { request, token, server, undisturbed: true, by };
        let opened = self.tick();
        let stream = Stream { client: 0, asked, opened, told: Vec::new(), end: None };
        self.taken.streams.push(stream);
        self.taken.streams.len() - 1
    }

    pub(super) fn snapshot(
        &mut self,
        stream: usize,
        revision: u64,
        last: bool,
        standings: &[Standing],
    ) -> Place {
        let standings = standings.to_vec();
        self.tell(stream, revision, Frame::Snapshot(Snapshot { standings, last }))
    }

    pub(super) fn update(
        &mut self,
        stream: usize,
        revision: u64,
        last: bool,
        standings: &[Standing],
        removed: &[Removal],
    ) -> Place {
        let (standings, removed) = (standings.to_vec(), removed.to_vec());
        self.tell(stream, revision, Frame::Update(Update { standings, removed, last }))
    }

    pub(super) fn bookmark(&mut self, stream: usize, revision: u64) -> Place {
        self.tell(stream, revision, Frame::Bookmark(Bookmark {}))
    }

    pub(super) fn reset(&mut self, stream: usize, revision: u64, epoch: &str) -> Place {
        let reason = ResetReason::OtherEpoch.into();
        self.tell(stream, revision, Frame::Reset(Reset { reason, epoch: epoch.to_owned() }))
    }

    /// The last message of a stream, to be made wrong.
    pub(super) fn last(&mut self, stream: usize) -> &mut WatchStandingsResponse {
        &mut self.taken.streams[stream].told.last_mut().expect("a message").message
    }

    pub(super) fn end(&mut self, stream: usize, end: End) -> Place {
        let ended = Ended { at: self.tick(), end, answered: true, disturbed: false };
        self.taken.streams[stream].end = Some(ended);
        Place { stream, message: None }
    }

    fn tell(&mut self, stream: usize, revision: u64, frame: Frame) -> Place {
        let at = self.tick();
        let emitted_at = Some(second(at.as_secs().cast_signed()));
        let message = WatchStandingsResponse {
            frame: Some(frame),
            revision,
            resume_token: vec![7; 65],
            as_of: Some(second(1_000)),
            emitted_at,
            covered: vec![paceline_client::proto::Covered::default()],
            complete: true,
            causes: Vec::new(),
        };
        let told = &mut self.taken.streams[stream].told;
        told.push(super::Told { order: at.as_secs(), at, message });
        Place { stream, message: Some(told.len() - 1) }
    }

    fn tick(&mut self) -> Duration {
        self.seconds += 1;
        Duration::from_secs(self.seconds)
    }
}

fn second(seconds: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds, nanos: 0 }
}

/// A standing in the month.
pub(super) fn stands(scope: &str, revision: u64, actual: &str) -> Standing {
    Standing {
        scope: scope.to_owned(),
        kpi: "bookings".to_owned(),
        period: Some(month()),
        actual: actual.to_owned(),
        revision,
        ..Standing::default()
    }
}

/// The removal of such a standing, its scope being gone.
pub(super) fn gone(scope: &str) -> Removal {
    Removal {
        scope: scope.to_owned(),
        kpi: "bookings".to_owned(),
        period: Some(month()),
        reason: RemovalReason::Deleted.into(),
    }
}

/// The removal of such a standing, its scope being out of sight.
pub(super) fn unseen(scope: &str) -> Removal {
    Removal { reason: RemovalReason::OutOfScope.into(), ..gone(scope) }
}

/// The answer that a scope is not known.
pub(super) fn unknown(scope: &str) -> Removal {
    let reason = RemovalReason::OutOfScope.into();
    Removal { scope: scope.to_owned(), reason, ..Removal::default() }
}

fn month() -> Period {
    Period { kind: "month".to_owned(), name: MONTH.to_owned(), ..Period::default() }
}

/// A status as the service gives it, with everything that belongs to it.
pub(super) fn refusal(code: Code, reason: &str) -> Refusal {
    Refusal {
        code,
        message: String::new(),
        info: Some((reason.to_owned(), "paceline".to_owned())),
        fields: Vec::new(),
        retry: Some(Duration::from_secs(1)),
        token: Some(vec![7; 65]),
    }
}

/// What a client's own library says of a connection that broke.
pub(super) fn broken() -> End {
    let refusal = refusal(Code::Unknown, "");
    End::Status(Refusal { info: None, retry: None, token: None, ..refusal })
}
