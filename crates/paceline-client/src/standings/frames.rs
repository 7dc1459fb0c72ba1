//! The frames of a watch as they come, over as many streams as it takes.

use std::fmt;
use std::time::Duration;

use tonic::transport::Channel;

use super::WatchOptions;
use crate::client::Client;
use crate::error::{Error, refuses_token};
use crate::following::{FRAME_BYTES, Following, Loss, Opening, Step, Watch};
use crate::proto::standings_service_client::StandingsServiceClient;
use crate::proto::{WatchStandingsRequest, WatchStandingsResponse};

/// What following frames brings.
#[derive(Clone, Debug)]
pub enum News {
    /// A stream is open. It goes on where the last one ended, or begins with a snapshot; it may be silent while the
    /// server catches up.
    Connected,
    /// A frame.
    Frame(Box<WatchStandingsResponse>),
    /// The stream was lost. Chunks that have come of a snapshot or an update without its last are void.
    Lost(Loss),
}

/// Follows the frames of a watch.
pub struct Frames {
    following: Following<WatchOptions>,
    /// Resumes after what has come.
    token: Vec<u8>,
}

impl Frames {
    pub(crate) fn new(client: Client, options: WatchOptions) -> Self {
        Self { following: Following::new(client, options), token: Vec::new() }
    }

    /// The next news. Its future may be dropped at any time: nothing is lost by that.
    ///
    /// # Errors
    /// The server refuses, and would again: the selection is wrong, or the caller may not see it.
    pub async fn next(&mut self) -> Result<News, Error> {
        match self.following.next(&self.token).await {
            Ok(Step::Opened) => Ok(News::Connected),
            Ok(Step::Frame(frame)) => {
                self.token.clone_from(&frame.resume_token);
                Ok(News::Frame(Box::new(frame)))
            }
            Ok(Step::Lost(loss)) => {
                if let Some(token) = &loss.token {
                    self.token.clone_from(token);
                }
                Ok(News::Lost(loss))
            }
            Err(error) => self.refused(error),
        }
    }

    /// A token that a server does not understand, of another version perhaps, is given up: a snapshot does as well.
    fn refused(&mut self, error: Error) -> Result<News, Error> {
        match error {
            Error::Refused(status) if !self.token.is_empty() && refuses_token(&status) => {
                self.token.clear();
                let (reason, code) = (status.message().to_owned(), status.code());
                let again_in = self.following.rest();
                Ok(News::Lost(Loss { reason, code, again_in, token: None }))
            }
            error => Err(error),
        }
    }
}

impl fmt::Debug for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames").finish_non_exhaustive()
    }
}

impl Watch for WatchOptions {
    type Frame = WatchStandingsResponse;

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
    ) -> Opening<WatchStandingsResponse> {
        let request = client.request(WatchStandingsRequest {
            selector: Some(self.selector.clone()),
            resume_token,
            heartbeat: self.heartbeat.try_into().ok(),
            min_interval: self.min_interval.and_then(|interval| interval.try_into().ok()),
            ..WatchStandingsRequest::default()
        });
        let mut standings =
            StandingsServiceClient::new(channel).max_decoding_message_size(FRAME_BYTES);
        Box::pin(async move { Ok(standings.watch_standings(request?).await?.into_inner()) })
    }
}
