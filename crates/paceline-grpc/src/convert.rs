//! From the core's values to those of the wire, by hand: a name that changes inside changes nothing outside.

use std::collections::BTreeSet;

use jiff::Timestamp;
use paceline_core::alert::{Alert, AlertId, Trigger};
use paceline_core::board;
use paceline_core::decimal::Decimal;
use paceline_core::kpi;
use paceline_core::ledger;
use paceline_core::model::Model;
use paceline_core::period;
use paceline_core::roster::{self, Roster, ScopeId};
use paceline_core::sight::{Horizon, Sight};
use paceline_core::standing;
use paceline_engine as engine;

use crate::proto;

/// An instant.
pub(crate) fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    // The wire counts the fraction from the second before, jiff towards zero.
    let (seconds, nanos) = (at.as_second(), at.subsec_nanosecond());
    if nanos < 0 {
        return prost_types::Timestamp { seconds: seconds - 1, nanos: nanos + 1_000_000_000 };
    }
    prost_types::Timestamp { seconds, nanos }
}

/// A period.
pub(crate) fn period(period: &period::Period) -> proto::Period {
    proto::Period {
        kind: period.kind.to_string(),
        name: period.name.clone(),
        start: period.start.to_string(),
        end: period.end.to_string(),
    }
}

/// A standing.
pub(crate) fn standing(
    standing: &board::Standing,
    model: &Model,
    roster: &Roster,
) -> proto::Standing {
    let board::Standing { key, numbers, sample, status, since, next_change, doubt, lags, revision } =
        standing;
    let doubts = doubts(*doubt, *lags);
    proto::Standing {
        scope: roster.name(key.scope),
        kpi: model.kpi(key.kpi).name.clone(),
        period: Some(period(&key.period)),
        actual: decimal(numbers.actual),
        goal: decimal(numbers.goal),
        expected: decimal(numbers.expected),
        remaining: decimal(numbers.remaining),
        projected: decimal(numbers.projected),
        required_per_day: decimal(numbers.required_per_day),
        attainment: numbers.attainment,
        pace: numbers.pace,
        sample: *sample,
        status: self::status(*status).into(),
        status_since: Some(timestamp(*since)),
        next_change_at: next_change.map(timestamp),
        in_doubt: !doubts.is_empty(),
        doubts,
        revision: revision.0,
        expected_rate: decimal(numbers.expected_rate),
        rate_until: numbers.rate_until.map(timestamp),
    }
}

/// The rank of a standing; 0 is none.
pub(crate) fn rank(
    rank: Option<u32>,
    standing: &board::Standing,
    model: &Model,
    roster: &Roster,
) -> proto::Rank {
    proto::Rank { rank: rank.unwrap_or(0), standing: Some(self::standing(standing, model, roster)) }
}

/// A day of a history.
pub(crate) fn history_day(day: &board::HistoryDay) -> proto::HistoryDay {
    proto::HistoryDay {
        day: day.day.to_string(),
        actual: decimal(day.actual),
        expected: decimal(day.expected),
    }
}

/// An alert, by the names of a roster that names all there ever was.
pub fn alert_message(alert: &Alert, model: &Model, roster: &Roster) -> proto::Alert {
    let Alert { standing, from, trigger, judged } = alert;
    let message = self::standing(standing, model, roster);
    let period = &standing.key.period;
    let id = AlertId::of(&message.scope, &message.kpi, period, standing.status, standing.since);
    proto::Alert {
        id: id.to_string(),
        scope: message.scope.clone(),
        kpi: message.kpi.clone(),
        period: message.period.clone(),
        from: status(*from).into(),
        to: message.status,
        since: message.status_since,
        standing: Some(message),
        cause: Some(proto::AlertCause {
            kind: alert_cause_kind(*trigger).into(),
            judged_at: Some(timestamp(*judged)),
        }),
    }
}

fn alert_cause_kind(trigger: Trigger) -> proto::AlertCauseKind {
    match trigger {
        Trigger::Records => proto::AlertCauseKind::Change,
        Trigger::Goal => proto::AlertCauseKind::Goal,
        Trigger::Reps => proto::AlertCauseKind::Reps,
        Trigger::Clock => proto::AlertCauseKind::Clock,
        Trigger::Start => proto::AlertCauseKind::Start,
    }
}

/// A standing that left.
pub(crate) fn removal(removal: &board::Removal, model: &Model, roster: &Roster) -> proto::Removal {
    let board::Removal { key, reason } = removal;
    let reason = match reason {
        board::Reason::Deleted => proto::RemovalReason::Deleted,
        board::Reason::OutOfFilter => proto::RemovalReason::OutOfFilter,
        board::Reason::OutOfScope => proto::RemovalReason::OutOfScope,
    };
    proto::Removal {
        scope: roster.name(key.scope),
        kpi: model.kpi(key.kpi).name.clone(),
        period: Some(period(&key.period)),
        reason: reason.into(),
    }
}

/// Everything of a scope that is unknown or forbidden.
pub(crate) fn out_of_scope(name: &str) -> proto::Removal {
    proto::Removal {
        scope: name.to_owned(),
        kpi: String::new(),
        period: None,
        reason: proto::RemovalReason::OutOfScope.into(),
    }
}

/// A decimal; empty without one.
pub(crate) fn decimal(value: Option<Decimal>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn status(status: standing::Status) -> proto::Status {
    match status {
        standing::Status::NoGoal => proto::Status::NoGoal,
        standing::Status::NotEnoughData => proto::Status::NotEnoughData,
        standing::Status::Missed => proto::Status::Missed,
        standing::Status::Achieved => proto::Status::Achieved,
        standing::Status::TooEarly => proto::Status::TooEarly,
        standing::Status::Ahead => proto::Status::Ahead,
        standing::Status::OnTrack => proto::Status::OnTrack,
        standing::Status::Behind => proto::Status::Behind,
    }
}

/// Why something is in doubt.
pub(crate) fn doubts(doubt: ledger::Doubt, lags: bool) -> Vec<proto::Doubt> {
    let ledger::Doubt { incomplete, gap } = doubt;
    let reasons = [(proto::DoubtReason::Incomplete, incomplete), (proto::DoubtReason::Gap, gap)];
    let some = reasons.into_iter().filter(|(_, records)| *records != 0);
    let lag = lags.then_some((proto::DoubtReason::Lag, 0));
    let doubt = |(reason, records): (proto::DoubtReason, i64)| proto::Doubt {
        reason: reason.into(),
        records,
    };
    some.chain(lag).map(doubt).collect()
}

/// A KPI.
pub(crate) fn kpi(kpi: &kpi::Kpi) -> proto::Kpi {
    proto::Kpi {
        name: kpi.name.clone(),
        title: kpi.title.clone(),
        description: kpi.description.clone(),
        unit: unit(kpi.unit).into(),
        better: better(kpi.better).into(),
        goal_kind: goal_kind(kpi.goal_kind).into(),
        role: role(kpi.role).into(),
        periods: kpi.periods.iter().map(ToString::to_string).collect(),
        min_sample: kpi.min_sample,
    }
}

fn unit(unit: kpi::Unit) -> proto::Unit {
    match unit {
        kpi::Unit::Currency => proto::Unit::Currency,
        kpi::Unit::Count => proto::Unit::Count,
        kpi::Unit::Ratio => proto::Unit::Ratio,
        kpi::Unit::Days => proto::Unit::Days,
    }
}

fn better(better: kpi::Better) -> proto::Better {
    match better {
        kpi::Better::Higher => proto::Better::Higher,
        kpi::Better::Lower => proto::Better::Lower,
    }
}

fn goal_kind(goal_kind: kpi::GoalKind) -> proto::GoalKind {
    match goal_kind {
        kpi::GoalKind::Reach => proto::GoalKind::Reach,
        kpi::GoalKind::Hold => proto::GoalKind::Hold,
        kpi::GoalKind::Rate => proto::GoalKind::Rate,
    }
}

/// Whether a KPI drives others or results from them.
pub(crate) fn role(role: kpi::Role) -> proto::Role {
    match role {
        kpi::Role::Input => proto::Role::Input,
        kpi::Role::Output => proto::Role::Output,
    }
}

/// A scope in force, with its place in the tree as far as that is seen.
pub(crate) fn scope(id: ScopeId, roster: &Roster, horizon: &Horizon) -> Option<proto::Scope> {
    let name = roster.name(id);
    let (kind, title, rep) = match roster.scope(id) {
        roster::Scope::Ended => return None,
        roster::Scope::Org => (proto::ScopeKind::Org, "Organisation", None),
        roster::Scope::Unassigned => (proto::ScopeKind::Unassigned, "Unassigned", None),
        roster::Scope::Rep(rep) => {
            (proto::ScopeKind::Rep, roster.reps()[*rep].name.as_str(), Some(*rep))
        }
        roster::Scope::Team(rep) => {
            (proto::ScopeKind::Team, roster.reps()[*rep].name.as_str(), Some(*rep))
        }
    };
    Some(proto::Scope {
        name,
        kind: kind.into(),
        title: title.to_owned(),
        parent: parent(id, roster, horizon).map(|id| roster.name(id)).unwrap_or_default(),
        role: rep.and_then(|rep| roster.reps()[rep].role.clone()).unwrap_or_default(),
    })
}

/// The nearest scope that a scope is part of and that is seen.
fn parent(id: ScopeId, roster: &Roster, horizon: &Horizon) -> Option<ScopeId> {
    let sees = |scope: &ScopeId| horizon.sees(*scope, roster.above(*scope));
    roster.above(id)?.iter().copied().find(sees)
}

/// Up to where each source is counted.
pub(crate) fn covered(covered: &[(String, Option<Timestamp>)]) -> Vec<proto::Covered> {
    let convert = |(source, time): &(String, Option<Timestamp>)| proto::Covered {
        source: source.clone(),
        event_time: time.map(timestamp),
    };
    covered.iter().map(convert).collect()
}

/// Why the numbers are not complete. Details are in words that may name anybody: who does not see all is told the kind alone, once.
pub(crate) fn causes(
    causes: &BTreeSet<engine::Cause>,
    model: &Model,
    sight: &Sight,
) -> Vec<proto::Cause> {
    let mut causes: Vec<proto::Cause> =
        causes.iter().map(|cause| self::cause(cause, model)).collect();
    if *sight != Sight::All {
        causes.iter_mut().for_each(|cause| cause.detail.clear());
        causes.dedup();
    }
    causes
}

fn cause(cause: &engine::Cause, model: &Model) -> proto::Cause {
    let of = |kind: proto::CauseKind| proto::Cause { kind: kind.into(), ..proto::Cause::default() };
    let of_topic = |kind, topic: &String| proto::Cause { source: topic.clone(), ..of(kind) };
    let of_entity =
        |kind, entity| proto::Cause { entity: model.entity(entity).name.clone(), ..of(kind) };
    match cause {
        engine::Cause::CatchingUp { topic } => of_topic(proto::CauseKind::CatchingUp, topic),
        engine::Cause::BrokerUnreachable { topic } => {
            of_topic(proto::CauseKind::BrokerUnreachable, topic)
        }
        engine::Cause::PartitionsAdded { topic } => {
            of_topic(proto::CauseKind::PartitionsAdded, topic)
        }
        engine::Cause::Lagging { topic } => of_topic(proto::CauseKind::Lagging, topic),
        engine::Cause::Recovering { topic } => of_topic(proto::CauseKind::Recovering, topic),
        engine::Cause::Quarantined { topic } => of_topic(proto::CauseKind::Quarantined, topic),
        engine::Cause::Truncated { topic } => of_topic(proto::CauseKind::Truncated, topic),
        engine::Cause::Misplaced { topic } => of_topic(proto::CauseKind::Misplaced, topic),
        engine::Cause::Unwritable { topic } => of_topic(proto::CauseKind::Unwritable, topic),
        engine::Cause::Miskept { topic } => of_topic(proto::CauseKind::Miskept, topic),
        engine::Cause::Gapped { entity } => of_entity(proto::CauseKind::Gap, *entity),
        engine::Cause::Overflow { entity } => of_entity(proto::CauseKind::Overflow, *entity),
        engine::Cause::Revaluing => of(proto::CauseKind::Revaluing),
        engine::Cause::WrongFact { problem } => {
            proto::Cause { detail: problem.clone(), ..of(proto::CauseKind::WrongFact) }
        }
        engine::Cause::Unreadable { error } => {
            proto::Cause { detail: error.clone(), ..of(proto::CauseKind::Unreadable) }
        }
    }
}

/// What of a source is counted.
pub(crate) fn source(source: &engine::SourceFreshness) -> proto::SourceFreshness {
    proto::SourceFreshness {
        source: source.topic.clone(),
        partitions: source
            .partitions
            .iter()
            .map(|(number, known)| partition(*number, known))
            .collect(),
    }
}

fn partition(number: i32, known: &engine::PartitionFreshness) -> proto::PartitionFreshness {
    proto::PartitionFreshness {
        partition: number,
        next_offset: known.next_offset,
        end_offset: known.end_offset,
        lag: known.lag(),
        event_time: known.event_time.map(timestamp),
        rejected: known.rejected,
        gaps: u64::try_from(known.gaps).unwrap_or(0),
        caught_up: known.caught_up,
    }
}

#[cfg(test)]
mod tests {
    use super::timestamp;

    #[test]
    fn instants_before_1970_have_positive_fractions() {
        let at = timestamp("1969-12-31T23:59:59.75Z".parse().expect("an instant"));
        assert_eq!((at.seconds, at.nanos), (-1, 750_000_000));
    }
}
