//! The engine: lanes that own record images, and the live board that everyone reads.
//!
//! A lane is driven by one thread: it takes messages of its partitions, decodes, merges and folds them, and
//! commits what they add up to, all in one synchronous call a batch. The board sits behind one lock, held for
//! the length of a commit or of one reader's copy; no reader is ever waited for beyond that. Time comes in as
//! an argument.

mod alerts;
mod bases;
mod freshness;
mod goals;
mod lane;
mod live;
mod log;
mod memory;
mod metric;
mod reps;
mod shards;
mod shared;
mod symbols;

pub use alerts::{AlertFollower, AlertRecord, Alerts, OutOfRange, Stretch, ToldAlert};
pub use freshness::{Cause, Freshness, Link, PartitionFreshness, SourceFreshness, Summary};
pub use goals::{GoalFollower, GoalMove, GoalRecord, Told};
pub use lane::{Lane, Partition, Source};
pub use live::{Alarm, Explanation, Focused, Got, Live, Moved, Rebased, Shown, Unexplained};
pub use memory::{
    About, Memory, MemoryFollower, MemoryRecord, MemorySaid, Raised, Ready, Recalled, Waiting,
    Write,
};
pub use metric::describe;
pub use reps::{RepFollower, RepRecord};
pub use shards::{Feed, ShardPlan};
pub use symbols::SharedSymbols;
