//! The parts of the `paceline` program that tests and benches use too; the program itself is `main.rs`.

pub mod audit_log;
pub mod client;
pub mod clock;
pub mod config;
pub mod demo;
pub mod explain;
pub mod goals;
mod json;
pub mod reps;
pub mod serve;
pub mod service;
pub mod telemetry;
pub mod watch;
