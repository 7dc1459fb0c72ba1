//! The streams: what many who watch cost, beside a bare stream that sends the same bytes.
//!
//! One real broker, one released `paceline serve`, and a process of clients take part, each a process of its own so that its
//! processor time and its memory are its own; the program starts itself again for the clients and for the bare server. An
//! amount is the microsecond at which its change was sent, so that whoever reads a standing knows how old it is.

mod bare;
mod clients;
mod latency;
mod load;
mod one;
mod outcome;
mod report;
mod scenario;
mod server;
mod traffic;
mod world;

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use load::Load;

/// The same allocator as paceline's: what the servers differ in is not the allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures what many who watch cost.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many watch, each a rep of their own; one in ten is watched with the team on top
    #[arg(long, default_value_t = 10_000)]
    watchers: usize,
    /// Changes a second
    #[arg(long, default_value_t = 5_000)]
    changes: u64,
    /// How long each load is measured
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// The program under measure; default the `paceline` beside this one
    #[arg(long)]
    paceline: Option<PathBuf>,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Be the clients, until told to end
    #[command(hide = true)]
    Clients(Load),
    /// Be one watcher beside a consumer, until told to end
    #[command(hide = true)]
    One(one::One),
    /// Be the bare server
    #[command(hide = true)]
    Bare(bare::Bare),
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.part {
        Some(Part::Clients(load)) => clients::run(&load),
        Some(Part::One(one)) => one::run(&one),
        Some(Part::Bare(bare)) => bare::run(&bare),
        None => whole(arguments),
    }
}

fn whole(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { watchers, changes, seconds, paceline, .. } = arguments;
    let paceline = paceline.map_or_else(beside, Ok)?;
    let measured = scenario::run(&scenario::Plan { watchers, changes, seconds, paceline })?;
    Ok(writeln!(io::stdout(), "{}", report::Report(&measured))?)
}

/// The `paceline` of the same profile.
fn beside() -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("paceline");
    let missing = || format!("{} is missing: run `make bench`, which builds it", path.display());
    anyhow::ensure!(path.is_file(), missing());
    Ok(path)
}
