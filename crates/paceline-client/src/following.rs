//! Following a watch: one stream after another, each opened where the last one ended.
//!
//! A stream that says nothing is taken for dead. Every server that has begun to speak speaks at least once in a
//! heartbeat; before that it may be silent while it catches up, which has a limit of its own.
//!
//! Whoever drives it may drop the future of [`Following::next`] at any time and ask again: nothing is lost by that, and
//! nothing begins anew.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};

use crate::backoff::{Backoff, chance};
use crate::client::Client;
use crate::error::{Error, has_expired, last_token, passes, retry_delay, told};

/// How long opening a stream may take, once there is a connection or not.
const OPEN: Duration = Duration::from_secs(15);
/// After how many heartbeats without a frame a stream is dead.
const HEARTBEATS: u32 = 3;

/// The largest frame that is taken; servers send at most 256 KiB.
pub(crate) const FRAME_BYTES: usize = 4 << 20;
/// The heartbeat of the services, where none is asked for.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(5);
/// How long the first frame is waited for, unless a watch says otherwise: twice what servers take before they say that they
/// are not caught up.
pub(crate) const FIRST_FRAME: Duration = Duration::from_secs(60);

/// A stream that is being opened.
pub(crate) type Opening<F> = Pin<Box<dyn Future<Output = Result<Streaming<F>, Status>> + Send>>;

/// Something that can be watched.
pub(crate) trait Watch {
    /// What its streams consist of.
    type Frame: Send + 'static;

    /// How long a stream may be silent that has brought nothing yet.
    fn first_frame(&self) -> Duration;

    /// After how long the server has something to say on any other.
    fn heartbeat(&self) -> Duration;

    /// Opens a stream that goes on after a token, or begins without one.
    fn open(&self, client: &Client, channel: Channel, token: Vec<u8>) -> Opening<Self::Frame>;
}

/// A stream was lost, and is opened again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What the server, or the connection, says of it.
    pub reason: String,
    /// Its status.
    pub code: Code,
    /// After how long it is opened again.
    pub again_in: Duration,
    /// The token that the stream ended with.
    pub(crate) token: Option<Vec<u8>>,
}

/// What following brings.
pub(crate) enum Step<F> {
    /// A stream is open.
    Opened,
    /// A frame of it.
    Frame(F),
    /// It was lost.
    Lost(Loss),
}

/// Follows one watch.
pub(crate) struct Following<W: Watch> {
    client: Client,
    watch: W,
    backoff: Backoff,
    state: State<W::Frame>,
}

enum State<F> {
    /// Nothing is done until then.
    Resting(Instant),
    Opening {
        /// What it is opened with.
        token: Vec<u8>,
        opening: Opening<F>,
    },
    Open {
        stream: Box<Streaming<F>>,
        /// Whether something has come on it.
        has_spoken: bool,
        /// When it is dead if nothing comes.
        dead_at: Instant,
    },
}

impl<W: Watch> Following<W> {
    pub(crate) fn new(client: Client, watch: W) -> Self {
        Self { client, watch, backoff: Backoff::default(), state: State::Resting(Instant::now()) }
    }

    /// The next step. A stream that is opened goes on after `token`; one that is being opened with another is given up
    /// for it.
    ///
    /// # Errors
    /// The server refuses in a way that does not pass. Asking again tries again.
    pub(crate) async fn next(&mut self, token: &[u8]) -> Result<Step<W::Frame>, Error> {
        loop {
            match &mut self.state {
                State::Resting(until) => {
                    sleep_until(*until).await;
                    self.state = self.open(token);
                }
                State::Opening { token: behind, .. } if behind != token => {
                    self.state = self.open(token);
                }
                State::Opening { opening, .. } => {
                    let opened = opening.as_mut().await;
                    return self.opened(opened);
                }
                State::Open { stream, has_spoken, dead_at } => {
                    let message = message(stream, *has_spoken, *dead_at).await;
                    return self.took(message);
                }
            }
        }
    }

    /// How long it still rests before it tries again.
    pub(crate) fn rest(&self) -> Duration {
        match &self.state {
            State::Resting(until) => until.saturating_duration_since(Instant::now()),
            State::Opening { .. } | State::Open { .. } => Duration::ZERO,
        }
    }

    fn open(&self, token: &[u8]) -> State<W::Frame> {
        let channel = self.client.watch_channel();
        let opening = self.watch.open(&self.client, channel, token.to_owned());
        let opening = Box::pin(async {
            let late = |_| Status::deadline_exceeded("no stream was opened in time");
            timeout(OPEN, opening).await.map_err(late)?
        });
        State::Opening { token: token.to_owned(), opening }
    }

    fn opened(
        &mut self,
        opened: Result<Streaming<W::Frame>, Status>,
    ) -> Result<Step<W::Frame>, Error> {
        match opened {
            Ok(stream) => {
                let dead_at = Instant::now() + self.watch.first_frame();
                self.state = State::Open { stream: Box::new(stream), has_spoken: false, dead_at };
                Ok(Step::Opened)
            }
            Err(status) => self.lost(status),
        }
    }

    fn took(&mut self, message: Result<Option<W::Frame>, Status>) -> Result<Step<W::Frame>, Error> {
        let frame = match message {
            Ok(Some(frame)) => frame,
            Ok(None) => return self.lost(Status::unavailable("the stream ended")),
            Err(status) => return self.lost(status),
        };
        if let State::Open { has_spoken, dead_at, .. } = &mut self.state {
            *has_spoken = true;
            *dead_at = Instant::now() + self.watch.heartbeat() * HEARTBEATS;
        }
        self.backoff.reset();
        Ok(Step::Frame(frame))
    }

    fn lost(&mut self, status: Status) -> Result<Step<W::Frame>, Error> {
        let again_in = self.backoff.wait(retry_delay(&status), chance());
        self.state = State::Resting(Instant::now() + again_in);
        let is_renewed = self.client.renews_token() && has_expired(&status);
        if !(passes(&status) || is_renewed) {
            return Err(status.into());
        }
        let (reason, code) = (told(&status), status.code());
        Ok(Step::Lost(Loss { reason, code, again_in, token: last_token(&status) }))
    }
}

/// The next message of a stream that is dead at some instant. What has come already is taken first, however late.
async fn message<F>(
    stream: &mut Streaming<F>,
    has_spoken: bool,
    dead_at: Instant,
) -> Result<Option<F>, Status> {
    let silent = if has_spoken {
        "nothing has come for three heartbeats"
    } else {
        "the first frame has not come in time"
    };
    tokio::select! {
        biased;
        message = stream.message() => message,
        () = sleep_until(dead_at) => Err(Status::unavailable(silent)),
    }
}
