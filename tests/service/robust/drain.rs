//! A thousand open streams when the service is told to end: each client is told why, and where it stood.

use std::{
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use paceline_client::proto::{
    Selector, WatchStandingsRequest, standings_service_client::StandingsServiceClient,
};
use paceline_tests::{
    chance::Chance,
    history::{Asked, End, Mark, Presented, Recorder, Refusal, clauses, occurred, report},
    kafka, ports,
    process::open_many_files,
    wait,
};
use tokio::time::sleep;
use tonic::transport::Channel;

use super::{
    client::connect,
    office::{Office, Topics},
    runtime,
};
use crate::under_test::Service;

/// Streams, and on how many connections.
const STREAMS: usize = 1_000;
const CONNECTIONS: usize = 40;
/// Connections that never say anything.
const SILENT: usize = 100;

/// What the service says when clients did not finish in the time it gives them, 25 seconds.
const CUT: &str = "clients did not finish in time";

#[test]
fn a_thousand_clients_are_told_that_the_service_goes() {
    open_many_files(4_000);
    let broker = kafka::shared();
    let mut office = Office::new(Topics::of("robust.drain"), Chance::new(2));
    broker.create_topic(&office.topics().deals.clone(), 1, &[]);
    broker.produce(&office.topics().deals.clone(), office.opening());
    let mut service = Service::start(&office.config(broker.bootstrap(), ports::two_free()));
    service.standings();
    let runtime = runtime();
    let crowd = Arc::new(Crowd::default());
    let minding = crowd.clone();
    runtime.spawn(async move { minding.record.mind_the_machine().await });
    let mut tasks = Vec::new();
    for _ in 0..CONNECTIONS {
        let channel = runtime.block_on(connect(service.address())).expect("gRPC is served");
        for _ in 0..STREAMS / CONNECTIONS {
            let follow = follow(channel.clone(), tasks.len(), crowd.clone());
            tasks.push(runtime.spawn(follow));
        }
    }
    wait::until("all streams are open", || {
        (crowd.open.load(Ordering::SeqCst) == STREAMS).then_some(())
    });
    let silent = [(); SILENT].map(|()| TcpStream::connect(service.address()).expect("it listens"));

    crowd.ending.store(true, Ordering::SeqCst);
    crowd.record.mark(Mark::Terminated);
    service.process().terminate();
    assert_eq!(service.process().wait().code(), Some(0));
    let log = [service.process().stdout(), service.process().stderr()].concat();
    let cut = log.iter().find(|line| line.contains(CUT));
    assert_eq!(cut, None, "everybody was told in time");
    drop(silent);
    for task in tasks {
        runtime.block_on(task).expect("no client fails");
    }
    let history = crowd.record.finish();
    let ends = occurred::count(&history).remove("end by SERVER_DRAINING");
    assert_eq!(ends, Some(STREAMS as u64), "{:?}", occurred::count(&history));
    let violations = clauses::judge(&history);
    assert!(violations.is_empty(), "{}", report(&history, &violations));
}

/// What all streams share.
#[derive(Default)]
struct Crowd {
    record: Recorder,
    /// How many streams are open and have a message.
    open: AtomicUsize,
    /// Whether the service is told to end.
    ending: AtomicBool,
}

/// Watches one rep until the service ends it. A connection that breaks before it is told to is opened again.
async fn follow(channel: Channel, number: usize, crowd: Arc<Crowd>) {
    let scopes = vec![format!("rep:U{}", 1 + number % 120)];
    let selector = Some(Selector { scopes, ..Selector::default() });
    let request = WatchStandingsRequest { selector, ..WatchStandingsRequest::default() };
    loop {
        watch(channel.clone(), number, &request, &crowd).await;
        if crowd.ending.load(Ordering::SeqCst) {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Opens one stream, and follows it to its end.
async fn watch(channel: Channel, number: usize, request: &WatchStandingsRequest, crowd: &Crowd) {
    let opened = crowd.record.now();
    let mut client = StandingsServiceClient::new(channel);
    let Ok(messages) = client.watch_standings(request.clone()).await else { return };
    let request = request.clone();
    let asked: Asked = Asked { request, token: Presented::Nothing, server: 0, undisturbed: true };
    let stream = crowd.record.open(number, asked, opened);
    let (mut messages, mut begun) = (messages.into_inner(), false);
    let end = loop {
        match messages.message().await {
            Ok(Some(message)) => {
                crowd.record.tell(stream, message);
                if !std::mem::replace(&mut begun, true) {
                    crowd.open.fetch_add(1, Ordering::SeqCst);
                }
            }
            Ok(None) => break End::Over,
            Err(status) => break End::Status(Refusal::from(&status)),
        }
    };
    crowd.record.end(stream, end, true, false);
    if begun {
        crowd.open.fetch_sub(1, Ordering::SeqCst);
    }
}
