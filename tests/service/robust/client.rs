//! A client that writes down everything it is told, comes back when its stream ends, and behaves badly at times: it leaves in the
//! middle, and presents tokens of long ago, of somebody else, and such as it made itself.

use std::{collections::VecDeque, ops::Range, sync::Arc, time::Duration};

use paceline_tests::{
    chance::Chance,
    history::{Asked, End, Opened, Presented, Principal, Refusal},
    proxy::Proxy,
};
use tokio::time::{sleep, timeout};
use tonic::{
    Code, Request, Status, Streaming,
    transport::{Channel, Endpoint},
};

use super::{
    identity::Identity,
    watches::{Answer, Call},
    world::{Token, World},
};
use crate::under_test::with;

/// How long a connection or an answer may take before a client tries again.
const OPENING: Duration = Duration::from_secs(20);

/// What a client takes unread: as little as HTTP/2 allows by default.
const WINDOW: u32 = 65_535;

/// From how many messages ago a token may be that is presented again.
const OLDEST: usize = 40;

/// A client of a run.
pub(super) struct Client<W: Call> {
    pub(super) number: usize,
    pub(super) request: W::Request,
    /// Who it is; nobody where the service does not ask.
    pub(super) identity: Option<Identity>,
    pub(super) road: Road,
    /// How long nothing may come, beyond the heartbeat, before it comes anew.
    pub(super) patience: Duration,
    pub(super) chance: Chance,
    pub(super) world: Arc<World>,
    /// The clients that watch the same, whose tokens it may have got hold of.
    pub(super) others: Range<usize>,
    /// Tokens it was given, the latest last.
    pub(super) tokens: VecDeque<Token>,
    /// The stream that is open, by its place in the record.
    pub(super) open: Option<Opened<W>>,
}

/// The way to the service.
#[derive(Clone)]
pub(super) enum Road {
    Straight(String),
    Through(Arc<Proxy>),
}

impl Road {
    fn address(&self) -> String {
        match self {
            Self::Straight(address) => address.clone(),
            Self::Through(proxy) => proxy.address().to_string(),
        }
    }

    /// How often something was made wrong on it; `None` while something is.
    fn faults(&self) -> Option<u64> {
        match self {
            Self::Straight(_) => Some(0),
            Self::Through(proxy) => proxy.is_fair().then(|| proxy.faults()),
        }
    }
}

impl<W: Call> Client<W> {
    /// Follows its part of the board until everybody is sent home.
    pub(super) async fn run(mut self) {
        let world = self.world.clone();
        tokio::select! {
            () = world.stopped() => {}
            () = self.follow() => {}
        }
        if let Some(stream) = self.open {
            world.record.end(stream, End::Left, true, true);
        }
    }

    async fn follow(&mut self) {
        loop {
            self.attempt().await;
            sleep(Duration::from_millis(self.chance.between(50, 400))).await;
        }
    }

    /// Opens a stream and follows it to its end.
    async fn attempt(&mut self) {
        let (token, bytes) = self.choose();
        let (server, before) = (self.world.server(), self.road.faults());
        let opened = self.world.record.now();
        let mut request = self.request.clone();
        W::resume(&mut request, bytes);
        let (asking, by) = self.show(request.clone());
        let answer = timeout(OPENING, open::<W>(&self.road.address(), asking)).await;
        if self.world.server() != server {
            // Nobody knows which of two processes it was.
            return;
        }
        let answer = answer.ok().flatten();
        let undisturbed = matches!(self.road, Road::Straight(_));
        if answer.is_none() && !undisturbed {
            return;
        }
        let asked = Asked::<W> { request, token, server, undisturbed, by };
        let stream = self.world.record.open(self.number, asked, opened);
        let (end, answered) = match answer {
            Some(Ok(answer)) => (self.listen(stream, server, answer.into_inner()).await, true),
            Some(Err(status)) => (self.refused(token, &status), false),
            None => (End::Unanswered, false),
        };
        let disturbed = before.is_none() || self.road.faults() != before;
        self.open = None;
        let place = self.world.record.end(stream, end.clone(), answered, disturbed);
        if let End::Status(Refusal { token: Some(bytes), .. }) = end {
            self.keep(Token { place, bytes });
        }
    }

    /// A request with a new token, and who it is of.
    fn show(&mut self, request: W::Request) -> (Request<W::Request>, Principal) {
        let Some(identity) = &self.identity else {
            return (Request::new(request), Principal::default());
        };
        let (token, by) = identity.show(&mut self.chance);
        (with(&token, request), by)
    }

    /// Writes down what comes until the stream ends, or nothing comes, or it has had enough.
    async fn listen(
        &mut self,
        stream: Opened<W>,
        server: u32,
        mut messages: Streaming<W::Message>,
    ) -> End {
        self.open = Some(stream);
        let patience = self.patience
            + W::heartbeat(&self.request).map_or(Duration::from_secs(5), |heartbeat| {
                heartbeat.try_into().unwrap_or_default()
            });
        let enough = self.chance.percent(40).then(|| self.chance.between(1, 120));
        let mut count = 0;
        loop {
            let message = match timeout(patience, messages.message()).await {
                Err(_) => return End::GaveUp,
                Ok(Err(status)) => return End::Status(Refusal::from(&status)),
                Ok(Ok(None)) => return End::Over,
                Ok(Ok(Some(message))) => message,
            };
            self.take(stream, server, message);
            count += 1;
            if enough.is_some_and(|enough| count >= enough) && !self.world.is_calm() {
                return End::Left;
            }
        }
    }

    fn take(&mut self, stream: Opened<W>, server: u32, message: W::Message) {
        let (stands, bytes) = (W::stands(&message), W::token(&message).to_vec());
        let place = self.world.record.tell(stream, message);
        if bytes.is_empty() {
            // Nothing can be skipped any more.
            self.tokens.clear();
        } else {
            self.keep(Token { place, bytes });
        }
        if let Some(revision) = stands {
            self.world.stands(self.number, server, revision);
        }
    }

    fn keep(&mut self, token: Token) {
        self.world.give(self.number, token.clone());
        self.tokens.push_back(token);
        if self.tokens.len() > OLDEST {
            self.tokens.pop_front();
        }
    }

    fn refused(&mut self, token: Presented, status: &Status) -> End {
        let ours = |kept: &Token| token == Presented::Of(kept.place);
        if status.code() == Code::OutOfRange && self.tokens.iter().any(ours) {
            self.tokens.clear();
        }
        End::Status(Refusal::from(status))
    }

    /// The token to present, and where it is from.
    fn choose(&mut self) -> (Presented, Vec<u8>) {
        let draw = if self.world.is_calm() { 100 } else { self.chance.below(100) };
        let last = self.tokens.back().cloned();
        let token = match (draw, last) {
            (0..8, _) | (_, None) => return (Presented::Nothing, Vec::new()),
            (8..16, Some(last)) => {
                let place = last.place.stream;
                let of =
                    self.world.record.so_far(|history| W::streams(history)[place].asked.server);
                return (Presented::Tampered(of), self.tamper(last.bytes));
            }
            (16..28, last) => {
                let other = self.chance.between(self.others.start as u64, self.others.end as u64);
                self.world.token_of(other as usize).or(last)
            }
            (28..52, _) => {
                let at = self.chance.below(self.tokens.len() as u64) as usize;
                self.tokens.get(at).cloned()
            }
            (_, last) => last,
        };
        match token {
            Some(token) => (Presented::Of(token.place), token.bytes),
            None => (Presented::Nothing, Vec::new()),
        }
    }

    /// Makes another token of one.
    fn tamper(&mut self, mut token: Vec<u8>) -> Vec<u8> {
        let at = self.chance.below(token.len() as u64) as usize;
        match self.chance.below(4) {
            0 => token[at] ^= 1 << self.chance.below(8),
            1 => token.truncate(at.max(1)),
            2 => token.push(self.chance.below(256) as u8),
            _ => token.iter_mut().for_each(|byte| *byte = self.chance.below(256) as u8),
        }
        token
    }
}

/// Opens a stream; none without a connection.
async fn open<W: Call>(address: &str, request: Request<W::Request>) -> Option<Answer<W>> {
    let channel = connect(address).await.ok()?;
    Some(W::call(channel, request).await)
}

/// A connection of one's own with small windows, so that what is slow is felt.
pub(super) async fn connect(address: &str) -> Result<Channel, tonic::transport::Error> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
    let endpoint = endpoint.connect_timeout(OPENING);
    endpoint
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .connect()
        .await
}
