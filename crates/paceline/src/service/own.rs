//! The service's own topics: made when missing, looked up, and each followed by a thread.

use std::sync::Arc;

use paceline_engine::{AlertFollower, Cause, GoalFollower, Live, MemoryFollower, RepFollower};
use paceline_kafka::{COMPACT, DELETE, Error, POLICY, RETENTION, Settings, Topic, Topics};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::alerts::{self, Remembering, Telling};
use super::intake::{ask, patiently};
use super::log::{Followed, Runner};
use super::{goals, reps};
use crate::clock::Clock;
use crate::config::Config;

/// The service's own topics, in the order in which the board knows them.
pub(super) struct Own {
    pub(super) goals: Topic,
    pub(super) reps: Topic,
    pub(super) statuses: Topic,
    pub(super) alerts: Topic,
}

/// What a topic of the service's own is to be like.
type Wanted = Vec<(&'static str, String)>;

impl Own {
    /// Looks them up as soon as the brokers answer; those that are missing are made.
    pub(super) async fn describe(
        config: &Config,
        topics: &Arc<Topics>,
        live: &Arc<Live>,
    ) -> anyhow::Result<Self> {
        let kept = || vec![(POLICY, COMPACT.to_owned())];
        let retention = config.alerts.retention.as_millis().to_string();
        let aging = vec![(POLICY, DELETE.to_owned()), (RETENTION, retention)];
        let names = &config.topics;
        Ok(Self {
            goals: describe(topics, live, &names.goals, kept()).await?,
            reps: describe(topics, live, &names.reps, kept()).await?,
            statuses: describe(topics, live, &names.status, kept()).await?,
            alerts: describe(topics, live, &names.alerts, aging).await?,
        })
    }

    pub(super) fn all(&self) -> [&Topic; 4] {
        [&self.goals, &self.reps, &self.statuses, &self.alerts]
    }

    /// Those that hold something for as long as nothing newer is said of it: what is gone of them is missing.
    pub(super) fn kept(&self) -> [&Topic; 3] {
        [&self.goals, &self.reps, &self.statuses]
    }

    /// Follows all of them, each by a thread, and writes to those that only the service writes to. `first` is the index of the
    /// first among the topics that the board is made of.
    pub(super) fn follow(
        self,
        first: usize,
        config: &Config,
        settings: &Settings,
        around: &Around<'_>,
        running: &mut JoinSet<()>,
    ) -> anyhow::Result<()> {
        let Self { goals, reps, statuses, alerts } = self;
        let live = || around.live.clone();
        let follower = GoalFollower::new(live(), first, goals.name.clone());
        around.spawn((first, goals), settings, goals::Follower(follower), running)?;
        let place = first + 1;
        let follower = RepFollower::new(live(), place, reps.name.clone());
        around.spawn((place, reps), settings, reps::Follower(follower), running)?;
        let place = first + 2;
        let follower = MemoryFollower::new(live(), place, statuses.name.clone());
        around.spawn((place, statuses), settings, Remembering(follower), running)?;
        let place = first + 3;
        let oldest = alerts.partitions.first().map_or(0, |offsets| offsets.low);
        let follower = AlertFollower::new(live(), place, alerts.name.clone(), oldest);
        let follower = Telling::new(follower, live(), config.alerts.retention)?;
        around.spawn((place, alerts), settings, follower, running)?;
        let stop = around.stop.clone();
        let (topics, settings, live) = (config.topics.clone(), settings.clone(), live());
        running.spawn(async move {
            if let Err(error) = alerts::write(live, settings, topics, stop.clone()).await {
                tracing::error!(%error, "statuses cannot be written");
                stop.cancel();
            }
        });
        Ok(())
    }
}

/// What followers have around them.
pub(super) struct Around<'a> {
    pub(super) live: &'a Arc<Live>,
    pub(super) clock: Clock,
    pub(super) stop: &'a CancellationToken,
}

impl Around<'_> {
    fn spawn<F: Followed + Send + 'static>(
        &self,
        topic: (usize, Topic),
        settings: &Settings,
        follower: F,
        running: &mut JoinSet<()>,
    ) -> Result<(), Error> {
        let runner = Runner::new(self.live.clone(), topic, settings, follower, self.clock)?;
        let stop = self.stop.clone();
        running.spawn_blocking(move || runner.run(&stop));
        Ok(())
    }
}

async fn describe(
    topics: &Arc<Topics>,
    live: &Arc<Live>,
    name: &str,
    wanted: Wanted,
) -> anyhow::Result<Topic> {
    if patiently(|| ask(topics, name, Topics::exists)).await? {
        tokio::spawn(tell_if_different(topics.clone(), live.clone(), name.to_owned(), wanted));
    } else {
        let settings: Vec<_> = wanted.iter().map(|(key, value)| (*key, value.as_str())).collect();
        topics.make_log(name, &settings).await?;
    }
    let offsets = patiently(|| ask(topics, name, Topics::describe_log)).await?;
    Ok(Topic { name: name.to_owned(), partitions: vec![offsets] })
}

/// Says so if a topic that exists has other settings than one that is made: records are lost by another policy, and by another
/// retention they are kept for another time. Not every broker tells, and some let one wait for that.
async fn tell_if_different(topics: Arc<Topics>, live: Arc<Live>, topic: String, wanted: Wanted) {
    for (setting, wanted) in wanted {
        let found = topics.setting(&topic, setting).await;
        let Some(found) = found.filter(|found| *found != wanted) else { continue };
        tracing::warn!(topic, setting, found, wanted, "the topic keeps otherwise than it is to");
        if setting == POLICY {
            live.set_cause(Cause::Miskept { topic: topic.clone() }, true);
        }
    }
}
