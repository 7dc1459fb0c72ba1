//! The goals that an explanation names, each worked out once: many members mostly have the same, and where each has one of their own
//! none is looked for among all of them.

use std::collections::HashMap;
use std::sync::Arc;

use paceline_core::board::Pieces;
use paceline_core::goal::{Goal, Origin, Placed, Whose};
use paceline_core::model::Model;
use paceline_engine::{Explanation, Live};

use crate::goals;
use crate::proto;

/// Goals as they are listed, by where the explanation has them.
pub(super) struct Names(HashMap<*const Goal, proto::Goal>);

impl Names {
    pub(super) fn new(live: &Live, explanation: &Explanation) -> Self {
        let Explanation { pieces, roster, .. } = explanation;
        let model = live.model();
        let named: HashMap<*const Goal, &Arc<Goal>> =
            of_pieces(pieces).map(|goal| (Arc::as_ptr(goal), goal)).collect();
        let files = Files::new(model, named.values().copied());
        let edits = edits(live, named.values().copied());
        let name = |goal: &Goal| match goal.origin {
            Origin::File => goals::of_file(files.nth(goal, model), goal, model, roster),
            // One that is another by now has the terms by which it counts here.
            Origin::Edit(place) => edits
                .get(&place)
                .and_then(|placed| goals::of_edit(&placed.edit, model, roster))
                .unwrap_or_else(|| goals::of_terms(goal, model)),
        };
        Self(named.into_iter().map(|(at, goal)| (at, name(goal))).collect())
    }

    /// A goal of the explanation.
    pub(super) fn of(&self, goal: &Arc<Goal>) -> proto::Goal {
        self.0.get(&Arc::as_ptr(goal)).cloned().unwrap_or_default()
    }
}

fn of_pieces(pieces: &Pieces) -> impl Iterator<Item = &Arc<Goal>> {
    let each = pieces.pieces.iter().chain(&pieces.members);
    let of_each =
        each.flat_map(|piece| piece.passed_over.iter().map(|(goal, _)| goal).chain([&piece.goal]));
    of_each.chain(pieces.passed_over.iter().map(|(goal, _)| goal))
}

/// The places of the config's goals.
struct Files<'a>(HashMap<&'a Whose, Vec<usize>>);

impl<'a> Files<'a> {
    /// Of those for the same KPI as what is to be named.
    fn new<'b>(model: &'a Model, mut named: impl Iterator<Item = &'b Arc<Goal>>) -> Self {
        let mut files = HashMap::<&Whose, Vec<usize>>::new();
        let Some(kpi) = named.next().map(|goal| goal.kpi) else { return Self(files) };
        for (at, goal) in model.goals.iter().enumerate().filter(|(_, goal)| goal.kpi == kpi) {
            files.entry(&goal.whose).or_default().push(at);
        }
        Self(files)
    }

    /// The place of a goal, from 1; 0 of one that is not the config's.
    fn nth(&self, goal: &Goal, model: &Model) -> usize {
        let places = self.0.get(&goal.whose).into_iter().flatten();
        places.copied().find(|at| model.goals[*at] == *goal).map_or(0, |at| at + 1)
    }
}

/// The edits that goals are of. The book of them is held no longer than it takes to find these.
fn edits<'a>(live: &Live, named: impl Iterator<Item = &'a Arc<Goal>>) -> HashMap<u64, Arc<Placed>> {
    let places = named.filter_map(|goal| match goal.origin {
        Origin::Edit(place) => Some(place),
        Origin::File => None,
    });
    live.book(|book| places.filter_map(|place| Some((place, book.at(place)?.clone()))).collect())
}
