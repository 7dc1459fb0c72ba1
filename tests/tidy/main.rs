//! The rules of this repository that no compiler knows, each a small function with its reason beside it.
//!
//! A rule that is only written down is broken by the next person in a hurry. Here it fails, and lists everything
//! that breaks it at once. Each rule is in the file of what it is about.

mod files;
mod golden;
mod readme;
mod rooms;
mod snippets;
mod tree;

use std::fmt::Write as _;

/// Fails with the reason and the list of what breaks the rule, unless nothing does.
#[track_caller]
fn check(reason: &str, mut offenders: Vec<String>) {
    offenders.sort();
    offenders.dedup();
    let list = offenders.iter().fold(String::new(), |mut list, offender| {
        write!(list, "\n  {offender}").expect("a string takes any text");
        list
    });
    assert!(offenders.is_empty(), "{reason}:{list}");
}
