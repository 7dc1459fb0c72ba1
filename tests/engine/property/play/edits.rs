//! Goals that are set while running.

use std::rc::Rc;

use paceline_tests::recompute::config::Goal;

use super::{
    super::history::{Edit, What},
    Outcome, Play,
    moves::Event,
};

/// The log of edits, and what the oracle knows of it.
#[derive(Default)]
pub(super) struct Book {
    /// The key and the value of each record.
    pub(super) records: Vec<(String, Option<String>)>,
    goals: Vec<(String, Edits)>,
}

/// The edits of a goal that are not withdrawn, each with its number and what the goal is by it, also as it is written; `None` when
/// it is deleted.
type Edits = Vec<(u64, Option<(Goal, String)>)>;

impl Book {
    /// What the log holds after one more edit.
    fn add(&mut self, edit: &Edit, terms: &str) {
        let id = edit.id();
        let place = self.records.len() as u64;
        let at = self.goals.iter().position(|(known, _)| *known == id).unwrap_or_else(|| {
            self.goals.push((id.clone(), Vec::new()));
            self.goals.len() - 1
        });
        let edits = &mut self.goals[at].1;
        let number = edits.iter().map(|(number, _)| number + 1).max().unwrap_or(1);
        let old = edits.last().and_then(|(_, goal)| Some(&goal.as_ref()?.1));
        let old = old.map(|old| format!(r#","old":{old}"#)).unwrap_or_default();
        let head = format!(
            r#"{{"goal_id":"{id}","edit":{number},"who":"ana","at":"2026-11-20T10:00:00Z"{old}"#
        );
        let (number, value) = match edit.what {
            What::Set => {
                let goal = serde_json::from_str(terms).expect("terms of a goal");
                let goal = Goal { edit: Some(place), ..goal };
                edits.push((number, Some((goal, terms.to_owned()))));
                (number, Some(format!(r#"{head},"new":{terms}}}"#)))
            }
            What::Delete => {
                edits.push((number, None));
                (number, Some(head + "}"))
            }
            What::Withdraw => (edits.pop().map_or(1, |(number, _)| number), None),
            What::Malformed => (number, Some(head + r#","new":{}}"#)),
        };
        self.records.push((format!("{id}/{number}"), value));
    }

    fn set(&self) -> impl Iterator<Item = &Goal> {
        self.goals.iter().filter_map(|(_, edits)| Some(&edits.last()?.1.as_ref()?.0))
    }
}

impl Play<'_> {
    pub(super) fn edit(&mut self, edit: &Edit) -> Outcome {
        self.book.add(edit, &edit.terms(self.world));
        let (key, value) = self.book.records.last().expect("one was added");
        let (key, value) = (key.clone(), value.clone());
        self.note(|| format!("goals: {key}: {value:?}"));
        let place = self.book.records.len() as i64 - 1;
        self.happened(Event::Edit(place));
        let accepted = self.engine.edit_goal(place, &key, value.as_deref(), self.now);
        if accepted == (edit.what == What::Malformed) {
            return Err(format!("the engine accepts: {accepted}: {value:?}"));
        }
        self.coverage.saw(match edit.what {
            What::Set => "a goal set while running",
            What::Delete => "a goal deleted",
            What::Withdraw => "an edit is withdrawn",
            What::Malformed => "an edit that is none",
        });
        let oracle = Rc::make_mut(&mut self.oracle);
        oracle.goals.retain(|goal| goal.edit.is_none());
        oracle.goals.extend(self.book.set().cloned());
        if self.open { self.compare("an edit of a goal") } else { Ok(()) }
    }
}
