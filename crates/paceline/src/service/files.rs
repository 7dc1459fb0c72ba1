//! File descriptors: as many as the system allows, of which clients may not take all.

use paceline_grpc::Limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Has the process open as many files as it may, and the two listeners take no more than three quarters of them for
/// connections: Kafka, which needs some too, is not to suffer from a flood of clients.
pub(super) fn within(limits: Limits) -> Limits {
    let files = usize::try_from(open_all()).unwrap_or(usize::MAX);
    let most = (files / 8 * 3).max(1);
    if limits.connections > most {
        tracing::warn!(
            files,
            connections = most,
            "there are too few file descriptors for as many connections as `server.limits` says: raise `ulimit -n`"
        );
    }
    Limits { connections: limits.connections.min(most), ..limits }
}

/// Raises how many files may be open as far as the system allows, and answers that.
fn open_all() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let files =
        if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    // Without a limit the kernel has one of its own, which is far beyond any that matters here.
    files.unwrap_or(u64::MAX)
}
