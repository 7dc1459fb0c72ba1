//! The gRPC services, asked by a real client over a loopback connection, with a board that is driven by hand.
//!
//! Time is an argument of the board, so no test waits for it; what a client waits for has a deadline that fails loudly.

mod alert_topic;
mod alerts;
mod audited;
mod behind;
mod expiry;
mod explaining;
mod follower;
mod frames;
mod gets;
mod goal_log;
mod goals;
mod identities;
mod known;
mod ledger;
mod limits;
mod organisation;
mod probes;
mod ranking;
mod ranking_own;
mod ranking_watched;
mod raw;
mod reps;
mod resuming;
mod rights;
mod rights_of_goals;
mod rights_watched;
mod serving;
mod stage;
mod stalling;
mod watch_bugs;
mod watching;
mod web;
mod wire {
    //! What clients read.
    pub(crate) use paceline_client::proto::*;
}
