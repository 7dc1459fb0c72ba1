//! Adding one entry to the tallies of 2,000 reps.

use criterion::Criterion;
use paceline_core::entry::Entry;
use paceline_core::ledger::Ledger;

use crate::world::{World, changes, config, messages};

/// So many changes' entries are added in turn.
const CHANGES: usize = 100_000;

pub(crate) fn bench(criterion: &mut Criterion) {
    let (config, messages) = (config(), messages(CHANGES));
    let mut world = World::new(&config);
    let mut entries: Vec<Entry> = Vec::new();
    for change in changes(&config, &messages) {
        world.take(&change, |entry, _| entries.push(*entry));
    }
    let mut ledger = Ledger::default();
    let mut each = entries.iter().cycle();
    criterion.bench_function("ledger/add an entry", |bencher| {
        bencher.iter(|| each.next().map(|entry| ledger.add(0, entry)));
    });
}
