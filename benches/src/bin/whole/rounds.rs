//! The rounds: every contender in turn, again and again, and all of them held to the same result.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use paceline_benches::yardstick::Totals;
use paceline_tests::process::Paceline;

use crate::consume;
use crate::contender::Contender;
use crate::outcome::Outcome;
use crate::serve::Serve;
use crate::topic::Topic;

/// How often the end of a contender is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// What to measure.
pub(crate) struct Plan {
    pub(crate) events: u64,
    pub(crate) rounds: usize,
    pub(crate) threads: usize,
    pub(crate) paceline: PathBuf,
}

/// What was measured.
pub(crate) struct Measured {
    pub(crate) events: u64,
    pub(crate) opportunities: u64,
    pub(crate) bytes: u64,
    pub(crate) threads: usize,
    /// The rounds of each contender, in their order.
    pub(crate) outcomes: BTreeMap<Contender, Vec<Outcome>>,
}

/// Fills a topic and runs all rounds on it.
pub(crate) fn run(plan: &Plan) -> anyhow::Result<Measured> {
    tell(&format!("writing {} events to a broker", plan.events));
    let topic = Topic::fill(plan.events)?;
    tell("one round that does not count, to warm up the broker");
    restart(plan, &topic, Contender::Base)?;
    let mut outcomes: BTreeMap<Contender, Vec<Outcome>> = BTreeMap::new();
    let mut expected = Totals::default();
    for round in 1..=plan.rounds {
        for contender in Contender::ALL {
            let outcome = contend(plan, &topic, contender, &expected)?;
            tell(&line(round, contender, &outcome));
            check(contender, &outcome, &topic, &mut expected)?;
            outcomes.entry(contender).or_default().push(outcome);
        }
    }
    let Topic { events, opportunities, bytes, .. } = topic;
    Ok(Measured { events, opportunities, bytes, threads: plan.threads, outcomes })
}

fn contend(
    plan: &Plan,
    topic: &Topic,
    contender: Contender,
    expected: &Totals,
) -> anyhow::Result<Outcome> {
    if contender != Contender::Paceline {
        return restart(plan, topic, contender);
    }
    let brokers = topic.broker.bootstrap();
    Serve { binary: &plan.paceline, brokers, lanes: plan.threads, events: topic.events }
        .run(expected)
}

/// Runs a contender as a second start of this program.
fn restart(plan: &Plan, topic: &Topic, contender: Contender) -> anyhow::Result<Outcome> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["contend", &contender.name(), "--brokers", topic.broker.bootstrap()]);
    command.args(["--threads", &plan.threads.to_string()]);
    let mut process = Paceline::spawn(&command);
    while process.ended().is_none() {
        thread::sleep(LOOK);
    }
    let ended = process.wait();
    ensure!(ended.success(), "{} failed:\n{}", contender.title(), process.stderr().join("\n"));
    let line =
        process.stdout().pop().with_context(|| format!("{} said nothing", contender.title()))?;
    Outcome::from_line(&line)
}

/// All events, and the totals that the first to count them came to.
fn check(
    contender: Contender,
    outcome: &Outcome,
    topic: &Topic,
    expected: &mut Totals,
) -> anyhow::Result<()> {
    consume::check(outcome.events, topic.events)?;
    let Some(line) = &outcome.totals else { return Ok(()) };
    let totals: Totals = line.parse()?;
    if expected.months().is_empty() {
        *expected = totals;
        return Ok(());
    }
    ensure!(totals == *expected, "{} counted\n{totals}\ninstead of\n{expected}", contender.title());
    Ok(())
}

fn line(round: usize, contender: Contender, outcome: &Outcome) -> String {
    let (speed, cost) = (outcome.events_per_second(), outcome.cpu_seconds_per_million());
    let grown = outcome.grown_mib();
    format!(
        "round {round} {}: {speed:.0} events/s, {cost:.3} CPU-s per million, {grown:.0} MiB more memory",
        contender.title()
    )
}

/// Tells whoever waits what is going on.
fn tell(what: &str) {
    // Nothing is left to do when even this cannot be written.
    drop(writeln!(io::stderr(), "{what}"));
}
