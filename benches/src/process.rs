//! What a process has used so far, as the kernel counts it.

use std::fs;
use std::time::Instant;

use anyhow::Context as _;

/// The kernel tells processor time in ticks of this length, whatever it measures in.
const TICKS_PER_SECOND: f64 = 100.0;

/// One observation of a process.
#[derive(Clone, Debug)]
pub struct Usage {
    /// When it was made.
    pub at: Instant,
    /// Processor time in the program, in seconds.
    pub user_seconds: f64,
    /// Processor time in the kernel for it, in seconds.
    pub system_seconds: f64,
    /// Memory, in KiB.
    pub resident_kib: u64,
    /// The most memory it ever had, in KiB.
    pub peak_kib: u64,
}

impl Usage {
    /// Of this process.
    ///
    /// # Errors
    /// As for [`Usage::of`].
    pub fn own() -> anyhow::Result<Self> {
        Self::of(std::process::id())
    }

    /// Of a running process.
    ///
    /// # Errors
    /// There is no such process any longer, or the kernel tells it otherwise than it is documented.
    pub fn of(pid: u32) -> anyhow::Result<Self> {
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

    /// The processor time since an earlier observation, in seconds.
    pub fn cpu_seconds_since(&self, before: &Self) -> f64 {
        let sum = |usage: &Self| usage.user_seconds + usage.system_seconds;
        sum(self) - sum(before)
    }
}

/// The processor time of this thread alone, in nanoseconds.
///
/// # Errors
/// The kernel does not tell.
pub fn thread_nanoseconds() -> anyhow::Result<u64> {
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
