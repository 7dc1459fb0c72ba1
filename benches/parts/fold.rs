//! Merging a decoded change into its record and folding it into entries of three KPIs.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};
use paceline_core::board::Batch;

use crate::world::{World, changes, config, messages};

/// From no records on, so that new ones and old ones come as they do in the whole.
const CHANGES: usize = 20_000;

pub(crate) fn bench(criterion: &mut Criterion) {
    let (config, messages) = (config(), messages(CHANGES));
    let changes = changes(&config, &messages);
    let mut group = criterion.benchmark_group("fold");
    group.throughput(Throughput::Elements(changes.len() as u64));
    group.bench_function("record and fold, 20,000 changes", |bencher| {
        let run = |world: &mut World| {
            changes.iter().for_each(|change| world.take(change, |entry, _| _ = black_box(*entry)));
        };
        bencher.iter_batched_ref(|| World::new(&config), run, BatchSize::LargeInput);
    });
    group.bench_function("the same, added to a batch", |bencher| {
        let run = |(world, batch): &mut (World, Batch)| {
            changes
                .iter()
                .for_each(|change| world.take(change, |entry, time| batch.add(entry, time)));
        };
        bencher.iter_batched_ref(
            || (World::new(&config), Batch::default()),
            run,
            BatchSize::LargeInput,
        );
    });
    group.bench_function("the same, and noted of which change it is", |bencher| {
        let run = |(world, batch): &mut (World, Batch)| {
            changes.iter().for_each(|change| world.note(change, batch));
        };
        bencher.iter_batched_ref(
            || (World::new(&config), Batch::default()),
            run,
            BatchSize::LargeInput,
        );
    });
    group.finish();
}
