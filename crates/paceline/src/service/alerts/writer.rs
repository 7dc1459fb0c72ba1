//! The writer: has the status topic remember what is to be remembered, and alerts stand on their topic once it does.
//!
//! Records are queued as they come and acknowledged by the brokers many at a time; nobody who reads or counts waits for that. What
//! cannot be written is tried again for as long as it takes, and that it cannot is told.

use std::sync::Arc;
use std::time::Duration;

use paceline_core::alert::Alert;
use paceline_engine::{Cause, Live, Ready, Write};
use paceline_kafka::{Appender, Error, Settings};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::event::{CONTENT_TYPE, Events};
use super::record;
use crate::config::Topics;

/// How many records may be under way.
const UNDER_WAY: usize = 4_096;
/// After how long without an answer a topic is said to take nothing.
const SILENCE: Duration = Duration::from_secs(5);
/// How long to wait before a topic that refused a record is asked again.
const AGAIN: Duration = Duration::from_secs(1);
/// How long a shutdown waits for what is to be written.
const DRAIN: Duration = Duration::from_secs(5);

/// Writes until `stop`, and then what is left.
///
/// # Errors
/// The client refuses its settings.
pub(in crate::service) async fn run(
    live: Arc<Live>,
    settings: Settings,
    topics: Topics,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut writer = Writer {
        events: Events::new()?,
        statuses: Outlet::new(&settings, topics.status)?,
        alerts: Outlet::new(&settings, topics.alerts)?,
        settings,
        live,
        under_way: JoinSet::new(),
        asked_for_secret: false,
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = writer.write(|_| false) => {}
    }
    let done = |live: &Live| live.memory().waiting() == Default::default();
    if timeout(DRAIN, writer.write(done)).await.is_err() {
        tracing::warn!("statuses are still unwritten; they are found again at the next start");
    }
    Ok(())
}

/// A number and a secret that nobody guesses; none when the system has no random bytes.
fn random() -> Option<(u64, [u8; 32])> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).ok()?;
    Some((getrandom::u64().ok()?, secret))
}

/// Where records go.
struct Outlet {
    topic: String,
    appender: Appender,
    under_way: usize,
    /// When it last answered, or was asked after a silence.
    heard: Instant,
    /// Until when it is left alone.
    rests_until: Option<Instant>,
    is_silent: bool,
}

struct Writer {
    live: Arc<Live>,
    settings: Settings,
    events: Events,
    statuses: Outlet,
    alerts: Outlet,
    under_way: JoinSet<(Sent, Result<(), Error>)>,
    asked_for_secret: bool,
}

/// A record that is under way.
enum Sent {
    Status(Write),
    Alert(Ready),
    Secret,
}

impl Writer {
    /// Writes until there is nothing to do and `done` says so.
    async fn write(&mut self, done: impl Fn(&Live) -> bool) {
        let mut signal = self.live.memory().subscribe();
        loop {
            signal.mark_unchanged();
            self.send();
            if self.under_way.is_empty() && done(&self.live) {
                return;
            }
            let wake = Instant::now() + AGAIN;
            tokio::select! {
                Some(ended) = self.under_way.join_next() => self.take(ended),
                // The memory is held, and the signal with it, so this is never an error.
                _ = signal.changed() => {}
                () = sleep_until(wake) => {}
            }
            while let Some(ended) = self.under_way.try_join_next() {
                self.take(ended);
            }
            self.tell_silence();
        }
    }

    /// Sends what is to be written, as far as there is room.
    fn send(&mut self) {
        let live = self.live.clone();
        if self.statuses.is_awake() {
            self.send_secret();
            for write in live.memory().writes(self.statuses.room()) {
                let sent = self.queue_status(&write);
                self.go(sent, Sent::Status(write));
            }
        }
        if self.alerts.is_awake() {
            for ready in live.memory().ready(self.alerts.room()) {
                let text = ready.raised.text(|alert| self.text(alert));
                let key = ready.about.to_string();
                let sent = self.alerts.queue(&key, Some(text), Some(CONTENT_TYPE));
                self.go(sent, Sent::Alert(ready));
            }
        }
    }

    fn queue_status(&mut self, write: &Write) -> Result<Delivery, Error> {
        let texts = write.raised.iter().map(|raised| raised.text(|alert| self.text(alert)));
        let texts: Vec<&str> = texts.collect();
        let value = record::encode(write.remembered.as_ref(), &texts).unwrap_or_else(|error| {
            // Alerts are written by us or read as JSON, so each is JSON.
            tracing::error!(%error, about = %write.about, "status cannot be written as JSON");
            None
        });
        self.statuses.queue(&write.about.to_string(), value.as_deref(), None)
    }

    /// What resume tokens of alerts are authenticated by is made when the topic has none.
    fn send_secret(&mut self) {
        let live = &self.live;
        if self.asked_for_secret || !live.memory().is_read() || live.alerts().secret().is_some() {
            return;
        }
        let written =
            random().and_then(|(nonce, secret)| record::encode_secret(nonce, &secret).ok());
        let Some((key, value)) = written else {
            tracing::error!("the system has no random bytes: alerts cannot be watched");
            self.statuses.rest();
            return;
        };
        self.asked_for_secret = true;
        let sent = self.statuses.queue(&key, Some(&value), None);
        self.go(sent, Sent::Secret);
    }

    /// An alert as it stands on its topic, by the names of now, which name all there ever was.
    fn text(&self, alert: &Alert) -> String {
        let written = self.events.write(alert, self.live.model(), &self.live.roster());
        written.unwrap_or_else(|error| {
            tracing::error!(%error, "alert cannot be written as JSON");
            "null".to_owned()
        })
    }

    fn go(&mut self, sent: Result<Delivery, Error>, what: Sent) {
        match sent {
            Ok(delivery) => {
                self.under_way.spawn(async move { (what, delivery.await) });
            }
            Err(error) => self.end(what, Err(error)),
        }
    }

    fn take(&mut self, ended: Result<(Sent, Result<(), Error>), tokio::task::JoinError>) {
        // A task that waits for an answer does not panic.
        if let Ok((what, outcome)) = ended {
            self.end(what, outcome);
        }
    }

    fn end(&mut self, what: Sent, outcome: Result<(), Error>) {
        let outlet = match what {
            Sent::Status(_) | Sent::Secret => &mut self.statuses,
            Sent::Alert(_) => &mut self.alerts,
        };
        outlet.under_way = outlet.under_way.saturating_sub(1);
        outlet.heard = Instant::now();
        let is_written = outcome.is_ok();
        match outcome {
            Ok(()) => outlet.tell(&self.live, false),
            Err(error) => outlet.refused(&error, &self.settings, &self.live),
        }
        let memory = self.live.memory();
        match (what, is_written) {
            (Sent::Status(write), true) => memory.written(&write),
            (Sent::Status(write), false) => memory.failed(&write),
            (Sent::Alert(ready), true) => memory.told(&ready),
            (Sent::Alert(ready), false) => memory.untold(ready),
            (Sent::Secret, is_written) => self.asked_for_secret = is_written,
        }
    }

    fn tell_silence(&mut self) {
        for outlet in [&mut self.statuses, &mut self.alerts] {
            if outlet.under_way > 0 && outlet.heard.elapsed() > SILENCE {
                outlet.tell(&self.live, true);
            }
        }
    }
}

/// A record on its way to the brokers.
type Delivery = std::pin::Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

impl Outlet {
    fn new(settings: &Settings, topic: String) -> Result<Self, Error> {
        let appender = Appender::lasting(settings, &topic)?;
        let (heard, rests_until) = (Instant::now(), None);
        Ok(Self { topic, appender, under_way: 0, heard, rests_until, is_silent: false })
    }

    fn is_awake(&self) -> bool {
        self.rests_until.is_none_or(|until| until <= Instant::now())
    }

    fn room(&self) -> usize {
        UNDER_WAY.saturating_sub(self.under_way)
    }

    fn rest(&mut self) {
        self.rests_until = Some(Instant::now() + AGAIN);
    }

    fn queue(
        &mut self,
        key: &str,
        value: Option<&str>,
        content_type: Option<&str>,
    ) -> Result<Delivery, Error> {
        if self.under_way == 0 {
            self.heard = Instant::now();
        }
        self.under_way += 1;
        let delivery = self.appender.queue(key, value, content_type)?;
        Ok(Box::pin(delivery))
    }

    /// Tries again in a while, with a new client: one that was refused for good stays so.
    fn refused(&mut self, error: &Error, settings: &Settings, live: &Live) {
        if !self.is_awake() {
            return;
        }
        self.rest();
        let error = error as &dyn std::error::Error;
        tracing::error!(error, topic = self.topic, "a record is refused, and is tried again");
        self.tell(live, true);
        match Appender::lasting(settings, &self.topic) {
            Ok(appender) => {
                let former = std::mem::replace(&mut self.appender, appender);
                // It waits for what it has under way before it is gone.
                tokio::task::spawn_blocking(move || drop(former));
            }
            Err(error) => tracing::error!(%error, "no new client"),
        }
    }

    fn tell(&mut self, live: &Live, is_silent: bool) {
        if std::mem::replace(&mut self.is_silent, is_silent) != is_silent {
            live.set_cause(Cause::Unwritable { topic: self.topic.clone() }, is_silent);
        }
    }
}
