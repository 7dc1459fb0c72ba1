//! Committing a batch to an open board of 2,000 reps: the ledger, every standing it counts in, and their judgement; plain, and
//! noted of which changes its entries are, as lanes do.

use criterion::{BenchmarkId, Criterion, Throughput};
use jiff::Timestamp;
use paceline_core::board::Batch;
use paceline_core::board::Board;
use paceline_core::change::Change;

use crate::world::{World, changes, config, messages};

/// What is on the board when it is opened.
const HISTORY: usize = 200_000;
/// The sizes of batches: one change of a quiet hour, a busy moment, and what a lane commits at once at most.
const SIZES: [usize; 3] = [1, 100, 8_192];

/// How changes become a batch.
type Way = fn(&mut World, &[Change<'_>]) -> Batch;

pub(crate) fn bench(criterion: &mut Criterion) {
    let (config, messages) = (config(), messages(HISTORY + 10 * SIZES[2]));
    let changes = changes(&config, &messages);
    let mut group = criterion.benchmark_group("commit");
    let ways: [(&str, Way); 2] = [("plain", World::batch), ("noted", World::noted)];
    for size in SIZES {
        for (name, batch) in ways {
            let mut world = World::new(&config);
            let (history, news) = changes.split_at(HISTORY);
            let mut board = opened(&mut world, history);
            let now = news.last().map_or(Timestamp::UNIX_EPOCH, |change| change.time);
            let batches: Vec<Batch> =
                news.chunks_exact(size).take(2_000).map(|news| batch(&mut world, news)).collect();
            let mut each = batches.iter().cycle();
            group.throughput(Throughput::Elements(size as u64));
            group.bench_with_input(BenchmarkId::new(name, size), &size, |bencher, _| {
                bencher.iter(|| each.next().map(|batch| board.commit([(0, batch)], now)));
            });
        }
    }
    group.finish();
}

/// A board with a history, judged at its end.
fn opened(world: &mut World, history: &[Change<'_>]) -> Board {
    let mut board = Board::new(world.model.clone(), world.basis.roster.clone());
    let now = history.last().map_or(Timestamp::UNIX_EPOCH, |change| change.time);
    let batch = world.batch(history);
    board.commit([(0, &batch)], now);
    board.open(now);
    board
}
