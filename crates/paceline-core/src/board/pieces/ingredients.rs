//! What is taken off the board to tell of what a goal is made. Of many members it is little for each; what that comes to is worked
//! out when the board is let go.

use std::sync::Arc;

use jiff::Timestamp;

use super::{How, Piece, Pieces};
use crate::board::goals::{Goals, PassedOver};
use crate::goal::Goal;
use crate::kpi::KpiId;
use crate::period::Period;
use crate::rational::Rational;
use crate::roster::Roster;
use crate::standing::Case;

/// Of what the goal of a standing is made.
#[derive(Debug)]
pub struct Ingredients {
    pub(super) how: How,
    /// The one piece that makes it up, if it is one.
    pub(super) whole: Option<Piece>,
    pub(super) members: Vec<Member>,
    pub(super) passed_over: Vec<(Arc<Goal>, PassedOver)>,
    pub(super) goals: Arc<Goals>,
    pub(super) roster: Arc<Roster>,
    pub(super) kpi: KpiId,
    /// Whether goals fall due with time.
    pub(super) falls_due: bool,
    pub(super) now: Timestamp,
}

/// A member who has a goal.
#[derive(Debug)]
pub(super) enum Member {
    /// Whose piece was worked out.
    Worked(Box<Piece>),
    /// Whose goal is part of what their own standing is judged by, in the same period.
    Judged { rep: usize, period: Arc<Period>, case: Arc<Case> },
}

impl Ingredients {
    /// The pieces. The board is not needed for that.
    pub fn pieces(self) -> Pieces {
        let members: Vec<Piece> =
            self.members.iter().filter_map(|member| self.piece(member)).collect();
        let Self { how, whole, mut passed_over, .. } = self;
        let (mut pieces, members) = match how {
            How::Sum => (members, Vec::new()),
            How::None | How::Own | How::Common | How::Differ => {
                (whole.into_iter().collect::<Vec<Piece>>(), members)
            }
        };
        if let (How::Own, [own]) = (how, &mut pieces[..]) {
            own.passed_over = std::mem::take(&mut passed_over);
        }
        let has_goal = !pieces.is_empty();
        let goal = has_goal.then(|| pieces.iter().map(|piece| piece.amount.clone()).sum());
        let expected = pieces.iter().map(|piece| piece.expected.clone());
        let expected = expected.sum::<Option<Rational>>().filter(|_| has_goal);
        Pieces { how, goal, expected, pieces, members, passed_over }
    }

    fn piece(&self, member: &Member) -> Option<Piece> {
        let (rep, period, case) = match member {
            Member::Worked(piece) => return Some((**piece).clone()),
            Member::Judged { rep, period, case } => (*rep, period, case),
        };
        let Self { goals, roster, kpi, falls_due, now, .. } = self;
        let goal = goals.of_rep(*kpi, period, rep, roster)?;
        let aim = case.aim.as_ref()?;
        Some(Piece {
            scope: roster.rep_scope(rep),
            target: goal.target.into(),
            goal,
            period: (**period).clone(),
            amount: aim.goal.clone(),
            expected: falls_due.then(|| aim.expected(*now)),
            stretches: Vec::new(),
            passed_over: Vec::new(),
        })
    }
}
