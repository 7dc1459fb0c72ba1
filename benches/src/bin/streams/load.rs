//! What the clients do: how many there are, and what each of them watches.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use paceline_client::proto::{Selector, WatchStandingsRequest};
use paceline_tests::issuer::Issuer;
use serde_json::json;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};

/// For how long tokens are good: longer than anything is measured.
const GOOD: Duration = Duration::from_secs(24 * 60 * 60);

/// What the clients do.
#[derive(Args, Clone, Debug)]
pub(crate) struct Load {
    /// The server, `host:port`
    #[arg(long)]
    pub(crate) grpc: String,
    /// The instant that amounts count from, in microseconds since 1970
    #[arg(long)]
    pub(crate) base: u64,
    /// How many reps there are
    #[arg(long)]
    pub(crate) watchers: usize,
    /// How many teams there are
    #[arg(long)]
    pub(crate) teams: usize,
    /// What is watched
    #[arg(long)]
    pub(crate) watch: Watch,
    /// Whether nothing is ever read
    #[arg(long)]
    pub(crate) stalled: bool,
    /// The key that tokens are signed with; without it nobody says who they are
    #[arg(long)]
    pub(crate) key: Option<PathBuf>,
}

/// One stream of them.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    asks: WatchStandingsRequest,
    /// What it says of who asks.
    credentials: Option<MetadataValue<Ascii>>,
}

impl Stream {
    /// One of whom nobody asks who they are.
    pub(crate) fn anonymous(asks: WatchStandingsRequest) -> Self {
        Self { asks, credentials: None }
    }

    /// As it is sent.
    pub(crate) fn request(self) -> Request<WatchStandingsRequest> {
        let mut request = Request::new(self.asks);
        if let Some(credentials) = self.credentials {
            request.metadata_mut().insert("authorization", credentials);
        }
        request
    }
}

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Watch {
    /// Each rep by one, and each team with its members by one more.
    Own,
    /// The teams, by as many as there are teams.
    Teams,
    /// The organisation, by as many as there are reps.
    Org,
}

impl Load {
    /// All streams. Who is asked who they are has the least role that sees what they watch.
    pub(crate) fn streams(&self) -> Vec<Stream> {
        let issuer = self.key.as_deref().map(Issuer::kept);
        let stream = |asks, role: &str, id: String, is_rep: bool| {
            let claims =
                if is_rep { json!({"role": role, "rep": id}) } else { json!({"role": role}) };
            let token = |issuer: &Issuer| issuer.token(&id, &claims, GOOD);
            let bearer = |token: String| format!("Bearer {token}").parse().expect("it is ASCII");
            Stream { asks, credentials: issuer.as_ref().map(token).map(bearer) }
        };
        let rep =
            |at| stream(request(format!("rep:R{at}"), false, None), "rep", format!("R{at}"), true);
        let team = |at| {
            stream(request(format!("team:M{at}"), true, None), "manager", format!("M{at}"), true)
        };
        let org = |at| {
            let at_once = Some(prost_types::Duration::default());
            let asks = request("org".to_owned(), false, at_once);
            stream(asks, "executive", format!("E{at}"), false)
        };
        match self.watch {
            Watch::Own => (0..self.watchers).map(rep).chain((0..self.teams).map(team)).collect(),
            Watch::Teams => (0..self.teams).map(team).collect(),
            Watch::Org => (0..self.watchers).map(org).collect(),
        }
    }

    /// It as arguments.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let watch = self.watch.to_possible_value().expect("none is skipped");
        let mut arguments = vec![
            "clients".to_owned(),
            format!("--grpc={}", self.grpc),
            format!("--base={}", self.base),
            format!("--watchers={}", self.watchers),
            format!("--teams={}", self.teams),
            format!("--watch={}", watch.get_name()),
        ];
        arguments.extend(self.stalled.then(|| "--stalled".to_owned()));
        arguments.extend(self.key.iter().map(|key| format!("--key={}", key.display())));
        arguments
    }
}

fn request(
    scope: String,
    with_members: bool,
    min_interval: Option<prost_types::Duration>,
) -> WatchStandingsRequest {
    let selector = Selector { scopes: vec![scope], with_members, ..Selector::default() };
    WatchStandingsRequest { selector: Some(selector), min_interval, ..Default::default() }
}
