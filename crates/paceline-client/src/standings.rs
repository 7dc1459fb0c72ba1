//! Standings that are followed: as frames, or as a live map that is made of them.

mod frames;
mod live;
mod pending;
mod view;

use std::time::Duration;

use crate::following::{FIRST_FRAME, HEARTBEAT};
use crate::proto::Selector;

pub use frames::{Frames, News};
pub use live::{Event, LiveMap};
pub use view::{Change, Diff, Freshness, Removed, View};

/// What is followed, and how.
#[derive(Clone, Debug)]
pub struct WatchOptions {
    /// Which standings; the default is all.
    pub selector: Selector,
    /// After how long without news the server says that it is there: 1 to 60 seconds, 5 by default. A stream is taken for
    /// dead after three of them.
    pub heartbeat: Duration,
    /// How long a stream may bring nothing at all before it is taken for dead: 60 seconds by default. A server that catches
    /// up is silent for up to 30 seconds.
    pub first_frame: Duration,
    /// The least time between two updates, up to 60 seconds; what changes within it comes as one. The server's default is
    /// 50 milliseconds.
    pub min_interval: Option<Duration>,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            selector: Selector::default(),
            heartbeat: HEARTBEAT,
            first_frame: FIRST_FRAME,
            min_interval: None,
        }
    }
}
