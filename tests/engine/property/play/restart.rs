//! Restarts: an engine that reads all of it anew goes on with the statuses that are remembered, and with other calendars comes to
//! what a recompute by them gives.

use std::{collections::BTreeMap, rc::Rc};

use jiff::Timestamp;
use paceline_core::standing::Status;
use paceline_tests::recompute::{Board, StatusMemory, config::Config};

use super::{Names, Outcome, Play, partitions};
use crate::engine::Engine;

impl Play<'_> {
    /// Nothing but the process is another: each status is what it was, since when it was.
    pub(super) fn go_on(&mut self) -> Outcome {
        if !self.world.yaml.len().is_multiple_of(4) {
            return Ok(());
        }
        self.note(|| "a restart that remembers".to_owned());
        self.coverage.saw("a restart that remembers");
        let mut engine = self.again(&self.world.yaml);
        engine.recall(&self.engine);
        engine.open(self.now);
        let (before, after) = (self.statuses(&self.engine), self.statuses(&engine));
        let dead_zone = after.values().any(|(status, _)| *status != Status::OnTrack);
        self.coverage.saw_if("a status other than on track is remembered", dead_zone);
        let differs = before.iter().find(|(names, status)| after.get(*names) != Some(status));
        match differs {
            Some((names, status)) => Err(format!(
                "at {} {names:?} goes on as {:?} instead of {status:?}",
                self.now,
                after.get(names)
            )),
            None if before.len() != after.len() => Err("a restart has other standings".to_owned()),
            None => Ok(()),
        }
    }

    fn statuses(&self, engine: &Engine) -> BTreeMap<Names, (Status, Timestamp)> {
        let standings = engine.standings(None, self.now).into_iter();
        standings.map(|of| (engine.names(&of), (of.status, of.since))).collect()
    }

    pub(super) fn restart(&mut self) -> Outcome {
        let Some(yaml) = &self.world.other else { return Ok(()) };
        self.note(|| "restart".to_owned());
        self.coverage.saw("a restart with other calendars");
        let mut config = Config::read(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
        let edits = self.oracle.goals.iter().filter(|goal| goal.edit.is_some());
        config.goals.extend(edits.cloned());
        let mut engine = self.again(yaml);
        engine.open(self.now);
        (self.engine, self.oracle) = (engine, Rc::new(config));
        let board = Board::new(&self.oracle, &self.records);
        let rows = board.rows(self.now, None, &mut StatusMemory::new(), |_, _, _| true);
        let standings = self.engine.standings(None, self.now);
        self.compare_all(&rows, &standings, "a restart with other calendars", true)
    }

    /// An engine that has read all of it, and is not open yet.
    fn again(&self, yaml: &str) -> Engine {
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
        engine
    }
}
