//! Requests: whole ones, which cost the server much, or would if it did what they ask.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use paceline_client::proto::{
    GetStandingsRequest, Selector, WatchStandingsRequest,
    standings_service_client::StandingsServiceClient,
};
use tokio::task::JoinSet;
use tonic::{
    Code, Status,
    codegen::http::Request,
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_types::StatusExt as _;

use super::{
    Target,
    attacker::{Attacker, Tally, tcp},
    floods::GET,
    frames::{DATA, END_HEADERS, END_STREAM, HEADERS, frame, framed, head, request, stream},
};

const LASTS: Duration = Duration::from_secs(1);
/// How many requests of one connection are under way, and how long one waits for an answer.
const AHEAD: u64 = 100;
const PATIENCE: Duration = Duration::from_secs(30);
const WATCH: &str = "/paceline.v1.StandingsService/WatchStandings";

/// A bomb of gzip: 20 KiB that are 3 MiB when they are unpacked.
pub(super) async fn gzip(target: Target) -> Tally {
    let bomb = framed(1, &bomb(20_000));
    let status = status_of(&target.grpc, &bomb).await;
    let head = head(GET, &[("grpc-encoding", "gzip")]);
    let one = move |nth: u32| {
        let mut frames = frame(HEADERS, END_HEADERS, stream(nth), &head);
        let count = bomb.chunks(16_384).count();
        for (at, part) in bomb.chunks(16_384).enumerate() {
            let last = if at + 1 == count { END_STREAM } else { 0 };
            frames.extend(frame(DATA, last, stream(nth), part));
        }
        frames
    };
    let tally = one_by_one(&target.grpc, 8, 3, one).await;
    assert!(tally.answers > 20, "{tally}");
    assert_eq!(status, (Code::Unimplemented as i32).to_string());
    tally
}

/// What a message that is said to be compressed is answered with.
async fn status_of(address: &str, message: &[u8]) -> String {
    let stream = tcp(address).await.expect("it listens");
    let (client, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
    tokio::spawn(connection);
    let request = Request::post(format!("http://paceline{GET}"))
        .header("content-type", "application/grpc")
        .header("grpc-encoding", "gzip");
    let request = request.body(()).expect("a request");
    let mut client = client.ready().await.expect("a stream may be opened");
    let (answer, mut body) = client.send_request(request, false).expect("it is sent");
    body.send_data(message.to_vec().into(), true).expect("it is sent");
    let answer = answer.await.expect("an answer");
    let status = answer.headers().get("grpc-status").expect("an answer that is a status alone");
    status.to_str().expect("a number").to_owned()
}

/// Zeros without end, packed by the fixed code of RFC 1951: a zero, and then the last 258 bytes again and again.
fn bomb(bytes: usize) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut bits, mut count) = (0_u32, 0);
    let mut put = |value: u32, width: u32, packed: &mut Vec<u8>| {
        bits |= value << count;
        count += width;
        while count >= 8 {
            packed.push((bits & 255) as u8);
            bits >>= 8;
            count -= 8;
        }
    };
    // The last block, of the fixed code; the letter 0, whose code is 00110000 from the left.
    put(0b011, 3, &mut packed);
    put(0b0000_1100, 8, &mut packed);
    while packed.len() < bytes {
        // A length of 258 is 11000101 from the left, a distance of 1 is 00000.
        put(0b1010_0011, 8, &mut packed);
        put(0, 5, &mut packed);
    }
    packed
}

/// Messages of groups in groups in groups, 64 KiB deep.
pub(super) async fn nesting(target: Target) -> Tally {
    let deep = vec![0x7b; 60_000];
    let tally = one_by_one(&target.grpc, 8, 1, move |nth| request(nth, GET, &[], &deep)).await;
    assert!(tally.answers > 20, "{tally}");
    tally
}

/// Requests for what there is not, in their thousands.
pub(super) async fn nonsense(target: Target) -> Tally {
    let tally = one_by_one(&target.grpc, 8, 50, |nth| request(nth, "/none/None", &[], &[])).await;
    assert!(tally.answers > 500, "{tally}");
    tally
}

/// Calls and watches that are to be given up in eleven thousand years.
pub(super) async fn timeouts(target: Target) -> Tally {
    let one = |nth: u32| {
        let path = if nth.is_multiple_of(2) { GET } else { WATCH };
        let timeout = ["99999999H", "99999999999999999999S", "-1S", "18446744073709551615n"];
        let timeout = timeout[nth as usize / 2 % 4];
        let selector = Selector { scopes: vec!["rep:U2".to_owned()], ..Selector::default() };
        let asked = GetStandingsRequest { selector: Some(selector), on: String::new() };
        request(nth, path, &[("grpc-timeout", timeout)], &prost::Message::encode_to_vec(&asked))
    };
    let mut open = Vec::new();
    for _ in 0..8 {
        let mut attacker = Attacker::connect(&target.grpc).await.expect("it listens");
        for nth in 0..100 {
            attacker.send(&one(nth), 2).await.expect("it is taken");
        }
        open.push(attacker);
    }
    tokio::time::sleep(LASTS).await;
    let mut tally = Tally::default();
    open.iter().for_each(|attacker| tally.add(&attacker.tally()));
    assert!(tally.answers > 100, "{tally}");
    tally
}

/// Sends so many requests in all from so many connections, as fast as they are answered, and waits until all are.
pub(super) async fn in_all(
    address: &str,
    connections: u32,
    count: u32,
    request: impl Fn(u32, u32) -> Vec<u8> + Clone + Send + 'static,
) -> Tally {
    let mut tasks = JoinSet::new();
    for connection in 0..connections {
        let (address, request) = (address.to_owned(), request.clone());
        tasks.spawn(async move {
            let mut attacker = Attacker::connect(&address).await.expect("it listens");
            for nth in 0..count / connections {
                let due = u64::from(nth);
                attacker.until(PATIENCE, |tally| tally.answers + AHEAD > due).await;
                attacker.send(&request(connection, nth), 1).await.expect("it is taken");
            }
            let due = u64::from(count / connections);
            attacker.until(PATIENCE, |tally| tally.answers >= due).await
        });
    }
    let mut tally = Tally::default();
    while let Some(one) = tasks.join_next().await {
        tally.add(&one.expect("an attacker does not panic"));
    }
    tally
}

/// Sends requests from many connections for a while, each of which has so many under way: what the server does not read is not sent.
async fn one_by_one(
    address: &str,
    connections: usize,
    ahead: u64,
    request: impl Fn(u32) -> Vec<u8> + Clone + Send + 'static,
) -> Tally {
    let end = Instant::now() + LASTS;
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let (address, request) = (address.to_owned(), request.clone());
        tasks.spawn(async move {
            let mut all = Tally::default();
            while Instant::now() < end {
                let Ok(mut attacker) = Attacker::connect(&address).await else { continue };
                let mut nth = 0;
                while Instant::now() < end {
                    let due = u64::from(nth);
                    let answered = |tally: &Tally| tally.answers + ahead > due || tally.closed > 0;
                    let limit = end.saturating_duration_since(Instant::now());
                    attacker.until(limit, answered).await;
                    if attacker.send(&request(nth), 1).await.is_err() {
                        break;
                    }
                    nth += 1;
                }
                all.add(&attacker.tally());
            }
            all
        });
    }
    let mut tally = Tally::default();
    while let Some(one) = tasks.join_next().await {
        tally.add(&one.expect("an attacker does not panic"));
    }
    assert!(tally.answers + tally.closed > 0, "nothing was answered: {tally}");
    tally
}

/// How a call ended, and how many bytes came.
type Ended = Result<u64, Status>;

/// Does something so often at once over so many connections, and counts how that ended.
async fn at_once<Call, Work>(target: &Target, connections: usize, times: usize, call: Call) -> Tally
where
    Call: Fn(Channel, usize) -> Work + Send + Sync + 'static,
    Work: Future<Output = Ended> + Send,
{
    let mut tally = Tally { connections: connections as u64, ..Tally::default() };
    let mut channels = Vec::new();
    for _ in 0..connections {
        let endpoint: Endpoint = format!("http://{}", target.grpc).parse().expect("a URI");
        channels.push(endpoint.connect().await.expect("it listens"));
    }
    let (call, mut tasks) = (Arc::new(call), JoinSet::new());
    for nth in 0..times {
        let (call, channel) = (call.clone(), channels[nth % connections].clone());
        tasks.spawn(async move { call(channel, nth).await });
    }
    tally.frames = times as u64;
    while let Some(ended) = tasks.join_next().await {
        let status = match ended.expect("an attacker does not panic") {
            Ok(bytes) => {
                (tally.answers, tally.bytes) = (tally.answers + 1, tally.bytes + bytes);
                "OK".to_owned()
            }
            Err(status) => reason(&status),
        };
        *tally.statuses.entry(status).or_default() += 1;
    }
    tally
}

fn reason(status: &Status) -> String {
    let info = status.get_details_error_info();
    info.map_or_else(|| format!("{:?}", status.code()), |info| info.reason)
}

/// A hundred selectors of as many entries as there may be, at once.
pub(super) async fn selectors(target: Target) -> Tally {
    let tally = at_once(&target, 10, 100, |channel, nth| async move {
        let scopes = (0..5_000).map(|at| format!("rep:{nth}.{at}")).collect();
        let selector = Some(Selector { scopes, ..Selector::default() });
        let mut client = StandingsServiceClient::new(channel);
        let request = WatchStandingsRequest { selector, ..WatchStandingsRequest::default() };
        let mut stream = client.watch_standings(request).await?.into_inner();
        let mut bytes = 0;
        while let Some(message) = stream.message().await? {
            bytes += prost::Message::encoded_len(&message) as u64;
            // What there is not is removed, in one frame.
            if let Some(paceline_client::proto::watch_standings_response::Frame::Snapshot(part)) =
                message.frame
                && part.last
            {
                break;
            }
        }
        Ok(bytes)
    })
    .await;
    assert!(tally.statuses_of("OK") > 0, "{tally}");
    tally
}

/// A thousand calls for all that there is, at once.
pub(super) async fn large_calls(target: Target) -> Tally {
    let tally = at_once(&target, 20, 1_000, |channel, _| async move {
        let mut client = StandingsServiceClient::new(channel).max_decoding_message_size(usize::MAX);
        let answer = client.get_standings(GetStandingsRequest::default()).await?;
        Ok(prost::Message::encoded_len(answer.get_ref()) as u64)
    })
    .await;
    assert!(tally.statuses_of("OK") > 0 && tally.bytes > 1_000_000, "{tally}");
    assert!(tally.statuses_of("TOO_BUSY") > 0, "nothing was refused: {tally}");
    tally
}

/// Streams that are open until all were asked for.
#[derive(Clone, Default)]
struct Held(Arc<Mutex<Vec<Box<dyn Send>>>>);

impl Held {
    fn keep(&self, stream: impl Send + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(stream));
    }
}

/// More watches than there may be, which are opened as fast as that goes.
pub(super) async fn watches(target: Target) -> Tally {
    let held = Held::default();
    let tally = at_once(&target, 20, 2_000, move |channel, nth| {
        let held = held.clone();
        async move {
            let selector =
                Selector { scopes: vec![format!("rep:U{}", nth % 300 + 1)], ..Selector::default() };
            let request = WatchStandingsRequest {
                selector: Some(selector),
                ..WatchStandingsRequest::default()
            };
            let mut client = StandingsServiceClient::new(channel);
            held.keep(client.watch_standings(request).await?);
            Ok(0)
        }
    })
    .await;
    assert!(tally.statuses_of("OK") >= super::STREAMS as u64 / 2, "{tally}");
    assert!(tally.statuses_of("TOO_MANY_STREAMS") > 0, "nothing was refused: {tally}");
    tally
}

/// Watches of the health, for which nobody has to be known.
pub(super) async fn health(target: Target) -> Tally {
    let held = Held::default();
    let tally = at_once(&target, 20, 1_500, move |channel, _| {
        let held = held.clone();
        async move {
            let request = HealthCheckRequest { service: String::new() };
            held.keep(HealthClient::new(channel).watch(request).await?);
            Ok(0)
        }
    })
    .await;
    assert!(tally.statuses_of("OK") > 100, "{tally}");
    assert!(tally.statuses_of("TOO_MANY_STREAMS") > 0, "nothing was refused: {tally}");
    assert_eq!(tally.statuses_of(&format!("{:?}", Code::Internal)), 0, "{tally}");
    tally
}
