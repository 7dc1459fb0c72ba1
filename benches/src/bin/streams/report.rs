//! The report: the numbers as a table for the README, and whether the targets were reached.

use std::fmt;

use crate::scenario::{Measured, Served};

/// The targets.
const P99_MAX: f64 = 100.0;
const IDLE_MAX: f64 = 40.0;
const RATIO_MIN: f64 = 0.8;
const ABOVE_RAW_MAX: f64 = 5.0;
const KNOWN_MIN: f64 = 0.9;

/// Everything that was measured.
pub(crate) struct Report<'a>(pub(crate) &'a Measured);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.conditions(f)?;
        self.loads(f)?;
        self.targets(f)
    }
}

impl Report<'_> {
    fn conditions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measured { plan, streams, sent, .. } = self.0;
        let cores = std::thread::available_parallelism().map_or(0, Into::into);
        writeln!(
            f,
            "## Streams\n\n{streams} streams: {} reps, each watched by one, and their teams with their members by one more; \
             {sent:.0} changes/s of {}; {} s of each load; {cores} cores shared by broker, sender, server and clients.\n",
            plan.watchers, plan.changes, plan.seconds
        )
    }

    fn loads(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measured { many, beside, stalled_streams, bare, fan, bare_fan, one, .. } = self.0;
        let Measured { many_known, fan_known, .. } = self.0;
        writeln!(
            f,
            "| | messages/s | of them updates | bytes each | p50 ms | p99 ms | max ms | CPU-s of server | of clients |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|---|")?;
        row(f, "many: each their own, teams on top", many)?;
        row(f, &format!("the same, beside {stalled_streams} that are never read"), beside)?;
        row(f, "bare tonic, the same number, pace and bytes", bare)?;
        row(f, "fan: the organisation, as much as is taken", fan)?;
        row(f, "many, each of whom says who they are", many_known)?;
        row(f, "fan, each of whom says who they are", fan_known)?;
        row(f, "bare tonic, the same streams and bytes, as much as is taken", bare_fan)?;
        row(f, "one: a rep at 1,000 changes/s", one)?;
        writeln!(f)
    }

    fn targets(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measured { many, bare, fan, bare_fan, one, idle, stalled, stalled_streams, .. } =
            self.0;
        writeln!(f, "| target | measured | |\n|---|---|---|")?;
        let p99 = many.seen.latency.p99;
        writeln!(f, "| many: p99 below {P99_MAX} ms | {p99:.1} | {} |", verdict(p99 < P99_MAX))?;
        let kib = idle / 1024.0;
        writeln!(
            f,
            "| an idle stream: below {IDLE_MAX} KiB | {kib:.1} | {} |",
            verdict(kib < IDLE_MAX)
        )?;
        writeln!(f, "| a stalled stream, of {stalled_streams} | {:.1} KiB | |", stalled / 1024.0)?;
        let share = many.seen.messages_per_second() / bare.seen.messages_per_second();
        writeln!(f, "| many: messages/s of bare tonic's at the same pace | {share:.2} | |")?;
        let ratio = fan.seen.messages_per_second() / bare_fan.seen.messages_per_second();
        writeln!(
            f,
            "| as much as is taken: at least {RATIO_MIN} of bare tonic's messages/s | {ratio:.2} | {} |",
            verdict(ratio >= RATIO_MIN)
        )?;
        self.rights(f)?;
        let (own, raw) = (one.seen.latency.p99, one.seen.raw.p99);
        writeln!(
            f,
            "| one: p99 less than {ABOVE_RAW_MAX} ms above a consumer's {raw:.2} | {own:.2} | {} |",
            verdict(own < raw + ABOVE_RAW_MAX)
        )
    }
}

impl Report<'_> {
    /// What it costs to ask who somebody is, and to show them what they may see.
    fn rights(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measured { many, many_known, fan, fan_known, .. } = self.0;
        for (name, known, other) in [("many", many_known, many), ("fan", fan_known, fan)] {
            let ratio = known.seen.messages_per_second() / other.seen.messages_per_second();
            let each = |served: &Served| served.cpu_seconds / served.seen.messages_per_second();
            writeln!(
                f,
                "| {name}: with rights at least {KNOWN_MIN} of the messages/s without | {ratio:.2}, at {:.2} of the processor time of each | {} |",
                each(known) / each(other),
                verdict(ratio >= KNOWN_MIN)
            )?;
        }
        Ok(())
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, served: &Served) -> fmt::Result {
    let Served { seen, cpu_seconds } = served;
    let latency = &seen.latency;
    writeln!(
        f,
        "| {name} | {:.0} | {:.0} | {:.0} | {:.2} | {:.2} | {:.1} | {cpu_seconds:.1} | {:.1} |",
        seen.messages_per_second(),
        seen.updates as f64 / seen.seconds,
        seen.bytes_per_message(),
        latency.p50,
        latency.p99,
        latency.max,
        seen.cpu_seconds,
    )
}

fn verdict(reached: bool) -> &'static str {
    if reached { "reached" } else { "missed" }
}
