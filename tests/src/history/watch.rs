//! What can be watched: standings, of which only the latest is told, and alerts, of which each is. Both are recorded alike, and held to
//! what is promised of all streams by the same code.

use std::fmt::Debug;

use paceline_client::proto::{
    Selector, WatchAlertsRequest, WatchAlertsResponse, WatchStandingsRequest,
    WatchStandingsResponse,
};
use prost_types::Duration;

use super::{History, Stream};

/// What is watched by a stream.
pub trait Watch: Copy + Debug + Default + Send + Sync + Sized + 'static {
    /// What a stream is asked for with.
    type Request: Clone + Debug + Send + Sync;
    /// What comes on it.
    type Message: Clone + Debug + Send + Sync;
    /// Whether tokens are good beyond the life of the process that gave them.
    const OUTLIVES: bool;

    /// Its streams.
    fn streams(history: &History) -> &Vec<Stream<Self>>;
    /// Its streams, to be added to.
    fn streams_mut(history: &mut History) -> &mut Vec<Stream<Self>>;
    /// What is selected; everything if nothing is.
    fn selector(request: &Self::Request) -> Option<&Selector>;
    /// After how long without a message a bookmark is asked for.
    fn heartbeat(request: &Self::Request) -> Option<Duration>;
    /// Where a client can go on after a message; empty where it cannot.
    fn token(message: &Self::Message) -> &[u8];
    /// When the service made a message, by the wall clock.
    fn emitted_at(message: &Self::Message) -> Option<&prost_types::Timestamp>;
}

/// Standings: a snapshot, and then what becomes of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standings;

/// Alerts, each of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alerts;

impl Watch for Standings {
    type Request = WatchStandingsRequest;
    type Message = WatchStandingsResponse;
    const OUTLIVES: bool = false;

    fn streams(history: &History) -> &Vec<Stream<Self>> {
        &history.streams
    }

    fn streams_mut(history: &mut History) -> &mut Vec<Stream<Self>> {
        &mut history.streams
    }

    fn selector(request: &WatchStandingsRequest) -> Option<&Selector> {
        request.selector.as_ref()
    }

    fn heartbeat(request: &WatchStandingsRequest) -> Option<Duration> {
        request.heartbeat
    }

    fn token(message: &WatchStandingsResponse) -> &[u8] {
        &message.resume_token
    }

    fn emitted_at(message: &WatchStandingsResponse) -> Option<&prost_types::Timestamp> {
        message.emitted_at.as_ref()
    }
}

impl Watch for Alerts {
    type Request = WatchAlertsRequest;
    type Message = WatchAlertsResponse;
    const OUTLIVES: bool = true;

    fn streams(history: &History) -> &Vec<Stream<Self>> {
        &history.alerts
    }

    fn streams_mut(history: &mut History) -> &mut Vec<Stream<Self>> {
        &mut history.alerts
    }

    fn selector(request: &WatchAlertsRequest) -> Option<&Selector> {
        request.selector.as_ref()
    }

    fn heartbeat(request: &WatchAlertsRequest) -> Option<Duration> {
        request.heartbeat
    }

    fn token(message: &WatchAlertsResponse) -> &[u8] {
        &message.resume_token
    }

    fn emitted_at(message: &WatchAlertsResponse) -> Option<&prost_types::Timestamp> {
        message.emitted_at.as_ref()
    }
}
