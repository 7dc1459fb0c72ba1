//! The command line: which commands there are, and what their exit codes say.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use paceline::audit_log::chain::Expected;
use paceline::audit_log::verify::{self, Place};
use paceline::client::{Access, Refused, Usage};
use paceline::clock::Clock;
use paceline::config::{Config, Diagnostics};
use paceline::{config, demo, explain, goals, serve, telemetry, watch};
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
        /// Serve other hosts although nobody is asked who they are, or is asked in plain text
        #[arg(long)]
        insecure: bool,
    },
    /// See it run without Kafka or a config: a simulated sales organisation and a live board
    Demo(Demo),
    /// Follow the standings of a server on a live board
    Watch(Watch),
    /// Set, list, remove or import goals of a running server
    #[command(subcommand)]
    Goals(Goals),
    /// Tell why a number of a running server is what it is
    Explain(Explain),
    /// Check a config and every expression in it; exits 1 when something is wrong
    Check {
        /// The config file
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Let pass what `serve --insecure` would
        #[arg(long)]
        insecure: bool,
    },
    /// Show what a config looks like
    #[command(subcommand)]
    Config(Shape),
    /// Look after the audit log
    #[command(subcommand)]
    Log(AuditLog),
}

#[derive(Subcommand)]
enum AuditLog {
    /// Check that no record of the audit log was altered, removed or moved; exits 1 when one was
    Verify(Verify),
}

#[derive(Args)]
struct Verify {
    /// The config file, for the topic that it names
    #[arg(long, value_name = "FILE", required_unless_present = "file", conflicts_with = "file")]
    config: Option<PathBuf>,
    /// A file of the audit log in the place of the topic
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The hash that the first record continues from, where what was before lies elsewhere
    #[arg(long, value_name = "HASH")]
    after: Option<String>,
    /// The hash of a record that must be there; may be repeated
    #[arg(long, value_name = "HASH")]
    holds: Vec<String>,
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
    /// Serve other hosts although nobody is asked who they are
    #[arg(long)]
    insecure: bool,
}

/// Which server, and what it is shown.
#[derive(Args)]
struct Reach {
    /// The server, as `host:port`, or as `https://host:port` over TLS
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50051")]
    addr: String,
    /// A file with a token, which is read again for each connection; otherwise the token in PACELINE_TOKEN, if any
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Whom the server's certificate is believed of, in PEM; whom the system believes otherwise
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// A certificate to show, in PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// Its key, in PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Show the token to another host although it goes there in plain text
    #[arg(long)]
    insecure: bool,
}

impl Reach {
    fn access(self) -> Access {
        let Self { addr, token_file, ca, cert, key, insecure } = self;
        let token = std::env::var("PACELINE_TOKEN").ok().filter(|token| !token.is_empty());
        let certificate = cert.zip(key);
        Access { address: addr, token_file, token, ca, certificate, is_insecure: insecure }
    }
}

#[derive(Args)]
struct Watch {
    #[command(flatten)]
    reach: Reach,
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

#[derive(Args)]
struct Explain {
    #[command(flatten)]
    reach: Reach,
    /// Whose number: `rep:U1`, `team:M1`, `org`, `unassigned`
    #[arg(long, value_name = "SCOPE")]
    scope: String,
    /// The KPI
    #[arg(long, value_name = "KPI")]
    kpi: String,
    /// The kind of period: day, week, month, quarter, year, rolling-30d
    #[arg(long, value_name = "PERIOD")]
    period: String,
    /// A day of the period, YYYY-MM-DD; the one that is running otherwise
    #[arg(long, value_name = "DAY")]
    on: Option<String>,
    /// A revision: what moved the number after it is told; as far back as that is known otherwise
    #[arg(long, value_name = "REVISION", conflicts_with = "on")]
    since: Option<u64>,
    /// How many of the records behind it are told at most
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    records: u32,
    /// Print two JSON objects, the explanation and the records, one a line
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Goals {
    /// Set a goal, or another in the place of one that is set
    Set(SetGoal),
    /// List goals, those of the config first
    List {
        #[command(flatten)]
        server: Server,
        /// A KPI; may be repeated, none is all
        #[arg(long, value_name = "KPI")]
        kpi: Vec<String>,
        /// Whose goals: `rep:U1`, `role:ae`, `each_of:M1`, `team:M1`, `everyone`; may be repeated, none is all
        #[arg(long = "for", value_name = "WHO")]
        whose: Vec<String>,
        /// Print one JSON object a goal
        #[arg(long)]
        json: bool,
    },
    /// Delete a goal that is set
    Rm {
        #[command(flatten)]
        server: Server,
        /// The goal, as `list` calls it
        id: String,
    },
    /// Set the goals of a CSV file with the columns kpi,period,target,for,from,until
    Import {
        #[command(flatten)]
        server: Server,
        /// The file; a line whose KPI, period, people and first day a goal is set for already edits that
        file: PathBuf,
    },
}

#[derive(Args)]
struct Server {
    #[command(flatten)]
    reach: Reach,
    /// Who edits, for the record of edits; the name of the user otherwise
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
}

#[derive(Args)]
struct SetGoal {
    #[command(flatten)]
    server: Server,
    /// The KPI
    #[arg(long, value_name = "KPI")]
    kpi: String,
    /// The kind of period: day, week, month, quarter, year, rolling-30d
    #[arg(long, value_name = "PERIOD")]
    period: String,
    /// What is to be reached or held, in the KPI's unit
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    target: String,
    /// Whose goal it is: `rep:U1`, `role:ae`, `each_of:M1`, `team:M1`, `everyone`
    #[arg(long = "for", value_name = "WHO")]
    whose: String,
    /// The first day it is in force, YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The last day it is in force, YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// Shares of the target by completed months of tenure, as in `3:0.25,6:0.6`
    #[arg(long, value_name = "STEPS")]
    ramp: Option<String>,
    /// Count only working days on which a rep is employed and not off
    #[arg(long)]
    presence: bool,
    /// Shares of the target by part of the period, as in `month:0.25,0.3,0.45`
    #[arg(long, value_name = "SHARES")]
    curve: Option<String>,
    /// The goal in whose place it is set, as `list` calls it; a new one otherwise
    #[arg(long, value_name = "ID")]
    id: Option<String>,
}

#[derive(Subcommand)]
enum Shape {
    /// Print the JSON Schema of a config file
    Schema,
    /// Print a complete and commented config
    Example,
    /// Print the preset `salesforce` with its comments, to read and to copy from
    Preset,
    /// Print a config as one file, with its preset and all that it includes
    Show {
        /// The config file
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

/// Runs a command to its exit code.
pub(crate) fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command {
        Command::Serve { config, clock, insecure } => {
            serve(&config, clock.unwrap_or_default(), insecure)
        }
        Command::Demo(options) => demo(options),
        Command::Watch(options) => watch(options),
        Command::Goals(command) => goals(command),
        Command::Explain(options) => explain(options),
        Command::Check { config, insecure } => check(&config, insecure),
        Command::Config(Shape::Schema) => schema(),
        Command::Config(Shape::Example) => print(config::EXAMPLE),
        Command::Config(Shape::Preset) => print(config::SALESFORCE),
        Command::Config(Shape::Show { config }) => show(&config),
        Command::Log(AuditLog::Verify(options)) => verify_log(options),
    };
    outcome.unwrap_or_else(|error| {
        if error.downcast_ref::<Usage>().is_some() {
            return failed(&error, USAGE);
        }
        failed(&error, if error.downcast_ref::<Refused>().is_some() { NO } else { INTERNAL })
    })
}

fn serve(path: &Path, clock: Clock, insecure: bool) -> anyhow::Result<ExitCode> {
    let config = match load(path, insecure) {
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
    let Demo { limit, reps, rate, seed, grpc, http, insecure } = options;
    let is_insecure = insecure;
    block_on(demo::run(demo::Options { limit, reps, rate, seed, grpc, http, is_insecure }))
}

fn watch(options: Watch) -> anyhow::Result<ExitCode> {
    telemetry::log("error");
    let Watch { reach, scope, kpi, period, json, limit } = options;
    let title = format!("paceline at {}", reach.addr);
    let options = watch::Options {
        access: reach.access(),
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

fn explain(options: Explain) -> anyhow::Result<ExitCode> {
    telemetry::log("error");
    let Explain { reach, scope, kpi, period, on, since, records, json } = options;
    let options =
        explain::Options { access: reach.access(), scope, kpi, period, on, since, records, json };
    block_on(async move { explain::run(&options).await })
}

fn goals(command: Goals) -> anyhow::Result<ExitCode> {
    telemetry::log("error");
    match command {
        Goals::Set(flags) => {
            let (server, flags) = flags.split();
            block_on(async move { goals::set(&server, &flags).await })
        }
        Goals::List { server, kpi, whose, json } => {
            let filter = goals::Filter { kpis: kpi, whose, json };
            block_on(async move { goals::list(&server.server(), &filter).await })
        }
        Goals::Rm { server, id } => {
            block_on(async move { goals::remove(&server.server(), &id).await })
        }
        Goals::Import { server, file } => {
            block_on(async move { goals::import(&server.server(), &file).await })
        }
    }
}

impl Server {
    fn server(self) -> goals::Server {
        let user = || std::env::var("USER").ok().filter(|user| !user.is_empty());
        goals::Server { access: self.reach.access(), who: self.who.or_else(user) }
    }
}

impl SetGoal {
    fn split(self) -> (goals::Server, goals::Flags) {
        let Self { server, kpi, period, target, whose, from, until, ramp, presence, curve, id } =
            self;
        let flags =
            goals::Flags { id, kpi, period, target, whose, from, until, ramp, presence, curve };
        (server.server(), flags)
    }
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

/// Reads a config, in which a risk is a mistake unless it is taken.
fn load(path: &Path, insecure: bool) -> Result<Config, Diagnostics> {
    let config = config::load(path)?;
    if insecure || config.risks.0.is_empty() { Ok(config) } else { Err(config.risks) }
}

fn verify_log(options: Verify) -> anyhow::Result<ExitCode> {
    let Verify { config, file, after, holds } = options;
    let (place, name) = match (file, config) {
        (Some(file), _) => {
            let name = file.display().to_string();
            if !file.is_file() {
                return Err(Usage(format!("`{name}` is no file")).into());
            }
            (Place::File(file), name)
        }
        (None, Some(path)) => match config::load(&path) {
            Ok(config) => {
                let (settings, topic) = (config.kafka.settings(), config.topics.audit);
                (Place::Topic { settings, topic: topic.clone() }, topic)
            }
            Err(diagnostics) => {
                write!(io::stderr(), "{diagnostics}")?;
                return Ok(ExitCode::from(USAGE));
            }
        },
        (None, None) => return Err(Usage("give --config or --file".to_owned()).into()),
    };
    telemetry::log("error");
    let findings = verify::run(&place, Expected { after, holds, in_file: false })?;
    print(&verify::told(&findings, &name))?;
    Ok(if findings.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

fn check(path: &Path, insecure: bool) -> anyhow::Result<ExitCode> {
    match load(path, insecure) {
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

fn show(path: &Path) -> anyhow::Result<ExitCode> {
    match config::spell(path) {
        Ok(text) => print(&text),
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
