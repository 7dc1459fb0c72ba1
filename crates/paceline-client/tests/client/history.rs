//! Whatever a server sends, in whatever pieces, and wherever its streams break off: the view is what the server had at the
//! view's revision.
//!
//! The server is a list of all its states, and every frame is made by comparing two of them.

use std::collections::BTreeMap;

use paceline_client::{Freshness, LiveMap};
use paceline_grpc::proto::watch_standings_response::Frame;
use paceline_grpc::proto::{
    Bookmark, Period, Removal, RemovalReason, Reset, ResetReason, Snapshot, Standing, Update,
    WatchStandingsResponse,
};
use proptest::prelude::*;

use crate::stage::{Speaking, Stage, in_time, options};

/// Scopes, each with a number.
type State = BTreeMap<String, u32>;

/// How a stream goes.
#[derive(Clone, Debug)]
struct Course {
    /// Whether the token it begins with is not honoured.
    resets: bool,
    /// How many standings and removals a chunk has.
    chunk: usize,
    /// How many revisions an update has.
    stride: usize,
    /// How many frames are sent before it breaks off.
    frames: usize,
}

fn states() -> impl Strategy<Value = Vec<State>> {
    let change = (0..6_u32, proptest::option::weighted(0.8, 0..1000_u32));
    let commits = proptest::collection::vec(proptest::collection::vec(change, 1..6), 1..30);
    commits.prop_map(|commits| {
        let mut states = vec![State::new()];
        for commit in commits {
            let mut state = states.last().cloned().unwrap_or_default();
            for (scope, number) in commit {
                let scope = format!("rep:U{scope}");
                match number {
                    Some(number) => drop(state.insert(scope, number)),
                    None => drop(state.remove(&scope)),
                }
            }
            states.push(state);
        }
        states
    })
}

fn courses() -> impl Strategy<Value = Vec<Course>> {
    let course = (proptest::bool::weighted(0.3), 1..4_usize, 1..6_usize, 0..12_usize);
    let course =
        course.prop_map(|(resets, chunk, stride, frames)| Course { resets, chunk, stride, frames });
    proptest::collection::vec(course, 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_view_is_what_the_server_had(states in states(), courses in courses()) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let stage = Stage::open().await;
            let live = stage.client().watch(options());
            tokio::select! {
                () = in_time(follow(live, &states)) => {}
                () = serve(stage, &states, &courses) => unreachable!("it serves to the end"),
            }
        });
    }
}

/// Follows to the last state, and compares at every step.
async fn follow(mut live: LiveMap, states: &[State]) {
    loop {
        let event = live.next().await.expect("no refusal");
        let view = live.view();
        if view.freshness() != Freshness::Awaited {
            let number = |actual: &str| actual.parse().expect("a number");
            let shown: State =
                view.standings().map(|one| (one.scope.clone(), number(&one.actual))).collect();
            let revision = usize::try_from(view.revision()).expect("few revisions");
            assert_eq!(shown, states[revision], "at {revision}, after {event:?}");
        }
        if view.freshness() == Freshness::Live && view.revision() as usize == states.len() - 1 {
            return;
        }
    }
}

/// Speaks streams as their courses say, and then one to the end, which stays open.
async fn serve(mut stage: Stage, states: &[State], courses: &[Course]) {
    let last = Course { resets: false, chunk: 2, stride: 3, frames: usize::MAX };
    for course in courses.iter().chain([&last]) {
        let asked = stage.standings().await;
        let token = String::from_utf8(asked.request.resume_token.clone()).expect("a number");
        let stream = asked.open();
        if speak(&stream, token.parse().ok(), states, course).await {
            return std::future::pending().await;
        }
    }
}

/// Speaks a stream from a revision on, or from a snapshot; answers whether it came to the last state.
async fn speak(
    stream: &Speaking<WatchStandingsResponse>,
    from: Option<usize>,
    states: &[State],
    course: &Course,
) -> bool {
    let (mut room, middle) = (course.frames, states.len() / 2);
    if from.is_some() && course.resets {
        let reset = Reset { reason: ResetReason::Expired.into(), epoch: String::new() };
        if !say(stream, Frame::Reset(reset), middle, "", &mut room).await {
            return false;
        }
    }
    let mut at = match from.filter(|_| !course.resets) {
        Some(from) => from,
        None if !snapshot(stream, &states[middle], middle, course, &mut room).await => {
            return false;
        }
        None => middle,
    };
    if at == states.len() - 1 {
        return say(stream, Frame::Bookmark(Bookmark {}), at, &at.to_string(), &mut room).await;
    }
    while at < states.len() - 1 {
        let to = (at + course.stride).min(states.len() - 1);
        if !update(stream, (at, to), states, course, &mut room).await {
            return false;
        }
        at = to;
    }
    true
}

async fn snapshot(
    stream: &Speaking<WatchStandingsResponse>,
    state: &State,
    revision: usize,
    course: &Course,
    room: &mut usize,
) -> bool {
    let standings: Vec<Standing> = state.iter().map(|(scope, n)| standing(scope, *n)).collect();
    let mut rest = standings.as_slice();
    loop {
        let (chunk, behind) = rest.split_at(course.chunk.min(rest.len()));
        let (last, standings) = (behind.is_empty(), chunk.to_vec());
        let token = if last { revision.to_string() } else { String::new() };
        let frame = Frame::Snapshot(Snapshot { standings, last });
        if !say(stream, frame, revision, &token, room).await {
            return false;
        }
        if last {
            return true;
        }
        rest = behind;
    }
}

async fn update(
    stream: &Speaking<WatchStandingsResponse>,
    (from, to): (usize, usize),
    states: &[State],
    course: &Course,
    room: &mut usize,
) -> bool {
    let (before, after) = (&states[from], &states[to]);
    let gone = before.keys().filter(|scope| !after.contains_key(*scope));
    let came = after.iter().filter(|(scope, number)| before.get(*scope) != Some(number));
    // What a scope has now; nothing for one that is gone.
    let mut changes: Vec<(&String, Option<u32>)> = gone.map(|scope| (scope, None)).collect();
    changes.extend(came.map(|(scope, number)| (scope, Some(*number))));
    let chunks: Vec<_> = changes.chunks(course.chunk).collect();
    for (at, chunk) in chunks.iter().enumerate() {
        let last = at + 1 == chunks.len();
        let came = chunk.iter().filter_map(|(scope, number)| Some(standing(scope, (*number)?)));
        let gone = chunk.iter().filter(|(_, number)| number.is_none());
        let (standings, removed) =
            (came.collect(), gone.map(|(scope, _)| removal(scope)).collect());
        let token = if last { to } else { from };
        let frame = Frame::Update(Update { standings, removed, last });
        if !say(stream, frame, to, &token.to_string(), room).await {
            return false;
        }
    }
    if chunks.is_empty() {
        let frame = Frame::Bookmark(Bookmark {});
        return say(stream, frame, to, &to.to_string(), room).await;
    }
    true
}

/// Says a frame if the stream does not break off before.
async fn say(
    stream: &Speaking<WatchStandingsResponse>,
    frame: Frame,
    revision: usize,
    token: &str,
    room: &mut usize,
) -> bool {
    let Some(left) = room.checked_sub(1) else { return false };
    *room = left;
    let message = WatchStandingsResponse {
        frame: Some(frame),
        revision: revision as u64,
        resume_token: token.into(),
        complete: true,
        ..WatchStandingsResponse::default()
    };
    stream.say(message).await;
    true
}

fn standing(scope: &str, number: u32) -> Standing {
    Standing {
        scope: scope.to_owned(),
        kpi: "bookings".to_owned(),
        period: Some(month()),
        actual: number.to_string(),
        ..Standing::default()
    }
}

fn removal(scope: &str) -> Removal {
    Removal {
        scope: scope.to_owned(),
        kpi: "bookings".to_owned(),
        period: Some(month()),
        reason: RemovalReason::OutOfFilter.into(),
    }
}

fn month() -> Period {
    Period { kind: "month".to_owned(), name: "2026-11".to_owned(), ..Period::default() }
}
