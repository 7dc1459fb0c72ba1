//! The book of goals set while running: every edit that was made, and what each goal is by the last of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::goal::{Draft, Goal, Origin};
use crate::model::Model;

/// An edit of a goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The goal.
    pub goal: String,
    /// Its number among the edits of the goal, from 1; a number may be left out.
    pub number: u64,
    /// Who made it.
    pub who: String,
    /// When it was made.
    pub at: Timestamp,
    /// The goal before; `None` when there was none.
    pub old: Option<Draft>,
    /// The goal after; `None` when it was deleted.
    pub new: Option<Draft>,
}

/// An edit in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The place in the one order of all edits.
    pub place: u64,
    /// The edit.
    pub edit: Edit,
}

/// All edits of goals. They are taken in the order of their places, which alone says which is the later of two.
///
/// Of two edits of a goal with the same number the later counts and the earlier is forgotten, since a log that is
/// compacted by goal and number keeps only that one. So a reader learns the same whether it came before or after.
#[derive(Debug, Default)]
pub struct Book {
    goals: BTreeMap<String, Vec<Arc<Placed>>>,
    order: BTreeMap<u64, Arc<Placed>>,
}

impl Book {
    /// Takes an edit, the latest so far.
    pub fn take(&mut self, place: u64, edit: Edit) {
        self.withdraw(&edit.goal, edit.number);
        let placed = Arc::new(Placed { place, edit });
        self.order.insert(place, placed.clone());
        self.goals.entry(placed.edit.goal.clone()).or_default().push(placed);
    }

    /// Forgets an edit, as if it had never been made.
    pub fn withdraw(&mut self, goal: &str, number: u64) {
        let Some(edits) = self.goals.get_mut(goal) else { return };
        let order = &mut self.order;
        edits.retain(|placed| {
            let kept = placed.edit.number != number;
            if !kept {
                order.remove(&placed.place);
            }
            kept
        });
        if edits.is_empty() {
            self.goals.remove(goal);
        }
    }

    /// The last edit of a goal.
    pub fn last(&self, goal: &str) -> Option<&Arc<Placed>> {
        self.goals.get(goal)?.last()
    }

    /// The edit at a place.
    pub fn at(&self, place: u64) -> Option<&Arc<Placed>> {
        self.order.get(&place)
    }

    /// An edit of a goal, by its number.
    pub fn edit(&self, goal: &str, number: u64) -> Option<&Arc<Placed>> {
        self.goals.get(goal)?.iter().find(|placed| placed.edit.number == number)
    }

    /// The greatest number of an edit of a goal; 0 without any.
    pub fn number(&self, goal: &str) -> u64 {
        let edits = self.goals.get(goal).into_iter().flatten();
        edits.map(|placed| placed.edit.number).max().unwrap_or(0)
    }

    /// The goals that are set, by id: each with its last edit and with what it is.
    pub fn set(&self) -> impl Iterator<Item = (&Arc<Placed>, &Draft)> {
        let last = self.goals.values().filter_map(|edits| edits.last());
        last.filter_map(|placed| Some((placed, placed.edit.new.as_ref()?)))
    }

    /// The goals that are set and mean something under a model.
    pub fn goals(&self, model: &Model) -> Vec<Goal> {
        let goal = |(placed, draft): (&Arc<Placed>, &Draft)| {
            draft.compile(model, Origin::Edit(placed.place))
        };
        self.set().filter_map(|set| goal(set).ok()).collect()
    }

    /// The edits of a goal or of all, the latest first; with `before` only those of earlier places.
    pub fn edits(
        &self,
        goal: Option<&str>,
        before: Option<u64>,
    ) -> impl Iterator<Item = &Arc<Placed>> {
        let earlier =
            self.order.range(..before.unwrap_or(u64::MAX)).rev().map(|(_, placed)| placed);
        earlier.filter(move |placed| goal.is_none_or(|goal| placed.edit.goal == goal))
    }
}
