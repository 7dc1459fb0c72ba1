//! The pieces of many members are those that a walk over all of them finds, without the walk.

use std::sync::Arc;

use super::ingredients::{Ingredients, Member};
use super::{Board, How, Pieces};
use crate::board::Subject;
use crate::board::tests::{BOOKINGS, at, decimal, goal, model, rep};
use crate::calendar::Calendar;
use crate::contributor::Sought;
use crate::day::Day;
use crate::entity::FieldId;
use crate::expr::Number;
use crate::goal::{Goal, Step, Whose};
use crate::kpi::{Aggregate, GoalKind, Measure};
use crate::period::PeriodKind;
use crate::roster::{Rep, Roster};
use crate::sight::Sight;
use crate::symbol::Symbols;

/// More than are told of day by day.
const REPS: usize = 60;

/// In the middle of a month, and at its end, when for some of the reps the next one has begun.
const NOON: &str = "2026-11-23T13:00:00Z";
const LAST: &str = "2026-11-30T23:30:00Z";

fn reps() -> Vec<Rep> {
    let member = |nth: usize| {
        let zone = ["UTC", "America/New_York", "Asia/Tokyo"][nth % 3];
        let start = format!("2026-{:02}-{:02}", 1 + nth % 11, 1 + nth % 28);
        Rep {
            start: Some(Day::parse(&start).expect("a day")),
            role: Some(if nth.is_multiple_of(7) { "sdr" } else { "ae" }.to_owned()),
            ..rep(&format!("U{nth}"), Some("M1"), zone)
        }
    };
    [rep("M1", None, "UTC")].into_iter().chain((0..REPS).map(member)).collect()
}

fn for_role(target: &str, role: &str, shares: &[&str]) -> Goal {
    let steps = (1..).zip(shares);
    let steps = steps.map(|(nth, share)| Step { until_month: 3 * nth, share: decimal(share) });
    let ramp = steps.collect();
    let whose = Whose::Role(role.to_owned());
    Goal { whose, ramp, ..goal(target, PeriodKind::Month) }
}

fn board((kind, is_sum): (GoalKind, bool), goals: Vec<Goal>, now: &str) -> Board {
    let mut symbols = Symbols::default();
    let roster = Roster::new(reps(), &[Calendar::default()], &mut symbols).expect("a roster");
    let mut model = model(vec![PeriodKind::Month], goals, symbols);
    model.kpis[0].goal_kind = kind;
    if let (Measure::Simple(simple), false) = (&mut model.kpis[0].measure, is_sum) {
        simple.aggregate = Aggregate::Average(Number::Field(FieldId(0)));
    }
    let mut board = Board::new(Arc::new(model), Arc::new(roster));
    board.open(at(now));
    board
}

fn sought(board: &Board, scope: &str) -> Sought {
    let (sight, scope, kind) = (Sight::All, scope.to_owned(), PeriodKind::Month);
    board.sought(&Subject { sight, scope, kpi: BOOKINGS, kind }, None).expect("a standing")
}

/// What a walk over all members finds.
fn walked(board: &mut Board, sought: &Sought, now: &str) -> Pieces {
    let kind = board.model.kpi(BOOKINGS).goal_kind;
    let (how, whole, members) = match kind {
        GoalKind::Reach => {
            board.with_times(|board, times| board.owed_pieces(times, sought, at(now)))
        }
        GoalKind::Hold | GoalKind::Rate => board.held_pieces(sought, at(now)),
    };
    let unwalked = board.ingredients(sought, at(now));
    Ingredients { how, whole, members, ..unwalked }.pieces()
}

#[test]
fn the_pieces_of_many_members_are_those_of_a_walk_over_all() {
    let (plain, steep) = (&[][..], &["0", "0.25", "0.5"][..]);
    let alike = |shares| vec![for_role("42000", "ae", shares), for_role("42000", "sdr", shares)];
    let other = || vec![for_role("42000", "ae", steep), for_role("9000", "sdr", plain)];
    let none_left = || alike(&["0", "0", "0", "0"]);
    let mut seen = Vec::new();
    for (kind, is_sum) in [
        (GoalKind::Reach, true),
        (GoalKind::Reach, false),
        (GoalKind::Hold, true),
        (GoalKind::Hold, false),
        (GoalKind::Rate, false),
    ] {
        for goals in [alike(plain), alike(steep), other(), none_left()] {
            for now in [NOON, LAST] {
                let mut board = board((kind, is_sum), goals.clone(), now);
                for scope in ["team:M1", "org"] {
                    let sought = sought(&board, scope);
                    let found = board.ingredients(&sought, at(now)).pieces();
                    assert_eq!(found, walked(&mut board, &sought, now), "{scope} {kind:?} {now}");
                    assert!(found.pieces.len().max(found.members.len()) >= REPS, "{found:?}");
                    seen.push(found.how);
                }
            }
        }
    }
    assert!([How::Sum, How::Common, How::Differ].iter().all(|how| seen.contains(how)), "{seen:?}");
}

#[test]
fn of_many_members_only_those_in_another_period_are_walked_over() {
    for (now, walked) in [(NOON, 0), (LAST, REPS / 3)] {
        let goals = vec![goal("42000", PeriodKind::Month)];
        let mut board = board((GoalKind::Reach, true), goals, now);
        let sought = sought(&board, "team:M1");
        let members = board.ingredients(&sought, at(now)).members;
        let worked = members.iter().filter(|member| matches!(member, Member::Worked(_)));
        assert_eq!((members.len(), worked.count()), (REPS + 1, walked), "{now}");
    }
}

#[test]
fn a_team_with_a_goal_of_its_own_has_one_piece_however_many_it_has_of_members() {
    let own = Goal { whose: Whose::Team("M1".to_owned()), ..goal("9", PeriodKind::Month) };
    let goals = vec![goal("42000", PeriodKind::Month), own];
    let mut board = board((GoalKind::Reach, true), goals, NOON);
    let sought = sought(&board, "team:M1");
    let found = board.ingredients(&sought, at(NOON)).pieces();
    assert_eq!((found.how, found.pieces.len(), found.members.len()), (How::Own, 1, 0));
}
