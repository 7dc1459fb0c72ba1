//! The command line: which commands there are, and what their exit codes say.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use paceline::clock::Clock;
use paceline::{config, demo, serve, telemetry, watch};
use tokio_util::sync::CancellationToken;

/// The answer is no.
const NO: u8 = 1;
/// The command line or the config is wrong.
const USAGE: u8 = 2;
/// The program failed, through no fault of its input.
const INTERNAL: u8 = 70;

/// Goals against actuals, in real time, from the change events of a CRM.
#[derive(Parser)]
#[command(version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service
    Serve {
        /// The config file
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// The clock of the engine: `fixed:2026-12-31T23:59:59Z` stands still, `from:…` starts there
        #[arg(long, value_name = "CLOCK")]
        clock: Option<Clock>,
    },
    /// See it run without Kafka or a config: a simulated sales organisation and a live board
    Demo(Demo),
    /// Follow the standings of a server on a live board
    Watch(Watch),
    /// Check a config and every expression in it; exits 1 when something is wrong
    Check {
        /// The config file
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Show what a config looks like
    #[command(subcommand)]
    Config(Shape),
}

#[derive(Args)]
struct Demo {
    /// How long to run, as in `30s` or `5m`; until Ctrl-C otherwise
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    limit: Option<Duration>,
    /// How many reps there are, managers included
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(2..=2000))]
    reps: u32,
    /// How many changes are made a second
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=1000))]
    rate: u32,
    /// What everything is drawn from: the same seed gives the same organisation and history
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Where gRPC is served
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50051")]
    grpc: SocketAddr,
    /// Where HTTP is served
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    http: SocketAddr,
}

#[derive(Args)]
struct Watch {
    /// The server
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50051")]
    addr: String,
    /// A scope with everyone below it: `rep:U1`, `team:M1`, `org`, `unassigned`; may be repeated, none is all
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// A KPI; may be repeated, none is all
    #[arg(long, value_name = "KPI")]
    kpi: Vec<String>,
    /// A kind of period: day, week, month, quarter, year, rolling-30d; may be repeated, none is all
    #[arg(long, value_name = "PERIOD")]
    period: Vec<String>,
    /// Print one JSON object a frame
    #[arg(long)]
    json: bool,
    /// How long to follow, as in `30s` or `5m`; until Ctrl-C otherwise
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    limit: Option<Duration>,
}

#[derive(Subcommand)]
enum Shape {
    /// Print the JSON Schema of a config file
    Schema,
    /// Print a complete and commented config
    Example,
}

/// Runs a command to its exit code.
pub(crate) fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command {
        Command::Serve { config, clock } => serve(&config, clock.unwrap_or_default()),
        Command::Demo(options) => demo(options),
        Command::Watch(options) => watch(options),
        Command::Check { config } => check(&config),
        Command::Config(Shape::Schema) => schema(),
        Command::Config(Shape::Example) => print(config::EXAMPLE),
    };
    outcome.unwrap_or_else(|error| match error.downcast_ref::<watch::Usage>() {
        Some(_) => failed(&error, USAGE),
        None => failed(&error, INTERNAL),
    })
}

fn serve(path: &Path, clock: Clock) -> anyhow::Result<ExitCode> {
    let config = match config::load(path) {
        Ok(config) => config,
        Err(diagnostics) => {
            write!(io::stderr(), "{diagnostics}")?;
            return Ok(ExitCode::from(USAGE));
        }
    };
    telemetry::log("info");
    block_on(serve::run(config, clock))
}

fn demo(options: Demo) -> anyhow::Result<ExitCode> {
    telemetry::log("error");
    let Demo { limit, reps, rate, seed, grpc, http } = options;
    block_on(demo::run(demo::Options { limit, reps, rate, seed, grpc, http }))
}

fn watch(options: Watch) -> anyhow::Result<ExitCode> {
    telemetry::log("error");
    let Watch { addr, scope, kpi, period, json, limit } = options;
    let title = format!("paceline at {addr}");
    let options = watch::Options {
        address: addr,
        scopes: scope,
        kpis: kpi,
        periods: period,
        json,
        limit,
        title,
    };
    block_on(async {
        let stop = CancellationToken::new();
        serve::stop_on_signals(&stop)?;
        watch::run(options, stop).await
    })
}

/// Runs to the end. What is still running then (a thread that waits for a key) does not keep the program.
fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Reads `500ms`, `30s`, `5m` or `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    let refused = || format!("`{text}` is no time: write 500ms, 30s, 5m or 1h");
    let at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(refused)?;
    let (number, unit) = text.split_at(at);
    let number: u64 = number.parse().map_err(|_| refused())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        "h" => Ok(Duration::from_secs(number.saturating_mul(3600))),
        _ => Err(refused()),
    }
}

fn check(path: &Path) -> anyhow::Result<ExitCode> {
    match config::load(path) {
        Ok(config) => {
            let notes: String = config.notes.iter().map(|note| format!("note: {note}\n")).collect();
            print(&format!("{}: {}\n{notes}", path.display(), config.summary()))
        }
        Err(diagnostics) => {
            write!(io::stderr(), "{diagnostics}")?;
            Ok(ExitCode::from(NO))
        }
    }
}

fn schema() -> anyhow::Result<ExitCode> {
    print(&format!("{}\n", serde_json::to_string_pretty(&config::schema())?))
}

/// Prints to standard output; a reader that stopped reading has read enough.
fn print(text: &str) -> anyhow::Result<ExitCode> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(ExitCode::SUCCESS),
    }
}

fn failed(error: &anyhow::Error, code: u8) -> ExitCode {
    // Nothing is left to do when even this cannot be written.
    drop(writeln!(io::stderr(), "paceline: {error:#}"));
    ExitCode::from(code)
}
