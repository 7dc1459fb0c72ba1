//! The look of a lane at a million records, for a listing of those behind a number.

use std::hint::black_box;
use std::sync::Arc;

use criterion::Criterion;
use jiff::Timestamp;
use paceline::config::Config;
use paceline_core::basis::Basis;
use paceline_core::change::{Change, Mention, Op, Value};
use paceline_core::contributor::Sought;
use paceline_core::day::Day;
use paceline_core::decimal::Decimal;
use paceline_core::fold::Fold;
use paceline_core::kpi::KpiId;
use paceline_core::model::Model;
use paceline_core::period::{Period, PeriodKind};
use paceline_core::record::{Records, Scratch};
use paceline_core::symbol::Symbols;
use paceline_core::version::Version;

use crate::world::{OPPORTUNITY, config};

const RECORDS: usize = 1_000_000;
/// How many of them are of the first rep; the second has none.
const OWN: usize = 10_000;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut lane = Lane::new(&config());
    let mut group = criterion.benchmark_group("what of 1,000,000 records is behind a number");
    group.sample_size(10);
    for (name, rep, count) in [("of none", 1, 0), ("of 10,000", 0, OWN)] {
        let sought = lane.sought(rep);
        assert_eq!(lane.found(&sought), count);
        group.bench_function(name, |bencher| bencher.iter(|| black_box(lane.found(&sought))));
    }
    group.finish();
}

/// When all of them were won.
fn day() -> Day {
    Day::parse("2026-11-20").expect("a day")
}

/// The records of a lane, and what they are folded by.
struct Lane {
    records: Records,
    fold: Fold,
    basis: Basis,
    symbols: Symbols,
    scratch: Scratch,
    reps: Vec<String>,
    month: Arc<Period>,
}

impl Lane {
    fn new(config: &Config) -> Self {
        let model: &Model = &config.model;
        let roster = Arc::new(config.roster.clone());
        let reps = roster.reps().iter().map(|rep| rep.id.clone()).collect();
        let month = Arc::new(PeriodKind::Month.holding(day(), &model.calendars[0]));
        let rates = Arc::new(config.rates.clone());
        let mut lane = Self {
            records: Records::new(model),
            fold: Fold::new(model, OPPORTUNITY),
            basis: Basis::new(&model.calendars, roster, rates),
            symbols: model.symbols.clone(),
            scratch: Scratch::default(),
            reps,
            month,
        };
        (0..RECORDS).for_each(|nth| lane.win(model, nth));
        lane
    }

    /// A deal that was won this month.
    fn win(&mut self, model: &Model, nth: usize) {
        let others = self.reps.len() - 2;
        let owner = if nth.is_multiple_of(RECORDS / OWN) { 0 } else { 2 + nth % others };
        let owner = self.reps[owner].clone();
        let set = [
            ("owner", Value::Text(owner.into())),
            ("amount", Value::Decimal(Decimal::from_int(nth as i64))),
            ("stage", Value::Text("Closed Won".into())),
            ("close_date", Value::Date(day())),
            ("created", Value::Timestamp(Timestamp::UNIX_EPOCH)),
        ];
        let field = |name: &str| model.entity(OPPORTUNITY).field(name).expect("a field").0;
        let change = Change {
            entity: OPPORTUNITY,
            ids: [format!("006{nth:015}").into()].into_iter().collect(),
            op: Op::Full,
            version: Version::from_counter(1),
            time: Timestamp::UNIX_EPOCH,
            actor: None,
            fields: set
                .into_iter()
                .map(|(name, value)| (field(name), Mention::Set(value)))
                .collect(),
        };
        let Self { records, symbols, scratch, .. } = self;
        let place = records.place(OPPORTUNITY, &change.ids[0]);
        records.change(place, &change, symbols, scratch, |_, _, _, _| {});
    }

    fn sought(&self, rep: usize) -> Sought {
        let scope = self.basis.roster.rep_scope(rep);
        Sought { scope, kpi: KpiId(0), period: self.month.clone(), leaves: vec![KpiId(0)] }
    }

    /// How many of the records contribute, as a lane looks for them.
    fn found(&mut self, sought: &Sought) -> usize {
        let Self { records, fold, basis, symbols, scratch, .. } = self;
        let mut found = Vec::new();
        records.for_each(OPPORTUNITY, scratch, |slot, life, scratch| {
            fold.contributions(sought, life, scratch, basis, symbols, |kpi, states| {
                found.push((records.id(OPPORTUNITY, slot), kpi, states));
            });
        });
        found.len()
    }
}
