//! The pieces of a goal: whose goals make up a standing's, and what target, ramp, presence and spread make of each.
//!
//! They come of the walk by which the board finds what is owed and held, so they multiply and add up to the goal exactly. Of many
//! members the board has the amounts already.

mod ingredients;
mod many;

use std::sync::Arc;

use jiff::Timestamp;

use super::Board;
use super::goals::PassedOver;
use super::levels::Level;
use super::owed::{Asked, Made, Owed, OwedOnDay, common};
use super::scaling::Scale;
use super::working_times::WorkingTimes;
use crate::contributor::Sought;
use crate::day::Day;
use crate::decimal::Decimal;
use crate::goal::Goal;
use crate::kpi::GoalKind;
use crate::period::Period;
use crate::rational::Rational;
use crate::roster::{Scope, ScopeId};

pub use ingredients::Ingredients;
use ingredients::Member;

/// Up to how many members each is told of day by day. Of more the amounts say enough.
const DETAILED_MAX: usize = 50;

/// What the goal of a standing is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Pieces {
    /// How.
    pub how: How,
    /// The goal; none where nobody has one, or members' goals differ that do not add up.
    pub goal: Option<Rational>,
    /// What of it is due, of a goal to be reached.
    pub expected: Option<Rational>,
    /// What adds up to the goal.
    pub pieces: Vec<Piece>,
    /// The members whose common value the goal is, or would be if they did not differ.
    pub members: Vec<Piece>,
    /// Where no goal of its own counts, those that might, and why they do not.
    pub passed_over: Vec<(Arc<Goal>, PassedOver)>,
}

/// How the goal of a standing comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// There is none: no goal is in force for whoever it is about.
    None,
    /// The scope has a goal of its own.
    Own,
    /// The goals of members add up.
    Sum,
    /// The members' goals come to the same.
    Common,
    /// There is none: the members' goals would have to come to the same, and do not.
    Differ,
}

/// One goal, and what is made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Whose it is.
    pub scope: ScopeId,
    /// The goal; of what members have in common that of one of them.
    pub goal: Arc<Goal>,
    /// The period, by the calendar of whose goal it is.
    pub period: Period,
    /// The target.
    pub target: Rational,
    /// What the stretches add up to.
    pub amount: Rational,
    /// What of it is due, of a goal to be reached.
    pub expected: Option<Rational>,
    /// The working days; the one day on which it is looked at, of a goal to be held. None where there are many members.
    pub stretches: Vec<Stretch>,
    /// Of a scope's own goal the others that might be it, and why they are not.
    pub passed_over: Vec<(Arc<Goal>, PassedOver)>,
}

/// Working days on end that have the same factors: the target times all of them is what falls on these days.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// The first working day.
    pub first: Day,
    /// The last working day.
    pub last: Day,
    /// How many working days they come to by their weights.
    pub days: Decimal,
    /// Which share of the target falls on them by weights and curve.
    pub spread: Rational,
    /// The ramp's share.
    pub ramp: Rational,
    /// Whether the rep is there, as far as the goal minds that.
    pub present: bool,
    /// The product.
    pub amount: Rational,
}

/// How a goal comes about, the one piece that makes it up, if it is one, and the members.
type Composed = (How, Option<Piece>, Vec<Member>);

impl Board {
    /// Of what the goal of a standing is made at an instant, to which time must have been advanced: what has to be known of
    /// the board to tell its [pieces](Ingredients::pieces).
    pub fn ingredients(&mut self, sought: &Sought, now: Timestamp) -> Ingredients {
        let kind = self.model.kpi(sought.kpi).goal_kind;
        let (how, whole, members) = self.with_times(|board, times| {
            let many = board.many(times, sought, now);
            match (many, kind) {
                (Some(members), _) => board.of_many(times, sought, members, now),
                (None, GoalKind::Reach) => board.owed_pieces(times, sought, now),
                (None, GoalKind::Hold | GoalKind::Rate) => board.held_pieces(sought, now),
            }
        });
        Ingredients {
            how,
            whole,
            members,
            passed_over: self.passed_over(sought),
            goals: self.goals.clone(),
            roster: self.roster.clone(),
            kpi: sought.kpi,
            falls_due: kind == GoalKind::Reach,
            now,
        }
    }

    fn owed_pieces(&self, times: &mut WorkingTimes, sought: &Sought, now: Timestamp) -> Composed {
        let Sought { scope, kpi, period, .. } = sought;
        let made = self.owed_by(times, *scope, *kpi, period);
        let in_common = match &made {
            Made::Common(owed) => self.owed_in_common(times, *scope, owed, period),
            Made::Nothing | Made::Own(_) | Made::Sum(_) => None,
        };
        let mut piece = |owed: &Owed, detailed| self.owed_piece(times, sought, owed, detailed, now);
        let in_common = in_common.as_ref().map(|owed| piece(owed, true));
        composed(made, in_common, piece)
    }

    fn held_pieces(&self, sought: &Sought, now: Timestamp) -> Composed {
        let Sought { scope, kpi, period, .. } = sought;
        let made = self.held_by(*scope, *kpi, period, now);
        let in_common = match &made {
            Made::Common(levels) => {
                let asked: Vec<Asked> = levels.iter().map(Level::asked).collect();
                common(&asked).zip(levels.first())
            }
            Made::Nothing | Made::Own(_) | Made::Sum(_) => None,
        };
        let in_common = in_common.map(|(asked, level)| self.held_in_common(sought, level, asked));
        composed(made, in_common, |level, detailed| {
            self.held_piece(sought, level, level.asked(), detailed)
        })
    }

    /// What members have in common, as one of them has to hold it.
    fn held_in_common(&self, sought: &Sought, level: &Level, asked: Asked) -> Piece {
        // What is left of what they have in common is all of it or nothing.
        let ramp = asked.left.checked_div(&asked.target).unwrap_or(Rational::ONE);
        let whole = Level { goal: level.goal.clone(), rep: None, today: level.today, ramp };
        self.held_piece(sought, &whole, asked, true)
    }

    fn passed_over(&self, sought: &Sought) -> Vec<(Arc<Goal>, PassedOver)> {
        let Sought { scope, kpi, period, .. } = sought;
        match *self.roster.scope(*scope) {
            Scope::Rep(rep) => self.goals.passed_over(*kpi, period, rep, &self.roster),
            Scope::Team(manager) => {
                self.goals.passed_over_by_team(*kpi, period, &self.roster.reps()[manager].id)
            }
            Scope::Org | Scope::Unassigned | Scope::Ended => Vec::new(),
        }
    }

    /// Whose a piece is, and in which period.
    fn piece_of(&self, sought: &Sought, rep: Option<usize>) -> (ScopeId, Period) {
        let Sought { scope, period, .. } = sought;
        match rep {
            None => (*scope, (**period).clone()),
            Some(rep) => (self.roster.rep_scope(rep), self.members_period(*scope, rep, period)),
        }
    }

    fn owed_piece(
        &self,
        times: &mut WorkingTimes,
        sought: &Sought,
        owed: &Owed,
        detailed: bool,
        now: Timestamp,
    ) -> Piece {
        let (scope, period) = self.piece_of(sought, owed.rep);
        let days = match detailed {
            true => self.owed_by_days(times, sought.kpi, &period, owed),
            false => Vec::new(),
        };
        let passed = if period.kind.is_rolling() {
            owed.spread.total().clone()
        } else {
            owed.spread.passed(now)
        };
        Piece {
            scope,
            goal: owed.goal.clone(),
            period,
            target: owed.target.clone(),
            amount: owed.goal(),
            expected: Some(&owed.target * &passed),
            stretches: stretches(&owed.target, days),
            passed_over: Vec::new(),
        }
    }

    fn held_piece(&self, sought: &Sought, level: &Level, asked: Asked, detailed: bool) -> Piece {
        let (scope, period) = self.piece_of(sought, level.rep);
        let Asked { target, left } = asked;
        let stretch = Stretch {
            first: level.today,
            last: level.today,
            days: Decimal::from_int(1),
            spread: Rational::ONE,
            ramp: level.ramp.clone(),
            present: true,
            amount: left.clone(),
        };
        Piece {
            scope,
            goal: level.goal.clone(),
            period,
            target,
            amount: left,
            expected: None,
            stretches: if detailed { vec![stretch] } else { Vec::new() },
            passed_over: Vec::new(),
        }
    }
}

/// What a goal is made of that was found member by member. Of many the amounts say enough.
fn composed<T>(
    made: Made<T>,
    in_common: Option<Piece>,
    mut piece: impl FnMut(&T, bool) -> Piece,
) -> Composed {
    let mut each = |made: Vec<T>| -> Vec<Member> {
        let detailed = made.len() <= DETAILED_MAX;
        made.iter().map(|one| Member::Worked(Box::new(piece(one, detailed)))).collect()
    };
    match (made, in_common) {
        (Made::Nothing, _) => (How::None, None, Vec::new()),
        (Made::Own(own), _) => (How::Own, Some(piece(&own, true)), Vec::new()),
        (Made::Sum(members), _) => (How::Sum, None, each(members)),
        (Made::Common(members), Some(whole)) => (How::Common, Some(whole), each(members)),
        (Made::Common(members), None) => (How::Differ, None, each(members)),
    }
}

/// Days on end with the same factors as one.
fn stretches(target: &Rational, days: Vec<OwedOnDay>) -> Vec<Stretch> {
    let mut stretches: Vec<(Stretch, Scale, usize)> = Vec::new();
    for OwedOnDay { day, weight, share, scale, part } in days {
        match stretches.last_mut() {
            Some((stretch, same, within)) if *same == scale && *within == part => {
                stretch.last = day;
                stretch.days += weight;
                stretch.spread = &stretch.spread + &share;
            }
            _ => {
                let (ramp, present) = (scale.ramp.clone(), scale.present);
                let (first, amount) = (day, Rational::ZERO);
                let stretch = Stretch {
                    first,
                    last: day,
                    days: weight,
                    spread: share,
                    ramp,
                    present,
                    amount,
                };
                stretches.push((stretch, scale, part));
            }
        }
    }
    let product = |(stretch, scale, _): (Stretch, Scale, usize)| {
        let amount = &(target * &stretch.spread) * &scale.product();
        Stretch { amount, ..stretch }
    };
    stretches.into_iter().map(product).collect()
}

#[cfg(test)]
mod tests;
