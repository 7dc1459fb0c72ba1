//! The status of one standing: a pure function of its numbers, the clock's verdict on its period, and the last status.

use num_traits::Zero;

use super::{
    config::{Band, Bands, Better, GoalKind},
    goal::Standard,
    number::Exact,
};

/// How a standing is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of the documentation")]
pub enum Status {
    NoGoal,
    NotEnoughData,
    Missed,
    Achieved,
    TooEarly,
    Ahead,
    OnTrack,
    Behind,
}

/// All that the status of one standing depends on.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// Which direction is good.
    pub better: Better,
    /// What the goal means.
    pub goal_kind: GoalKind,
    /// Whether the period is a rolling window.
    pub rolling: bool,
    /// Whether the period is over.
    pub over: bool,
    /// The number, if there is one.
    pub actual: Option<&'a Exact>,
    /// Whether there is none because nothing is left to do.
    pub is_met: bool,
    /// How many records are behind it.
    pub sample: usize,
    /// The fewest records by which a rate is judged.
    pub min_sample: usize,
    /// The goal, if there is one.
    pub standard: Option<&'a Standard>,
    /// The bands.
    pub bands: &'a Bands,
    /// The last status in this period.
    pub last: Option<Status>,
    /// Whether data may be missing.
    pub in_doubt: bool,
}

/// Judges a case. Missing data never improves a status.
#[must_use]
pub fn judge(case: &Case<'_>) -> Status {
    let status = judge_trusting(case);
    let better = matches!(
        status,
        Status::OnTrack
            | Status::Ahead
            | Status::Achieved
            | Status::TooEarly
            | Status::NotEnoughData
    );
    let stays = case.in_doubt && case.last == Some(Status::Behind) && better;
    if stays { Status::Behind } else { status }
}

fn judge_trusting(case: &Case<'_>) -> Status {
    let Some(standard) = case.standard.filter(|standard| !standard.is_void) else {
        return Status::NoGoal;
    };
    if case.is_met {
        return Status::Ahead;
    }
    let too_few = case.goal_kind == GoalKind::Rate && case.sample < case.min_sample;
    let Some(actual) = case.actual.filter(|_| !too_few) else { return Status::NotEnoughData };
    if case.goal_kind == GoalKind::Reach && !case.rolling {
        return reach(case, actual, standard);
    }
    bands(case, actual, standard.expected.as_ref().unwrap_or(&standard.goal))
}

fn reach(case: &Case<'_>, actual: &Exact, standard: &Standard) -> Status {
    let goal = &standard.goal;
    let settled = match case.better {
        Better::Higher if actual >= goal => Some(Status::Achieved),
        Better::Higher if case.over => Some(Status::Missed),
        Better::Lower if actual > goal => Some(Status::Missed),
        Better::Lower if case.over => Some(Status::Achieved),
        Better::Higher | Better::Lower => None,
    };
    let expected = standard.expected.clone().unwrap_or_else(Exact::zero);
    if let Some(settled) = settled {
        settled
    } else if expected < &case.bands.grace * goal {
        Status::TooEarly
    } else if expected.is_zero() {
        Status::OnTrack
    } else {
        bands(case, actual, &expected)
    }
}

/// The bands compare products. For lower-is-better the number and the reference change places.
fn bands(case: &Case<'_>, actual: &Exact, reference: &Exact) -> Status {
    let (number, reference) = match case.better {
        Better::Higher => (actual, reference),
        Better::Lower => (reference, actual),
    };
    let Bands { behind, ahead, .. } = case.bands;
    let is_behind = *number < edge(behind, case.last == Some(Status::Behind)) * reference;
    let is_ahead = *number >= edge(ahead, case.last == Some(Status::Ahead)) * reference;
    match (is_behind, is_ahead) {
        (true, _) => Status::Behind,
        (false, true) => Status::Ahead,
        (false, false) => Status::OnTrack,
    }
}

/// Where the band ends for a standing that is in it, or begins for one that is not.
fn edge(band: &Band, inside: bool) -> &Exact {
    if inside { &band.leave } else { &band.enter }
}
