//! The clerk: writes what is handed in, changes of goals before refusals.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use metrics::counter;
use paceline_core::sight::Sight;
use paceline_engine::Live;
use paceline_grpc::{About, Named, Refusal};
use paceline_kafka::{Appender, Settings};
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, timeout};
use tokio_util::sync::CancellationToken;

use super::file::AuditFile;
use super::flood::{Caller, Flood};
use super::paper::Paper;
use super::{Ask, metric, topic};
use crate::audit_log::record::Record;
use crate::clock::Clock;

/// How often it is told how many refusals were not written down, if any.
const TOLD: Duration = Duration::from_secs(10);

/// How long a shutdown waits for the end to be written.
const DRAIN: Duration = Duration::from_secs(5);

/// Writes the audit log.
pub(in crate::service) struct Clerk {
    asked: mpsc::Receiver<Ask>,
    refused: mpsc::Receiver<Refusal>,
    overflow: Arc<AtomicU64>,
    live: Arc<Live>,
    settings: Settings,
    topic: String,
    file: Option<AuditFile>,
}

impl Clerk {
    pub(super) fn new(
        asked: mpsc::Receiver<Ask>,
        refused: mpsc::Receiver<Refusal>,
        overflow: Arc<AtomicU64>,
        live: Arc<Live>,
        settings: Settings,
        topic: String,
        file: Option<AuditFile>,
    ) -> Self {
        Self { asked, refused, overflow, live, settings, topic, file }
    }

    /// Writes until `closing`, when nobody asks any longer; gives up before it has begun at `stop`.
    ///
    /// # Errors
    /// The topic cannot be made or is none that a log can be on, or the client refuses its settings.
    pub(in crate::service) async fn run(
        mut self,
        stop: CancellationToken,
        closing: CancellationToken,
    ) -> anyhow::Result<()> {
        let appender = Appender::new(&self.settings, &self.topic)?;
        let last = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = put_off(&mut self.asked) => return Ok(()),
            last = topic::prepare(&self.settings, &self.topic, &stop) => last?,
        };
        let paper = Paper::new(appender, self.file, last);
        let mut pile = Pile { paper, flood: Flood::default(), overflow: self.overflow, untold: 0 };
        pile.begin().await;
        let mut told = tokio::time::interval(TOLD);
        told.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while pile.next(&mut self.asked, &mut self.refused, &self.live, &mut told, &closing).await {
        }
        if timeout(DRAIN, pile.end()).await.is_err() {
            tracing::warn!("the end of the audit log could not be written");
        }
        Ok(())
    }
}

/// Refuses changes for as long as the log cannot be written.
async fn put_off(asked: &mut mpsc::Receiver<Ask>) {
    while let Some(Ask { written, .. }) = asked.recv().await {
        // Whoever asked may be gone.
        drop(written.send(Err("its topic is not found yet".to_owned())));
    }
}

/// What is written, and what was only counted.
struct Pile {
    paper: Paper,
    flood: Flood,
    overflow: Arc<AtomicU64>,
    /// Refusals that were not written down, and of which that is not told yet.
    untold: u64,
}

impl Pile {
    /// Writes that the service has begun. If that fails it is tried again with whatever comes first.
    async fn begin(&mut self) {
        let now = now();
        if let Err(error) = self.paper.open(now).await {
            failed(&error);
        }
    }

    /// Writes what comes next; whether there may be more.
    async fn next(
        &mut self,
        asked: &mut mpsc::Receiver<Ask>,
        refused: &mut mpsc::Receiver<Refusal>,
        live: &Live,
        told: &mut Interval,
        closing: &CancellationToken,
    ) -> bool {
        tokio::select! {
            biased;
            Some(ask) = asked.recv() => self.change(ask).await,
            // Before refusals: as long as those come without a pause, it would never be told how many there are.
            _ = told.tick() => self.tell().await,
            Some(refusal) = refused.recv() => self.refusal(refusal, live).await,
            () = closing.cancelled() => return false,
        }
        true
    }

    async fn end(&mut self) {
        self.tell_suppressed().await;
        // A failure is counted and logged where it happens.
        drop(self.write(&Record::closed(now())).await);
    }

    async fn change(&mut self, Ask { change, written }: Ask) {
        let outcome = self.write(&Record::of_change(&change, now())).await;
        // Whoever asked may be gone.
        drop(written.send(outcome));
    }

    async fn refusal(&mut self, refusal: Refusal, live: &Live) {
        let (caller, now) = (Caller::of(&refusal), now());
        // First, so that nothing is looked up for those who are refused without end.
        if !self.flood.admits(&caller, now) {
            return self.suppress(1);
        }
        let Some(refusal) = of_what_there_is(refusal, live) else { return };
        self.flood.count(caller);
        if self.write(&Record::of_refusal(&refusal, now)).await.is_err() {
            self.suppress(1);
        }
    }

    /// Tells what nobody waits for and should not be left untold.
    async fn tell(&mut self) {
        if let Err(error) = self.paper.take_back(now()).await {
            failed(&error);
        }
        self.tell_suppressed().await;
    }

    async fn tell_suppressed(&mut self) {
        self.suppress(self.overflow.swap(0, Ordering::Relaxed));
        let count = self.untold;
        if count > 0 && self.write(&Record::suppressed(count, now())).await.is_ok() {
            self.untold -= count;
        }
    }

    fn suppress(&mut self, count: u64) {
        counter!(metric::SUPPRESSED).increment(count);
        self.untold += count;
    }

    async fn write(&mut self, record: &Record) -> Result<(), String> {
        let written = self.paper.write(record, now()).await;
        written.map_err(|error| {
            failed(&error);
            format!("{error:#}")
        })
    }
}

/// When records are written: by the wall clock, whatever the engine's shows.
fn now() -> Timestamp {
    Clock::System.now()
}

fn failed(error: &anyhow::Error) {
    counter!(metric::FAILURES).increment(1);
    tracing::error!(error = format!("{error:#}"), "the audit log does not take a record");
}

/// The refusal of what there is: that what there is not was not found is none.
fn of_what_there_is(refusal: Refusal, live: &Live) -> Option<Refusal> {
    if !matches!(refusal.outcome, "NOT_FOUND" | "OUT_OF_SCOPE") {
        return Some(refusal);
    }
    let roster = live.roster();
    let is_there = |about: &&About| match about {
        About::Scope(name) => roster.named(name).is_some(),
        About::Goal(id) => {
            live.book(|book| book.last(id).is_some_and(|last| last.edit.new.is_some()))
        }
    };
    let about = refusal.named.about.iter().filter(is_there).cloned().collect();
    // From who does not see all one may be hidden among the names of which only the number is known.
    let may_hide = refusal.who.as_ref().is_some_and(|who| who.sight != Sight::All);
    let further = if may_hide { refusal.named.further } else { 0 };
    let named = Named { about, further };
    (!named.is_empty()).then_some(Refusal { named, ..refusal })
}

#[cfg(test)]
mod tests;
