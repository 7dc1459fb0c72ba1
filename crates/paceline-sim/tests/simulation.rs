//! The organisation behaves like one, and the same way every time.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, also in its helpers")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, civil::date, tz::TimeZone};
use paceline_sim::{
    Change, Field, Fields, Id, Op, Opportunity, Options, Organisation, Role, Row, Simulation,
    Stage,
    format::{Format, Messages},
};

fn simulation(seed: u64) -> Simulation {
    Simulation::new(Organisation::new(Options::new(seed, 40, 5, date(2026, 10, 1))))
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Calls `check` with every opportunity's row before and after each change.
fn replay(
    changes: impl Iterator<Item = Change>,
    mut check: impl FnMut(&Change, Option<Opportunity>, Opportunity),
) {
    let mut rows: BTreeMap<Id, Opportunity> = BTreeMap::new();
    for change in changes {
        for (_, row) in change.records() {
            if let Row::Opportunity(after) = row {
                check(&change, rows.insert(after.id, *after), *after);
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let bytes = |seed| {
        let mut messages = Messages::default();
        let mut simulation = simulation(seed);
        for change in simulation.by_ref().take(3000) {
            Format::debezium().write(&change, &mut messages);
        }
        for second in 0..500 {
            let now = instant("2026-11-23T03:00:00Z") + SignedDuration::from_secs(second);
            Format::native().write(&simulation.live(now), &mut messages);
        }
        messages
            .iter()
            .map(|message| (message.key.map(<[u8]>::to_vec), message.value.map(<[u8]>::to_vec)))
            .collect::<Vec<_>>()
    };
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
}

#[test]
fn time_never_goes_back_and_versions_grow() {
    let mut simulation = simulation(3);
    let (mut time, mut version) = (Timestamp::MIN, 0);
    let mut check = |change: &Change| {
        assert!(change.time >= time && change.version > version, "{change:?}");
        (time, version) = (change.time, change.last_version());
    };
    simulation.history_until(instant("2026-10-20T00:00:00Z")).for_each(|change| check(&change));
    for second in 0..2000 {
        check(
            &simulation
                .live(instant("2026-10-20T02:00:00Z") + SignedDuration::from_millis(second * 300)),
        );
    }
    simulation.by_ref().take(2000).for_each(|change| check(&change));
}

#[test]
fn history_stops_where_it_is_told_and_goes_on_from_there() {
    let (mut halves, mut whole) = (simulation(4), simulation(4));
    let (noon, evening) = (instant("2026-10-06T12:00:00Z"), instant("2026-10-06T20:00:00Z"));
    let mut changes: Vec<Change> = halves.history_until(noon).collect();
    assert!(changes.iter().all(|change| change.time <= noon));
    changes.extend(halves.history_until(evening));
    assert_eq!(changes, whole.history_until(evening).collect::<Vec<_>>());
}

#[test]
fn every_turn_of_a_deal_occurs() {
    let mut seen = BTreeSet::new();
    replay(simulation(5).take(12_000), |change, before, after| {
        let Some(before) = before else { return };
        let turns = [
            ("reassigned", before.owner != after.owner),
            ("slipped", after.stage.is_open() && after.close_day > before.close_day),
            ("grew", before.amount < after.amount && before.amount.is_some()),
            ("shrank", before.amount > after.amount && after.amount.is_some()),
            ("amount nulled", before.amount.is_some() && after.amount.is_none()),
            ("amount null", after.amount.is_none()),
            ("won", after.stage == Stage::ClosedWon),
            ("lost", after.stage == Stage::ClosedLost),
            ("reopened", !before.stage.is_open() && after.stage.is_open()),
            ("stage skipped", after.stage.is_open() && after.stage as u8 > before.stage as u8 + 1),
            ("deleted", change.op == Op::Delete),
            ("undeleted", change.op == Op::Undelete),
            ("mass reassigned", !change.rest.is_empty()),
        ];
        seen.extend(turns.iter().filter(|(_, occurs)| *occurs).map(|(name, _)| *name));
    });
    assert_eq!(seen.len(), 13, "{seen:?}");
}

#[test]
fn updates_name_exactly_what_they_change() {
    let mut rows: BTreeMap<Id, Row> = BTreeMap::new();
    let mut simulation = simulation(6);
    let mut changes: Vec<Change> = simulation.by_ref().take(8000).collect();
    changes.extend((0..4000).map(|n| {
        simulation.live(instant("2026-12-01T00:00:00Z") + SignedDuration::from_millis(n * 200))
    }));
    for change in changes {
        for (_, row) in change.records() {
            let before = rows.insert(row.id(), *row);
            if change.op == Op::Update {
                let before = before.unwrap();
                let fields = Field::of(row.entity());
                let differing: Vec<Field> = fields
                    .iter()
                    .copied()
                    .filter(|field| before.value(*field) != row.value(*field))
                    .collect();
                // Naming an unchanged field is allowed (a close date may stay what it was); leaving one out is not.
                assert!(
                    differing.iter().all(|field| change.changed.contains(*field)),
                    "{change:?} {differing:?}"
                );
                assert!(change.changed.contains(Field::LastModifiedDate));
            } else {
                assert_eq!(change.changed, Fields::default());
            }
        }
    }
}

#[test]
fn a_won_deal_never_closes_in_the_future() {
    let mut simulation = simulation(7);
    let organisation = simulation.organisation().clone();
    let mut changes: Vec<Change> = simulation.by_ref().take(8000).collect();
    changes.extend((0..4000).map(|n| {
        simulation.live(instant("2026-12-01T00:00:00Z") + SignedDuration::from_secs(n * 17))
    }));
    let mut won = 0;
    replay(changes.into_iter(), |change, _, after| {
        if change.op == Op::Update
            && after.stage == Stage::ClosedWon
            && change.changed.contains(Field::StageName)
        {
            let zone: &TimeZone = &organisation.reps()[after.owner.number() as usize].time_zone;
            assert_eq!(after.close_date(), change.time.to_zoned(zone.clone()).date());
            assert!(after.amount.is_some());
            won += 1;
        }
    });
    assert!(won > 200, "{won}");
}

/// Bookings of this quarter over what the goal lets expect by now, for everybody with a bookings goal.
fn paces(simulation: &Simulation, rows: &BTreeMap<Id, Opportunity>, elapsed: f64) -> Vec<f64> {
    let organisation = simulation.organisation();
    let booked = |id: Id| {
        let won = rows.values().filter(|row| row.owner == id && row.stage == Stage::ClosedWon);
        won.filter(|row| row.close_date() >= date(2026, 10, 1))
            .filter_map(|row| row.amount)
            .sum::<i64>() as f64
    };
    let goal = |id: Id, role| {
        let rep = &organisation.reps()[id.number() as usize];
        if rep.own_goal { rep.monthly_bookings } else { organisation.monthly_bookings(role) }
    };
    let people = organisation.reps().iter().filter(|rep| rep.role != Role::Sdr);
    people.map(|rep| booked(rep.id) / (3.0 * goal(rep.id, rep.role) as f64 * elapsed)).collect()
}

#[test]
fn some_are_ahead_and_some_behind_and_live_traffic_keeps_it_so() {
    let (mut ahead, mut behind, mut all) = ([0, 0], [0, 0], 0);
    for seed in 0..8 {
        let mut simulation = simulation(seed);
        let mut rows = BTreeMap::new();
        let history: Vec<Change> =
            simulation.history_until(instant("2026-11-23T18:00:00Z")).collect();
        replay(history.into_iter(), |change, _, row| keep(&mut rows, change, row));
        let mut judge = |turn: usize, simulation: &Simulation, rows: &BTreeMap<Id, Opportunity>| {
            let paces = paces(simulation, rows, 38.0 / 66.0);
            ahead[turn] += paces.iter().filter(|pace| **pace >= 1.1).count();
            behind[turn] += paces.iter().filter(|pace| **pace < 0.9).count();
            all += paces.len() * (1 - turn);
        };
        judge(0, &simulation, &rows);
        let night = (0..6000).map(|n| {
            simulation.live(instant("2026-11-23T19:00:00Z") + SignedDuration::from_millis(n * 200))
        });
        let night: Vec<Change> = night.collect();
        replay(night.into_iter(), |change, _, row| keep(&mut rows, change, row));
        judge(1, &simulation, &rows);
    }
    for turn in [0, 1] {
        assert!(
            (all / 6..all / 2).contains(&ahead[turn]),
            "turn {turn}: {} of {all} ahead",
            ahead[turn]
        );
        assert!(
            (all / 6..all / 2).contains(&behind[turn]),
            "turn {turn}: {} of {all} behind",
            behind[turn]
        );
    }
}

fn keep(rows: &mut BTreeMap<Id, Opportunity>, change: &Change, row: Opportunity) {
    if change.op == Op::Delete {
        rows.remove(&row.id);
    } else {
        rows.insert(row.id, row);
    }
}

#[test]
fn the_smallest_organisation_works() {
    let mut options = Options::new(1, 0, 9, date(2026, 1, 1));
    options.time_zones = Vec::new();
    let mut simulation = Simulation::new(Organisation::new(options));
    assert_eq!(simulation.organisation().reps().len(), 1);
    assert_eq!(simulation.by_ref().take(500).count(), 500);
    let _live = simulation.live(instant("2027-01-01T00:00:00Z"));
}
