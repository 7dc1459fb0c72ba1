//! A thousand open streams when the service is told to end: each client is told why, and where it stood.

use std::{
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use paceline_grpc::proto::{
    Selector, WatchStandingsRequest, standings_service_client::StandingsServiceClient,
};
use paceline_tests::{
    chance::Chance,
    history::{Asked, End, Mark, Presented, Recorder, Refusal, clauses, occurred, report},
    kafka, ports,
    process::open_many_files,
    wait,
};
use tonic::{Code, transport::Channel};

use super::{
    client::connect,
    office::{Office, Topics},
    runtime,
};
use crate::under_test::Service;

/// Streams, and on how many connections.
const STREAMS: usize = 1_000;
const CONNECTIONS: usize = 250;
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
    let record = Arc::new(Recorder::default());
    let open = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for _ in 0..CONNECTIONS {
        let channel = runtime.block_on(connect(service.address())).expect("gRPC is served");
        for _ in 0..STREAMS / CONNECTIONS {
            let follow = follow(channel.clone(), tasks.len(), record.clone(), open.clone());
            tasks.push(runtime.spawn(follow));
        }
    }
    wait::until("all streams are open", || (open.load(Ordering::SeqCst) == STREAMS).then_some(()));
    let silent = [(); SILENT].map(|()| TcpStream::connect(service.address()).expect("it listens"));

    record.mark(Mark::Terminated);
    service.process().terminate();
    assert_eq!(service.process().wait().code(), Some(0));
    let log = [service.process().stdout(), service.process().stderr()].concat();
    let cut = log.iter().find(|line| line.contains(CUT));
    assert_eq!(cut, None, "everybody was told in time");
    drop(silent);
    for task in tasks {
        runtime.block_on(task).expect("no client fails");
    }
    let history = record.finish();
    let ends = occurred::count(&history).remove("end by SERVER_DRAINING");
    assert_eq!(ends, Some(STREAMS as u64), "{:?}", occurred::count(&history));
    let violations = clauses::judge(&history);
    assert!(violations.is_empty(), "{}", report(&history, &violations));
}

/// Watches one rep until the end.
async fn follow(channel: Channel, number: usize, record: Arc<Recorder>, open: Arc<AtomicUsize>) {
    let scopes = vec![format!("rep:U{}", 1 + number % 120)];
    let selector = Some(Selector { scopes, ..Selector::default() });
    let request = WatchStandingsRequest { selector, ..WatchStandingsRequest::default() };
    let mut client = StandingsServiceClient::new(channel);
    let messages = client.watch_standings(request.clone()).await.expect("a watch is accepted");
    let asked = Asked { request, token: Presented::Nothing, server: 0, undisturbed: true };
    let stream = record.open(number, asked, record.now());
    let mut messages = messages.into_inner();
    let end = loop {
        match messages.message().await {
            Ok(Some(message)) => {
                if record.tell(stream, message).message == Some(0) {
                    open.fetch_add(1, Ordering::SeqCst);
                }
            }
            Ok(None) => break End::Over,
            Err(status) => break End::Status(Refusal::from(&status)),
        }
    };
    if let End::Status(refusal) = &end {
        assert_eq!(refusal.code, Code::Unavailable, "{refusal:?}");
        assert!(refusal.token.is_some(), "{refusal:?}");
    }
    record.end(stream, end, true, false);
}
