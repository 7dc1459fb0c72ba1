//! Explanations: why a standing is what it is.

mod names;

use std::sync::Arc;

use paceline_core::board::{self, How, Revision};
use paceline_core::goal::Goal;
use paceline_core::rational::Rational;
use paceline_core::roster::Scope;
use paceline_core::sight::Sight;
use paceline_engine::{Explanation, Live, MovedSince, Unexplained};
use tonic::Status;

use crate::convert;
use crate::errors::{self, invalid};
use crate::goals::Seen;
use crate::moves;
use crate::proto;
use crate::served::Served;
use crate::subject;
use crate::token::Epoch;
use crate::who::Principal;

use names::Names;

/// Answers a request.
pub(crate) fn get(
    served: &Served,
    principal: &Principal,
    epoch: Epoch,
    request: &proto::ExplainStandingRequest,
) -> Result<proto::ExplainStandingResponse, Status> {
    let live = &served.live;
    let proto::ExplainStandingRequest { scope, kpi, period, on, since_revision, epoch: of } =
        request;
    let subject = subject::subject(scope, kpi, period, live.model(), &principal.sight)?;
    let on = subject::day(on)?;
    if on.is_some() && since_revision.is_some() {
        let description =
            "what moved a standing is known of the period that is running: leave one of both out";
        return Err(invalid("on", description));
    }
    if !of.is_empty() && *of != epoch.to_string() {
        return Err(errors::other_epoch());
    }
    if !live.is_open() {
        return Err(errors::not_caught_up());
    }
    let since = Revision(since_revision.unwrap_or_default());
    let explanation = live.explanation(&subject, on, since, (served.clock)());
    let explanation = explanation.map_err(|error| match error {
        Unexplained::Unknown => errors::unknown_scope(scope),
        Unexplained::Future(newest) => errors::revision_ahead(since.0, newest.0),
    })?;
    let seen = Seen::new(&principal.sight, &explanation.roster);
    Ok(answer(live, &explanation, (&principal.sight, &seen), since, epoch))
}

fn answer(
    live: &Live,
    explanation: &Explanation,
    (sight, seen): (&Sight, &Seen<'_>),
    since: Revision,
    epoch: Epoch,
) -> proto::ExplainStandingResponse {
    let Explanation { standing, inputs, pieces, moved, roster, revision, as_of } = explanation;
    let model = live.model();
    let input = |(standing, counts_goal): &(board::Standing, bool)| proto::Input {
        kpi: model.kpi(standing.key.kpi).name.clone(),
        actual: convert::decimal(standing.numbers.actual),
        wording: model.kpi(standing.key.kpi).wording.clone(),
        goal: convert::decimal(standing.numbers.goal.filter(|_| *counts_goal)),
    };
    let show = Show { names: Names::new(live, explanation), explanation, sight };
    let known_after = moved.as_ref().map_or(*revision, |moved| moved.known_after);
    let moved = moved.as_ref();
    let moves =
        |moved: &MovedSince| moved.moves.iter().map(|it| moves::of(it, live, seen)).collect();
    proto::ExplainStandingResponse {
        standing: Some(convert::standing(standing, model, roster)),
        goal: Some(show.goal(pieces)),
        actual: Some(proto::ActualExplanation {
            wording: model.kpi(standing.key.kpi).wording.clone(),
            inputs: inputs.iter().map(input).collect(),
        }),
        moves: moved.map(moves).unwrap_or_default(),
        moves_complete: known_after <= since,
        moves_from_revision: known_after.max(since).0,
        epoch: epoch.to_string(),
        more_moves: moved.map_or(0, |moved| moved.others),
        more_delta: convert::decimal(moved.and_then(|moved| moved.others_delta)),
        revision: revision.0,
        as_of: Some(convert::timestamp(*as_of)),
    }
}

/// What an explanation is told by.
struct Show<'a> {
    names: Names,
    explanation: &'a Explanation,
    /// That of who asks, who may see a team and none of its members.
    sight: &'a Sight,
}

impl Show<'_> {
    fn goal(&self, pieces: &board::Pieces) -> proto::GoalExplanation {
        let made = match pieces.how {
            How::None => proto::GoalMade::None,
            How::Own => proto::GoalMade::Own,
            How::Sum => proto::GoalMade::Sum,
            How::Common => proto::GoalMade::Common,
            How::Differ => proto::GoalMade::Differ,
        };
        let (seen, others): (Vec<&board::Piece>, Vec<_>) =
            pieces.pieces.iter().partition(|piece| self.sees(piece));
        let others = (!others.is_empty()).then(|| together(&others));
        let asks = pieces.pieces.iter().any(|piece| !piece.target.is_zero());
        proto::GoalExplanation {
            made: made.into(),
            goal: pieces.goal.as_ref().map(fraction),
            expected: pieces.expected.as_ref().map(fraction),
            pieces: seen.into_iter().map(|piece| self.piece(piece)).chain(others).collect(),
            members: pieces
                .members
                .iter()
                .filter(|piece| self.sees(piece))
                .map(|piece| self.piece(piece))
                .collect(),
            void: asks && pieces.goal.as_ref().is_some_and(Rational::is_zero),
            passed_over: self.passed_over(&pieces.passed_over),
        }
    }

    fn sees(&self, piece: &board::Piece) -> bool {
        self.sight.sees(piece.scope, &self.explanation.roster)
    }

    /// Whether the goal of a piece may be told: what a team's members have in common is by the goal of one of them.
    fn sees_goal(&self, piece: &board::Piece) -> bool {
        let roster = &self.explanation.roster;
        self.explanation.pieces.how != How::Common
            || self.sight.horizon(roster).sees_all_of(piece.scope, roster)
            || matches!(roster.scope(piece.scope), Scope::Rep(_))
    }

    fn piece(&self, piece: &board::Piece) -> proto::GoalPiece {
        proto::GoalPiece {
            scope: self.explanation.roster.name(piece.scope),
            goal: self.sees_goal(piece).then(|| self.names.of(&piece.goal)),
            period: Some(convert::period(&piece.period)),
            target: Some(fraction(&piece.target)),
            amount: Some(fraction(&piece.amount)),
            expected: piece.expected.as_ref().map(fraction),
            stretches: piece.stretches.iter().map(stretch).collect(),
            passed_over: self.passed_over(&piece.passed_over),
        }
    }

    fn passed_over(
        &self,
        passed_over: &[(Arc<Goal>, board::PassedOver)],
    ) -> Vec<proto::PassedOver> {
        let told = |(goal, why): &(Arc<Goal>, board::PassedOver)| proto::PassedOver {
            goal: Some(self.names.of(goal)),
            reason: reason(*why).into(),
        };
        passed_over.iter().map(told).collect()
    }
}

/// What members come to of whom none is seen.
fn together(pieces: &[&board::Piece]) -> proto::GoalPiece {
    let sum = |of: fn(&board::Piece) -> &Rational| {
        let sum: Rational = pieces.iter().map(|piece| of(piece).clone()).sum();
        Some(fraction(&sum))
    };
    let expected: Option<Rational> = pieces.iter().map(|piece| piece.expected.clone()).sum();
    proto::GoalPiece {
        target: sum(|piece| &piece.target),
        amount: sum(|piece| &piece.amount),
        expected: expected.as_ref().map(fraction),
        ..proto::GoalPiece::default()
    }
}

fn stretch(stretch: &board::Stretch) -> proto::GoalStretch {
    let board::Stretch { first, last, days, spread, ramp, present, amount } = stretch;
    proto::GoalStretch {
        from: first.to_string(),
        to: last.to_string(),
        days: days.to_string(),
        spread: Some(fraction(spread)),
        ramp: Some(fraction(ramp)),
        present: *present,
        amount: Some(fraction(amount)),
    }
}

fn fraction(value: &Rational) -> proto::Fraction {
    let (numerator, denominator) = value.fraction();
    proto::Fraction { numerator, denominator, decimal: convert::decimal(value.to_decimal()) }
}

fn reason(why: board::PassedOver) -> proto::PassedOverReason {
    match why {
        board::PassedOver::NotYet => proto::PassedOverReason::NotYet,
        board::PassedOver::NoLonger => proto::PassedOverReason::NoLonger,
        board::PassedOver::LessSpecific => proto::PassedOverReason::LessSpecific,
        board::PassedOver::OfFile => proto::PassedOverReason::OfFile,
        board::PassedOver::StartsEarlier => proto::PassedOverReason::StartsEarlier,
        board::PassedOver::EditedEarlier => proto::PassedOverReason::EditedEarlier,
    }
}
