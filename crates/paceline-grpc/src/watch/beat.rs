//! Beats: one look at the board for all who watch a view, and the frames that come of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use paceline_core::board::Revision;
use paceline_engine::Got;
use tokio::time::Instant;

use super::hub::Board;
use super::stamp::{Stamp, Told};
use super::whole::{Maker, Whole};
use crate::proto::ResetReason;
use crate::selector::View;

/// From where a frame goes: what those who take it have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Nothing.
    Afresh,
    /// What is void, and why.
    Reset(ResetReason),
    /// Everything up to a revision.
    After(Revision),
}

/// What a beat brings to those at one step.
#[derive(Clone, Debug)]
pub(super) enum Brought {
    /// A frame.
    Frame(Arc<Whole>),
    /// Nothing has changed.
    Nothing,
    /// More was removed since than is remembered.
    Gap,
}

/// A beat to be made.
#[derive(Clone, Debug)]
pub(super) struct Job {
    /// The steps of those who wait for it.
    pub(super) steps: BTreeSet<Step>,
    /// Whether it is for all, and not only for some who are behind the others.
    pub(super) common: bool,
    pub(super) began: Instant,
    /// The generation of causes that is known before it.
    pub(super) heard: u64,
}

/// What a beat brings: from every step to the same revision.
#[derive(Debug)]
pub(super) struct Beat {
    pub(super) stamp: Stamp,
    pub(super) brought: Vec<(Step, Brought)>,
}

impl Beat {
    /// Looks at the board once, and makes a frame from every step.
    pub(super) fn make(job: &Job, view: &View, board: &Board) -> Self {
        let Job { steps, heard, .. } = job;
        let since = |step: &Step| match step {
            Step::Afresh | Step::Reset(_) => None,
            Step::After(revision) => Some(*revision),
        };
        let mut asked: Vec<Option<Revision>> = steps.iter().map(since).collect();
        asked.dedup();
        let read =
            Told::read(&board.served, |live, now| live.catch_up(&view.selection, &asked, now));
        let ((got, revision), told) = read;
        let stamp = Stamp { revision, told };
        let maker = Maker { board, view, stamp: stamp.clone(), heard: *heard };
        let mut brought = Vec::with_capacity(steps.len());
        for (since, got) in asked.into_iter().zip(got) {
            match (since, got) {
                (_, Got::All(shown)) => {
                    brought.extend(everything(&maker, steps, maker.snapshot(shown)))
                }
                (Some(since), Got::Changes(update)) => {
                    let nothing = update.standings.is_empty() && update.removed.is_empty();
                    let frame = || Brought::Frame(Arc::new(maker.update(since, update)));
                    let what = if nothing { Brought::Nothing } else { frame() };
                    brought.push((Step::After(since), what));
                }
                (Some(since), Got::Forgotten) => brought.push((Step::After(since), Brought::Gap)),
                (None, Got::Changes(_) | Got::Forgotten) => {}
            }
        }
        Self { stamp, brought }
    }

    /// What it brings to those at a step.
    pub(super) fn at(&self, step: Step) -> Option<&Brought> {
        self.brought.iter().find(|(at, _)| *at == step).map(|(_, brought)| brought)
    }
}

/// What those get who begin, or begin again.
fn everything(maker: &Maker<'_>, steps: &BTreeSet<Step>, snapshot: Whole) -> Vec<(Step, Brought)> {
    let snapshot = Arc::new(snapshot);
    let begin = |step: &Step| match step {
        Step::Afresh => Some(snapshot.clone()),
        Step::Reset(reason) => Some(Arc::new(maker.reset(*reason, &snapshot))),
        Step::After(_) => None,
    };
    let frame = |step: &Step| Some((*step, Brought::Frame(begin(step)?)));
    steps.iter().filter_map(frame).collect()
}
