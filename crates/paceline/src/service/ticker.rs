//! The ticker: sleeps until something changes by the clock alone, or an alarm is to ring, and lets the board know that it is
//! time. It also tells when the board has opened.

use std::sync::Arc;
use std::time::Duration;

use paceline_engine::Live;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;

/// A sleep is never longer, so that a step of the machine's clock is noticed.
const LONGEST: Duration = Duration::from_secs(1);

pub(super) async fn run(
    live: Arc<Live>,
    clock: Clock,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut signal = live.subscribe();
    let mut alarms = live.subscribe_to_alarms();
    let mut open = false;
    loop {
        if !open && live.is_open() {
            open = true;
            tracing::info!("caught up with all sources");
        }
        let due = live.next_due().into_iter().chain(live.next_alarm()).min();
        let due = due.and_then(|due| clock.until(due));
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            // A commit may have brought an earlier instant.
            changed = signal.changed() => changed?,
            changed = alarms.changed() => changed?,
            () = tokio::time::sleep(due.unwrap_or(LONGEST).min(LONGEST)) => {
                live.advance(clock.now());
            }
        }
    }
}
