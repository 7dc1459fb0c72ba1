//! Who sees whom of the real service: a manager's open stream follows the tree, and whoever asks for another gets the answer that
//! there is about nobody.

use std::fs;
use std::time::Duration;

use paceline_client::proto::{
    ExplainStandingRequest, GetHistoryRequest, GetLeaderboardRequest, GetLeaderboardResponse,
    GetStandingsRequest, ListContributorsRequest, ListContributorsResponse, ListGoalsRequest,
    RemovalReason, Selector, goals_service_client::GoalsServiceClient,
    standings_service_client::StandingsServiceClient,
};
use paceline_tests::{issuer::Issuer, kafka, kafka::Message};
use serde_json::{Value, json};
use tempfile::TempDir;
use tonic::{Code, Status, transport::Channel};

use crate::{
    small::{won, yaml},
    subscriber::Subscriber,
    under_test::Service,
};

/// A program that sees the total of a team, and nobody in it.
const SUMS: &str = "services: [{subject: sums, sees: [\"team:M2\"]}]";

/// A service that asks who asks, with topics of its own. U1, U3 and U5 are below M2, the others below M1, who is everybody's.
struct Guarded {
    service: Service,
    issuer: Issuer,
    _folder: TempDir,
}

impl Guarded {
    /// Starts one by a config with more about who may see what.
    fn start(name: &str, more: &str) -> Self {
        let (folder, issuer) = (tempfile::tempdir().expect("a folder"), Issuer::new());
        let keys = folder.path().join("keys.json");
        fs::write(&keys, issuer.keys()).expect("keys can be written");
        let broker = kafka::shared();
        broker.create_topic(name, 1, &[]);
        let deals = (1..=6).map(|n| won(&format!("D{n}"), 1, &format!("U{n}"), n * 1_000));
        broker.produce(name, deals);
        let text = yaml(broker.bootstrap(), name, "paceline");
        let topics = format!("topics: {{goals: {name}.goals, reps: {name}.reps}}\n");
        let auth = format!("auth:\n  {}\n  {SUMS}\n{more}", Issuer::config(&keys));
        let mut guarded =
            Self { service: Service::start(&(text + &topics + &auth)), issuer, _folder: folder };
        guarded.be("max", &json!({"role": "executive"}));
        guarded.service.standings();
        guarded
    }

    /// Asks as somebody from now on.
    fn be(&mut self, subject: &str, claims: &Value) {
        let token = self.issuer.token(subject, claims, Duration::from_secs(600));
        self.service.ask_with(token);
    }

    fn standings(&self) -> StandingsServiceClient<Channel> {
        StandingsServiceClient::new(self.service.channel())
    }
}

/// The scopes that somebody knows.
fn scopes(known: &Subscriber<'_>) -> Vec<String> {
    let mut scopes: Vec<String> = known.view.keys().map(|(scope, ..)| scope.clone()).collect();
    scopes.dedup();
    scopes
}

/// U1 reports to somebody.
fn moved(manager: &str) -> Message {
    Message::new("U1", format!(r#"{{"id":"U1","manager":"{manager}"}}"#))
}

#[test]
fn a_stream_of_a_manager_follows_who_moves_away_and_who_comes_back() {
    let name = "rights.moves";
    let mut guarded = Guarded::start(name, "");
    guarded.be("mia", &json!({"role": "manager", "rep": "M2"}));
    let mut watcher = guarded.service.watch(Selector::default());
    watcher.until("the snapshot", |_| true);
    assert_eq!(scopes(&watcher), ["rep:M2", "rep:U1", "rep:U3", "rep:U5", "team:M2"]);
    assert_eq!(watcher.actual("team:M2", "bookings"), Some("9000"));

    // Of who goes there is a removal of each standing, and the team without them in the same update.
    let broker = kafka::shared();
    broker.produce(&format!("{name}.reps"), [moved("M1")]);
    watcher.until_actual("team:M2", "bookings", "8000");
    assert_eq!(scopes(&watcher), ["rep:M2", "rep:U3", "rep:U5", "team:M2"]);
    let gone = std::mem::take(&mut watcher.gone);
    assert_eq!(gone.len(), 2, "of bookings and of deals: {gone:?}");
    let out = |it: &paceline_client::proto::Removal| it.reason() == RemovalReason::OutOfScope;
    assert!(gone.iter().all(|it| it.scope == "rep:U1" && out(it)), "{gone:?}");

    // What happens to them elsewhere is not told, and what happens here is.
    broker.produce(name, [won("D11", 1, "U1", 50_000), won("D13", 1, "U3", 200)]);
    watcher.until_actual("team:M2", "bookings", "8200");
    assert_eq!(scopes(&watcher), ["rep:M2", "rep:U3", "rep:U5", "team:M2"]);
    assert!(watcher.gone.is_empty(), "{:?}", watcher.gone);

    broker.produce(&format!("{name}.reps"), [moved("M2")]);
    watcher.until_actual("team:M2", "bookings", "59200");
    assert_eq!(scopes(&watcher), ["rep:M2", "rep:U1", "rep:U3", "rep:U5", "team:M2"]);
    assert_eq!(watcher.actual("rep:U1", "bookings"), Some("51000"));
    let came = watcher.view.values().filter(|standing| standing.scope == "rep:U1");
    let came: Vec<u64> = came.map(|standing| standing.revision).collect();
    assert_eq!(came, [watcher.last.revision; 2], "both are of the revision of coming");
}

/// What is answered about a scope by everything that can be asked of one.
fn answers(guarded: &Guarded, scope: &str) -> Vec<Result<(), Status>> {
    let Guarded { service, .. } = guarded;
    let scopes = vec![scope.to_owned()];
    let selector = Some(Selector { scopes: scopes.clone(), ..Selector::default() });
    let [scope, kpi, period] = [scope, "bookings", "month"].map(str::to_owned);
    let mut client = guarded.standings();
    let standings = GetStandingsRequest { selector, on: String::new() };
    let history = GetHistoryRequest {
        scope: scope.clone(),
        kpi: kpi.clone(),
        period: period.clone(),
        on: String::new(),
    };
    let [of, by, during] = [&scope, &kpi, &period].map(Clone::clone);
    let explain =
        ExplainStandingRequest { scope: of, kpi: by, period: during, ..Default::default() };
    let list = ListContributorsRequest { scope, kpi, period, ..Default::default() };
    let mut goals = GoalsServiceClient::new(service.channel());
    let goals_of = ListGoalsRequest { scopes, ..Default::default() };
    vec![
        service.block_on(client.get_standings(service.question(standings))).map(drop),
        service.block_on(client.get_history(service.question(history))).map(drop),
        service.block_on(client.explain_standing(service.question(explain))).map(drop),
        service.block_on(client.list_contributors(service.question(list))).map(drop),
        service.block_on(goals.list_goals(service.question(goals_of))).map(drop),
    ]
}

/// A refusal as it would be about another scope whose name is as long.
fn about(status: &Status, scope: &str, other: &str) -> (Code, String, Vec<u8>) {
    let details = String::from_utf8_lossy(status.details()).replace(scope, other);
    (status.code(), status.message().replace(scope, other), details.into_bytes())
}

fn leaderboard(guarded: &Guarded, scope: &str) -> Result<GetLeaderboardResponse, Status> {
    let [scope, kpi, period] = [scope, "bookings", "month"].map(str::to_owned);
    let request = GetLeaderboardRequest { scope, kpi, period, ..Default::default() };
    let mut client = guarded.standings();
    let service = &guarded.service;
    service.block_on(client.get_leaderboard(service.question(request))).map(|it| it.into_inner())
}

#[test]
fn a_rep_gets_of_others_what_is_answered_about_nobody_and_their_own_rank_alone() {
    let mut guarded = Guarded::start("rights.rep", "  leaderboard: ranks_only\n");
    guarded.be("uma", &json!({"role": "rep", "rep": "U1"}));
    for answer in answers(&guarded, "rep:U1") {
        answer.expect("their own");
    }
    let another = answers(&guarded, "rep:U3");
    for (another, nobody) in another.into_iter().zip(answers(&guarded, "rep:U9")) {
        let (another, nobody) = (another.expect_err("another's"), nobody.expect_err("nobody's"));
        assert_eq!(another.code(), Code::NotFound);
        assert_eq!(about(&another, "rep:U3", "rep:U9"), about(&nobody, "rep:U9", "rep:U9"));
    }
    let board = leaderboard(&guarded, "team:M2").expect("their team's");
    assert_eq!(board.members, 3);
    let [own] = &board.ranks[..] else { panic!("one rank: {:?}", board.ranks) };
    let standing = own.standing.as_ref().expect("a standing");
    assert_eq!((own.rank, &*standing.scope, &*standing.actual), (3, "rep:U1", "1000"));
    let beside = leaderboard(&guarded, "team:M9").expect_err("nobody's team");
    assert_eq!(beside.code(), Code::NotFound);
    guarded.be("mia", &json!({"role": "manager", "rep": "M2"}));
    let board = leaderboard(&guarded, "team:M2").expect("a manager's own team");
    assert_eq!(board.ranks.len(), 3, "{board:?}");
}

/// A page of the records behind the bookings of a scope.
fn contributors(
    guarded: &Guarded,
    scope: &str,
    page_size: u32,
    page_token: &[u8],
) -> Result<ListContributorsResponse, Status> {
    let [scope, kpi, period] = [scope, "bookings", "month"].map(str::to_owned);
    let page_token = page_token.to_vec();
    let request =
        ListContributorsRequest { scope, kpi, period, page_size, page_token, ..Default::default() };
    let (mut client, service) = (guarded.standings(), &guarded.service);
    service.block_on(client.list_contributors(service.question(request))).map(|it| it.into_inner())
}

#[test]
fn whoever_sees_a_total_is_told_its_records_and_not_whose_they_are_nor_a_page_of_what_they_do_not_see()
 {
    let mut guarded = Guarded::start("rights.records", "");
    guarded.be("mia", &json!({"role": "manager", "rep": "M2"}));
    let team = contributors(&guarded, "team:M2", 0, &[]).expect("their own team's");
    let whose = |listed: &ListContributorsResponse| -> Vec<String> {
        let credits = listed.contributors.iter().flat_map(|one| &one.credits);
        credits.map(|credit| format!("{} {}", credit.scope, credit.amount)).collect()
    };
    assert_eq!(whose(&team), ["rep:U5 5000", "rep:U3 3000", "rep:U1 1000"]);
    let first = contributors(&guarded, "team:M2", 1, &[]).expect("the first page");
    guarded.be("sums", &json!({}));
    let total = contributors(&guarded, "team:M2", 0, &[]).expect("the total's");
    assert_eq!(whose(&total), [" 5000", " 3000", " 1000"]);
    let next = contributors(&guarded, "team:M2", 1, &first.next_page_token).expect("the next");
    assert_eq!(whose(&next), [" 3000"], "also of a listing that was made for another");
    // A rep gets nothing for the token of another, whatever they ask for with it.
    guarded.be("uma", &json!({"role": "rep", "rep": "U1"}));
    let token = &first.next_page_token;
    let others = contributors(&guarded, "team:M2", 1, token).expect_err("not theirs to see");
    assert_eq!(others.code(), Code::NotFound);
    contributors(&guarded, "rep:U1", 1, token).expect_err("no page of their own listing");
    assert_eq!(whose(&contributors(&guarded, "rep:U1", 0, &[]).expect("theirs")), ["rep:U1 1000"]);
}

#[test]
fn a_rep_gets_no_leaderboard_of_others_unless_the_config_says_so() {
    let mut guarded = Guarded::start("rights.values", "");
    guarded.be("uma", &json!({"role": "rep", "rep": "U1"}));
    let (team, nobody) = (leaderboard(&guarded, "team:M2"), leaderboard(&guarded, "team:M9"));
    let (team, nobody) = (team.expect_err("others' too"), nobody.expect_err("nobody's"));
    assert_eq!(team.code(), Code::NotFound);
    assert_eq!(about(&team, "team:M2", "team:M9"), about(&nobody, "team:M9", "team:M9"));
    let own = leaderboard(&guarded, "rep:U1").expect("of them alone");
    assert_eq!(own.ranks.len(), 1);
}
