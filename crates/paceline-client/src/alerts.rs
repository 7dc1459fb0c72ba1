//! Alerts that are followed: each is handed out at least once, and again until it is acknowledged.

mod unacknowledged;

use std::fmt;
use std::time::Duration;

use tonic::transport::Channel;

use crate::client::Client;
use crate::error::Error;
use crate::following::{
    FIRST_FRAME, FRAME_BYTES, Following, HEARTBEAT, Loss, Opening, Step, Watch,
};
use crate::proto::alerts_service_client::AlertsServiceClient;
use crate::proto::watch_alerts_response::Frame;
use crate::proto::{Alert, Selector, WatchAlertsRequest, WatchAlertsResponse};

use unacknowledged::Unacknowledged;

/// Which alerts are followed, and from where on.
#[derive(Clone, Debug)]
pub struct AlertOptions {
    /// Which alerts; the default is all.
    pub selector: Selector,
    /// The [token](AlertStream::token) that was kept when alerts were followed last, with the same selector. Empty: the
    /// next alert is the first.
    pub token: Vec<u8>,
    /// After how long without an alert the server says that it is there: 1 to 60 seconds, 5 by default. A stream is taken
    /// for dead after three of them.
    pub heartbeat: Duration,
    /// How long a stream may bring nothing at all before it is taken for dead: 60 seconds by default. A server that catches
    /// up is silent for up to 30 seconds.
    pub first_frame: Duration,
}

impl Default for AlertOptions {
    fn default() -> Self {
        Self {
            selector: Selector::default(),
            token: Vec::new(),
            heartbeat: HEARTBEAT,
            first_frame: FIRST_FRAME,
        }
    }
}

/// What following alerts brings.
#[derive(Clone, Debug, PartialEq)]
pub enum AlertEvent {
    /// A stream is open. What was not acknowledged comes again.
    Connected,
    /// An alert. It may have come before, with the same id and content.
    Alert(Box<Alert>),
    /// There is no other alert up to now. With everything acknowledged the [token](AlertStream::token) has moved on.
    Bookmark,
    /// The stream was lost, and is opened again.
    Lost(Loss),
}

/// Alerts, one after another.
///
/// An alert is done with when it is [acknowledged](Self::ack), and everything before it too. After a lost connection the
/// stream goes on behind the last one that was. To go on after a restart, keep the [`token`](Self::token) whenever that
/// moved: together with the effect of the alert, where the effect must not happen twice, since an alert whose token was not
/// kept comes again.
///
/// Of each alert that is not acknowledged its id and token are remembered.
pub struct AlertStream {
    following: Following<Alerts>,
    unacknowledged: Unacknowledged,
}

/// Alerts as something that can be watched.
struct Alerts {
    selector: Selector,
    heartbeat: Duration,
    first_frame: Duration,
}

impl AlertStream {
    pub(crate) fn new(client: Client, options: AlertOptions) -> Self {
        let AlertOptions { selector, token, heartbeat, first_frame } = options;
        Self {
            following: Following::new(client, Alerts { selector, heartbeat, first_frame }),
            unacknowledged: Unacknowledged::after(token),
        }
    }

    /// Waits for the next event. Its future may be dropped at any time: nothing is lost by that.
    ///
    /// # Errors
    /// The server refuses, and would again. `OUT_OF_RANGE`: alerts after the token are no longer kept; what is lost can only
    /// be told by beginning without a token.
    pub async fn next(&mut self) -> Result<AlertEvent, Error> {
        loop {
            match self.following.next(self.unacknowledged.token()).await? {
                Step::Opened => {
                    self.unacknowledged.forget();
                    return Ok(AlertEvent::Connected);
                }
                Step::Lost(loss) => return Ok(AlertEvent::Lost(loss)),
                Step::Frame(WatchAlertsResponse { frame, resume_token, .. }) => match frame {
                    Some(Frame::Alert(alert)) => {
                        self.unacknowledged.push(alert.id.clone(), resume_token);
                        return Ok(AlertEvent::Alert(Box::new(alert)));
                    }
                    Some(Frame::Bookmark(_)) => {
                        self.unacknowledged.bookmark(resume_token);
                        return Ok(AlertEvent::Bookmark);
                    }
                    // Of a later version, which sends it only to those who ask for it.
                    None => {}
                },
            }
        }
    }

    /// Acknowledges an alert and all that came before it. Answers whether that was still to be done: not for one that was
    /// acknowledged before, nor, once the next stream is open, for one of a stream that is lost, which comes again.
    pub fn ack(&mut self, id: &str) -> bool {
        self.unacknowledged.ack(id)
    }

    /// Goes on after everything that is acknowledged, when given as [`AlertOptions::token`]. It outlives restarts of the
    /// server. Empty until something was acknowledged or a bookmark has come.
    pub fn token(&self) -> &[u8] {
        self.unacknowledged.token()
    }
}

impl fmt::Debug for AlertStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlertStream").field("unacknowledged", &self.unacknowledged).finish()
    }
}

impl Watch for Alerts {
    type Frame = WatchAlertsResponse;

    fn first_frame(&self) -> Duration {
        self.first_frame
    }

    fn heartbeat(&self) -> Duration {
        self.heartbeat
    }

    fn open(
        &self,
        client: &Client,
        channel: Channel,
        resume_token: Vec<u8>,
    ) -> Opening<WatchAlertsResponse> {
        let request = client.request(WatchAlertsRequest {
            selector: Some(self.selector.clone()),
            resume_token,
            heartbeat: self.heartbeat.try_into().ok(),
        });
        let mut alerts = AlertsServiceClient::new(channel).max_decoding_message_size(FRAME_BYTES);
        Box::pin(async move { Ok(alerts.watch_alerts(request?).await?.into_inner()) })
    }
}
