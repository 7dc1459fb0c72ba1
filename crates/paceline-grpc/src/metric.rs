//! The metrics of the gRPC services: their names and meanings.

use metrics::{Unit, counter, describe_counter, describe_gauge};
use tonic::Status;
use tonic_types::StatusExt as _;

pub(crate) const CONNECTIONS: &str = "paceline_grpc_connections";
pub(crate) const ACCEPT_FAILURES: &str = "paceline_grpc_accept_failures_total";
pub(crate) const STREAMS: &str = "paceline_grpc_streams";
pub(crate) const FRAMES: &str = "paceline_grpc_frames_total";
pub(crate) const ENCODED: &str = "paceline_grpc_frames_encoded_total";
pub(crate) const AUDIENCES: &str = "paceline_grpc_audiences";
pub(crate) const ENDS: &str = "paceline_grpc_stream_ends_total";
pub(crate) const REFUSALS: &str = "paceline_grpc_refusals_total";
pub(crate) const CLOSED: &str = "paceline_grpc_connections_closed_total";

/// Describes the metrics of the gRPC services to the installed recorder.
pub fn describe() {
    describe_gauge!(CONNECTIONS, Unit::Count, "connections that are open");
    describe_counter!(ACCEPT_FAILURES, Unit::Count, "connections that could not be accepted");
    describe_gauge!(STREAMS, Unit::Count, "watches that are open");
    describe_counter!(
        FRAMES,
        Unit::Count,
        "frames sent, by kind: snapshot, update, bookmark, reset, leaderboard, out_of_scope or alert"
    );
    describe_counter!(
        ENCODED,
        Unit::Count,
        "frames encoded for watches, each once for all who get it, by kind"
    );
    describe_gauge!(AUDIENCES, Unit::Count, "views that are watched");
    describe_counter!(ENDS, Unit::Count, "watches that ended, by reason");
    describe_counter!(REFUSALS, Unit::Count, "requests that a limit did not let in, by reason");
    describe_counter!(
        CLOSED,
        Unit::Count,
        "connections closed at once, for as many are open from their address as may be"
    );
}

/// Counts a request that a limit did not let in.
pub(crate) fn refused(status: &Status) {
    // Who broke off was not refused, and is told nothing.
    if let Some(info) = status.get_details_error_info() {
        counter!(REFUSALS, "reason" => info.reason).increment(1);
    }
}
