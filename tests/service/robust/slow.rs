//! Clients that read nothing, or next to nothing: nobody waits for them, they cost no memory to speak of, and in the end they are let
//! go with a reason and their token.

use std::{
    collections::VecDeque,
    ops::Range,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use paceline_client::proto::{
    Selector, WatchStandingsRequest, WatchStandingsResponse,
    standings_service_client::StandingsServiceClient,
};
use paceline_tests::{
    chance::Chance,
    history::{
        Asked, End, Opened, Presented, Principal, Recorder, Refusal, Standings, clauses, report,
    },
    kafka::{self, Writer},
    ports,
    process::open_many_files,
    proxy::{Proxy, Weather},
    wait,
};
use tokio::{runtime::Runtime, task::JoinHandle};
use tonic::{Code, Streaming};

use super::{
    client::{Client, Road, connect},
    latency::Latency,
    office::{CLOCK, Office, Topics},
    runtime,
    world::World,
};
use crate::under_test::Service;

/// Clients that read as they should, that read at [`DRIP`], and that read nothing.
const HEALTHY: usize = 160;
const DRIPPING: usize = 20;
const STALLED: usize = 20;

/// How slowly those read that are slow.
const DRIP: Weather =
    Weather { latency: Duration::ZERO, bytes_per_second: 1_024, piece: 0, swallows: false };

/// How long the service waits for a client to take a frame.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the others are measured before those come that do not read.
const ALONE: Duration = Duration::from_secs(20);

/// What the contract lets a stream hold: a frame of at most 256 KiB, the window of 64 KiB that its client has of HTTP/2, and as
/// much of the frame again while it is written into that.
const HELD: u64 = (256 + 64 + 256) * 1024;

/// What the clients that read too little may cost: what their streams may hold, and 8 MiB for what the service needs while it works.
const BOUND: u64 = (DRIPPING + STALLED) as u64 * HELD + 8 * 1024 * 1024;

#[test]
fn nobody_waits_for_clients_that_do_not_read() {
    open_many_files(2_000);
    let broker = kafka::shared();
    let mut office = Office::new(Topics::of("robust.slow"), Chance::new(1));
    broker.create_topic(&office.topics().deals.clone(), 3, &[]);
    broker.produce(&office.topics().deals.clone(), office.opening());
    let service = Service::start_by(&office.config(broker.bootstrap(), ports::two_free()), CLOCK);
    service.standings();
    let runtime = runtime();
    let world = Arc::new(World::default());
    // Nobody behaves badly but by reading slowly.
    world.calm_down();
    let minding = world.clone();
    runtime.spawn(async move { minding.record.mind_the_machine().await });
    let mut tasks = watchers(&runtime, service.address(), &world, 0..HEALTHY);
    wait::until("all who read have a snapshot", || {
        world.behind(HEALTHY, 1).is_empty().then_some(())
    });
    let (writer, alone) = (broker.writer(), world.record.now());
    while world.record.now() < alone + ALONE {
        act(&mut office, &writer);
    }

    let (began, before) = (Instant::now(), service.resident_bytes());
    let beside = world.record.now();
    tasks.extend(watchers(&runtime, service.address(), &world, HEALTHY..HEALTHY + DRIPPING));
    let stalled = |number| Stalled::open(&runtime, &service, &world.record, number);
    let stalled: Vec<Stalled> = (0..STALLED).map(stalled).collect();
    let mut most = before;
    wait::until("those that read nothing are let go", || {
        act(&mut office, &writer);
        most = most.max(service.resident_bytes());
        let told = format!("paceline_grpc_stream_ends_total{{reason=\"SLOW_CLIENT\"}} {STALLED}");
        service.get("/metrics").contains(&told).then_some(())
    });
    let end = world.record.now();
    assert!(began.elapsed() > PATIENCE, "they are let go after {:?}", began.elapsed());
    println!("resident: {before} bytes before, {most} at most; let go after {:?}", began.elapsed());
    assert!(most < before + BOUND, "{most} bytes resident, {before} before");

    let revision = service.freshness().revision;
    wait::until("everybody else has the latest", || {
        world.behind(HEALTHY + DRIPPING, revision).is_empty().then_some(())
    });
    for stalled in stalled {
        stalled.read_on(&runtime, &world.record);
    }
    world.stop();
    for task in tasks {
        runtime.block_on(task).expect("no client fails");
    }
    let mut history = world.record.finish();
    history.sums.extend(["bookings", "deals"].map(str::to_owned));
    let violations = clauses::judge(&history);
    assert!(violations.is_empty(), "{}", report(&history, &violations));
    let compared = clauses::banked(&history);
    assert!(compared.values().all(|times| *times > 1_000), "{compared:?}");
    let [alone, beside] =
        [alone..beside, beside..end].map(|when| Latency::of(&history, &(0..HEALTHY), &when));
    println!("from service to client: alone {alone}; beside those that do not read {beside}");
    unchanged(&alone, &beside);
}

/// The organisation goes on.
fn act(office: &mut Office, writer: &Writer) {
    office.act_and_tell(writer, 3);
    thread::sleep(Duration::from_millis(150));
}

/// What clients that read as they should get is no older for those who do not. The bound is a wide one: the machine has other things
/// to do, and what waits for a client that does not read waits for seconds.
fn unchanged(alone: &Latency, beside: &Latency) {
    assert!(alone.updates > 1_000 && beside.updates > 1_000, "too few to say anything");
    let bound = (alone.p99 * 5).max(Duration::from_secs(1));
    assert!(beside.p99 <= bound, "alone {alone}; beside those that do not read {beside}");
}

/// Starts clients that read, in their way.
fn watchers(
    runtime: &Runtime,
    address: &str,
    world: &Arc<World>,
    who: Range<usize>,
) -> Vec<JoinHandle<()>> {
    let watcher = |number: usize| {
        let road = if number < HEALTHY {
            Road::Straight(address.to_owned())
        } else {
            let proxy = runtime.block_on(Proxy::start(address.to_owned())).expect("a port");
            proxy.set(DRIP);
            Road::Through(Arc::new(proxy))
        };
        let client = Client::<Standings> {
            identity: None,
            number,
            request: request(number),
            road,
            patience: wait::LIMIT,
            chance: Chance::of(1, number as u64),
            world: world.clone(),
            others: 0..HEALTHY + DRIPPING,
            tokens: VecDeque::new(),
            open: None,
        };
        runtime.spawn(client.run())
    };
    who.map(watcher).collect()
}

/// Those that read slowly watch few standings: more would take them longer than the service waits.
fn request(number: usize) -> WatchStandingsRequest {
    let scopes = match number {
        _ if number >= HEALTHY => vec![format!("rep:U{}", number - HEALTHY + 1), "org".to_owned()],
        _ if number.is_multiple_of(8) => Vec::new(),
        _ => vec![format!("team:M{}", 2 + number % 6)],
    };
    let with_members = number < HEALTHY && !scopes.is_empty();
    let selector = Some(Selector { scopes, with_members, ..Selector::default() });
    let second = Some(prost_types::Duration { seconds: 1, nanos: 0 });
    WatchStandingsRequest { selector, heartbeat: second, ..WatchStandingsRequest::default() }
}

/// A client that watches everything and reads nothing.
struct Stalled {
    stream: Opened,
    messages: Streaming<WatchStandingsResponse>,
}

impl Stalled {
    fn open(runtime: &Runtime, service: &Service, record: &Recorder, number: usize) -> Self {
        let request = WatchStandingsRequest { selector: None, ..request(0) };
        let messages = runtime.block_on(async {
            let channel = connect(service.address()).await.expect("gRPC is served");
            let mut client = StandingsServiceClient::new(channel);
            client.watch_standings(request.clone()).await.expect("a watch is accepted")
        });
        let token = Presented::Nothing;
        let by = Principal::default();
        let asked: Asked = Asked { request, token, server: 0, undisturbed: false, by };
        let stream = record.open(HEALTHY + DRIPPING + number, asked, record.now());
        Self { stream, messages: messages.into_inner() }
    }

    /// Reads what is left for it: what it had not taken, and why it was let go.
    fn read_on(mut self, runtime: &Runtime, record: &Recorder) {
        let refusal = runtime.block_on(async {
            loop {
                match tokio::time::timeout(wait::LIMIT, self.messages.message()).await {
                    Ok(Ok(Some(message))) => drop(record.tell(self.stream, message)),
                    Ok(Err(status)) => break Refusal::from(&status),
                    other => panic!("it ends without a status: {other:?}"),
                }
            }
        });
        assert_eq!(refusal.code, Code::ResourceExhausted, "{refusal:?}");
        assert_eq!(refusal.reason(), Some("SLOW_CLIENT"), "{refusal:?}");
        record.end(self.stream, End::Status(refusal), true, false);
    }
}
