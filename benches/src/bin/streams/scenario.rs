//! What is measured, one load after the other on the same broker.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use paceline_benches::process::Usage;
use paceline_tests::issuer::Issuer;
use paceline_tests::kafka::Broker;

use crate::bare::Bare;
use crate::load::{Load, Watch};
use crate::one::One;
use crate::outcome::Seen;
use crate::server::{Helper, Service, free_address};
use crate::traffic::Sender;
use crate::world::{PARTITIONS, TOPIC, World, micros_since};

/// How long a load runs before it is measured, and how long idle streams are left alone.
const SETTLE: Duration = Duration::from_secs(5);
/// Changes a second of the one watcher.
const ONE: u64 = 1_000;
/// Changes a second while as much is sent as the clients take: each is one for every stream, and no stream gets so many.
const FAN: u64 = 100;

/// How long a change may wait to be sent with others. It counts as latency; without it the broker, which shares the
/// processor, is busy with requests of one change.
const LINGER: Duration = Duration::from_millis(5);

/// What to measure.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) watchers: usize,
    pub(crate) changes: u64,
    pub(crate) seconds: u64,
    pub(crate) paceline: PathBuf,
}

/// What was measured.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) plan: Plan,
    pub(crate) streams: usize,
    /// Changes a second that were sent.
    pub(crate) sent: f64,
    pub(crate) many: Served,
    /// The same clients, beside streams that are never read.
    pub(crate) beside: Served,
    /// A bare server at the same pace.
    pub(crate) bare: Served,
    /// As much as the clients take, of paceline and of the bare server.
    pub(crate) fan: Served,
    pub(crate) bare_fan: Served,
    pub(crate) one: Served,
    /// The same as `many` and `fan`, of a server that asks who somebody is and shows them what they may see.
    pub(crate) many_known: Served,
    pub(crate) fan_known: Served,
    /// Bytes of the server's memory for each idle and for each stalled stream.
    pub(crate) idle: f64,
    pub(crate) stalled: f64,
    pub(crate) stalled_streams: usize,
}

/// What clients have seen, and the processor time of the server meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Served {
    pub(crate) seen: Seen,
    pub(crate) cpu_seconds: f64,
}

/// Measures everything.
pub(crate) fn run(plan: &Plan) -> anyhow::Result<Measured> {
    let world = World { reps: plan.watchers };
    let broker = Broker::start();
    broker.create_topic(TOPIC, PARTITIONS, &[]);
    let base = micros_since(0);
    let sender = Arc::new(Sender::new(broker.bootstrap(), base, LINGER)?);
    let prompt = Arc::new(Sender::new(broker.bootstrap(), base, Duration::ZERO)?);
    sender.fill(world.reps)?;
    let service = Service::start(&plan.paceline, broker.bootstrap(), world, None)?;
    let grpc = service.grpc.clone();
    let load = |watch, stalled| Load {
        key: None,
        grpc: grpc.clone(),
        base,
        watchers: world.reps,
        teams: world.teams(),
        watch,
        stalled,
    };
    let stage = Stage { plan, sender: &sender, reps: world.reps };

    let before = Usage::of(service.pid())?.resident_kib;
    let mut clients = Helper::start(&load(Watch::Own, false).arguments())?;
    thread::sleep(SETTLE);
    let idle = Usage::of(service.pid())?.resident_kib;
    let streams = world.reps + world.teams();
    let (many, sent) = stage.measure(&mut clients, service.pid(), world.reps, plan.changes)?;
    let unread = load(Watch::Teams, true);
    let (stalled, beside) = stage.stalled(&service, &mut clients, &unread, plan.changes)?;
    drop(clients);

    let mut one = Helper::start(&One::arguments(&service.grpc, broker.bootstrap(), base))?;
    let (one, _) = Stage { sender: &prompt, ..stage }.measure(&mut one, service.pid(), 1, ONE)?;
    let mut clients = Helper::start(&load(Watch::Org, false).arguments())?;
    let (fan, _) = stage.measure(&mut clients, service.pid(), world.reps, FAN)?;
    drop(clients);
    service.end()?;
    let (many_known, fan_known) =
        stage.known(broker.bootstrap(), world, &load(Watch::Own, false))?;

    let each_second = many.seen.messages_per_second() / streams as f64;
    let paced = Some((1e6 / each_second) as u64);
    let bare = stage.bare(&load(Watch::Own, false), &many.seen, paced)?;
    let bare_fan = stage.bare(&load(Watch::Org, false), &fan.seen, None)?;
    Ok(Measured {
        plan: plan.clone(),
        streams,
        sent,
        many,
        beside,
        bare,
        fan,
        bare_fan,
        one,
        many_known,
        fan_known,
        idle: (idle.saturating_sub(before)) as f64 * 1024.0 / streams as f64,
        stalled,
        stalled_streams: unread.teams,
    })
}

/// What all loads have in common.
#[derive(Clone, Copy)]
struct Stage<'a> {
    plan: &'a Plan,
    sender: &'a Arc<Sender>,
    reps: usize,
}

impl Stage<'_> {
    /// Sends changes and measures clients. Answers the changes that were sent in a second too.
    fn measure(
        &self,
        clients: &mut Helper,
        server: u32,
        reps: usize,
        changes: u64,
    ) -> anyhow::Result<(Served, f64)> {
        let traffic = self.sender.begin(reps, changes);
        thread::sleep(SETTLE);
        let sent = traffic.sent();
        let served = self.see(clients, server)?;
        let sent = (traffic.sent() - sent) as f64 / served.seen.seconds;
        Ok((served, sent))
    }

    /// What clients see who say who they are, of a server that asks.
    fn known(&self, brokers: &str, world: World, like: &Load) -> anyhow::Result<(Served, Served)> {
        let folder = tempfile::tempdir()?;
        let file = |name: &str| folder.path().join(name);
        let (issuer, key) = (Issuer::new(), file("key"));
        issuer.keep(&key);
        fs::write(file("keys.json"), issuer.keys())?;
        let service =
            Service::start(&self.plan.paceline, brokers, world, Some(&file("keys.json")))?;
        let own = Load { grpc: service.grpc.clone(), key: Some(key), ..like.clone() };
        let mut clients = Helper::start(&own.arguments())?;
        thread::sleep(SETTLE);
        let (many, _) = self.measure(&mut clients, service.pid(), self.reps, self.plan.changes)?;
        drop(clients);
        let mut clients = Helper::start(&Load { watch: Watch::Org, ..own }.arguments())?;
        let (fan, _) = self.measure(&mut clients, service.pid(), self.reps, FAN)?;
        drop(clients);
        service.end()?;
        Ok((many, fan))
    }

    fn see(&self, clients: &mut Helper, server: u32) -> anyhow::Result<Served> {
        let before = Usage::of(server)?;
        clients.begin()?;
        thread::sleep(Duration::from_secs(self.plan.seconds));
        let seen = clients.tell()?;
        Ok(Served { seen, cpu_seconds: Usage::of(server)?.cpu_seconds_since(&before) })
    }

    /// The memory of a stream that is never read, while changes go on, and what the others see meanwhile.
    fn stalled(
        &self,
        service: &Service,
        others: &mut Helper,
        load: &Load,
        changes: u64,
    ) -> anyhow::Result<(f64, Served)> {
        let before = Usage::of(service.pid())?.resident_kib;
        let clients = Helper::start(&load.arguments())?;
        let traffic = self.sender.begin(self.reps, changes);
        thread::sleep(SETTLE * 2);
        let after = Usage::of(service.pid())?.resident_kib;
        let beside = self.see(others, service.pid())?;
        drop(traffic);
        drop(clients);
        let bytes = after.saturating_sub(before) as f64 * 1024.0;
        Ok((bytes / load.teams as f64, beside))
    }

    /// The bare server with messages of the size that was seen.
    fn bare(&self, load: &Load, like: &Seen, every: Option<u64>) -> anyhow::Result<Served> {
        let (grpc, bytes) = (free_address()?, like.bytes_per_message() as usize);
        let bare = Bare { grpc: grpc.clone(), base: load.base, bytes, every };
        let server = Helper::start(&bare.arguments())?;
        let mut clients = Helper::start(&Load { grpc, ..load.clone() }.arguments())?;
        thread::sleep(SETTLE);
        self.see(&mut clients, server.pid())
    }
}
