//! The service from outside: the real binary on a real Kafka broker, seen through gRPC, HTTP, its exit codes and the
//! topics it writes.
//!
//! Tests run side by side on one shared broker, each with topics of its own. Those that kill their broker have their own.

mod access;
mod alert_clients;
mod alerts;
mod amid;
mod audit;
mod behind;
mod canary;
mod clients;
mod commands;
mod crash;
mod dos;
mod formats;
mod garbage;
mod goals;
mod listener;
mod outage;
mod quarter;
mod refusal;
mod reps;
mod robust;
mod small;
mod story;
mod subscriber;
mod under_test;
mod watching;
