//! The parts: what each step of an event's way through the engine costs on its own.
//!
//! They say which step to look at when the whole has become slower. Their inputs are the events of the whole; each part
//! is one file.

mod board;
mod decode;
mod explain;
mod expr;
mod fold;
mod ledger;
mod scan;
mod standing;
mod world;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

/// Short enough for all parts to take three minutes, long enough for a few percent.
fn settings() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20)
}

criterion_group! {
    name = parts;
    config = settings();
    targets = decode::bench, fold::bench, board::bench, standing::bench, expr::bench, ledger::bench,
        explain::bench, scan::bench
}
criterion_main!(parts);
