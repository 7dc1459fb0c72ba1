//! The gRPC services, asked by a real client over a loopback connection, with a board that is driven by hand.
//!
//! Time is an argument of the board, so no test waits for it; what a client waits for has a deadline that fails loudly.

mod follower;
mod frames;
mod gets;
mod goal_log;
mod goals;
mod known;
mod organisation;
mod reps;
mod resuming;
mod serving;
mod stage;
mod stalling;
mod watch_bugs;
mod watching;
