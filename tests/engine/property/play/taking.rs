//! What lanes take and commit, and what is told of reps.

use std::rc::Rc;

use paceline_engine::Cause;
use paceline_tests::recompute::records;

use super::{
    super::history::{Message, Row, Says},
    Outcome, Play,
    moves::Event,
};

/// What a lane has not committed.
#[derive(Default)]
pub(super) struct Pending {
    /// With the offsets.
    sent: Vec<(i64, Message)>,
    /// Of those of these that it has taken, whether they were accepted.
    accepted: Vec<bool>,
}

impl Play<'_> {
    pub(super) fn take(&mut self, message: Message) -> Outcome {
        let (key, value) = (message.key.as_bytes(), message.value.as_ref().map(String::as_bytes));
        let place = (message.source, message.partition);
        let (lane, offset) = self.engine.send(place, Some(key), value, message.time);
        self.note(|| {
            let value = message.value.as_deref().unwrap_or("null");
            format!("{place:?} lane {lane} @{offset} {}: {value}", message.key)
        });
        if message.kind != "garbage" {
            self.saw_message(&message);
            self.sent.push(message.clone());
        }
        self.pending[lane].sent.push((offset, message));
        // Alone, a few at once, and more than walk through a lane's rooms together.
        let together = [1, 3, 7, 64][self.world.yaml.len() % 4];
        if self.pending[lane].sent.len() - self.pending[lane].accepted.len() >= together {
            self.take_sent(lane);
        }
        Ok(())
    }

    fn take_sent(&mut self, lane: usize) {
        let accepted = self.engine.take(lane);
        let pending = &mut self.pending[lane];
        let new = &pending.sent[pending.accepted.len()..];
        let again = |(nth, (_, message)): (usize, &(i64, Message))| {
            new[..nth].iter().any(|(_, before)| before.key == message.key)
        };
        self.coverage.saw_if("several messages at once", accepted.len() > 1);
        self.coverage.saw_if("more at once than walk together", accepted.len() > 16);
        self.coverage.saw_if("one record twice at once", new.iter().enumerate().any(again));
        pending.accepted.extend(accepted);
    }

    /// Commits a lane, and compares.
    pub(super) fn commit(&mut self, lane: usize) -> Outcome {
        let nothing = self.pending[lane].sent.is_empty();
        self.commit_lane(lane)?;
        self.settle()?;
        // With nothing to commit nothing may change, which the next look would show.
        if self.open && !nothing { self.compare("a commit") } else { Ok(()) }
    }

    /// Whether lanes have nothing to commit.
    pub(super) fn is_all_committed(&self) -> bool {
        self.pending.iter().all(|pending| pending.sent.is_empty())
    }

    /// Commits all lanes, one after the other.
    pub(super) fn commit_all(&mut self) -> Outcome {
        (0..self.pending.len()).try_for_each(|lane| self.commit(lane))
    }

    /// Commits a lane, to the oracle by letting it know of what the lane has taken.
    pub(super) fn commit_lane(&mut self, lane: usize) -> Outcome {
        let now = self.now;
        self.note(|| format!("commit of lane {lane} at {now}"));
        self.take_sent(lane);
        self.engine.commit(lane, self.now);
        let Pending { sent, accepted } = std::mem::take(&mut self.pending[lane]);
        for ((offset, message), accepted) in sent.into_iter().zip(accepted) {
            let topic = self.world.topics[message.source].subject.topic();
            let taken = Rc::make_mut(&mut self.records).take(
                &self.oracle,
                records::Message {
                    topic,
                    offset,
                    timestamp: message.time,
                    key: Some(message.key.as_bytes()),
                    value: message.value.as_ref().map(String::as_bytes),
                },
            );
            self.coverage.saw_if("refused", taken.is_err());
            let Message { source, partition, key, .. } = &message;
            self.happened(Event::Message(*source, *partition as i32, offset, key.clone()));
            if taken.is_ok() != accepted {
                return Err(format!(
                    "the engine accepts: {accepted}, the oracle says {taken:?}: {message:?}"
                ));
            }
        }
        Ok(())
    }

    /// Has lanes follow what became of reps and rates. What they have taken is committed with it.
    pub(super) fn settle(&mut self) -> Outcome {
        for _ in 0..3 {
            if !self.is_revaluing() {
                return Ok(());
            }
            self.coverage.saw("lanes follow");
            (0..self.pending.len()).try_for_each(|lane| self.commit_lane(lane))?;
        }
        if self.is_revaluing() { Err("lanes never follow".to_owned()) } else { Ok(()) }
    }

    fn is_revaluing(&self) -> bool {
        self.engine.live.freshness().causes().contains(&Cause::Revaluing)
    }

    /// Tells something of a rep on the topic of reps.
    pub(super) fn tell(&mut self, row: &Row) -> Outcome {
        if !self.world.told {
            return Ok(());
        }
        let (key, value) = (row.key(), row.value(self.world));
        self.note(|| format!("reps: {key}: {value:?}"));
        self.happened(Event::Row(self.rows.len() as i64));
        let bytes = value.as_ref().map(String::as_bytes);
        let accepted = self.engine.tell_rep(key.as_bytes(), bytes, self.now);
        let topic = self.oracle.topics.reps.clone();
        let message = records::Message {
            topic: &topic,
            offset: self.rows.len() as i64,
            timestamp: self.now,
            key: Some(key.as_bytes()),
            value: bytes,
        };
        let taken = Rc::make_mut(&mut self.records).take(&self.oracle, message);
        taken.map_err(|refused| format!("the oracle takes no row: {refused:?}"))?;
        if accepted == (row.says == Says::Malformed) {
            return Err(format!("the engine accepts: {accepted}: {value:?}"));
        }
        self.malformed.remove(&key);
        match row.says {
            Says::Row => self.coverage.saw("a row of a rep"),
            Says::Withdrawn => self.coverage.saw("a row is withdrawn"),
            Says::Malformed => {
                self.coverage.saw("a row that is none");
                self.malformed.insert(key.clone());
            }
        }
        self.dates.extend(row.from(self.world));
        self.rows.push((key, value));
        self.settle()?;
        if self.open { self.compare("a row of a rep") } else { Ok(()) }
    }
}
