//! A client of paceline: for dashboards, alerting and whatever else wants to know where a sales team stands.
//!
//! What the services offer is simple to ask and easy to get wrong to follow: a stream ends now and then, a snapshot
//! comes in pieces, a token may no longer be honoured. [`Client::watch`] deals with that and hands out a [`LiveMap`]:
//! the newest standings as an immutable [`View`], which is always one that the server had as a whole, and what changed
//! of it as [`Event`]s. [`Client::watch_alerts`] hands out alerts without losing one, and begins again with those that
//! were not [acknowledged](AlertStream::ack). Everything else is a plain call.
//!
//! ```no_run
//! use paceline_client::proto::Selector;
//! use paceline_client::{Client, Event, WatchOptions};
//!
//! # async fn follow() -> Result<(), paceline_client::Error> {
//! let client = Client::new("127.0.0.1:50051")?;
//! let selector = Selector { scopes: vec!["org".to_owned()], with_members: true, ..Selector::default() };
//! let mut live = client.watch(WatchOptions { selector, ..WatchOptions::default() });
//! loop {
//!     if let Event::Update(diff) = live.next().await? {
//!         for change in &diff.changed {
//!             println!("{} has {} of {}", change.after.scope, change.after.actual, change.after.kpi);
//!         }
//!         println!("{} standings at revision {}", live.view().len(), live.view().revision());
//!     }
//! }
//! # }
//! ```
//!
//! Connections are HTTP/2 with small windows, so that what a slow reader has not read yet stays on the server, where newer
//! values replace it. Each watch has a connection of its own: one that reads slowly keeps no other waiting.

mod alerts;
mod backoff;
mod calls;
mod client;
mod credentials;
mod error;
mod following;
pub mod proto;
mod standings;

pub use alerts::{AlertEvent, AlertOptions, AlertStream};
pub use client::Client;
pub use credentials::Tls;
pub use error::Error;
pub use following::Loss;
pub use standings::{
    Change, Diff, Event, Frames, Freshness, LiveMap, News, Removed, View, WatchOptions,
};
pub use tonic::{Code, Status};
