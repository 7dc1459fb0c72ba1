//! Thousands of small invented worlds, each number of the engine against a recompute by definition.
//!
//! A plain run plays the same cases every time, so that a change is judged by what it changed. `PACELINE_CASES` sets how
//! many, and then they are others each time. A failure names its seed and shows the smallest case found;
//! `PACELINE_SEED` with `PACELINE_CASES=1` plays it again. A seed names a case as long as nothing else is drawn than now, so
//! what was wrong once has a test of its own elsewhere.
//!
//! Before a release half a million cases are played by hand, one process a core:
//!
//! ```text
//! PACELINE_CASES=250000 PACELINE_SEED=1000000 cargo test --release -p paceline-tests --test engine property::every
//! ```

mod coverage;
mod history;
mod play;
mod world;

use std::{
    collections::hash_map::RandomState, env, hash::BuildHasher as _, num::NonZero,
    panic::resume_unwind, thread,
};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use coverage::Coverage;
use play::Play;

/// How many cases a run has that does not say otherwise.
const CASES: u64 = 5_000;

/// How many cases it takes until all that is listed has occurred, with a margin.
const ENOUGH: u64 = 3_000;

#[test]
fn every_number_is_what_a_recompute_gives() {
    let cases = number("PACELINE_CASES").unwrap_or(CASES);
    let explores = env::var_os("PACELINE_CASES").is_some();
    let first = number("PACELINE_SEED");
    let first = first.unwrap_or_else(|| if explores { RandomState::new().hash_one(0) } else { 0 });
    println!("seeds from {first}");
    let coverage = play_all(first, cases);
    println!("drawn: {coverage:#?}");
    if cases >= ENOUGH {
        coverage.assert_complete();
    }
}

/// Plays so many cases, on all processors, and answers what they were made of.
fn play_all(first: u64, cases: u64) -> Coverage {
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let play = |worker: usize| {
        let mut coverage = Coverage::default();
        for case in (worker as u64..cases).step_by(workers) {
            check(first.wrapping_add(case), &mut coverage);
        }
        coverage
    };
    thread::scope(|scope| {
        let playing: Vec<_> =
            (0..workers).map(|worker| scope.spawn(move || play(worker))).collect();
        let mut coverage = Coverage::default();
        for worker in playing {
            coverage.add(worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        coverage
    })
}

/// In how many cases everything that moves a number is to be named. New rates and time zones seldom move what records contribute, so
/// in every other case there are more of them.
const EXPLAINED: u64 = 150;

#[test]
fn whatever_moves_a_number_is_named_and_nothing_else() {
    let cases = number("PACELINE_CASES").unwrap_or(EXPLAINED);
    let first = number("PACELINE_SEED").unwrap_or(0);
    let named = std::cell::RefCell::new(std::collections::BTreeMap::<&str, u64>::new());
    for seed in (0..cases).map(|case| first.wrapping_add(case)) {
        let play = |world: &world::World, steps: &[history::Step]| {
            let found = Play::new(world, &mut Coverage::default()).explained(steps)?;
            let mut named = named.borrow_mut();
            found.into_iter().for_each(|kind| *named.entry(kind).or_insert(0) += 1);
            Ok(())
        };
        match seed % 2 {
            0 => play_out(seed, &world::cases(), play),
            _ => play_out(seed, &world::turning_cases(), play),
        }
    }
    let named = named.into_inner();
    println!("seeds from {first}, cases in which it was named: {named:?}");
    if cases >= EXPLAINED {
        for kind in [
            "a change",
            "an edit of a goal",
            "the hierarchy",
            "a calendar",
            "a period",
            "a day",
            "a record by the clock",
            "a status by the clock",
            "rates",
            "a calendar of records",
        ] {
            assert!(named.contains_key(kind), "nothing was moved by {kind}");
        }
    }
}

/// The number that an environment variable holds.
pub(crate) fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

/// Plays the case of a seed, and when it fails looks for a smaller one that does.
fn check(seed: u64, coverage: &mut Coverage) {
    let coverage = std::cell::RefCell::new(coverage);
    let play = |world: &world::World, steps: &[history::Step]| {
        Play::new(world, &mut coverage.borrow_mut()).run(steps)
    };
    play_out(seed, &world::cases(), play);
}

fn play_out(
    seed: u64,
    cases: &impl Strategy<Value = (world::World, Vec<history::Step>)>,
    play: impl Fn(&world::World, &[history::Step]) -> Result<(), TestCaseError>,
) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: 1,
        failure_persistence: None,
        max_shrink_iters: 3_000,
        ..Config::default()
    };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let result = runner.run(cases, |(world, steps)| play(&world, &steps));
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, (world, steps))) => {
            let log = play::log(&world, &steps);
            panic!("PACELINE_SEED={seed} PACELINE_CASES=1 fails:\n{reason}\n\n{world:?}\n{log}");
        }
        Err(TestError::Abort(reason)) => panic!("PACELINE_SEED={seed}: {reason}"),
    }
}
