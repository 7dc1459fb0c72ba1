//! A restart with other calendars: an engine that reads all of it anew comes to what a recompute by them gives.

use std::rc::Rc;

use paceline_tests::recompute::{Board, StatusMemory, config::Config};

use super::{Outcome, Play, partitions};
use crate::engine::Engine;

impl Play<'_> {
    pub(super) fn restart(&mut self) -> Outcome {
        let Some(yaml) = &self.world.other else { return Ok(()) };
        self.note(|| "restart".to_owned());
        self.coverage.saw("a restart with other calendars");
        let mut config = Config::read(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
        let edits = self.oracle.goals.iter().filter(|goal| goal.edit.is_some());
        config.goals.extend(edits.cloned());
        let mut engine = Engine::new(yaml, &partitions(self.world), self.world.lanes);
        for message in &self.sent {
            let value = message.value.as_ref().map(String::as_bytes);
            let place = (message.source, message.partition);
            engine.send(place, Some(message.key.as_bytes()), value, message.time);
        }
        (0..engine.lanes()).for_each(|lane| {
            engine.take(lane);
        });
        for (key, value) in &self.rows {
            engine.tell_rep(key.as_bytes(), value.as_ref().map(String::as_bytes), self.now);
        }
        for (place, (key, value)) in (0..).zip(&self.book.records) {
            engine.edit_goal(place, key, value.as_deref(), self.now);
        }
        engine.open(self.now);
        (self.engine, self.oracle) = (engine, Rc::new(config));
        let board = Board::new(&self.oracle, &self.records);
        let rows = board.rows(self.now, None, &mut StatusMemory::new(), |_, _, _| true);
        let standings = self.engine.standings(None, self.now);
        self.compare_all(&rows, &standings, "a restart with other calendars", true)
    }
}
