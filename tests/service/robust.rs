//! The contract with subscribers, held by recorded histories: the real binary on a real broker, clients by the dozen, and everything
//! that can go wrong between them.
//!
//! A run has 62 clients, 50 of standings and 12 of alerts, most of them behind a network that delays, slows down, cuts to pieces, swallows and breaks; deals
//! change hands, are edited, deleted and restored; reps move, leave and come; goals are set; the service is killed, told to end,
//! and started again; the broker goes away; a month ends. Clients are executives, managers, reps and programs, whose sight shrinks and
//! grows while they watch, and the tokens of some expire. Everything that anybody is told is recorded, and held to each clause of the
//! contract (`paceline_tests::history`). A run in which something of that did not occur proves nothing of it, and fails.
//!
//! A plain run lasts a minute and a half and always has the same seed. `PACELINE_ROBUST_SECONDS` plays runs of other seeds, one after the other, for as
//! long; `PACELINE_ROBUST_SEED` begins with a seed, such as the one that a failure names. What is drawn is the same then, though
//! not what happens: the network and the scheduler have a say in that.
//!
//! ```text
//! PACELINE_ROBUST_SECONDS=3600 cargo test -p paceline-tests --test service robust::every
//! PACELINE_ROBUST_SEED=17 cargo test -p paceline-tests --test service robust::every
//! ```

mod cast;
mod chaos;
mod client;
mod drain;
mod goals;
mod identity;
mod latency;
mod office;
mod run;
mod slow;
mod watches;
mod world;

use std::{
    collections::hash_map::RandomState,
    env,
    hash::BuildHasher as _,
    time::{Duration, Instant},
};

use paceline_tests::history::occurred::Counts;
use tokio::runtime::Runtime;

/// How long one run is, in seconds, besides starting and waiting.
const RUN: u64 = 55;

/// What has to occur in a run, besides every fault of [`chaos::FAULTS`].
const ALL: &[&str] = &[
    // In the organisation.
    "deal that changed hands",
    "amount edited",
    "deal postponed",
    "deal decided",
    "deal deleted",
    "deal undeleted",
    "new deal",
    "rep moved",
    "team moved",
    "rep ended",
    "newcomer came",
    "newcomer went",
    "goal set",
    "goal edited",
    "goal deleted",
    // To the service and the broker.
    "crash",
    "restart",
    "broker outage",
    "end of a month",
    // To the clients.
    "stream without a token",
    "token tampered with",
    "resume",
    "token of an end",
    "snapshot",
    "chunk of a snapshot to be continued",
    "update",
    "bookmark",
    "conflation",
    "removal for REMOVAL_REASON_DELETED",
    "removal for REMOVAL_REASON_OUT_OF_FILTER",
    "removal for REMOVAL_REASON_OUT_OF_SCOPE",
    "reset for RESET_REASON_OTHER_EPOCH",
    "reset for RESET_REASON_OTHER_SELECTOR",
    "end by SERVER_DRAINING",
    "end by GAP",
    "end by INVALID_FIELD",
    "end by CREDENTIALS_EXPIRED",
    "resume with new credentials",
    "end by a broken connection",
    "end by the client",
    "half-open noticed",
    "answer",
    // To those of them that watch alerts.
    "alert",
    "alert by ALERT_CAUSE_KIND_CHANGE",
    "alert by ALERT_CAUSE_KIND_GOAL",
    "alert by ALERT_CAUSE_KIND_CLOCK",
    "alert by ALERT_CAUSE_KIND_START",
    "alerts: bookmark",
    "alerts: stream without a token",
    "alerts: token tampered with",
    "alerts: resume",
    "alerts: resume in another life of the service",
    "alerts: token of an end",
    "alerts: stream cut",
    "alerts: end by SERVER_DRAINING",
    "alerts: end by OTHER_SELECTOR",
    "alerts: end by INVALID_FIELD",
    "alerts: end by CREDENTIALS_EXPIRED",
    "alerts: resume with new credentials",
    "alerts: end by the client",
    "alerts: half-open noticed",
    "alert on the topic",
];

/// Of what there have to be many in a run, lest it say little.
const MANY: [(&str, u64); 7] = [
    ("scope came into sight", 10),
    ("scope went out of sight", 10),
    ("moment held against what was said of managers", 2_000),
    ("alert", 1_000),
    ("alert on the topic", 200),
    ("bank of bookings compared", 5_000),
    ("bank of deals compared", 5_000),
];

#[test]
fn every_clause_of_the_contract_holds_whatever_goes_wrong() {
    let seconds = number("PACELINE_ROBUST_SECONDS");
    let random = || seconds.map_or(0, |_| RandomState::new().hash_one(0) % 1_000_000);
    let first = number("PACELINE_ROBUST_SEED").unwrap_or_else(random);
    let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
    for seed in first.. {
        println!("PACELINE_ROBUST_SEED={seed}");
        let counts = run::play(seed, RUN);
        let counts = counts.unwrap_or_else(|says| panic!("PACELINE_ROBUST_SEED={seed}: {says}"));
        println!("{counts:#?}");
        let missing = missing(&counts);
        assert!(missing.is_empty(), "PACELINE_ROBUST_SEED={seed}: did not occur: {missing:?}");
        if Instant::now() >= until {
            break;
        }
    }
}

fn missing(counts: &Counts) -> Vec<&'static str> {
    let all = ALL.iter().chain(&chaos::FAULTS);
    let least = all.map(|what| (*what, 1)).chain(MANY);
    let fewer = |(what, least): &(&str, u64)| counts.get(*what).copied().unwrap_or(0) < *least;
    least.filter(fewer).map(|(what, _)| what).collect()
}

/// A runtime for clients and what is between them and the service.
fn runtime() -> Runtime {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime can be made")
}

/// The number that an environment variable holds.
fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}
