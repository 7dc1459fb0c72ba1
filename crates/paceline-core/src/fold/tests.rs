//! The entries that changes of records make.

mod money;
mod shared;
