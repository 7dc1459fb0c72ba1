//! The two kinds of streams as a client opens them.

use paceline_client::proto::{
    WatchAlertsRequest, WatchAlertsResponse, WatchStandingsRequest, WatchStandingsResponse,
    alerts_service_client::AlertsServiceClient, standings_service_client::StandingsServiceClient,
};
use paceline_tests::history::{Alerts, Standings, Watch, is_whole};
use tonic::{IntoRequest, Response, Status, Streaming, transport::Channel};

/// What a call for a stream is answered with.
pub(super) type Answer<W> = Result<Response<Streaming<<W as Watch>::Message>>, Status>;

/// What can be watched, and how it is called for.
pub(super) trait Call: Watch {
    /// Opens a stream.
    fn call(
        channel: Channel,
        request: impl IntoRequest<Self::Request> + Send,
    ) -> impl Future<Output = Answer<Self>> + Send;

    /// Has a request go on after a token.
    fn resume(request: &mut Self::Request, token: Vec<u8>);

    /// The revision up to which everything is known with a message, if there is such.
    fn stands(message: &Self::Message) -> Option<u64>;
}

impl Call for Standings {
    async fn call(
        channel: Channel,
        request: impl IntoRequest<WatchStandingsRequest> + Send,
    ) -> Answer<Self> {
        StandingsServiceClient::new(channel).watch_standings(request).await
    }

    fn resume(request: &mut WatchStandingsRequest, token: Vec<u8>) {
        request.resume_token = token;
    }

    fn stands(message: &WatchStandingsResponse) -> Option<u64> {
        is_whole(message).then_some(message.revision)
    }
}

impl Call for Alerts {
    async fn call(
        channel: Channel,
        request: impl IntoRequest<WatchAlertsRequest> + Send,
    ) -> Answer<Self> {
        AlertsServiceClient::new(channel).watch_alerts(request).await
    }

    fn resume(request: &mut WatchAlertsRequest, token: Vec<u8>) {
        request.resume_token = token;
    }

    fn stands(_: &WatchAlertsResponse) -> Option<u64> {
        None
    }
}
