//! An edit of a goal while it runs.

use proptest::prelude::*;

use crate::property::world::{Goal, GoalExtra, World, goal, goal_extra};

/// An edit of a goal.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    slot: u8,
    pub(crate) what: What,
    goal: Goal,
    extra: GoalExtra,
}

/// What becomes of the goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// It is set, anew or to other terms.
    Set,
    /// It is deleted.
    Delete,
    /// Its last edit is taken out of the log.
    Withdraw,
    /// The record says nothing that can be understood.
    Malformed,
}

pub(super) fn edit() -> impl Strategy<Value = Edit> {
    let what = prop_oneof![
        8 => Just(What::Set), 2 => Just(What::Delete), 1 => Just(What::Withdraw), 1 => Just(What::Malformed)
    ];
    (0..3_u8, what, goal(), goal_extra()).prop_map(|(slot, what, goal, extra)| Edit {
        slot,
        what,
        goal,
        extra,
    })
}

impl Edit {
    /// The id of the goal.
    pub(crate) fn id(&self) -> String {
        format!("g{}", self.slot)
    }

    /// The terms of the goal in a world, as JSON, with numbers in quotes.
    pub(crate) fn terms(&self, world: &World) -> String {
        let shown = &world.shown;
        let kpi = &shown[usize::from(self.slot) % shown.len()];
        self.goal.terms(kpi, &world.reps, &self.extra, world.first_day()).json(true)
    }
}
