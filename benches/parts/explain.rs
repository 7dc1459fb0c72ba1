//! Explaining a number of a large organisation: for how long the board is held, and what is worked out when it is let go.

use std::hint::black_box;
use std::sync::Arc;

use criterion::Criterion;
use jiff::Timestamp;
use paceline_core::board::{Batch, Board, Revision, Subject};
use paceline_core::calendar::CalendarId;
use paceline_core::contributor::Sought;
use paceline_core::day::Day;
use paceline_core::decimal::Decimal;
use paceline_core::entity::EntityId;
use paceline_core::entry::{Entry, Part};
use paceline_core::goal::{Goal, Origin, Step, Whose};
use paceline_core::kpi::KpiId;
use paceline_core::model::Model;
use paceline_core::moves::Source;
use paceline_core::period::PeriodKind;
use paceline_core::roster::{Rep, Roster};
use paceline_core::sight::Sight;
use paceline_core::symbol::Symbol;

use crate::world::config;

const REPS: usize = 10_000;
/// The reps of a team, whose first is its manager.
const TEAM: usize = 100;
/// As many entries of changes as are remembered, in commits of a thousand.
const COMMITS: usize = 100;
const ENTRIES: usize = 1_000;

pub(crate) fn bench(criterion: &mut Criterion) {
    pieces(criterion);
    evidence(criterion);
}

/// The year's goal of an organisation, every rep of which is on a step of a ramp.
fn pieces(criterion: &mut Criterion) {
    let (mut board, now) = (board(), now());
    let mut group = criterion.benchmark_group("pieces of a goal of 10,000 with ramps");
    let running = sought(&board, None);
    group.bench_function("while the board is held", |bencher| {
        bencher.iter(|| black_box(board.ingredients(&running, now)));
    });
    group.bench_function("with what is worked out afterwards", |bencher| {
        bencher.iter(|| black_box(board.ingredients(&running, now).pieces()));
    });
    let over = sought(&board, Day::parse("2025-07-01"));
    group.sample_size(10);
    group.bench_function("while the board is held, of a year that is over", |bencher| {
        bencher.iter(|| black_box(board.ingredients(&over, now)));
    });
    group.finish();
}

/// What moved the organisation, of as much as is remembered.
fn evidence(criterion: &mut Criterion) {
    let (mut board, now) = (board(), now());
    let owners: Vec<Symbol> = (0..REPS).map(|rep| board.roster().symbol(rep)).collect();
    for commit in 0..COMMITS {
        let mut batch = Batch::default();
        for nth in 0..ENTRIES {
            let owner = owners[(commit * ENTRIES + nth) % owners.len()];
            note(&mut batch, owner, &format!("006{nth:015}"), now);
        }
        board.commit([(0, &batch)], now);
    }
    let mut group = criterion.benchmark_group("what moved a number, of 100,000 entries");
    for (name, scope) in [("an organisation", "org"), ("a rep", "rep:U5")] {
        let subject = subject(scope);
        group.bench_function(format!("{name}, while the board is held"), |bencher| {
            bencher.iter(|| black_box(board.evidence(&subject, Revision::default())));
        });
    }
    group.finish();
}

fn note(batch: &mut Batch, owner: Symbol, record: &str, time: Timestamp) {
    let day = Day::parse("2026-11-20").expect("a day");
    let part = Part::Amount { day, amount: Decimal::from_int(1), records: 1 };
    let entry = Entry { owner, kpi: KpiId(0), part };
    let of = batch.notes().next();
    batch.add(&entry, time);
    batch.notes().note(of, &entry);
    let (source, partition, offset, actor, entity) = (0, 0, 0, None, EntityId(0));
    batch.notes().close(Source { source, partition, offset, time, actor, entity, record });
}

fn now() -> Timestamp {
    "2026-11-23T13:00:00Z".parse().expect("an instant")
}

fn subject(scope: &str) -> Subject {
    let (sight, scope, kind) = (Sight::All, scope.to_owned(), PeriodKind::Year);
    Subject { sight, scope, kpi: KpiId(0), kind }
}

fn sought(board: &Board, on: Option<Day>) -> Sought {
    board.sought(&subject("org"), on).expect("an organisation")
}

/// A board of the first KPI of the whole, by the year.
fn board() -> Board {
    let mut model: Model = config().model;
    let kpi = KpiId(0);
    model.kpis[0].periods = vec![PeriodKind::Year];
    let shares = [(3, "0.25"), (6, "0.5"), (12, "0.75")];
    let step = |(until_month, share): (u32, &str)| Step {
        until_month,
        share: Decimal::parse(share).expect("a share"),
    };
    model.goals = vec![Goal {
        kpi,
        period: PeriodKind::Year,
        target: Decimal::from_int(1_440_000),
        whose: Whose::Everyone,
        from: None,
        until: None,
        ramp: shares.map(step).into(),
        presence: true,
        curve: None,
        origin: Origin::File,
    }];
    let mut symbols = model.symbols.clone();
    let reps = (0..REPS).map(rep).collect();
    let roster = Roster::new(reps, &model.calendars, &mut symbols).expect("a roster");
    model.symbols = symbols;
    let mut board = Board::new(Arc::new(model), Arc::new(roster));
    board.open(now());
    board
}

/// They began one after the other over two years, so that steps lie within the year or before it.
fn rep(nth: usize) -> Rep {
    let first = Day::parse("2024-10-01").expect("a day");
    let is_manager = nth.is_multiple_of(TEAM);
    Rep {
        id: format!("U{nth}"),
        name: format!("Rep {nth}"),
        manager: (!is_manager).then(|| format!("U{}", nth - nth % TEAM)),
        role: Some("ae".to_owned()),
        start: Some(first.plus((nth % 730) as i32)),
        end: None,
        zone: None,
        calendar: CalendarId::DEFAULT,
        time_off: Vec::new(),
    }
}
