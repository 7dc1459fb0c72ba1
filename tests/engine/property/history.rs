//! Invented histories: messages of the native format in any order of arrival, rows about reps, edits of goals, commits, and
//! what the clock does.
//!
//! Like a world, a history is drawn as small numbers, which are given a meaning only when it is played: a step means
//! something in every world, so that both shrink freely.

mod change;
mod edit;
mod row;
mod value;

use jiff::{Timestamp, ToSpan};
use proptest::{collection::vec, prelude::*};

pub(crate) use change::{Change, Message, first_image, garbage};
pub(crate) use edit::{Edit, What};
pub(crate) use row::{Row, Says};

/// One step of a history.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A message about a record.
    Change(Change),
    /// The message so many before the last one, again.
    Again(u8),
    /// A message that is none.
    Garbage(u8),
    /// A row about a rep.
    Row(Row),
    /// An edit of a goal.
    Edit(Edit),
    /// What a lane has taken is committed.
    Commit(u8),
    /// Time passes.
    Clock(Jump),
    /// All standings are looked at, also those of the periods so many days ago.
    Look(u8),
}

/// How far the clock goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Jump {
    Nanos(u8),
    Minutes(u16),
    Days(u8),
    /// To the next instant at which the engine says that something changes, and so many nanoseconds beyond.
    Due(i8),
}

pub(crate) fn histories() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        24 => change::change().prop_map(Step::Change),
        2 => any::<u8>().prop_map(Step::Again),
        1 => any::<u8>().prop_map(Step::Garbage),
        3 => row::row().prop_map(Step::Row),
        2 => edit::edit().prop_map(Step::Edit),
        4 => any::<u8>().prop_map(Step::Commit),
        4 => jump().prop_map(Step::Clock),
        1 => any::<u8>().prop_map(Step::Look),
    ];
    vec(step, 1..36)
}

/// What turns up late: rates and time zones that change, and little else.
pub(crate) fn turns() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => change::change().prop_map(Step::Change),
        4 => change::rate().prop_map(Step::Change),
        8 => row::zone().prop_map(Step::Row),
        4 => any::<u8>().prop_map(Step::Commit),
        1 => (0..600_u16).prop_map(|minutes| Step::Clock(Jump::Minutes(minutes))),
    ];
    vec(step, 12..32)
}

fn jump() -> impl Strategy<Value = Jump> {
    prop_oneof![
        1 => any::<u8>().prop_map(Jump::Nanos),
        6 => any::<u16>().prop_map(|minutes| Jump::Minutes(minutes % 2_000)),
        3 => (1..12_u8).prop_map(Jump::Days),
        1 => (20..45_u8).prop_map(Jump::Days),
        3 => (-1..2_i8).prop_map(Jump::Due),
    ]
}

impl Jump {
    /// The instant it leads to.
    pub(crate) fn from(self, now: Timestamp, due: Option<Timestamp>) -> Timestamp {
        let to = match self {
            Self::Nanos(nanos) => now + i64::from(nanos).nanoseconds(),
            Self::Minutes(minutes) => now + i64::from(minutes).minutes(),
            Self::Days(days) => now + (i64::from(days) * 24).hours(),
            Self::Due(nanos) => due.unwrap_or(now) + i64::from(nanos).nanoseconds(),
        };
        to.max(now)
    }
}
