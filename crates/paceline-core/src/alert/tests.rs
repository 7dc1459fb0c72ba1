//! The machine against a naive account of what has held, and the id of an alert to the last digit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::{AlertId, Hold, Machine, Owed, Remembered, Subject, Trigger};
use crate::board::{Key, Step, Transition};
use crate::calendar::Calendar;
use crate::day::Day;
use crate::kpi::KpiId;
use crate::period::{Period, PeriodKind};
use crate::roster::ScopeId;
use crate::standing::Status;

#[test]
fn an_id_is_made_of_what_the_alert_is_about() {
    let period = november();
    let since: Timestamp = "2026-11-24T11:53:20.000000001Z".parse().expect("an instant");
    let id = AlertId::of("rep:U1", "bookings", &period, Status::Behind, since);
    assert_eq!(id.to_string(), "7d0f1bd548b395742f53d0cdd46d123b");
    assert_eq!(AlertId::parse("7d0f1bd548b395742f53d0cdd46d123b"), Some(id));
    for text in ["", "7D0f1bd548b395742f53d0cdd46d123b", "+d0f1bd548b395742f53d0cdd46d123b", "7d"] {
        assert_eq!(AlertId::parse(text), None, "{text}");
    }
    let others = [
        AlertId::of("rep:U2", "bookings", &period, Status::Behind, since),
        AlertId::of("rep:U1", "deals", &period, Status::Behind, since),
        AlertId::of("rep:U1", "bookings", &period, Status::Missed, since),
        AlertId::of("rep:U1", "bookings", &period, Status::Behind, since + Duration::from_nanos(1)),
    ];
    assert!(others.iter().all(|other| *other != id));
}

fn november() -> Period {
    PeriodKind::Month.holding(Day::parse("2026-11-24").expect("a day"), &Calendar::default())
}

fn key(standing: u8) -> Key {
    Key { scope: ScopeId(standing.into()), kpi: KpiId(0), period: Arc::new(november()) }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn transition(standing: u8, step: Step, status: Status, seconds: u64) -> Transition {
    let (key, since) = (key(standing), at(seconds));
    let had = [status].into_iter().collect();
    Transition { key, step, status, since, had, trigger: Trigger::Records, judged: since }
}

/// What became of one standing: its first status, what it changed to when, and when it ended with which status.
#[derive(Clone, Debug)]
struct Story {
    first: Status,
    changes: Vec<(u64, Status)>,
    end: Option<(u64, Status)>,
}

/// (from, to, since, told at).
type Told = (Status, Status, u64, u64);

/// What is to be told of a story by an instant: each stretch of one status by itself.
fn naive(story: &Story, enter: u64, leave: u64, until: u64) -> Vec<Told> {
    let order = ["MISSED", "BEHIND", "", "AHEAD", "ACHIEVED"];
    let rank = |status: Status| order.iter().position(|name| *name == status.name()).unwrap_or(2);
    let mut stretches: Vec<(u64, Status)> = story.changes.clone();
    if let Some((end, last)) = story.end {
        let before = stretches.last().map_or(story.first, |(_, status)| *status);
        if before != last {
            stretches.push((end, last));
        }
    }
    let (mut settled, mut told) = (story.first, Vec::new());
    for (nth, (since, status)) in stretches.iter().enumerate() {
        let hold = if rank(*status) < rank(settled) { enter } else { leave };
        let due = since + hold;
        let broken = stretches.get(nth + 1).is_some_and(|(next, _)| *next <= due);
        if *status != settled && !broken && due <= until {
            told.push((settled, *status, *since, due));
            settled = *status;
        }
    }
    told
}

fn stories() -> impl Strategy<Value = Vec<Story>> {
    let status = || (0..Status::ALL.len()).prop_map(|at| Status::ALL[at]);
    let changes = proptest::collection::vec((0..12_u64, status()), 0..12);
    let end = proptest::option::of((0..12_u64, status()));
    let story = (status(), changes, end).prop_map(|(first, gaps, end)| {
        let (mut now, mut last) = (0, first);
        let mut changes = Vec::new();
        for (gap, status) in gaps {
            now += gap;
            if status != last {
                changes.push((now, status));
                last = status;
            }
        }
        Story { first, changes, end: end.map(|(gap, status)| (now + gap, status)) }
    });
    proptest::collection::vec(story, 1..4)
}

/// Plays stories to a machine, which is made anew from what is remembered before the instants of `restarts`.
fn play(stories: &[Story], hold: Hold, until: u64, restarts: &[u64]) -> Vec<(u8, Told)> {
    let mut machine = Machine::new(hold);
    let mut memory = BTreeMap::<Subject, (Key, Remembered)>::new();
    let mut told = Vec::new();
    for now in 0..=until {
        if restarts.contains(&now) {
            machine = Machine::new(hold);
            memory.values().for_each(|(key, remembered)| machine.recall(key.clone(), remembered));
        }
        for (standing, story) in (0..).zip(stories) {
            if now == 0 {
                machine.take(&transition(standing, Step::Began, story.first, 0));
            }
            for (_, status) in story.changes.iter().filter(|(at, _)| *at == now) {
                machine.take(&transition(standing, Step::Changed, *status, now));
            }
            let Some((end, last)) = story.end.filter(|(end, _)| *end == now) else { continue };
            // Nothing has changed by the end: since when the status holds is what it was.
            let change = story.changes.last().copied().unwrap_or((0, story.first));
            let since = if change.1 == last { change.0 } else { end };
            machine.take(&transition(standing, Step::Ended, last, since));
        }
        while let Some(Owed { key, from, to, since, .. }) = machine.due(at(now)) {
            let since = u64::try_from(since.as_second()).expect("after 1970");
            told.push((key.scope.0 as u8, (from, to, since, now)));
        }
        assert!(machine.next_due().is_none_or(|due| due > at(now)));
        for (key, remembered) in machine.changed() {
            match remembered {
                Some(remembered) => {
                    memory.insert(Subject::from(&key), (key, remembered));
                }
                None => {
                    memory.remove(&Subject::from(&key));
                }
            }
        }
    }
    // Of what is over, and owed nothing, nothing is remembered.
    let over = |(standing, story): (u8, &Story)| {
        story.end.filter(|_| memory.contains_key(&Subject::from(&key(standing))))
    };
    let left: Vec<_> = (0..).zip(stories).filter_map(over).collect();
    assert!(until < 400 || left.is_empty(), "{left:?}");
    told
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_told_is_what_has_held(
        stories in stories(),
        (enter, leave) in (0..15_u64, 0..15_u64),
        until in prop_oneof![0..150_u64, Just(400)],
        restarts in proptest::collection::vec(1..150_u64, 0..6),
    ) {
        let hold = Hold { enter: Duration::from_secs(enter), leave: Duration::from_secs(leave) };
        let mut told = play(&stories, hold, until, &restarts);
        told.sort_by_key(|(standing, (.., due))| (*standing, *due));
        let mut expected = Vec::new();
        for (standing, story) in (0..).zip(&stories) {
            expected.extend(naive(story, enter, leave, until).into_iter().map(|told| (standing, told)));
        }
        prop_assert_eq!(told, expected);
    }
}

#[test]
fn what_leaves_is_owed_nothing() {
    let hold = Hold { enter: Duration::from_secs(10), leave: Duration::from_secs(10) };
    let mut machine = Machine::new(hold);
    machine.take(&transition(0, Step::Began, Status::OnTrack, 0));
    machine.take(&transition(0, Step::Changed, Status::Behind, 5));
    assert_eq!(machine.next_due(), Some(at(15)));
    machine.take(&transition(0, Step::Left, Status::Behind, 5));
    assert_eq!((machine.next_due(), machine.due(at(20))), (None, None));
    let remembered: Vec<_> = machine.changed().map(|(_, remembered)| remembered).collect();
    assert_eq!(remembered, [None, None, None]);
}

#[test]
fn what_moves_is_remembered_with_its_days_and_owed_what_it_was() {
    let hold = Hold { enter: Duration::from_secs(10), leave: Duration::from_secs(10) };
    let mut machine = Machine::new(hold);
    machine.take(&transition(0, Step::Began, Status::OnTrack, 0));
    machine.take(&transition(0, Step::Changed, Status::Behind, 5));
    let mut moved = transition(0, Step::Moved, Status::Behind, 5);
    moved.key.period = Arc::new(Period { end: november().end.plus(1), ..november() });
    (moved.trigger, moved.judged) = (Trigger::Reps, at(7));
    machine.take(&moved);
    let (key, remembered) = machine.changed().last().expect("it is remembered");
    let remembered = remembered.expect("it is remembered");
    assert_eq!((key.period.end, remembered.last_day), (moved.key.period.end, moved.key.period.end));
    assert_eq!((remembered.trigger, remembered.judged), (Trigger::Records, at(5)));
    let owed = machine.due(at(15)).expect("it has held");
    assert_eq!((owed.key, owed.trigger, owed.judged), (moved.key, Trigger::Records, at(5)));
}
