//! What moved each standing, beside what has happened: nothing else is named, with the right coordinates, and the deltas add up
//! to what became of the actuals.

use std::collections::{BTreeMap, BTreeSet};

use paceline_core::{
    board::{Revision, Standing, Subject},
    decimal::Decimal,
    moves::{Origin, Share, What},
    period::PeriodKind,
};
use paceline_engine::{Moved, MovedSince};

use super::{Outcome, Play};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A message was counted: of which source and partition, at which offset, with which key.
    Message(usize, i32, i64, String),
    /// Something was told of reps.
    Row,
    /// An edit of a goal, at its place.
    Edit(i64),
    /// Time has passed.
    Clock,
}

/// A scope, a KPI and a kind of period.
type Line = (String, String, PeriodKind);

/// What there was at a revision.
#[derive(Debug)]
struct Seen {
    at: Revision,
    standings: BTreeMap<Line, Standing>,
}

/// What moves are checked against.
#[derive(Debug, Default)]
pub(super) struct Moves {
    /// Whether they are at all.
    pub(super) checked: bool,
    /// When the board opened.
    opened: Option<Seen>,
    last: Option<Seen>,
    events: Vec<Event>,
    pub(super) named: BTreeSet<&'static str>,
}

impl Play<'_> {
    pub(super) fn happened(&mut self, event: Event) {
        if self.moves.checked && self.open {
            self.moves.events.push(event);
        }
    }

    /// Compares what moved since the last time with what has happened meanwhile.
    pub(super) fn explain(&mut self) -> Outcome {
        if !self.moves.checked || !self.open {
            return Ok(());
        }
        let seen = self.see();
        let events = std::mem::take(&mut self.moves.events);
        if let Some(last) = self.moves.last.take() {
            for (line, standing) in &seen.standings {
                self.explain_line(line, standing, &last, Some(&events))?;
            }
        }
        if self.moves.opened.is_none() {
            self.moves.opened = Some(self.see());
        }
        self.moves.last = Some(seen);
        Ok(())
    }

    /// The same since the board opened, of which only the sums are known.
    pub(super) fn explain_all(&mut self) -> Outcome {
        self.explain()?;
        let Some(opened) = self.moves.opened.take() else { return Ok(()) };
        let seen = self.see();
        seen.standings
            .iter()
            .try_for_each(|(line, standing)| self.explain_line(line, standing, &opened, None))
    }

    fn see(&self) -> Seen {
        let standings = self.engine.standings(None, self.now).into_iter();
        let line = |standing: Standing| {
            let (scope, kpi, _) = self.engine.names(&standing);
            ((scope, kpi, standing.key.period.kind), standing)
        };
        Seen { standings: standings.map(line).collect(), at: self.engine.live.revision() }
    }

    fn explain_line(
        &mut self,
        line: &Line,
        standing: &Standing,
        before: &Seen,
        events: Option<&[Event]>,
    ) -> Outcome {
        let (scope, kpi, kind) = line.clone();
        let kpi = self.engine.live.model().kpi_named(&kpi).expect("a KPI");
        let subject = Subject { sight: Default::default(), scope, kpi, kind };
        let explanation = self.engine.live.explanation(&subject, None, before.at, self.now);
        let explanation = explanation.map_err(|error| format!("{line:?}: {error:?}"))?.moved;
        let explanation = explanation.expect("no day was asked for");
        let former = before.standings.get(line);
        let found = self.check_moves(&explanation, standing, former, before.at, events);
        found.map_err(|error| {
            format!(
                "{line:?} since {:?}, {events:?}: {error}\n{explanation:#?}\nbefore {former:#?}\nafter {standing:#?}",
                before.at
            )
        })
    }

    fn check_moves(
        &mut self,
        explanation: &MovedSince,
        standing: &Standing,
        former: Option<&Standing>,
        since: Revision,
        events: Option<&[Event]>,
    ) -> Outcome {
        let moves = &explanation.moves;
        if standing.revision <= since && !moves.is_empty() {
            return Err("it has not changed, and something is named".to_owned());
        }
        for moved in moves {
            self.check_move(moved, events)?;
        }
        let complete = explanation.known_after <= since;
        if !complete && !self.world.is_lively() {
            return Err("not all is known of a short story".to_owned());
        }
        let goes_on = former.filter(|former| former.key.period.name == standing.key.period.name);
        // A period may end, and by another calendar one begin that has the same name.
        let others = goes_on.is_some_and(|former| former.key.period != standing.key.period);
        let moves_on = standing.key.period.kind.is_rolling();
        if others && !moves_on && moves.last().is_some_and(is_beginning_anew) {
            return Ok(());
        }
        let Some(former) = goes_on.filter(|_| complete) else { return Ok(()) };
        let seen =
            |of: &Standing| (of.numbers.actual, of.numbers.goal, of.sample, of.status, of.doubt);
        if seen(former) != seen(standing) && moves.is_empty() {
            return Err("it has changed, and nothing is named".to_owned());
        }
        let began = moves.iter().any(|moved| moved.what.revision > since && is_beginning(moved));
        if began {
            return Ok(());
        }
        check_sums(explanation, former, standing, self.engine.live.model())?;
        let one = events.filter(|events| events.len() == 1 && !self.world.is_lively());
        match (one.map(|events| &events[0]), moves.as_slice()) {
            (Some(Event::Message(..)), [_, _, ..]) => {
                Err("one message is named as several".to_owned())
            }
            (_, _) => Ok(()),
        }
    }

    /// What is named has happened.
    fn check_move(&mut self, moved: &Moved, events: Option<&[Event]>) -> Outcome {
        let kind = kind(moved);
        self.moves.named.insert(kind);
        let Some(events) = events else { return Ok(()) };
        let is_message = |origin: &Origin| events.iter().any(|event| is_of(event, origin, None));
        let spoken = events.iter().any(|event| matches!(event, Event::Message(..)));
        let told = events.contains(&Event::Row);
        let passed = events.contains(&Event::Clock);
        let holds = match &moved.what.what {
            What::Change(change) => {
                let shares = shared(&change.shares);
                let adds_up = moved.what.delta.is_none_or(|delta| Some(delta) == shares);
                let is_said = |event| is_of(event, &change.origin, Some(&change.record));
                adds_up && events.iter().any(is_said)
            }
            What::Goals => {
                let place = |event: &Event| match event {
                    Event::Edit(place) => Some(*place),
                    Event::Message(..) | Event::Row | Event::Clock => None,
                };
                let places: Vec<i64> = events.iter().filter_map(place).collect();
                let known = |edit: &paceline_engine::GoalMove| {
                    edit.withdrawn || places.contains(&(edit.edit.place as i64))
                };
                !places.is_empty() && moved.edits.iter().all(known)
            }
            What::Reps(reps) => {
                let said = reps.reps.iter().filter_map(|rep| rep.origin.as_ref());
                let topic = self.world.topics.len();
                let mut said = said.filter(|origin| usize::from(origin.source) < topic);
                (spoken || told || passed) && said.all(is_message)
            }
            What::Basis { .. } => spoken || told || passed,
            What::Clock(_) => passed,
        };
        if holds { Ok(()) } else { Err(format!("what is named has not happened: {moved:?}")) }
    }
}

/// Whether a message is where something was said, of a record.
fn is_of(event: &Event, origin: &Origin, record: Option<&str>) -> bool {
    match event {
        Event::Message(source, partition, offset, key) => {
            let place = (usize::from(origin.source), origin.partition, origin.offset);
            place == (*source, *partition, *offset)
                && record.is_none_or(|record| record.is_empty() || record == key)
        }
        Event::Row | Event::Edit(_) | Event::Clock => false,
    }
}

fn shared(shares: &[Share]) -> Option<Decimal> {
    shares.iter().map(|share| share.delta).sum()
}

/// Whether with it the standing began, rather than went on.
fn is_beginning(moved: &Moved) -> bool {
    use paceline_core::moves::{Aspect, Tick};
    match &moved.what.what {
        What::Clock(tick) => *tick == Tick::Period,
        What::Reps(reps) => {
            let began = |aspect: &Aspect| *aspect == Aspect::Came || *aspect == Aspect::Place;
            moved.what.delta.is_none() && reps.reps.iter().any(|rep| rep.aspects.iter().any(began))
        }
        What::Change(_) | What::Goals | What::Basis { .. } => false,
    }
}

/// Whether a period may have begun with it because somebody's days became others.
fn is_beginning_anew(moved: &Moved) -> bool {
    use paceline_core::moves::Aspect;
    let What::Reps(reps) = &moved.what.what else { return false };
    let none = (None, None) == (moved.what.delta, moved.what.goal_delta);
    none && reps.reps.iter().any(|rep| rep.aspects.contains(&Aspect::Calendar))
}

/// The deltas add up.
fn check_sums(
    explanation: &MovedSince,
    before: &Standing,
    after: &Standing,
    model: &paceline_core::model::Model,
) -> Outcome {
    let difference = |before: Option<Decimal>, after: Option<Decimal>| Some(after? - before?);
    if model.kpi(after.key.kpi).adds_up() {
        let others = explanation.others_delta.unwrap_or(Decimal::ZERO);
        let deltas = explanation.moves.iter().filter_map(|moved| moved.what.delta);
        let sum: Decimal = deltas.sum::<Decimal>() + others;
        if difference(before.numbers.actual, after.numbers.actual).is_some_and(|it| it != sum) {
            return Err(format!("the deltas add up to {sum}"));
        }
    }
    let goals: Decimal = explanation.moves.iter().filter_map(|moved| moved.what.goal_delta).sum();
    let goal = |of: &Standing| Some(of.numbers.goal.unwrap_or(Decimal::ZERO));
    match difference(goal(before), goal(after)) {
        Some(difference) if difference != goals && explanation.others == 0 => {
            Err(format!("the deltas of the goal add up to {goals}"))
        }
        Some(_) | None => Ok(()),
    }
}

fn kind(moved: &Moved) -> &'static str {
    use paceline_core::moves::Tick;
    match &moved.what.what {
        What::Change(_) => "a change",
        What::Goals => "an edit of a goal",
        What::Reps(reps) if reps.regrouped => "the hierarchy",
        What::Reps(_) => "a calendar",
        What::Basis { .. } => match &moved.basis {
            Some(basis) if basis.rates.is_some() => "rates",
            Some(_) | None => "a calendar of records",
        },
        What::Clock(Tick::Period) => "a period",
        What::Clock(Tick::Day) => "a day",
        What::Clock(Tick::Membership) => "a record by the clock",
        What::Clock(Tick::Status) => "a status by the clock",
    }
}
