//! What the clients do: how many there are, and what each of them watches.

use clap::{Args, ValueEnum};
use paceline_client::proto::{Selector, WatchStandingsRequest};

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
    /// What each stream asks for.
    pub(crate) fn requests(&self) -> Vec<WatchStandingsRequest> {
        let reps = (0..self.watchers).map(|at| request(format!("rep:R{at}"), false, None));
        let teams = (0..self.teams).map(|at| request(format!("team:M{at}"), true, None));
        let at_once = prost_types::Duration::default();
        match self.watch {
            Watch::Own => reps.chain(teams).collect(),
            Watch::Teams => teams.collect(),
            Watch::Org => {
                let org = |_| request("org".to_owned(), false, Some(at_once));
                (0..self.watchers).map(org).collect()
            }
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
