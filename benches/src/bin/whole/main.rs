//! The whole: everything from a broker's disk to the caught-up numbers, beside what nobody could be faster than.
//!
//! One broker holds the events. Each contender reads all of them, as a process of its own, so that its processor time
//! and its memory are its own; the contenders take turns, so that what disturbs the machine disturbs all of them. The
//! program starts itself again for the contenders that are not `paceline serve`.

mod base;
mod batch;
mod breakdown;
mod consume;
mod contender;
mod grpc;
mod http;
mod outcome;
mod report;
mod rounds;
mod serve;
mod single_purpose;
mod stats;
mod topic;

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use breakdown::Growth;
use contender::Contender;
use outcome::Outcome;

/// The same allocator as paceline's: what the contenders differ in is not the allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures paceline on one real broker beside a bare consumer and a single-purpose program.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many events are on the topic
    #[arg(long, default_value_t = 5_000_000)]
    events: u64,
    /// How often each contender reads all of them
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Threads of the yardstick and lanes of paceline; default one per core
    #[arg(long)]
    threads: Option<usize>,
    /// The program under measure; default the `paceline` beside this one
    #[arg(long)]
    paceline: Option<PathBuf>,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Be one contender, once
    #[command(hide = true)]
    Contend {
        contender: Contender,
        #[arg(long)]
        brokers: String,
        #[arg(long)]
        threads: usize,
    },
    /// Only what each step of the engine costs per event, without Kafka
    Breakdown,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.part {
        Some(Part::Contend { contender, brokers, threads }) => {
            say(&contend(contender, &brokers, threads)?.to_line()?)
        }
        Some(Part::Breakdown) => {
            say(&breakdown::run(arguments.events)?.to_string())?;
            say(&growth(arguments.events)?.to_string())
        }
        None => whole(arguments),
    }
}

fn whole(arguments: Arguments) -> anyhow::Result<()> {
    let steps = breakdown::run(arguments.events)?;
    let growth = growth(arguments.events)?;
    let measured = rounds::run(&rounds::Plan {
        events: arguments.events,
        rounds: arguments.rounds,
        threads: arguments.threads.map_or_else(cores, Ok)?,
        paceline: arguments.paceline.map_or_else(beside, Ok)?,
    })?;
    say(&report::Report { measured: &measured, steps: &steps, growth: &growth }.to_string())
}

/// Two lanes hold all records twice, so it is measured on fewer of them.
fn growth(events: u64) -> anyhow::Result<Growth> {
    const EVENTS_MAX: u64 = 1_000_000;
    breakdown::growth(events.min(EVENTS_MAX))
}

fn contend(contender: Contender, brokers: &str, threads: usize) -> anyhow::Result<Outcome> {
    match contender {
        Contender::Base => base::run(brokers),
        Contender::Batch => batch::run(brokers),
        Contender::SinglePurpose => single_purpose::run(brokers, threads),
        Contender::Paceline => anyhow::bail!("paceline is a program of its own"),
    }
}

fn cores() -> anyhow::Result<usize> {
    Ok(std::thread::available_parallelism()?.into())
}

/// The `paceline` of the same profile.
fn beside() -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("paceline");
    anyhow::ensure!(
        path.is_file(),
        "{} is missing: run `make bench`, which builds it",
        path.display()
    );
    Ok(path)
}

fn say(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout(), "{text}")?)
}
