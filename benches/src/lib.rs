//! What the benches of paceline share: the events, the config that counts them, and the yardstick.
//!
//! A number says nothing without what it was measured on. Parts (`parts/`) and whole (`src/bin/whole/`) run on the
//! same simulated events and the same three KPIs, so that the parts add up to the whole.

pub mod config;
pub mod events;
pub mod feed;
pub mod preset;
pub mod process;
pub mod yardstick;
