//! What moved each standing, beside what has happened: nothing else is named, with the right coordinates, and the deltas add up
//! to what became of the actuals.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use paceline_core::{
    board::{Revision, Standing, Subject},
    decimal::Decimal,
    model::Model,
    moves::{Aspect, Origin, RepMove, Reps, Share, Tick, What},
    period::PeriodKind,
    roster::{Roster, Scope, ScopeId},
};
use paceline_engine::{Moved, MovedSince, Rebased};

use super::{Outcome, Play};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A message was counted: of which source and partition, at which offset, with which key.
    Message(usize, i32, i64, String),
    /// Something was told of reps, at its place.
    Row(i64),
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
    roster: Arc<Roster>,
}

/// What moves are checked against.
#[derive(Debug, Default)]
pub(super) struct Moves {
    /// Whether they are at all.
    pub(super) checked: bool,
    /// Since the board opened.
    seen: Vec<Seen>,
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
        let events = std::mem::take(&mut self.moves.events);
        let seen = self.see();
        let last = self.moves.seen.len().saturating_sub(1);
        self.explain_since(last, &seen.standings, Some(&events))?;
        self.moves.seen.push(seen);
        Ok(())
    }

    /// The same since the board opened, of which only the sums are known.
    pub(super) fn explain_all(&mut self) -> Outcome {
        self.explain()?;
        let seen = self.see();
        self.explain_since(0, &seen.standings, None)
    }

    fn see(&self) -> Seen {
        let standings = self.engine.standings(None, self.now).into_iter();
        let line = |standing: Standing| {
            let (scope, kpi, _) = self.engine.names(&standing);
            ((scope, kpi, standing.key.period.kind), standing)
        };
        Seen {
            standings: standings.map(line).collect(),
            at: self.engine.live.revision(),
            roster: self.engine.live.roster(),
        }
    }

    /// Explains all standings since what was seen for the how-manieth time.
    fn explain_since(
        &mut self,
        nth: usize,
        standings: &BTreeMap<Line, Standing>,
        events: Option<&[Event]>,
    ) -> Outcome {
        let seen = std::mem::take(&mut self.moves.seen);
        if !seen.is_empty() {
            standings.iter().try_for_each(|(line, standing)| {
                self.explain_line(line, standing, &seen[nth..], events)
            })?;
        }
        self.moves.seen = seen;
        Ok(())
    }

    /// `seen` is what was seen since the revision after which moves are asked for, that first.
    fn explain_line(
        &mut self,
        line: &Line,
        standing: &Standing,
        seen: &[Seen],
        events: Option<&[Event]>,
    ) -> Outcome {
        let (scope, kpi, kind) = line.clone();
        let kpi = self.engine.live.model().kpi_named(&kpi).expect("a KPI");
        let subject = Subject { sight: Default::default(), scope, kpi, kind };
        let since = seen[0].at;
        let explanation = self.engine.live.explanation(&subject, None, since, self.now);
        let explanation = explanation.map_err(|error| format!("{line:?}: {error:?}"))?.moved;
        let explanation = explanation.expect("no day was asked for");
        let known_after = explanation.known_after.max(since);
        let moves = explanation.moves.iter();
        let found = self.check_named(&explanation, standing, seen, events).and_then(|()| {
            // All is known since then; what happened before is compared with nothing.
            let Some(base) = seen.iter().find(|seen| seen.at >= known_after) else { return Ok(()) };
            let later: Vec<&Moved> = moves.filter(|moved| moved.what.revision > base.at).collect();
            let has_others = explanation.others > 0 && later.len() == explanation.moves.len();
            if has_others && base.at > known_after {
                return Ok(());
            }
            let others = has_others.then(|| explanation.others_delta.unwrap_or_default());
            self.check_sums(&later, others, standing, base.standings.get(line), events)
        });
        found.map_err(|error| {
            let before = seen[0].standings.get(line);
            format!(
                "{line:?} since {since:?}, {events:?}: {error}\n{explanation:#?}\nbefore {before:#?}\nafter {standing:#?}"
            )
        })
    }

    /// Nothing is named but what has happened after the revision that is told.
    fn check_named(
        &mut self,
        explanation: &MovedSince,
        standing: &Standing,
        seen: &[Seen],
        events: Option<&[Event]>,
    ) -> Outcome {
        let (moves, since) = (&explanation.moves, seen[0].at);
        if standing.revision <= since && !moves.is_empty() {
            return Err("it has not changed, and something is named".to_owned());
        }
        let known_after = explanation.known_after.max(since);
        if moves.iter().any(|moved| moved.what.revision <= known_after) {
            return Err("something is named of which not all is known".to_owned());
        }
        if explanation.known_after > since && !self.world.is_lively() {
            return Err("not all is known of a short story".to_owned());
        }
        moves.iter().try_for_each(|moved| self.check_move(moved, &seen[0].roster, events))
    }

    /// Moves come to what became of a standing, with what others came to that are not listed, if there are any.
    fn check_sums(
        &self,
        moves: &[&Moved],
        others: Option<Decimal>,
        standing: &Standing,
        former: Option<&Standing>,
        events: Option<&[Event]>,
    ) -> Outcome {
        let goes_on = former.filter(|former| former.key.period.name == standing.key.period.name);
        // A period may end, and by another calendar one begin that has the same name.
        let has_other_days = goes_on.is_some_and(|it| it.key.period != standing.key.period);
        let moves_on = standing.key.period.kind.is_rolling();
        if has_other_days && !moves_on && moves.last().is_some_and(|moved| is_beginning_anew(moved))
        {
            return Ok(());
        }
        let Some(former) = goes_on else { return Ok(()) };
        let seen =
            |of: &Standing| (of.numbers.actual, of.numbers.goal, of.sample, of.status, of.doubt);
        if seen(former) != seen(standing) && moves.is_empty() {
            return Err("it has changed, and nothing is named".to_owned());
        }
        if moves.iter().any(|moved| is_beginning(moved)) {
            return Ok(());
        }
        add_up(moves, others, former, standing, self.engine.live.model())?;
        let one = events.filter(|events| events.len() == 1 && !self.world.is_lively());
        match (one.map(|events| &events[0]), moves) {
            (Some(Event::Message(..)), [_, _, ..]) => {
                Err("one message is named as several".to_owned())
            }
            (_, _) => Ok(()),
        }
    }

    /// What is named has happened.
    fn check_move(&mut self, moved: &Moved, former: &Roster, events: Option<&[Event]>) -> Outcome {
        let kind = kind(moved);
        self.moves.named.insert(kind);
        let is_somebody = match &moved.what.what {
            What::Reps(reps) => has_any(reps),
            What::Basis { .. } => moved.basis.as_ref().is_some_and(|basis| {
                let said = basis.rates.as_ref().is_some_and(|rates| !rates.told.is_empty());
                said || basis.rates.is_none() && has_any(&basis.reps)
            }),
            What::Goals => !moved.edits.is_empty(),
            What::Change(_) | What::Clock(_) => true,
        };
        if !is_somebody {
            return Err(format!("nothing is named: {moved:?}"));
        }
        let Some(events) = events else { return Ok(()) };
        let is_message = |origin: &Origin| events.iter().any(|event| is_of(event, origin, None));
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
                    Event::Message(..) | Event::Row(_) | Event::Clock => None,
                };
                let places: Vec<i64> = events.iter().filter_map(place).collect();
                let known = |edit: &paceline_engine::GoalMove| {
                    edit.withdrawn || places.contains(&(edit.edit.place as i64))
                };
                !places.is_empty() && moved.edits.iter().all(known)
            }
            What::Reps(reps) => reps.reps.iter().all(|rep| self.has_become(rep, former, events)),
            What::Basis { .. } => moved.basis.as_ref().is_some_and(|Rebased { rates, reps }| {
                let works = |rep: &RepMove| {
                    let days = [Aspect::Came, Aspect::Left, Aspect::Calendar];
                    rep.aspects.iter().any(|aspect| days.contains(aspect))
                        && self.has_become(rep, former, events)
                };
                rates.iter().flat_map(|rates| &rates.told).all(is_message)
                    && reps.reps.iter().all(works)
            }),
            What::Clock(_) => events.contains(&Event::Clock),
        };
        if holds { Ok(()) } else { Err(format!("what is named has not happened: {moved:?}")) }
    }

    /// Whether a rep has become what is named, where that was said or with a day; by the reps of before, if nothing else has
    /// happened.
    fn has_become(&self, rep: &RepMove, former: &Roster, events: &[Event]) -> bool {
        let roster = self.engine.live.roster();
        let passed = events.contains(&Event::Clock) && !self.dates.is_empty();
        let is_said = |origin: &Origin| {
            let row = usize::from(origin.source) > self.world.topics.len();
            let is_row = row && events.contains(&Event::Row(origin.offset));
            is_row || events.iter().any(|event| is_of(event, origin, None))
        };
        // Somebody above may have moved, or may be a rep no longer.
        let by_others = || events.iter().any(|event| !matches!(event, Event::Edit(_)));
        let is_of_others = rep.aspects == [Aspect::Place] && by_others();
        let holds = rep.origin.as_ref().map_or(passed || is_of_others, is_said);
        let alone = events.len() == 1;
        holds
            && (!alone
                || rep.aspects.iter().all(|aspect| became(*aspect, rep.rep, former, &roster)))
    }
}

/// Whether anybody is named.
fn has_any(reps: &Reps) -> bool {
    !reps.reps.is_empty() || reps.others > 0
}

/// Whether of a rep an aspect differs from one roster to another.
fn became(aspect: Aspect, rep: ScopeId, former: &Roster, roster: &Roster) -> bool {
    let find = |of: &Roster| match *of.scope(rep) {
        Scope::Rep(at) => {
            Some((of.reps()[at].clone(), of.path(of.symbol(at)).to_vec(), of.zone(rep).clone()))
        }
        Scope::Org | Scope::Unassigned | Scope::Team(_) | Scope::Ended => None,
    };
    let (was, is) = match (aspect, find(former), find(roster)) {
        (Aspect::Came, None, Some(_)) | (Aspect::Left, Some(_), None) => return true,
        (_, Some(was), Some(is)) => (was, is),
        (_, _, _) => return false,
    };
    let ((was, was_in, was_at), (is, is_in, is_at)) = (was, is);
    match aspect {
        Aspect::Came | Aspect::Left => false,
        Aspect::Place => was_in != is_in,
        Aspect::Role => was.role != is.role,
        Aspect::Employment => (was.start, was.end) != (is.start, is.end),
        Aspect::Calendar => {
            (was.calendar, &was.time_off, was_at) != (is.calendar, &is.time_off, is_at)
        }
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
        Event::Row(_) | Event::Edit(_) | Event::Clock => false,
    }
}

fn shared(shares: &[Share]) -> Option<Decimal> {
    shares.iter().map(|share| share.delta).sum()
}

/// Whether with it the standing began, rather than went on.
fn is_beginning(moved: &Moved) -> bool {
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
    let What::Reps(reps) = &moved.what.what else { return false };
    let none = (None, None) == (moved.what.delta, moved.what.goal_delta);
    none && reps.reps.iter().any(|rep| rep.aspects.contains(&Aspect::Calendar))
}

/// The deltas add up.
fn add_up(
    moves: &[&Moved],
    others: Option<Decimal>,
    before: &Standing,
    after: &Standing,
    model: &Model,
) -> Outcome {
    let difference = |before: Option<Decimal>, after: Option<Decimal>| Some(after? - before?);
    if model.kpi(after.key.kpi).adds_up() {
        let deltas = moves.iter().filter_map(|moved| moved.what.delta);
        let sum: Decimal = deltas.sum::<Decimal>() + others.unwrap_or_default();
        if difference(before.numbers.actual, after.numbers.actual).is_some_and(|it| it != sum) {
            return Err(format!("the deltas add up to {sum}"));
        }
    }
    if others.is_some() {
        return Ok(());
    }
    let goals: Decimal = moves.iter().filter_map(|moved| moved.what.goal_delta).sum();
    let goal = |of: &Standing| Some(of.numbers.goal.unwrap_or(Decimal::ZERO));
    match difference(goal(before), goal(after)) {
        Some(difference) if difference != goals => {
            Err(format!("the deltas of the goal add up to {goals}"))
        }
        Some(_) | None => Ok(()),
    }
}

fn kind(moved: &Moved) -> &'static str {
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
