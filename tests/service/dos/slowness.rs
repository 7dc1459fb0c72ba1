//! Slowness: many connections that say what they want in part only, or do not take what they get.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{
    Target,
    attacker::{Attacker, Tally, many, tcp},
    floods::GET,
    frames::{
        self, DATA, END_HEADERS, HEADERS, INITIAL_WINDOW, PREFACE, frame, head, request, settings,
        stream,
    },
};

const LASTS: Duration = Duration::from_secs(1);
/// Connections of those that each say one byte now and then.
const SLOW: usize = 1_000;
/// How often they do, which is sooner than a second so that all of them do a few times while the attack lasts.
const BYTE: Duration = Duration::from_millis(250);
/// Connections with half a request each.
const HALVES: usize = 10_000;
/// Connections that say nothing.
const IDLE: usize = 20_000;

/// Connections that never say anything.
pub(super) async fn idle(target: Target) -> Tally {
    let mut tally = Tally::default();
    let address = target.grpc.clone();
    let connect = move || {
        let address = address.clone();
        async move { tcp(&address).await }
    };
    let mut open = many(IDLE, LASTS * 3, connect).await;
    tally.connections = open.len() as u64;
    assert!(tally.connections > 3_000, "{} idle connections", tally.connections);
    sleep(LASTS).await;
    tally.closed = ended(&mut open);
    tally
}

/// How many of these the other side has ended.
fn ended(open: &mut [TcpStream]) -> u64 {
    let is_over = |stream: &TcpStream| match stream.try_read(&mut [0]) {
        Ok(bytes) => bytes == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    };
    open.iter().filter(|stream| is_over(stream)).count() as u64
}

/// Connections that say byte by byte that they speak HTTP/2.
pub(super) async fn preface(target: Target) -> Tally {
    drip(&target.grpc, b"", PREFACE).await
}

/// Requests over HTTP/1.1 whose head comes byte by byte.
pub(super) async fn http1_head(target: Target) -> Tally {
    drip(&target.http, b"POST ", format!("{GET} HTTP/1.1\r\nx: y").as_bytes()).await
}

/// Requests over HTTP/1.1 whose message comes byte by byte.
pub(super) async fn http1_body(target: Target) -> Tally {
    let head = format!(
        "POST {GET} HTTP/1.1\r\nhost: paceline\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: 5000\r\n\r\n"
    );
    drip(&target.http, head.as_bytes(), &[0; 64]).await
}

/// Says something at once on many connections, and the rest byte by byte.
async fn drip(address: &str, first: &[u8], rest: &[u8]) -> Tally {
    let mut tally = Tally::default();
    let (address, first) = (address.to_owned(), first.to_vec());
    let connect = move || {
        let (address, first) = (address.clone(), first.clone());
        async move {
            let mut stream = tcp(&address).await?;
            stream.write_all(&first).await?;
            Ok(stream)
        }
    };
    let mut open = many(SLOW, LASTS * 3, connect).await;
    tally.connections = open.len() as u64;
    assert!(open.len() > SLOW / 2, "{} connections", open.len());
    let end = Instant::now() + LASTS;
    for byte in rest.chunks(1) {
        if Instant::now() >= end {
            break;
        }
        for stream in &mut open {
            tally.frames += u64::from(stream.write_all(byte).await.is_ok());
        }
        sleep(BYTE).await;
    }
    assert!(tally.frames >= tally.connections, "{} bytes", tally.frames);
    tally.closed = ended(&mut open);
    tally
}

/// Many connections, each with a request of which most has come and the end has not.
pub(super) async fn half_requests(target: Target) -> Tally {
    let mut half = frame(HEADERS, END_HEADERS, stream(0), &head(GET, &[]));
    let message = frames::framed(0, &[0; 60_000]);
    half.extend(message[..48_000].chunks(16_000).flat_map(|part| frame(DATA, 0, stream(0), part)));
    let mut tally = Tally::default();
    let address = target.grpc.clone();
    let connect = move || {
        let (address, half) = (address.clone(), half.clone());
        async move {
            let mut attacker = Attacker::connect(&address).await?;
            attacker.send(&half, 4).await?;
            Ok(attacker)
        }
    };
    let open = many(HALVES, LASTS * 5, connect).await;
    sleep(LASTS).await;
    for attacker in &open {
        tally.add(&attacker.tally());
    }
    assert!(tally.connections > 3_000, "{} connections", tally.connections);
    assert!(tally.answers > 0, "none was refused: {tally}");
    tally
}

/// Large answers that are taken byte by byte.
pub(super) async fn tiny_windows(target: Target) -> Tally {
    let mut open = Vec::new();
    let end = Instant::now() + LASTS;
    for _ in 0..16 {
        let set = settings(&[(INITIAL_WINDOW, 1)]);
        let mut attacker = Attacker::begin(&target.grpc, &set, true).await.expect("it listens");
        for nth in 0..100 {
            attacker.send(&request(nth, GET, &[], &[]), 2).await.expect("it is taken");
        }
        open.push(attacker);
    }
    let mut nth = 0;
    while Instant::now() < end {
        for attacker in &mut open {
            let one = 1_u32.to_be_bytes();
            let widen = frame(frames::WINDOW_UPDATE, 0, stream(nth % 100), &one);
            attacker.send(&widen, 1).await.ok();
        }
        nth += 1;
        sleep(Duration::from_millis(5)).await;
    }
    let mut tally = Tally::default();
    open.iter().for_each(|attacker| tally.add(&attacker.tally()));
    assert!(tally.answers > 0 && tally.bytes > 0, "nothing was answered: {tally}");
    tally
}

/// More connections than there are file descriptors: the limit is lowered while the service runs.
pub(super) async fn no_files(target: Target) -> Tally {
    // What was open before may still be ending: as few are left as do not become fewer.
    let open = || std::fs::read_dir(format!("/proc/{}/fd", target.pid)).expect("it runs").count();
    let mut used = open();
    loop {
        sleep(LASTS / 2).await;
        match open() {
            now if now < used => used = now,
            _ => break,
        }
    }
    set_files(target.pid, &(used + 40).to_string()).await;
    let address = target.grpc.clone();
    let connect = move || {
        let address = address.clone();
        async move { tcp(&address).await }
    };
    let mut open = many(400, LASTS, connect).await;
    sleep(LASTS).await;
    let failed = super::metric(&target.http, "paceline_grpc_accept_failures_total").await;
    set_files(target.pid, "").await;
    let mut tally = Tally { connections: open.len() as u64, ..Tally::default() };
    tally.closed = ended(&mut open);
    drop(open);
    // Whoever comes then is served.
    let mut attacker = Attacker::connect(&target.grpc).await.expect("it listens");
    attacker.send(&request(0, GET, &[], &[]), 2).await.expect("it is taken");
    let answered = attacker.until(Duration::from_secs(30), |tally| tally.answers > 0).await;
    assert!(answered.answers > 0, "nobody is served any more");
    tally.statuses.insert("not accepted".to_owned(), failed);
    assert!(failed > 0, "there were file descriptors enough");
    tally
}

/// Sets how many files a process may have open; with an empty number as many as it ever may.
async fn set_files(pid: u32, number: &str) {
    let hard = std::fs::read_to_string(format!("/proc/{pid}/limits")).expect("it runs");
    let line = hard.lines().find(|line| line.starts_with("Max open files")).expect("a limit");
    let hard = line.split_whitespace().nth(4).expect("a hard limit");
    let soft = if number.is_empty() { hard } else { number };
    let (pid, limit) = (pid.to_string(), format!("--nofile={soft}:{hard}"));
    let set = std::process::Command::new("prlimit").args(["--pid", &pid, &limit]).status();
    assert!(set.is_ok_and(|status| status.success()), "prlimit");
}

/// Requests of gRPC-Web over HTTP/1.1, one behind the other without waiting for answers, from many connections.
pub(super) async fn web_flood(target: Target) -> Tally {
    let asked = format!(
        "POST {GET} HTTP/1.1\r\nhost: paceline\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: 5\r\n\r\n\0\0\0\0\0"
    );
    let end = Instant::now() + LASTS;
    let mut tasks = Vec::new();
    for _ in 0..50 {
        let (address, asked) = (target.http.clone(), asked.clone());
        tasks.push(tokio::spawn(async move {
            let mut tally = Tally::default();
            while Instant::now() < end {
                let Ok(mut stream) = tcp(&address).await else { continue };
                tally.connections += 1;
                let mut answer = vec![0; 64 * 1024];
                while Instant::now() < end {
                    if stream.write_all(asked.repeat(8).as_bytes()).await.is_err() {
                        break;
                    }
                    tally.frames += 8;
                    let read = timeout(end - Instant::now(), stream.read(&mut answer)).await;
                    let Ok(Ok(bytes @ 1..)) = read else { break };
                    tally.bytes += bytes as u64;
                    let text = &answer[..bytes];
                    let heads = text.windows(8).filter(|part| *part == b"HTTP/1.1").count();
                    tally.answers += heads as u64;
                }
            }
            tally
        }));
    }
    let mut tally = Tally::default();
    for task in tasks {
        tally.add(&task.await.expect("an attacker does not panic"));
    }
    assert!(tally.answers > 10, "nothing was answered: {tally}");
    tally
}
