//! Floods: frames that cost their sender little, as many as go, each of which has the server do something.

use std::time::Duration;

use super::{
    Target,
    attacker::{Tally, flood},
    frames::{
        CONTINUATION, DATA, END_HEADERS, ENHANCE_YOUR_CALM, HEADERS, PING, PRIORITY, RST_STREAM,
        WINDOW_UPDATE, field, frame, head, settings, stream,
    },
};

pub(super) const GET: &str = "/paceline.v1.StandingsService/GetStandings";

/// How long each lasts, from how many connections at a time.
const LASTS: Duration = Duration::from_secs(1);
const CONNECTIONS: usize = 8;
/// Frames that a flood takes to be one, where nothing stops it.
const MANY: u64 = 50_000;
/// Frames that are sent in one go.
const BURST: u32 = 64;

/// Requests that are taken back at once (CVE-2023-44487).
pub(super) async fn rapid_reset(target: Target) -> Tally {
    let head = head(GET, &[]);
    let burst = move |nth: u32| {
        let streams = nth * BURST..(nth + 1) * BURST;
        let bytes = streams.flat_map(|nth| {
            let mut frames = frame(HEADERS, END_HEADERS, stream(nth), &head);
            frames.extend(frame(RST_STREAM, 0, stream(nth), &8_u32.to_be_bytes()));
            frames
        });
        (bytes.collect(), u64::from(BURST) * 2)
    };
    let tally = flood(&target.grpc, CONNECTIONS, LASTS, &[], burst).await;
    assert!(tally.goaways_of(ENHANCE_YOUR_CALM) > 0, "nobody calmed it: {tally}");
    tally
}

/// Requests that the server has to refuse, so that it resets their streams itself (CVE-2025-8671).
pub(super) async fn made_you_reset(target: Target) -> Tally {
    let head = head(GET, &[]);
    let burst = move |nth: u32| {
        let streams = nth * BURST..(nth + 1) * BURST;
        let bytes = streams.flat_map(|nth| {
            let mut frames = frame(HEADERS, END_HEADERS, stream(nth), &head);
            // A window is not widened by nothing.
            frames.extend(frame(WINDOW_UPDATE, 0, stream(nth), &0_u32.to_be_bytes()));
            frames
        });
        (bytes.collect(), u64::from(BURST) * 2)
    };
    let tally = flood(&target.grpc, CONNECTIONS, LASTS, &[], burst).await;
    assert!(!tally.goaways.is_empty(), "nobody stopped it: {tally}");
    tally
}

/// A head that never ends (CVE-2024-27316).
pub(super) async fn continuation(target: Target) -> Tally {
    let field = field("x-flood", &"x".repeat(1_000));
    let opening = frame(HEADERS, 0, stream(0), &head(GET, &[]));
    let burst = move |_| (frame(CONTINUATION, 0, stream(0), &field).repeat(64), 64);
    let tally = flood(&target.grpc, CONNECTIONS, LASTS, &opening, burst).await;
    assert!(tally.closed > 0, "nobody stopped it: {tally}");
    tally
}

/// The same, where each piece is empty.
pub(super) async fn empty_continuation(target: Target) -> Tally {
    let opening = frame(HEADERS, 0, stream(0), &head(GET, &[]));
    let burst = move |_| (frame(CONTINUATION, 0, stream(0), &[]).repeat(256), 256);
    let tally = flood(&target.grpc, CONNECTIONS, LASTS, &opening, burst).await;
    assert!(tally.closed > 0, "nobody stopped it: {tally}");
    tally
}

/// A request whose message comes in pieces of nothing (CVE-2019-9518).
pub(super) async fn empty_data(target: Target) -> Tally {
    let opening = frame(HEADERS, END_HEADERS, stream(0), &head(GET, &[]));
    let burst = move |_| (frame(DATA, 0, stream(0), &[]).repeat(256), 256);
    let tally = flood(&target.grpc, CONNECTIONS, LASTS, &opening, burst).await;
    assert!(tally.goaways_of(ENHANCE_YOUR_CALM) > 0, "nobody calmed it: {tally}");
    tally
}

/// A request whose message comes byte by byte.
pub(super) async fn small_data(target: Target) -> Tally {
    let opening = frame(HEADERS, END_HEADERS, stream(0), &head(GET, &[]));
    let burst = move |_| (frame(DATA, 0, stream(0), &[0]).repeat(256), 256);
    let tally = flood(&target.grpc, CONNECTIONS, LASTS, &opening, burst).await;
    assert!(tally.closed + tally.answers > 0, "nobody answered it: {tally}");
    tally
}

/// Questions whether the server is there (CVE-2019-9512).
pub(super) async fn ping(target: Target) -> Tally {
    let burst = |_| (frame(PING, 0, 0, &[0; 8]).repeat(256), 256);
    let tally = flood(&target.grpc, CONNECTIONS, LASTS, &[], burst).await;
    assert!(tally.frames > MANY, "{tally}");
    tally
}

/// Settings, each of which has to be acknowledged (CVE-2019-9515).
pub(super) async fn setting(target: Target) -> Tally {
    let burst = |nth| {
        let set = settings(&[(4, 65_535 - nth % 2), (1, 4_096 * (nth % 2))]);
        (set.repeat(128), 128)
    };
    let tally = flood(&target.grpc, CONNECTIONS, LASTS, &[], burst).await;
    assert!(tally.frames > MANY, "{tally}");
    tally
}

/// Windows that are widened beyond what there is.
pub(super) async fn window_overflow(target: Target) -> Tally {
    let opening = frame(HEADERS, END_HEADERS, stream(0), &head(GET, &[]));
    let most = 0x7fff_ffff_u32.to_be_bytes();
    let burst = move |nth: u32| {
        let of = if nth.is_multiple_of(2) { stream(0) } else { 0 };
        (frame(WINDOW_UPDATE, 0, of, &most).repeat(8), 8)
    };
    let tally = flood(&target.grpc, CONNECTIONS, LASTS, &opening, burst).await;
    assert!(tally.goaways_of(3) + tally.resets.get(&3).copied().unwrap_or_default() > 0, "{tally}");
    tally
}

/// Streams that depend on one another, and on others tomorrow (CVE-2019-9513).
pub(super) async fn priority(target: Target) -> Tally {
    let burst = |nth: u32| {
        let frames = (0..256).flat_map(|at| {
            let on = stream((nth + at) % 1_000).to_be_bytes();
            frame(PRIORITY, 0, stream(at + 1_001), &[&on[..], &[16]].concat())
        });
        (frames.collect(), 256)
    };
    let tally = flood(&target.grpc, CONNECTIONS, LASTS, &[], burst).await;
    assert!(tally.frames > MANY, "{tally}");
    tally
}

/// A head of few bytes that is large when it is read: a field of 3 KiB, put into the table once and named thousands of times.
pub(super) async fn table(target: Target) -> Tally {
    let burst = |nth| {
        let mut block = head(GET, &[]);
        block.push(0x40);
        block.extend(super::frames::length(6));
        block.extend(b"x-bomb");
        block.extend(super::frames::length(3_000));
        block.extend([b'x'; 3_000]);
        // The first of those that were put there is the 62nd of all.
        block.extend([0x80 | 62; 12_000]);
        (frame(HEADERS, END_HEADERS, stream(nth), &block), 1)
    };
    let tally = flood(&target.grpc, CONNECTIONS, LASTS, &[], burst).await;
    assert!(tally.closed + tally.answers > 0 || !tally.resets.is_empty(), "{tally}");
    tally
}
