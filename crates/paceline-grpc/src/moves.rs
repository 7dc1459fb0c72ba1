//! What moved a standing, as clients are told.

use paceline_core::moves::{Aspect, Move, Origin, RecordMove, RepMove, Reps, Share, Tick, What};
use paceline_engine::{GoalMove, Live, Moved, Rebased};

use crate::convert;
use crate::goals::{self, Seen};
use crate::proto;
use crate::proto::r#move;

/// A move, as it is told to whom sees so much of goals.
pub(crate) fn of(moved: &Moved, live: &Live, seen: &Seen<'_>) -> proto::Move {
    let Move { revision, instant, delta, goal_delta, what } = &moved.what;
    proto::Move {
        revision: revision.0,
        at: Some(convert::timestamp(*instant)),
        delta: convert::decimal(*delta),
        goal_delta: convert::decimal(*goal_delta),
        what: Some(self::what(what, moved, live, seen)),
    }
}

fn what(what: &What, moved: &Moved, live: &Live, seen: &Seen<'_>) -> r#move::What {
    match what {
        What::Change(change) => r#move::What::Change(self::change(change, live)),
        What::Goals => r#move::What::Goal(proto::GoalMove {
            edits: moved.edits.iter().map(|edit| goal(edit, live, seen)).collect(),
        }),
        What::Reps(reps) => of_reps(reps, live),
        What::Basis { shares, .. } => basis(moved.basis.as_ref(), shares, live),
        What::Clock(tick) => r#move::What::Tick(proto::TickMove { kind: kind(*tick).into() }),
    }
}

fn change(change: &RecordMove, live: &Live) -> proto::ChangeMove {
    let RecordMove { origin, entity, record, shares } = change;
    proto::ChangeMove {
        origin: Some(self::origin(origin, live)),
        entity: live.model().entity(*entity).name.clone(),
        record: record.clone(),
        shares: self::shares(shares, live),
    }
}

fn goal(moved: &GoalMove, live: &Live, seen: &Seen<'_>) -> proto::GoalMoveEdit {
    let GoalMove { edit, withdrawn, source, .. } = moved;
    let topic = live.freshness().topic(*source).to_owned();
    let origin = proto::Origin { topic, offset: edit.place as i64, ..proto::Origin::default() };
    proto::GoalMoveEdit {
        edit: Some(goals::edit(&seen.part_of(&edit.edit))),
        origin: Some(origin),
        withdrawn: *withdrawn,
    }
}

/// Records that were folded anew: by other rates, or for reps alone.
fn basis(basis: Option<&Rebased>, shares: &[Share], live: &Live) -> r#move::What {
    let Some(Rebased { rates, reps }) = basis else { return of_reps(&Reps::default(), live) };
    let Some(rates) = rates else { return of_reps(reps, live) };
    r#move::What::Rates(proto::RatesMove {
        origins: rates.iter().map(|origin| self::origin(origin, live)).collect(),
        shares: self::shares(shares, live),
        reps: self::reps(&reps.reps, live),
    })
}

fn of_reps(moved: &Reps, live: &Live) -> r#move::What {
    let (reps, more) = (reps(&moved.reps, live), moved.others);
    match moved.regrouped {
        true => r#move::What::Hierarchy(proto::HierarchyMove { reps, more }),
        false => r#move::What::Calendar(proto::CalendarMove { reps, more }),
    }
}

fn reps(reps: &[RepMove], live: &Live) -> Vec<proto::RepMove> {
    let roster = live.roster();
    let rep = |RepMove { rep, aspects, origin }: &RepMove| proto::RepMove {
        scope: roster.name(*rep),
        aspects: aspects.iter().map(|aspect| self::aspect(*aspect).into()).collect(),
        origin: origin.as_ref().map(|origin| self::origin(origin, live)),
    };
    reps.iter().map(rep).collect()
}

fn shares(shares: &[Share], live: &Live) -> Vec<proto::MoveShare> {
    let roster = live.roster();
    let share = |Share { owner, kpi, delta, records }: &Share| proto::MoveShare {
        scope: owner.map(|owner| roster.name(owner)).unwrap_or_default(),
        kpi: live.model().kpi(*kpi).name.clone(),
        delta: convert::decimal(*delta),
        records: *records,
    };
    shares.iter().map(share).collect()
}

fn origin(origin: &Origin, live: &Live) -> proto::Origin {
    let Origin { source, partition, offset, time, actor } = origin;
    proto::Origin {
        topic: live.freshness().topic(usize::from(*source)).to_owned(),
        partition: *partition,
        offset: *offset,
        event_time: time.map(convert::timestamp),
        actor: actor.as_deref().unwrap_or_default().to_owned(),
    }
}

fn aspect(aspect: Aspect) -> proto::RepAspect {
    match aspect {
        Aspect::Came => proto::RepAspect::Came,
        Aspect::Left => proto::RepAspect::Left,
        Aspect::Place => proto::RepAspect::Place,
        Aspect::Role => proto::RepAspect::Role,
        Aspect::Employment => proto::RepAspect::Employment,
        Aspect::Calendar => proto::RepAspect::Calendar,
    }
}

fn kind(tick: Tick) -> proto::TickKind {
    match tick {
        Tick::Period => proto::TickKind::Period,
        Tick::Day => proto::TickKind::Day,
        Tick::Membership => proto::TickKind::Membership,
        Tick::Status => proto::TickKind::Status,
    }
}
