//! A thousand open streams when the service is told to end: each client is told why, and where it stood.

use std::{
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use paceline_client::proto::{
    RankBy, Selector, WatchAlertsRequest, WatchLeaderboardRequest, WatchStandingsRequest,
    standings_service_client::StandingsServiceClient,
};
use paceline_tests::{
    chance::Chance,
    history::{
        Alerts, Asked, End, Mark, Presented, Principal, Recorder, Refusal, Standings, clauses,
        occurred, report,
    },
    kafka, ports,
    process::open_many_files,
    wait,
};
use tokio::time::sleep;
use tonic::{Status, transport::Channel};

use super::{
    client::connect,
    office::{CLOCK, Office, Topics},
    runtime,
    watches::Call,
};
use crate::under_test::Service;

/// Streams of each kind on each connection, and how many connections there are.
const OF_STANDINGS: usize = 17;
const OF_ALERTS: usize = 5;
const OF_RANKS: usize = 3;
const CONNECTIONS: usize = 40;
const STREAMS: usize = (OF_STANDINGS + OF_ALERTS + OF_RANKS) * CONNECTIONS;
/// Connections that never say anything.
const SILENT: usize = 100;

/// How long the service may take to go, and what the machine is given beyond.
const LONGEST: Duration = Duration::from_secs(25);
const MARGIN: Duration = Duration::from_secs(5);

/// What the service says when clients did not finish in the time it gives them.
const CUT: &str = "clients did not finish in time";

#[test]
fn a_thousand_clients_are_told_that_the_service_goes() {
    open_many_files(4_000);
    let broker = kafka::shared();
    let mut office = Office::new(Topics::of("robust.drain"), Chance::new(2));
    broker.create_topic(&office.topics().deals.clone(), 1, &[]);
    broker.produce(&office.topics().deals.clone(), office.opening());
    let mut service =
        Service::start_by(&office.config(broker.bootstrap(), ports::two_free()), CLOCK);
    service.standings();
    let runtime = runtime();
    let crowd = Arc::new(Crowd::default());
    let minding = crowd.clone();
    runtime.spawn(async move { minding.record.mind_the_machine().await });
    let mut tasks = Vec::new();
    for _ in 0..CONNECTIONS {
        let channel = runtime.block_on(connect(service.address())).expect("gRPC is served");
        for _ in 0..OF_STANDINGS {
            let follow =
                follow::<Standings>(channel.clone(), tasks.len(), standings, crowd.clone());
            tasks.push(runtime.spawn(follow));
        }
        for _ in 0..OF_ALERTS {
            let follow = follow::<Alerts>(channel.clone(), tasks.len(), alerts, crowd.clone());
            tasks.push(runtime.spawn(follow));
        }
        for _ in 0..OF_RANKS {
            tasks.push(runtime.spawn(follow_ranks(channel.clone(), tasks.len(), crowd.clone())));
        }
    }
    wait::until("all streams are open", || {
        (crowd.open.load(Ordering::SeqCst) == STREAMS).then_some(())
    });
    let silent = [(); SILENT].map(|()| TcpStream::connect(service.address()).expect("it listens"));

    crowd.ending.store(true, Ordering::SeqCst);
    crowd.record.mark(Mark::Terminated);
    let told = Instant::now();
    service.process().terminate();
    assert_eq!(service.process().wait().code(), Some(0));
    let took = told.elapsed();
    println!("{STREAMS} streams and {SILENT} silent connections: gone after {took:?}");
    assert!(took < LONGEST + MARGIN, "it went after {took:?}");
    let log = [service.process().stdout(), service.process().stderr()].concat();
    let cut = log.iter().find(|line| line.contains(CUT));
    assert_eq!(cut, None, "everybody was told in time");
    drop(silent);
    for task in tasks {
        runtime.block_on(task).expect("no client fails");
    }
    let history = crowd.record.finish();
    let counts = occurred::count(&history);
    let ends = ["end by SERVER_DRAINING", "alerts: end by SERVER_DRAINING"]
        .map(|end| counts.get(end).copied().unwrap_or(0));
    let wanted = [OF_STANDINGS, OF_ALERTS].map(|streams| (streams * CONNECTIONS) as u64);
    assert_eq!(ends, wanted, "{counts:?}");
    assert_eq!(crowd.ranks.load(Ordering::SeqCst), OF_RANKS * CONNECTIONS);
    let violations = clauses::judge(&history);
    assert!(violations.is_empty(), "{}", report(&history, &violations));
}

/// What all streams share.
#[derive(Default)]
struct Crowd {
    record: Recorder,
    /// How many streams are open and have a message.
    open: AtomicUsize,
    /// How many streams of leaderboards were told why they end.
    ranks: AtomicUsize,
    /// Whether the service is told to end.
    ending: AtomicBool,
}

/// One rep.
fn standings(number: usize) -> WatchStandingsRequest {
    WatchStandingsRequest { selector: Some(rep(number)), ..WatchStandingsRequest::default() }
}

fn alerts(number: usize) -> WatchAlertsRequest {
    WatchAlertsRequest { selector: Some(rep(number)), ..WatchAlertsRequest::default() }
}

fn rep(number: usize) -> Selector {
    Selector { scopes: vec![format!("rep:U{}", 1 + number % 120)], ..Selector::default() }
}

/// The reps of one team by rank.
fn ranks(number: usize) -> WatchLeaderboardRequest {
    let [scope, kpi, period] =
        [format!("team:M{}", 2 + number % 6), "bookings".to_owned(), "month".to_owned()];
    let by = RankBy::Actual.into();
    WatchLeaderboardRequest { scope, kpi, period, by, ..WatchLeaderboardRequest::default() }
}

/// Watches until the service ends the stream. A connection that breaks before it is told to is opened again.
async fn follow<W: Call>(
    channel: Channel,
    number: usize,
    request: fn(usize) -> W::Request,
    crowd: Arc<Crowd>,
) {
    loop {
        watch::<W>(channel.clone(), number, request(number), &crowd).await;
        if crowd.ending.load(Ordering::SeqCst) {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Opens one stream, and follows it to its end.
async fn watch<W: Call>(channel: Channel, number: usize, request: W::Request, crowd: &Crowd) {
    let opened = crowd.record.now();
    let Ok(messages) = W::call(channel, request.clone()).await else { return };
    let token = Presented::Nothing;
    let by = Principal::default();
    let asked = Asked::<W> { request, token, server: 0, undisturbed: true, by };
    let stream = crowd.record.open(number, asked, opened);
    let (mut messages, mut begun) = (messages.into_inner(), false);
    let end = loop {
        match messages.message().await {
            Ok(Some(message)) => {
                crowd.record.tell(stream, message);
                crowd.begin(&mut begun);
            }
            Ok(None) => break End::Over,
            Err(status) => break End::Status(Refusal::from(&status)),
        }
    };
    crowd.record.end(stream, end, true, false);
    crowd.leave(begun);
}

/// Watches a leaderboard until the service ends the stream. It is whole each time, so there is no token.
async fn follow_ranks(channel: Channel, number: usize, crowd: Arc<Crowd>) {
    while !crowd.ending.load(Ordering::SeqCst) {
        if let Err(status) = watch_ranks(channel.clone(), number, &crowd).await {
            let refusal = Refusal::from(&status);
            let told = refusal.reason() == Some("SERVER_DRAINING") && refusal.retry.is_some();
            crowd.ranks.fetch_add(usize::from(told), Ordering::SeqCst);
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn watch_ranks(channel: Channel, number: usize, crowd: &Crowd) -> Result<(), Status> {
    let mut client = StandingsServiceClient::new(channel);
    let mut messages = client.watch_leaderboard(ranks(number)).await?.into_inner();
    let mut begun = false;
    let end = loop {
        match messages.message().await {
            Ok(Some(_)) => crowd.begin(&mut begun),
            Ok(None) => break Ok(()),
            Err(status) => break Err(status),
        }
    };
    crowd.leave(begun);
    end
}

impl Crowd {
    /// A stream has a message.
    fn begin(&self, begun: &mut bool) {
        if !std::mem::replace(begun, true) {
            self.open.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// A stream has ended.
    fn leave(&self, begun: bool) {
        if begun {
            self.open.fetch_sub(1, Ordering::SeqCst);
        }
    }
}
