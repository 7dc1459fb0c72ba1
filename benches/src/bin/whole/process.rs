//! What a process has used so far, as the kernel counts it.

use std::fs;
use std::time::Instant;

use anyhow::Context as _;

/// The kernel tells processor time in ticks of this length, whatever it measures in.
const TICKS_PER_SECOND: f64 = 100.0;

/// One observation of a process.
#[derive(Clone, Debug)]
pub(crate) struct Usage {
    pub(crate) at: Instant,
    pub(crate) user_seconds: f64,
    pub(crate) system_seconds: f64,
    pub(crate) resident_kib: u64,
    pub(crate) peak_kib: u64,
}

impl Usage {
    /// Of this process.
    pub(crate) fn own() -> anyhow::Result<Self> {
        Self::of(std::process::id())
    }

    /// Of a running process.
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let at = Instant::now();
        let [user_seconds, system_seconds] = processor(pid)?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        Ok(Self {
            at,
            user_seconds,
            system_seconds,
            resident_kib: kib(&status, "VmRSS:")?,
            peak_kib: kib(&status, "VmHWM:")?,
        })
    }
}

/// The processor time of this thread alone, in nanoseconds.
pub(crate) fn thread_nanoseconds() -> anyhow::Result<u64> {
    let schedstat = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(schedstat.split(' ').next().unwrap_or_default().parse()?)
}

/// Seconds in the program and, for it, in the kernel: the fields 14 and 15 of proc_pid_stat(5), of which the second
/// may hold spaces.
fn processor(pid: u32) -> anyhow::Result<[f64; 2]> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, rest) = stat.rsplit_once(") ").context("no name in a process's stat")?;
    let mut ticks = rest.split(' ').skip(11).map(str::parse::<f64>);
    let mut next =
        || anyhow::Ok(ticks.next().context("a process's stat is short")?? / TICKS_PER_SECOND);
    Ok([next()?, next()?])
}

fn kib(status: &str, name: &str) -> anyhow::Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.with_context(|| format!("no {name} in a process's status"))?.parse()?)
}
