//! Frames out: the gRPC services, and the conversion of the core's values at the wall.
//!
//! Everything is answered from the live board, under its lock and without a queue: a watcher keeps the
//! revision up to which it has sent, and asks for what changed since when its client is ready to take it. So a slow
//! client gets newer values, not older ones, and costs nothing but its own freshness.

mod alerts;
mod catalog;
mod coaching;
mod convert;
mod errors;
mod goals;
mod history;
mod leaderboard;
mod limits;
mod metric;
pub mod proto;
mod selector;
mod served;
mod server;
mod standings;
mod subject;
mod token;
mod watch;

pub use convert::alert_message;
pub use limits::Limits;
pub use metric::describe;
pub use served::{AppendGoal, Appending, Clock, Served};
pub use server::{Error, Origin, OriginError, Server};
pub use watch::TOKEN_TRAILER;
