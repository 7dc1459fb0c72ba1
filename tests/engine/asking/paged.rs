//! The records behind a number over the wire, page by page.

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
use paceline_core::{decimal::Decimal, sight::Sight};
use paceline_grpc::{Credentials, Identify, Identifying, Limits, Principal, Served, Server};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Status, transport::Channel};
use tonic_types::StatusExt as _;

use super::{engine, now, win};
use crate::engine::Engine;

/// Takes everybody at their word: who says `M1` is the manager of that id, and who says nothing sees everyone.
#[derive(Debug)]
struct Trusting;

impl Identify for Trusting {
    fn identify<'a>(&'a self, shown: Credentials<'a>) -> Identifying<'a> {
        let word = shown.headers.get("authorization").and_then(|value| value.to_str().ok());
        let sight = word.map_or(Sight::All, Sight::of_manager);
        Box::pin(std::future::ready(Ok(Principal { sight, ..Principal::anyone() })))
    }
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
        Self::serve_to(engine, None).await
    }

    /// Serves an engine to those whom somebody knows.
    async fn serve_to(engine: Engine, identify: Option<Arc<dyn Identify>>) -> Self {
        let served = Served {
            live: engine.live.clone(),
            clock: Arc::new(now),
            wall: Arc::new(Timestamp::now),
            append_goal: Arc::new(|_| Box::pin(async { Err("there is no log".to_owned()) })),
            identify,
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
        self.page_of("", scope, size, token).await
    }

    /// A page that somebody asks for.
    async fn page_of(
        &mut self,
        word: &str,
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
        let mut request = Request::new(request);
        if !word.is_empty() {
            request.metadata_mut().insert("authorization", word.parse().expect("a value"));
        }
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
async fn who_may_not_see_everyone_gets_no_more_of_a_listing_once_reps_are_others() {
    let mut engine = engine();
    (0..3).for_each(|nth| win(&mut engine, nth % 2, &format!("D{nth}"), "1"));
    engine.follow(now());
    let mut stage = Stage::serve_to(engine, Some(Arc::new(Trusting))).await;
    let tell = |stage: &Stage, row: &str| {
        let mut engine = stage.engine.lock().expect("an engine");
        assert!(engine.tell_rep(b"k", Some(row.as_bytes()), now()));
    };
    let first = stage.page_of("M1", "team:M1", 1, Vec::new()).await.expect("a page");
    let of_all = stage.page("team:M1", 1, Vec::new()).await.expect("a page").next_page_token;
    let own = first.next_page_token;
    stage.page_of("M1", "team:M1", 1, own.clone()).await.expect("reps are the same");
    // What changes nothing of reps ends no listing.
    stage.win(0, "later", "5");
    stage.page_of("M1", "team:M1", 1, own.clone()).await.expect("reps are the same");
    tell(&stage, r#"{"id":"U1","manager":null}"#);
    let gone = (Code::Aborted, "LIST_GONE".to_owned());
    // A token is no right: who may see less gets nothing by that of somebody else.
    for token in [&own, &of_all] {
        let refused = stage.page_of("M1", "team:M1", 1, token.clone()).await;
        let refused = refused.map(|page| page.contributors.len());
        assert_eq!(reason(&refused.expect_err("U1 is M1's no longer")), gone);
    }
    for token in [own, of_all] {
        let page = stage.page("team:M1", 1, token).await.expect("it goes on for whoever sees all");
        assert_eq!((page.contributors.len(), page.revision), (1, first.revision));
    }
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
