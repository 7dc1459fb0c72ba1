//! What moved a standing: `moves at INSTANT since INSTANT of SCOPE KPI KIND`; the instants before are those of blocks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use paceline_core::{
    board::Revision,
    decimal::Decimal,
    moves::{Origin, RecordMove, Reps, Share, Tick, What},
};
use paceline_engine::{GoalMove, Moved};
use paceline_tests::recompute::config::Goal;

use super::{Case, Head, content};
use crate::golden::table::{Cells, Table};

/// What a case remembers for this.
#[derive(Default)]
pub(super) struct Remembered {
    /// The revision that a block ended with, by its instant.
    revisions: BTreeMap<Timestamp, Revision>,
    /// The goals that were set while running, and how many records there were of them.
    goals: BTreeMap<String, Goal>,
    goal_records: i64,
}

impl Case<'_> {
    pub(super) fn remember_revision(&mut self) {
        self.remembered.revisions.insert(self.now, self.engine.live.revision());
    }

    /// An edit on the topic of goals: its key, `GOAL/NUMBER`, and its value.
    pub(super) fn edit_goal(&mut self, text: &str, now: Timestamp) {
        let (key, value) = text.split_once(' ').unwrap_or_else(|| panic!("no value: {text}"));
        let place = self.remembered.goal_records;
        self.remembered.goal_records += 1;
        assert!(
            self.engine.edit_goal(place, key, Some(value.trim_start()), now),
            "{}: refused: {text}",
            self.name
        );
        let value: serde_json::Value = serde_json::from_str(value).expect("an edit is JSON");
        let (goal, _) = key.split_once('/').expect("a key is of a goal and a number");
        self.remembered.goals.remove(goal);
        if let Some(terms) = value.get("new") {
            let set: Goal = serde_json::from_value(terms.clone()).expect("terms of a goal");
            let set = Goal { edit: Some(place as u64), ..set };
            self.remembered.goals.insert(goal.to_owned(), set);
        }
        self.oracle.goals.retain(|goal| goal.edit.is_none());
        self.oracle.goals.extend(self.remembered.goals.values().cloned());
    }

    pub(super) fn moves(&mut self, block: &str, head: &Head, table: &mut Table) {
        self.pass(head.instant);
        let words = content(block).next().unwrap_or_default().split_whitespace();
        let since = words.skip_while(|word| *word != "since").nth(1).unwrap_or_default();
        let since: Timestamp = since.parse().unwrap_or_else(|_| panic!("no instant: {since}"));
        let since = self.remembered.revisions.get(&since);
        let since = since.unwrap_or_else(|| panic!("{}: no block was then", self.name));
        let found = self.engine.live.explanation(&self.subject(head), None, *since, head.instant);
        let found = found.unwrap_or_else(|error| panic!("{}: {error:?}", self.name)).moved;
        let found = found.expect("no day was asked for");
        assert!(found.known_after <= *since, "{}: something is forgotten", self.name);
        found.moves.iter().for_each(|moved| table.add(&self.move_cells(moved)));
    }

    fn move_cells(&self, moved: &Moved) -> Cells {
        let text = |number: Option<Decimal>| number.map(|it| it.to_string()).unwrap_or_default();
        let (what, shares, said) = self.told(moved);
        Cells::from([
            ("at", moved.what.instant.to_string()),
            ("delta", text(moved.what.delta)),
            ("goal", text(moved.what.goal_delta)),
            ("what", what),
            ("whose", shares),
            ("said", said),
        ])
    }

    /// What a move was, whose contributions it changed, and where it was said.
    fn told(&self, moved: &Moved) -> (String, String, String) {
        match &moved.what.what {
            What::Change(RecordMove { origin, entity, record, shares }) => {
                let entity = &self.engine.live.model().entity(*entity).name;
                (format!("{entity} {record}"), self.shares(shares), self.said(origin))
            }
            What::Goals => {
                let edits: Vec<String> = moved.edits.iter().map(edit).collect();
                (edits.join(", "), String::new(), String::new())
            }
            What::Reps(reps) => (self.reps(reps), String::new(), self.said_of(reps)),
            What::Basis { shares, .. } => {
                let basis = moved.basis.clone().unwrap_or_default();
                let rates = basis.rates.unwrap_or_default();
                if rates.told.is_empty() {
                    let said = self.said_of(&basis.reps);
                    return (self.reps(&basis.reps), self.shares(shares), said);
                }
                let said: Vec<String> = rates.told.iter().map(|origin| self.said(origin)).collect();
                ("rates".to_owned(), self.shares(shares), said.join(", "))
            }
            What::Clock(tick) => (self::tick(*tick).to_owned(), String::new(), String::new()),
        }
    }

    fn shares(&self, shares: &[Share]) -> String {
        let roster = self.engine.live.roster();
        let share = |share: &Share| {
            let owner = share.owner.map(|owner| roster.name(owner));
            let delta = share.delta.map(|delta| format!(" {delta}")).unwrap_or_default();
            owner.unwrap_or_else(|| "several".to_owned()) + &delta
        };
        shares.iter().map(share).collect::<Vec<_>>().join(", ")
    }

    fn reps(&self, reps: &Reps) -> String {
        let roster = self.engine.live.roster();
        let rep = |rep: &paceline_core::moves::RepMove| {
            format!("{} {:?}", roster.name(rep.rep), rep.aspects)
        };
        reps.reps.iter().map(rep).collect::<Vec<_>>().join(", ")
    }

    fn said_of(&self, reps: &Reps) -> String {
        let origins = reps.reps.iter().filter_map(|rep| rep.origin.as_ref());
        origins.map(|origin| self.said(origin)).collect::<Vec<_>>().join(", ")
    }

    fn said(&self, origin: &Origin) -> String {
        let topic = self.engine.live.freshness().topic(origin.source.into());
        let actor = origin.actor.as_ref().map(|actor| format!(" by {actor}")).unwrap_or_default();
        format!("{topic}/{}@{}{actor}", origin.partition, origin.offset)
    }
}

fn edit(moved: &GoalMove) -> String {
    let edit = &moved.edit.edit;
    let target = |draft: &Option<paceline_core::goal::Draft>| {
        draft.as_ref().map_or_else(|| "none".to_owned(), |draft| draft.target.to_string())
    };
    let (old, new) = (target(&edit.old), target(&edit.new));
    format!("{}/{} by {}: {old} to {new}", edit.goal, edit.number, edit.who)
}

fn tick(tick: Tick) -> &'static str {
    match tick {
        Tick::Period => "the period began",
        Tick::Day => "a day began",
        Tick::Membership => "a record by the clock",
        Tick::Status => "the status by the clock",
    }
}
