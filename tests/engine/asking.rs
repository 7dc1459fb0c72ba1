//! Lanes that are asked for the records behind a number: what they are kept from meanwhile, and for how long; and the same over
//! the wire, page by page.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use paceline_client::proto::{
    ExplainStandingRequest, GoalMade, ListContributorsRequest, ListContributorsResponse, Standing,
    standings_service_client::StandingsServiceClient,
};
use paceline_core::board::{PassedOver, Revision};
use paceline_core::decimal::Decimal;
use paceline_engine::Unlisted;
use paceline_grpc::{Limits, Served, Server};
use paceline_tests::recompute::config::PeriodKind;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

use crate::{
    behind::{self, Place},
    engine::Engine,
};

const BASE: &str = include_str!("../golden/base.yaml");
const NOW: &str = "2026-11-23T13:00:00Z";

/// An engine with two lanes of a partition each, whose sources are caught up.
fn engine() -> Engine {
    let mut engine = Engine::new(BASE, &[2], 2);
    engine.open(now());
    engine
}

fn now() -> Timestamp {
    NOW.parse().expect("an instant")
}

fn place(scope: &str) -> Place {
    (scope.to_owned(), "bookings".to_owned(), PeriodKind::Month)
}

/// Puts a deal that Ana has won on a partition.
fn win(engine: &mut Engine, partition: usize, id: &str, amount: &str) {
    let value = format!(
        r#"{{"id":"{id}","op":"upsert","set":{{"OwnerId":"U1","Amount":"{amount}","StageName":"Closed Won","CloseDate":"2026-11-20"}}}}"#
    );
    let (lane, _) = engine.send((0, partition), Some(id.as_bytes()), Some(value.as_bytes()), now());
    assert_eq!(engine.take(lane), [true], "{value}");
}

#[test]
fn lanes_that_have_answered_commit_nothing_until_all_have() {
    let mut engine = engine();
    win(&mut engine, 0, "A", "10");
    win(&mut engine, 1, "B", "5");
    engine.follow(now());
    let subject = behind::subject(&engine, &place("rep:U1"));
    let question = engine.live.ask(subject.clone(), None, 10, now()).expect("a question");
    let (first, second) = (engine.lane_of(0, 0), engine.lane_of(0, 1));
    engine.commit(first, now());
    let revision = engine.live.revision();
    win(&mut engine, 0, "C", "100");
    engine.commit(first, now());
    assert_eq!(engine.live.revision(), revision, "it waits for the other lane");
    win(&mut engine, 1, "D", "7");
    engine.commit(second, now());
    let listing = question.listing(now()).expect("a listing");
    let ids: Vec<&str> = listing.contributors.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["A", "D", "B"], "what had been committed when the last lane answered");
    assert_eq!(listing.standing.numbers.actual, Some(Decimal::from_int(22)));
    engine.commit(first, now());
    assert!(engine.live.revision() > revision, "nothing is waited for any longer");
    let again = engine.listing(&subject, None, now()).expect("a listing");
    assert_eq!(again.standing.numbers.actual, Some(Decimal::from_int(122)));
}

#[test]
fn who_asks_and_goes_keeps_no_lane() {
    let mut engine = engine();
    let subject = behind::subject(&engine, &place("rep:U1"));
    let question = engine.live.ask(subject.clone(), None, 10, now()).expect("a question");
    let lane = engine.lane_of(0, 0);
    engine.commit(lane, now());
    win(&mut engine, 0, "A", "10");
    let revision = engine.live.revision();
    engine.commit(lane, now());
    assert_eq!(engine.live.revision(), revision);
    drop(question);
    engine.commit(lane, now());
    assert!(engine.live.revision() > revision);
    // A question takes the place of one before, whose lanes are free as well.
    let former = engine.live.ask(subject.clone(), None, 10, now()).expect("a question");
    engine.commit(lane, now());
    let listing = engine.listing(&subject, None, now()).expect("a listing");
    assert_eq!(listing.contributors.len(), 1);
    assert_eq!(former.listing(now()).expect_err("it is over"), Unlisted::Moved);
}

#[test]
fn more_records_than_may_be_are_no_listing() {
    let mut engine = engine();
    (0..4).for_each(|nth| win(&mut engine, nth % 2, &format!("D{nth}"), "1"));
    engine.follow(now());
    let subject = behind::subject(&engine, &place("org"));
    for (most, listed) in [(4, Ok(4)), (3, Err(Unlisted::TooMany)), (0, Err(Unlisted::TooMany))] {
        let question = engine.live.ask(subject.clone(), None, most, now()).expect("a question");
        engine.follow(now());
        let found = question.listing(now()).map(|listing| listing.contributors.len());
        assert_eq!(found, listed, "at most {most}");
    }
    let unknown = behind::subject(&engine, &place("rep:U9"));
    let asked = engine.live.ask(unknown, None, 1, now()).map(|_| ());
    assert_eq!(asked, Err(Unlisted::Unknown));
}

#[test]
fn goals_that_are_passed_over_say_why() {
    let goals = "goals:
  - {kpi: bookings, period: month, target: 1, for: {rep: U1}, from: 2026-01-01}
  - {kpi: bookings, period: month, target: 2, for: {rep: U1}, from: 2025-01-01}
  - {kpi: bookings, period: month, target: 3, for: {rep: U1}, from: 2026-12-01}
  - {kpi: bookings, period: month, target: 4, for: {rep: U1}, until: 2026-11-29}
  - {kpi: bookings, period: month, target: 5, for: {role: ae}}
  - {kpi: bookings, period: month, target: 6, for: {role: ae}, from: 2027-01-01}
  - {kpi: bookings, period: month, target: 7, for: everyone}
  - {kpi: bookings, period: month, target: 8, for: {role: manager}}
";
    let (before, after) = BASE.split_once("goals:\n").expect("it has goals");
    let (_, after) = after.split_once("status:").expect("a status comes after the goals");
    let mut engine = Engine::new(&format!("{before}{goals}status:{after}"), &[1], 1);
    engine.open(now());
    let passed = |scope: &str| {
        let subject = behind::subject(&engine, &place(scope));
        let found = engine
            .live
            .explanation(&subject, None, Revision::default(), now())
            .expect("a scope")
            .pieces;
        let [piece] = found.pieces.as_slice() else { panic!("one goal: {found:?}") };
        let mut passed: Vec<(String, PassedOver)> =
            piece.passed_over.iter().map(|(goal, why)| (goal.target.to_string(), *why)).collect();
        passed.sort_by_key(|(target, _)| target.clone());
        (piece.goal.target.to_string(), passed)
    };
    let told = |all: &[(&str, PassedOver)]| -> Vec<(String, PassedOver)> {
        all.iter().map(|(target, why)| ((*target).to_owned(), *why)).collect()
    };
    let of_ana = told(&[
        ("2", PassedOver::StartsEarlier),
        ("3", PassedOver::NotYet),
        ("4", PassedOver::NoLonger),
        ("5", PassedOver::LessSpecific),
        ("6", PassedOver::NotYet),
        ("7", PassedOver::LessSpecific),
    ]);
    assert_eq!(passed("rep:U1"), ("1".to_owned(), of_ana));
    let of_ben = told(&[("6", PassedOver::NotYet), ("7", PassedOver::LessSpecific)]);
    assert_eq!(passed("rep:U2"), ("5".to_owned(), of_ben));
}

/// An engine whose lanes are driven, and which is served.
struct Stage {
    engine: Arc<Mutex<Engine>>,
    client: StandingsServiceClient<Channel>,
    stop: CancellationToken,
    tasks: [JoinHandle<()>; 2],
}

impl Stage {
    /// Serves an engine.
    async fn serve(engine: Engine) -> Self {
        let served = Served {
            live: engine.live.clone(),
            clock: Arc::new(now),
            wall: Arc::new(Timestamp::now),
            append_goal: Arc::new(|_| Box::pin(async { Err("there is no log".to_owned()) })),
            identify: None,
            ranks_only: false,
            audit: None,
            limits: Limits::default(),
        };
        let engine = Arc::new(Mutex::new(engine));
        let stop = CancellationToken::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = Server::new(served, stop.clone()).await.expect("a server");
        let serving = tokio::spawn(async move { server.grpc(listener).await });
        let (driven, stopped) = (engine.clone(), stop.clone());
        let driving = tokio::task::spawn_blocking(move || {
            while !stopped.is_cancelled() {
                driven.lock().unwrap_or_else(PoisonError::into_inner).follow(now());
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let client = StandingsServiceClient::connect(format!("http://{address}")).await;
        Self { engine, client: client.expect("a client"), stop, tasks: [serving, driving] }
    }

    fn win(&self, partition: usize, id: &str, amount: &str) {
        let mut engine = self.engine.lock().expect("an engine");
        win(&mut engine, partition, id, amount);
    }

    async fn page(
        &mut self,
        scope: &str,
        size: u32,
        token: Vec<u8>,
    ) -> Result<ListContributorsResponse, Status> {
        let request = ListContributorsRequest {
            scope: scope.to_owned(),
            kpi: "bookings".to_owned(),
            period: "month".to_owned(),
            on: String::new(),
            page_size: size,
            page_token: token,
        };
        Ok(self.client.list_contributors(request).await?.into_inner())
    }

    async fn end(self) {
        self.stop.cancel();
        for task in self.tasks {
            task.await.expect("it ends");
        }
    }
}

fn reason(status: &Status) -> (Code, String) {
    let info = status.get_details_error_info();
    (status.code(), info.map(|info| info.reason).unwrap_or_default())
}

fn sum(amounts: impl Iterator<Item = String>) -> Decimal {
    let amounts = amounts.map(|amount| Decimal::exactly(&amount).expect("a decimal"));
    amounts.fold(Decimal::ZERO, |sum, amount| sum + amount)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_of_one_revision_disjoint_and_complete() {
    let mut engine = engine();
    for nth in 0..250 {
        win(&mut engine, nth % 2, &format!("D{nth:03}"), &format!("{}.000001", nth % 90));
    }
    engine.follow(now());
    let mut stage = Stage::serve(engine).await;
    let (mut token, mut all, mut sizes, mut first) = (Vec::new(), Vec::new(), Vec::new(), None);
    loop {
        let page = stage.page("org", 100, token).await.expect("a page");
        // What comes between is no part of it.
        stage.win(0, "later", &format!("{}", 1_000 + all.len()));
        let about = (page.revision, page.total, page.standing.clone());
        assert_eq!(*first.get_or_insert_with(|| about.clone()), about);
        sizes.push(page.contributors.len());
        all.extend(page.contributors);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let (_, total, standing) = first.expect("a page");
    assert_eq!((sizes, total), (vec![100, 100, 50], 250));
    let ids: BTreeSet<&String> = all.iter().map(|one| &one.id).collect();
    assert_eq!(ids.len(), 250);
    let Standing { actual, .. } = standing.expect("a standing");
    assert_eq!(sum(all.iter().map(|one| one.amount.clone())).to_string(), actual);
    let key = |amount: &str| -Decimal::exactly(amount).expect("a decimal").micros();
    assert!(all.is_sorted_by_key(|one| (key(&one.amount), one.id.clone())));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_contributors_add_up_to_is_the_actual_while_changes_come() {
    let mut stage = Stage::serve(engine()).await;
    let engine = stage.engine.clone();
    let writing = tokio::task::spawn_blocking(move || {
        for nth in 0..400_u32 {
            let mut engine = engine.lock().expect("an engine");
            let (partition, id) = (nth as usize % 2, format!("D{}", nth % 40));
            win(&mut engine, partition, &id, &format!("{nth}.5"));
            drop(engine);
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    let mut revisions = BTreeSet::new();
    while !writing.is_finished() {
        let page = stage.page("rep:U1", 1_000, Vec::new()).await.expect("a page");
        let Standing { actual, .. } = page.standing.expect("a standing");
        let amounts = page.contributors.iter().map(|one| one.amount.clone());
        assert_eq!(sum(amounts).to_string(), actual, "at revision {}", page.revision);
        assert_eq!(page.parts[0].amount, actual);
        revisions.insert(page.revision);
    }
    writing.await.expect("it writes");
    assert!(revisions.len() > 3, "it was asked at {revisions:?} only");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listing_that_is_not_kept_any_longer_is_gone() {
    let mut engine = engine();
    (0..3).for_each(|nth| win(&mut engine, nth % 2, &format!("D{nth}"), "1"));
    engine.follow(now());
    let mut stage = Stage::serve(engine).await;
    let first = stage.page("org", 1, Vec::new()).await.expect("a page").next_page_token;
    let second = stage.page("org", 1, first.clone()).await.expect("the next page");
    let again = stage.page("org", 1, first.clone()).await.expect("the same page again");
    assert_eq!(second.contributors, again.contributors);
    for _ in 0..16 {
        stage.page("org", 1, Vec::new()).await.expect("a page of another listing");
    }
    let gone = stage.page("org", 1, first).await.expect_err("it had to go");
    assert_eq!(reason(&gone), (Code::Aborted, "LIST_GONE".to_owned()));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_listed_is_refused() {
    let mut engine = engine();
    (0..3).for_each(|nth| win(&mut engine, nth % 2, &format!("D{nth}"), "1"));
    engine.follow(now());
    let mut stage = Stage::serve(engine).await;
    let token = stage.page("org", 1, Vec::new()).await.expect("a page").next_page_token;
    let wrong = (Code::InvalidArgument, "INVALID_FIELD".to_owned());
    let unknown = (Code::NotFound, "UNKNOWN_SCOPE".to_owned());
    for (scope, size, token, why) in [
        ("org", 1_001, Vec::new(), &wrong),
        ("org", 1, b"token".to_vec(), &wrong),
        ("rep:U1", 1, token.clone(), &wrong),
        ("rep:U9", 1, Vec::new(), &unknown),
        ("rep:U9", 1, token, &unknown),
        ("U1", 1, Vec::new(), &wrong),
    ] {
        let refused = stage.page(scope, size, token).await.expect_err("a mistake");
        assert_eq!(reason(&refused), *why, "{scope} {size}: {refused:?}");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_explanation_is_told_of_whom_it_is_and_of_no_other() {
    let mut stage = Stage::serve(engine()).await;
    let ask = |scope: &str| ExplainStandingRequest {
        scope: scope.to_owned(),
        kpi: "bookings".to_owned(),
        period: "month".to_owned(),
        on: String::new(),
        since_revision: None,
        epoch: String::new(),
    };
    let told = stage.client.explain_standing(ask("rep:U1")).await.expect("it").into_inner();
    let goal = told.goal.expect("a goal");
    assert_eq!(goal.made(), GoalMade::Own);
    let piece = &goal.pieces[0];
    assert_eq!(piece.goal.as_ref().map(|goal| goal.id.as_str()), Some("file-1"));
    assert_eq!(piece.stretches.len(), 1);
    let expected = goal.expected.expect("what is due");
    assert_eq!((expected.numerator.as_str(), expected.denominator.as_str()), ("31000", "1"));
    let wording = told.actual.expect("an actual").wording;
    assert_eq!(
        wording,
        "sum of `amount` of opportunity where `stage in states.won`, on the day of `close_date`, credited to `owner`"
    );
    let none = stage.client.explain_standing(ask("rep:U2")).await.expect("it").into_inner();
    assert_eq!(none.goal.expect("an explanation").made(), GoalMade::None);
    let refused = stage.client.explain_standing(ask("rep:U9")).await.expect_err("there is none");
    assert_eq!(reason(&refused), (Code::NotFound, "UNKNOWN_SCOPE".to_owned()));
    stage.end().await;
}
