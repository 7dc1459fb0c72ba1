//! Following a server: one stream after another, resumed where the last one ended.

use std::time::{Duration, Instant};

use anyhow::bail;
use paceline_grpc::proto;
use proto::catalog_service_client::CatalogServiceClient;
use proto::standings_service_client::StandingsServiceClient;
use proto::watch_standings_response::Frame;
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};

use crate::client::{self, Usage};

/// How long to wait before a lost server is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// After how long at least the names are asked for again, for reps come, go and move.
const NAMES: Duration = Duration::from_secs(5);
/// The most of a message: an update of a very large selection is sent in chunks far below it.
const MESSAGE_MAX: usize = 16 << 20;

/// What following brings.
pub(super) enum News {
    /// What scopes and KPIs are called.
    Names(Box<Names>),
    /// A frame of the stream.
    Frame(Box<proto::WatchStandingsResponse>),
    /// The server cannot be reached, or ended the stream.
    Lost(String),
}

/// What scopes and KPIs are called, in the order of the server.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) scopes: Vec<proto::Scope>,
    pub(super) kpis: Vec<proto::Kpi>,
}

/// Follows the standings of a selection.
pub(super) struct Follower {
    channel: Channel,
    selector: proto::Selector,
    token: Vec<u8>,
    stream: Option<Streaming<proto::WatchStandingsResponse>>,
    /// From when on the names are to be asked for again; not before something has changed.
    names_due: Option<Instant>,
}

impl Follower {
    pub(super) fn new(address: &str, selector: proto::Selector) -> anyhow::Result<Self> {
        let channel = client::channel(address)?;
        Ok(Self { channel, selector, token: Vec::new(), stream: None, names_due: None })
    }

    /// The next news; waits for it, and after a loss a moment before it tries again.
    pub(super) async fn next(&mut self) -> anyhow::Result<News> {
        let Some(stream) = &mut self.stream else { return self.open().await };
        if self.names_due.is_some_and(|due| due <= Instant::now()) {
            self.names_due = None;
            return match self.names().await {
                Ok(names) => Ok(News::Names(Box::new(names))),
                Err(status) => self.failed(status).await,
            };
        }
        match stream.message().await {
            Ok(Some(frame)) => {
                self.token.clone_from(&frame.resume_token);
                self.note(&frame);
                Ok(News::Frame(Box::new(frame)))
            }
            Ok(None) => Ok(self.lost("the stream ended".to_owned()).await),
            Err(status) => self.failed(status).await,
        }
    }

    async fn open(&mut self) -> anyhow::Result<News> {
        match self.try_open().await {
            Ok(names) => Ok(News::Names(Box::new(names))),
            Err(status) => self.failed(status).await,
        }
    }

    /// Which scopes there are may be another with each update. With a snapshot the sources are caught up, and it is known
    /// at all.
    fn note(&mut self, frame: &proto::WatchStandingsResponse) {
        let now = Instant::now();
        match &frame.frame {
            Some(Frame::Snapshot(snapshot)) if snapshot.last => self.names_due = Some(now),
            Some(Frame::Update(_)) => {
                self.names_due.get_or_insert(now + NAMES);
            }
            _ => {}
        }
    }

    async fn names(&self) -> Result<Names, Status> {
        let mut catalog =
            CatalogServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_MAX);
        let scopes = catalog.list_scopes(proto::ListScopesRequest {}).await?.into_inner().scopes;
        let kpis = catalog.list_kpis(proto::ListKpisRequest {}).await?.into_inner().kpis;
        Ok(Names { scopes, kpis })
    }

    async fn try_open(&mut self) -> Result<Names, Status> {
        let names = self.names().await?;
        let request = proto::WatchStandingsRequest {
            selector: Some(self.selector.clone()),
            resume_token: self.token.clone(),
            ..proto::WatchStandingsRequest::default()
        };
        let mut standings = StandingsServiceClient::new(self.channel.clone())
            .max_decoding_message_size(MESSAGE_MAX);
        self.stream = Some(standings.watch_standings(request).await?.into_inner());
        Ok(names)
    }

    async fn failed(&mut self, status: Status) -> anyhow::Result<News> {
        match status.code() {
            Code::Unavailable
            | Code::Unknown
            | Code::Internal
            | Code::ResourceExhausted
            | Code::Cancelled => Ok(self.lost(status.message().to_owned()).await),
            Code::InvalidArgument => Err(Usage(status.message().to_owned()).into()),
            code => bail!("the server refuses: {code:?}: {}", status.message()),
        }
    }

    async fn lost(&mut self, reason: String) -> News {
        self.stream = None;
        tokio::time::sleep(AGAIN).await;
        News::Lost(reason)
    }
}
