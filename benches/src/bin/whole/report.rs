//! The report: the numbers as a table for the README, and whether the targets were reached.

use std::fmt;
use std::fs;

use crate::breakdown::{Growth, Steps};
use crate::contender::Contender;
use crate::outcome::Outcome;
use crate::rounds::Measured;
use crate::stats::Spread;

/// The targets, against contender (c).
const CPU_MAX: f64 = 1.3;
const SPEED_MIN: f64 = 0.9;
const BYTES_MAX: f64 = 200.0;

/// Everything that was measured.
pub(crate) struct Report<'a> {
    pub(crate) measured: &'a Measured,
    pub(crate) steps: &'a Steps,
    pub(crate) growth: &'a Growth,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.conditions(f)?;
        self.contenders(f)?;
        self.targets(f)?;
        self.breakdown(f)?;
        writeln!(f, "\n{}", self.growth)
    }
}

impl Report<'_> {
    fn conditions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measured { events, opportunities, bytes, threads, .. } = self.measured;
        let cores = std::thread::available_parallelism().map_or(0, Into::into);
        writeln!(f, "## Whole\n")?;
        writeln!(
            f,
            "{events} events of {} bytes on average (key and value), {opportunities} opportunities, 12 partitions; \
             {threads} threads; {cores} cores ({}) shared with the broker. Median (least..greatest) of {} rounds.\n",
            bytes / events,
            processor(),
            self.rounds(Contender::Paceline).len()
        )
    }

    fn contenders(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| | events/s | CPU-s per million | of it in the kernel | peak RSS, MiB | growth of RSS per opportunity, bytes |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for contender in Contender::ALL {
            let of =
                |number: fn(&Outcome) -> f64| Spread::of(self.rounds(contender).iter().map(number));
            writeln!(
                f,
                "| {} | {:.0} | {:.3} | {:.3} | {:.0} | {:.0} |",
                contender.title(),
                of(Outcome::events_per_second),
                of(Outcome::cpu_seconds_per_million),
                of(|outcome| outcome.system_seconds * 1e6 / outcome.events as f64),
                of(|outcome| outcome.peak_kib as f64 / 1024.0),
                self.bytes(contender)
            )?;
        }
        writeln!(f)
    }

    fn targets(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cpu = self.ratio(Outcome::cpu_seconds_per_million);
        let speed = self.ratio(Outcome::events_per_second);
        let bytes = self.bytes(Contender::Paceline);
        writeln!(f, "| target | measured | |\n|---|---|---|")?;
        writeln!(
            f,
            "| CPU of (d) at most {CPU_MAX} × (c) | {cpu:.2} | {} |",
            verdict(cpu.median <= CPU_MAX)
        )?;
        writeln!(
            f,
            "| events/s of (d) at least {SPEED_MIN} × (c) | {speed:.2} | {} |",
            verdict(speed.median >= SPEED_MIN)
        )?;
        writeln!(
            f,
            "| bytes of memory per opportunity under {BYTES_MAX} | {bytes:.0} | {} |\n",
            verdict(bytes.median < BYTES_MAX)
        )
    }

    /// Where an event's time goes: reading is what (b) takes, as (d) reads, the steps are measured alone, the rest is what is left.
    fn breakdown(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_event = |contender| {
            Spread::of(self.rounds(contender).iter().map(Outcome::cpu_seconds_per_million)).median
                * 1000.0
        };
        let (consume, whole) = (per_event(Contender::Batch), per_event(Contender::Paceline));
        let Steps { decode, fold } = *self.steps;
        let rest = whole - consume - decode - fold;
        writeln!(f, "| step | ns of CPU per event | share |\n|---|---|---|")?;
        for (step, ns) in [
            ("consume, as in (b)", consume),
            ("decode", decode),
            ("merge records, fold, add to the tallies", fold),
            ("everything else: threads side by side, freshness, metrics", rest),
            ("(d) as measured", whole),
        ] {
            writeln!(f, "| {step} | {ns:.0} | {:.0} % |", ns / whole * 100.0)?;
        }
        Ok(())
    }

    fn rounds(&self, contender: Contender) -> &[Outcome] {
        self.measured.outcomes.get(&contender).map_or(&[], Vec::as_slice)
    }

    /// Of (d) to (c), round by round, since what disturbs a round disturbs both.
    fn ratio(&self, number: fn(&Outcome) -> f64) -> Spread {
        let rounds =
            self.rounds(Contender::Paceline).iter().zip(self.rounds(Contender::SinglePurpose));
        Spread::of(rounds.map(|(paceline, other)| number(paceline) / number(other)))
    }

    fn bytes(&self, contender: Contender) -> Spread {
        let opportunities = self.measured.opportunities;
        Spread::of(self.rounds(contender).iter().map(|outcome| outcome.bytes_per(opportunities)))
    }
}

fn verdict(reached: bool) -> &'static str {
    if reached { "reached" } else { "missed" }
}

/// The processor's name, as far as the kernel tells it.
fn processor() -> String {
    let known = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = known.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or("unknown", |(_, name)| name).to_owned()
}
