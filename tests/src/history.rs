//! Recorded histories: everything that clients were told, in the order in which they got it, and the clauses of the
//! contract held against all of it at once.
//!
//! A client that checks what it gets sees its own stream only. That a value was skipped, or that two clients were told
//! two things of one revision, shows only when their histories are laid side by side. So clients of a run write down every
//! message ([`Recorder`]), and when it is over each clause is a small function over the whole ([`clauses`]).

mod amount;
pub mod clauses;
mod end;
mod managers;
pub mod occurred;
mod principal;
mod recorder;
mod replay;
#[cfg(test)]
mod sample;
mod topic;
mod violation;
mod watch;

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use paceline_client::proto::{
    GetStandingsResponse, OnGap, Selector, Standing, WatchStandingsResponse,
    watch_standings_response::Frame,
};

pub use end::{End, Ended, Refusal};
pub use managers::{Fact, Managers, Saying};
pub use principal::Principal;
pub use recorder::{Opened, Recorder};
pub use topic::Appended;
pub use violation::{Violation, report};
pub use watch::{Alerts, Standings, Watch};

/// Everything that the clients of a run were told.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The streams of standings, in the order in which they were opened.
    pub streams: Vec<Stream>,
    /// The streams of alerts, in the order in which they were opened.
    pub alerts: Vec<Stream<Alerts>>,
    /// What stood on the topic of alerts at the end, in its order.
    pub topic: Vec<Appended>,
    /// What was done to the service and its broker, in order.
    pub marks: Vec<Marked>,
    /// When the run began, by the wall clock.
    pub began: Timestamp,
    /// From when to when, since the run began, the machine had no time for the run, if only for a moment.
    pub lags: Vec<(Duration, Duration)>,
    /// What the service answered when it was asked at the end.
    pub answers: Vec<Answer>,
    /// The KPIs of which the org's value is the sum over the reps and the unassigned, and a team's the sum over its reps.
    pub sums: BTreeSet<String>,
    /// What was said of who reports to whom.
    pub managers: Managers,
}

/// One stream, from being asked for to its end.
#[derive(Clone, Debug)]
pub struct Stream<W: Watch = Standings> {
    /// Whose it is.
    pub client: usize,
    /// What was asked for.
    pub asked: Asked<W>,
    /// When it was opened, since the run began.
    pub opened: Duration,
    /// The messages, in the order in which they came.
    pub told: Vec<Told<W>>,
    /// How it ended; `None` when it was open when the run ended.
    pub end: Option<Ended>,
}

/// What a stream was opened with.
#[derive(Clone, Debug)]
pub struct Asked<W: Watch = Standings> {
    /// The request as it was sent.
    pub request: W::Request,
    /// Where its token is from.
    pub token: Presented,
    /// Which process of the service answered, counted from 0. Each has an epoch of its own.
    pub server: u32,
    /// Whether nothing ever disturbs the way between this client and the service.
    pub undisturbed: bool,
    /// Who asked for it.
    pub by: Principal,
}

/// Where a token that was presented is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// There is none.
    Nothing,
    /// A message or the end of a stream had it.
    Of(Place),
    /// It was made of one that this process of the service gave, and is none.
    Tampered(u32),
}

/// A message of a stream, or its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The stream's place in the history.
    pub stream: usize,
    /// The message's place in the stream; `None` for the stream's end.
    pub message: Option<usize>,
}

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Told<W: Watch = Standings> {
    /// Its place among all messages of all clients.
    pub order: u64,
    /// When it came, since the run began.
    pub at: Duration,
    /// What it says.
    pub message: W::Message,
}

/// Something that was done to the service or its broker.
#[derive(Clone, Copy, Debug)]
pub struct Marked {
    /// When, since the run began.
    pub at: Duration,
    /// When, by the wall clock, which the service stamps its messages by.
    pub wall: Timestamp,
    /// What.
    pub mark: Mark,
}

/// What can be done to the service and its broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The service was killed, or is about to be (SIGKILL).
    Killed,
    /// The service was asked to end (SIGTERM).
    Terminated,
    /// The service serves again.
    Started,
    /// The broker was killed.
    BrokerKilled,
    /// The broker is about to be started again.
    BrokerStarted,
    /// The machine had no time for the run for a while: a connection may be given up for silent, and nobody is to blame.
    StoodStill,
}

/// What the service said when it was asked for standings.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Which process of the service answered.
    pub server: u32,
    /// What was asked for.
    pub selector: Selector,
    /// The answer.
    pub response: GetStandingsResponse,
}

/// What identifies a standing: scope, KPI and the name of its period.
pub type Key<'h> = (&'h str, &'h str, &'h str);

/// What identifies this standing.
#[must_use]
pub fn key(standing: &Standing) -> Key<'_> {
    let period = standing.period.as_ref().map_or("", |period| period.name.as_str());
    (&standing.scope, &standing.kpi, period)
}

impl History {
    /// The message at a place; `None` for the end of a stream.
    #[must_use]
    pub fn message(&self, place: Place) -> Option<&WatchStandingsResponse> {
        Some(&self.streams.get(place.stream)?.told.get(place.message?)?.message)
    }

    /// Each stream with its place.
    pub fn numbered(&self) -> impl Iterator<Item = (usize, &Stream)> {
        self.streams.iter().enumerate()
    }

    /// What a stream goes on after, if its token has to be honoured: one for the same selector, and of the same process of the
    /// service where tokens do not outlive it.
    #[must_use]
    pub fn goes_on_after<W: Watch>(&self, stream: &Stream<W>) -> Option<Place> {
        let Presented::Of(place) = stream.asked.token else { return None };
        let source = &W::streams(self).get(place.stream)?.asked;
        let lives = W::OUTLIVES || source.server == stream.asked.server;
        (lives && source.view() == stream.asked.view()).then_some(place)
    }

    /// The revision up to which everything was sent where a token is from, as far as its client can know: a token within a
    /// snapshot or an update resumes before it.
    #[must_use]
    pub fn revision_at(&self, place: Place) -> u64 {
        let Some(stream) = self.streams.get(place.stream) else { return 0 };
        let until = place.message.map_or(stream.told.len(), |message| message + 1);
        let told = stream.told.iter().take(until).rev();
        let whole = told.map(|told| &told.message).find(|message| is_whole(message));
        let before = || self.goes_on_after(stream).map(|before| self.revision_at(before));
        whole.map(|message| message.revision).or_else(before).unwrap_or(0)
    }

    /// Whether the service was down at some moment from one of the run to another.
    #[must_use]
    pub fn was_down(&self, from: Duration, until: Duration) -> bool {
        let change = |marked: &&Marked| {
            matches!(marked.mark, Mark::Killed | Mark::Terminated | Mark::Started)
        };
        let mut marks = self.marks.iter().filter(change).peekable();
        let mut down = false;
        while let Some(before) = marks.next_if(|marked| marked.at < from) {
            down = before.mark != Mark::Started;
        }
        down || marks.any(|marked| marked.at <= until && marked.mark != Mark::Started)
    }

    /// For how long of a time the machine had none for the run.
    #[must_use]
    pub fn lagged(&self, from: Duration, until: Duration) -> Duration {
        let of = |(began, ended): &(Duration, Duration)| {
            (*ended).min(until).saturating_sub((*began).max(from))
        };
        self.lags.iter().map(of).sum()
    }

    /// Whether the machine stood still at some moment from one of the run to another, or was found to have right after.
    #[must_use]
    pub fn stood_still(&self, from: Duration, until: Duration) -> bool {
        let during = from..=until + Duration::from_secs(30);
        let mut still = self.marks.iter().filter(|marked| marked.mark == Mark::StoodStill);
        still.any(|marked| during.contains(&marked.at))
    }
}

impl Asked {
    /// Whether it fails rather than being reset.
    #[must_use]
    pub fn fails_on_gap(&self) -> bool {
        self.request.on_gap() == OnGap::Fail
    }
}

impl<W: Watch> Asked<W> {
    /// What its token is good for: the selector, whatever its order, and whose numbers are seen.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View { roots: self.by.roots(), ..View::of(W::selector(&self.request)) }
    }

    /// After how long without a message a bookmark is due.
    #[must_use]
    pub fn heartbeat(&self) -> Duration {
        let asked = W::heartbeat(&self.request).and_then(|asked| Duration::try_from(asked).ok());
        asked.unwrap_or(Duration::from_secs(5))
    }
}

/// A selector, whatever its order, and what of it is seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct View<'h> {
    /// The scopes that are named; none: all.
    pub scopes: BTreeSet<&'h str>,
    /// Whether those below them belong to it.
    pub with_members: bool,
    /// The KPIs that are named; none: all.
    pub kpis: BTreeSet<&'h str>,
    /// The kinds of period that are named; none: all.
    pub periods: BTreeSet<&'h str>,
    /// The scopes that are seen, each with whether those below it are too; `None`: all are.
    pub roots: Option<BTreeSet<(&'h str, bool)>>,
}

impl<'h> View<'h> {
    /// What a selector selects; without one, everything.
    #[must_use]
    pub fn of(selector: Option<&'h Selector>) -> Self {
        let set = |list: fn(&Selector) -> &Vec<String>| {
            selector.into_iter().flat_map(list).map(String::as_str).collect()
        };
        Self {
            scopes: set(|selector| &selector.scopes),
            with_members: selector.is_some_and(|selector| selector.with_members),
            kpis: set(|selector| &selector.kpis),
            periods: set(|selector| &selector.periods),
            roots: None,
        }
    }

    /// Whether it holds every scope.
    #[must_use]
    pub fn has_all_scopes(&self) -> bool {
        self.scopes.is_empty() && self.roots.is_none()
    }

    /// Whether it holds a standing, of a selector without members, for who sees all: who they are changes.
    #[must_use]
    pub fn holds(&self, standing: &Standing) -> bool {
        let kind = standing.period.as_ref().map_or("", |period| period.kind.as_str());
        (self.scopes.is_empty() || self.scopes.contains(standing.scope.as_str()))
            && (self.periods.is_empty() || self.periods.contains(kind))
            && self.has_kpi(&standing.kpi)
    }

    /// Whether it holds an alert about a scope, a KPI and a kind of period, of a selector whose members are not asked for, or whoever they
    /// are.
    #[must_use]
    pub fn holds_alert(&self, scope: &str, kpi: &str, kind: &str) -> Held {
        if !(self.has_kpi(kpi) && (self.periods.is_empty() || self.periods.contains(kind))) {
            return Held::No;
        }
        let asked = self.scopes.is_empty() || self.scopes.contains(scope);
        if asked && self.roots.is_some() {
            return Held::Perhaps;
        }
        if asked {
            return Held::Yes;
        }
        if self.with_members { Held::Perhaps } else { Held::No }
    }

    /// Whether it holds a KPI.
    #[must_use]
    pub fn has_kpi(&self, kpi: &str) -> bool {
        self.kpis.is_empty() || self.kpis.contains(kpi)
    }
}

/// Whether a selector holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Whatever the organisation is.
    Yes,
    /// If it is about a member at that moment.
    Perhaps,
    /// Never.
    No,
}

/// Whether a message ends something that a client can stand by: a snapshot, an update, or a bookmark.
#[must_use]
pub fn is_whole(message: &WatchStandingsResponse) -> bool {
    match &message.frame {
        Some(Frame::Snapshot(chunk)) => chunk.last,
        Some(Frame::Update(chunk)) => chunk.last,
        Some(Frame::Bookmark(_)) => true,
        Some(Frame::Reset(_)) | None => false,
    }
}

/// The standings that a message brings.
#[must_use]
pub fn standings(message: &WatchStandingsResponse) -> &[Standing] {
    match &message.frame {
        Some(Frame::Snapshot(chunk)) => &chunk.standings,
        Some(Frame::Update(chunk)) => &chunk.standings,
        _ => &[],
    }
}
