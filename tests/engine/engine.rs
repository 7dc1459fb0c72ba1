//! The engine as `paceline serve` wires it, driven by hand: config, decoders, shards, lanes and the live board.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use paceline::{
    config::{self, Config},
    reps,
    service::{alerts, goals},
};
use paceline_core::{
    board::{Key, Revision, Selection, Standing, Subject, Update},
    day::Day,
    facts, standing,
};
use paceline_crm::Message;
use paceline_engine::{
    Feed, GoalFollower, GoalRecord, Lane, Listing, Live, MemoryFollower, MemoryRecord, Partition,
    RepFollower, RepRecord, ShardPlan, Source, Told, Unlisted,
};
use paceline_tests::recompute::status::Status;

/// An engine over the sources of a config, each with some partitions.
pub(crate) struct Engine {
    pub(crate) live: Arc<Live>,
    lanes: Vec<Lane>,
    /// Of each source and partition, which lane drives it as its how-manieth.
    places: Vec<Vec<(usize, usize)>>,
    offsets: Vec<Vec<i64>>,
    /// By lane the messages that it has not taken yet.
    sent: Vec<Vec<Sent>>,
    goals: GoalFollower,
    reps: RepFollower,
    /// How many records there are on the topic of reps.
    told: i64,
    memory: MemoryFollower,
    pub(crate) reps_topic: String,
}

/// A message on a partition.
struct Sent {
    /// The lane's index of the partition.
    at: usize,
    offset: i64,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    time: Timestamp,
}

impl Engine {
    /// An engine that has read nothing. `partitions` are those of each source.
    ///
    /// # Panics
    /// On a config with mistakes, telling them.
    pub(crate) fn new(yaml: &str, partitions: &[usize], lanes: usize) -> Self {
        let config =
            config::load_str(yaml, "test.yaml").unwrap_or_else(|errors| panic!("{errors}\n{yaml}"));
        let topics = config.sources.iter().map(|source| source.topic.clone()).collect();
        let (model, roster) = (Arc::new(config.model.clone()), Arc::new(config.roster.clone()));
        let reps_topic = config.topics.reps.clone();
        let live = Live::new(model, roster, topics)
            .with_rates(config.rates.clone())
            .with_reps(config.facts.clone(), config.reps_from.clone())
            .with_own(config.topics.goals.clone())
            .with_own(reps_topic.clone())
            .with_own(config.topics.status.clone());
        let live = Arc::new(live);
        let plan = ShardPlan::new(&feeds(&config, partitions), &ties(&config));
        let lane_of_shard = plan.lanes(lanes);
        let mut dealt = vec![Vec::new(); lanes];
        let mut places = Vec::new();
        for (source, shards) in plan.shard_of.iter().enumerate() {
            let mut deal = |(number, shard): (usize, &usize)| {
                let lane = &mut dealt[lane_of_shard[*shard]];
                lane.push(Partition { source, number: number as i32, shard: *shard, target: 0 });
                (lane_of_shard[*shard], lane.len() - 1)
            };
            places.push(shards.iter().enumerate().map(&mut deal).collect());
        }
        live.expect(partitions.iter().sum::<usize>() + 3);
        let lane =
            |partitions: &Vec<Partition>| Lane::new(live.clone(), sources(&config), partitions);
        let lanes = dealt.iter().map(lane).collect();
        let offsets = partitions.iter().map(|count| vec![0; *count]).collect();
        let sent = dealt.iter().map(|_| Vec::new()).collect();
        let own = config.sources.len();
        let goals = GoalFollower::new(live.clone(), own, config.topics.goals.clone());
        let reps = RepFollower::new(live.clone(), own + 1, reps_topic.clone());
        let memory = MemoryFollower::new(live.clone(), own + 2, config.topics.status);
        Self { live, lanes, places, offsets, sent, goals, reps, told: 0, memory, reps_topic }
    }

    /// Puts a message on a partition of a source. Answers which lane will take it, and its offset.
    pub(crate) fn send(
        &mut self,
        (source, partition): (usize, usize),
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        time: Timestamp,
    ) -> (usize, i64) {
        let offset = self.offsets[source][partition];
        self.offsets[source][partition] += 1;
        let (lane, at) = self.places[source][partition];
        let (key, value) = (key.map(<[u8]>::to_vec), value.map(<[u8]>::to_vec));
        self.sent[lane].push(Sent { at, offset, key, value, time });
        (lane, offset)
    }

    /// Has a lane take all that was sent to it. Answers of each message whether it was accepted.
    pub(crate) fn take(&mut self, lane: usize) -> Vec<bool> {
        let sent = std::mem::take(&mut self.sent[lane]);
        let mut accepted = vec![true; sent.len()];
        let messages = sent.iter().map(|sent| (sent.at, sent.message()));
        self.lanes[lane].take(messages, |nth, _| accepted[nth] = false);
        accepted
    }

    /// Tells something of a rep on its topic, or with no value takes it back. Answers whether it was accepted.
    pub(crate) fn tell_rep(&mut self, key: &[u8], value: Option<&[u8]>, now: Timestamp) -> bool {
        let told = reps::decode(value).unwrap_or(facts::Told::Malformed);
        let accepted = told != facts::Told::Malformed;
        let offset = self.told;
        self.told += 1;
        self.reps.take(vec![RepRecord { offset, key: key.to_vec(), told }], now);
        accepted
    }

    /// Puts a record in its place on the topic of goals. Answers whether it was accepted.
    pub(crate) fn edit_goal(
        &mut self,
        offset: i64,
        key: &str,
        value: Option<&str>,
        now: Timestamp,
    ) -> bool {
        let told = goals::record::decode(Some(key.as_bytes()), value.map(str::as_bytes));
        let told = told.unwrap_or(Told::Malformed);
        let accepted = told != Told::Malformed;
        self.goals.take(vec![GoalRecord { offset, key: key.as_bytes().to_vec(), told }], now);
        accepted
    }

    /// Has all lanes follow what the reps have become.
    pub(crate) fn follow(&mut self, now: Timestamp) {
        for lane in &mut self.lanes {
            lane.commit(now);
        }
    }

    /// Commits what a lane has taken.
    pub(crate) fn commit(&mut self, lane: usize, now: Timestamp) {
        self.lanes[lane].commit(now);
    }

    pub(crate) fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// Which lane drives a partition of a source.
    pub(crate) fn lane_of(&self, source: usize, partition: usize) -> usize {
        self.places[source][partition].0
    }

    /// Tells of every partition that it has caught up.
    pub(crate) fn catch_up(&mut self, now: Timestamp) {
        for lane in &mut self.lanes {
            let partitions: Vec<usize> = lane.partitions().map(|(at, _)| at).collect();
            partitions.into_iter().for_each(|at| lane.caught_up(at, now));
        }
        self.goals.caught_up(now);
        self.reps.caught_up(now);
        self.memory.caught_up(now);
    }

    /// Has it remember what another one, of which nothing was written yet, would have written of statuses.
    pub(crate) fn recall(&mut self, from: &Self) {
        let record = |(offset, write): (i64, paceline_engine::Write)| {
            let alerts = write.raised.iter().map(|raised| raised.text(|_| "{}".to_owned()));
            let alerts: Vec<&str> = alerts.collect();
            let value = alerts::record::encode(write.remembered.as_ref(), &alerts);
            let value = value.expect("it is JSON");
            let key = write.about.to_string().into_bytes();
            let said = alerts::record::decode(Some(&key), value.as_deref().map(str::as_bytes));
            MemoryRecord { offset, key, said: said.expect("it can be understood") }
        };
        let writes = from.live.memory().writes(usize::MAX);
        self.memory.take((0..).zip(writes).map(record).collect());
    }

    /// Tells of every partition that it has caught up, with the last of which the board opens, once all lanes fold by the
    /// reps and rates of then.
    pub(crate) fn open(&mut self, now: Timestamp) {
        self.catch_up(now);
        self.follow(now);
        assert!(self.live.is_open(), "all partitions have caught up and the board is closed");
    }

    /// All standings at an instant, in the periods that are running or that hold a day.
    pub(crate) fn standings(&self, on: Option<Date>, now: Timestamp) -> Vec<Standing> {
        self.live.standings(&Selection::default(), on.map(Day::from_civil), now).standings
    }

    /// The records behind a standing. All lanes commit what they have taken.
    pub(crate) fn listing(
        &mut self,
        subject: &Subject,
        on: Option<Date>,
        now: Timestamp,
    ) -> Result<Listing, Unlisted> {
        loop {
            let on = on.map(Day::from_civil);
            let question = self.live.ask(subject.clone(), on, usize::MAX, now)?;
            self.follow(now);
            match question.listing(now) {
                Err(Unlisted::Moved) => {}
                listing => return listing,
            }
        }
    }

    /// What changed after a revision, and the revision it changed to.
    pub(crate) fn changed(&self, since: Revision, now: Timestamp) -> (Update, Revision) {
        let (update, revision) = self.live.changes_since(since, &Selection::default(), now);
        (update.expect("no more was removed than is remembered"), revision)
    }

    /// Whether there is a scope of this name now.
    pub(crate) fn has_scope(&self, name: &str) -> bool {
        self.live.roster().named(name).is_some()
    }

    /// The scope, the KPI and the period of a standing, by name.
    pub(crate) fn names(&self, standing: &Standing) -> (String, String, String) {
        self.names_of(&standing.key)
    }

    pub(crate) fn names_of(&self, key: &Key) -> (String, String, String) {
        let kpi = &self.live.model().kpi(key.kpi).name;
        (self.live.roster().name(key.scope), kpi.clone(), key.period.name.clone())
    }
}

impl Sent {
    fn message(&self) -> Message<'_> {
        let Self { offset, key, value, time, .. } = self;
        Message { key: key.as_deref(), value: value.as_deref(), time: *time, offset: *offset }
    }
}

/// The engine's status in the oracle's words.
pub(crate) fn status(status: standing::Status) -> Status {
    match status {
        standing::Status::NoGoal => Status::NoGoal,
        standing::Status::NotEnoughData => Status::NotEnoughData,
        standing::Status::Missed => Status::Missed,
        standing::Status::Achieved => Status::Achieved,
        standing::Status::TooEarly => Status::TooEarly,
        standing::Status::Ahead => Status::Ahead,
        standing::Status::OnTrack => Status::OnTrack,
        standing::Status::Behind => Status::Behind,
    }
}

fn feeds(config: &Config, partitions: &[usize]) -> Vec<Feed> {
    let all = || (0..config.model.entities.len()).collect();
    let feed = |(source, partitions): (&config::Source, &usize)| Feed {
        partitions: *partitions,
        entities: source.entity.map_or_else(all, |entity| vec![entity.0.into()]),
        keyed: source.keyed,
    };
    config.sources.iter().zip(partitions).map(feed).collect()
}

fn ties(config: &Config) -> Vec<(usize, usize)> {
    let ties = config.model.ties().into_iter();
    ties.map(|(one, other)| (one.0.into(), other.0.into())).collect()
}

fn sources(config: &Config) -> Vec<Source> {
    let source = |source: &config::Source| Source {
        topic: source.topic.clone(),
        decoder: config.decoder(source),
        keyed: config.keyed_by_id(source),
    };
    config.sources.iter().map(source).collect()
}
