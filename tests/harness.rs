//! Tests of the harness itself: what every other test of this package takes for granted about its broker.
//!
//! A harness that leaks a Java process, or calls a broker ready too early, shows as a failure of some other test on
//! some other day. It is looked at here first.

use std::{
    env,
    io::{self, BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use paceline_tests::{
    kafka::{self, Broker, Message},
    process::Paceline,
    wait,
};

/// Says to the owner's test below that it is to play the owner; see [`owner`].
const OWNER: &str = "PACELINE_TESTS_OWNER";

#[test]
fn what_is_produced_is_read_back() {
    let broker = kafka::shared();
    broker.create_topic("round-trip", 2, &[("cleanup.policy", "compact")]);
    broker.produce(
        "round-trip",
        [
            Message::new("a", "1").partition(1).timestamp_ms(1_700_000_000_000),
            Message::new("b", "2").partition(0).header("kind", Some(b"test")).header("none", None),
            Message::tombstone("a").partition(1),
        ],
    );
    let records = broker.read_all("round-trip");
    let seen: Vec<_> =
        records.iter().map(|r| (r.partition, r.offset, r.key_text(), r.value.as_deref())).collect();
    let expected: [(i32, i64, &str, Option<&[u8]>); 3] =
        [(0, 0, "b", Some(b"2")), (1, 0, "a", Some(b"1")), (1, 1, "a", None)];
    assert_eq!(seen, expected);
    assert_eq!(records[1].timestamp_ms, Some(1_700_000_000_000));
    assert_eq!(
        records[0].headers,
        [("kind".to_owned(), Some(b"test".to_vec())), ("none".to_owned(), None)]
    );
}

#[test]
fn an_empty_topic_reads_as_nothing() {
    kafka::shared().create_topic("empty", 3, &[]);
    assert_eq!(kafka::shared().read_all("empty"), []);
}

#[test]
fn more_than_a_queue_of_records_goes_through() {
    let broker = kafka::shared();
    broker.create_topic("many", 4, &[]);
    broker.produce("many", (0..150_000).map(|n| (format!("key-{n}"), "value")));
    assert_eq!(broker.read_all("many").len(), 150_000);
}

#[test]
fn acknowledged_records_survive_a_crash_and_a_shutdown() {
    let mut broker = Broker::start();
    broker.create_topic("kept", 1, &[]);
    broker.produce("kept", [("a", "before the crash")]);
    broker.kill();
    broker.restart();
    broker.produce("kept", [("b", "after the crash")]);
    broker.stop();
    broker.restart();
    let values: Vec<_> =
        broker.read_all("kept").iter().map(|r| r.value_text().to_owned()).collect();
    assert_eq!(values, ["before the crash", "after the crash"]);
}

#[test]
fn a_dropped_broker_leaves_nothing() {
    let broker = Broker::start();
    let (pid, folder) = (broker.pid(), broker.folder().to_owned());
    drop(broker);
    assert_gone(pid, &folder);
}

#[test]
fn a_killed_owner_leaves_no_broker_and_no_data() {
    let test = env::current_exe().expect("a running test has a path");
    let mut owner = Command::new(test)
        .args(["--exact", "owner", "--ignored", "--nocapture"])
        .env(OWNER, "yes")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a test can start itself again");
    let output = BufReader::new(owner.stdout.take().expect("asked for as a pipe"));
    let announcement = output
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.split_once("owns ").map(|(_, rest)| rest.to_owned()))
        .expect("the owner says what it owns");
    let (pid, folder) = announcement.split_once(' ').expect("a process and a folder");
    let pid = pid.parse().expect("a process id is a number");
    assert!(is_running(pid) && Path::new(folder).is_dir());
    owner.kill().expect("a child can be killed");
    owner.wait().expect("a child can be awaited");
    assert_gone(pid, Path::new(folder));
}

#[test]
fn a_process_is_read_line_by_line_and_signalled() {
    let mut process = Paceline::spawn(&shell(
        "trap 'echo bye; exit 3' TERM; echo ready >&2; while :; do sleep 0.1; done",
    ));
    assert_eq!(process.wait_for_line("ready"), "ready");
    assert_eq!(process.ended(), None);
    process.terminate();
    assert_eq!(process.wait().code(), Some(3));
    assert_eq!(
        (process.stdout(), process.stderr()),
        (vec!["bye".to_owned()], vec!["ready".to_owned()])
    );
}

#[test]
#[should_panic(expected = "it printed:\nsomething else")]
fn a_process_that_ends_without_the_awaited_line_fails_the_test() {
    Paceline::spawn(&shell("echo something else")).wait_for_line("ready");
}

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// Plays the process that is killed in the test above: starts a broker, says so, and waits for its end.
#[test]
#[ignore = "is run by a_killed_owner_leaves_no_broker_and_no_data"]
fn owner() {
    if env::var_os(OWNER).is_none() {
        return;
    }
    let broker = kafka::shared();
    println!("owns {} {}", broker.pid(), broker.folder().display());
    io::stdin().read_line(&mut String::new()).expect("standard input can be read");
}

#[track_caller]
fn assert_gone(pid: u32, folder: &Path) {
    wait::until("the broker's process and folder are gone", || {
        (!is_running(pid) && !folder.exists()).then_some(())
    });
}

/// Whether the process is there and not merely waiting for its parent to notice its end.
fn is_running(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z")))
}
