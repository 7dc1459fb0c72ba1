//! The stamp of a frame: the revision and the instant it shows, and how complete it is.

use std::collections::BTreeSet;

use jiff::Timestamp;
use paceline_core::board::Revision;
use paceline_engine::{Cause, Live};

use crate::convert;
use crate::proto;
use crate::proto::watch_standings_response::Frame;
use crate::served::Served;

/// What every frame says besides its content. All chunks of a snapshot or update have the same.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) revision: Revision,
    pub(super) as_of: Timestamp,
    pub(super) covered: Vec<proto::Covered>,
    pub(super) causes: BTreeSet<Cause>,
}

impl Stamp {
    /// Reads something from the board, and stamps it.
    ///
    /// What is covered is looked up before, so that no frame claims more than it shows. A cause that holds either
    /// before or after counts: one that is cleared meanwhile may have been of what is shown, and so may one that is
    /// raised.
    pub(super) fn read<T>(
        served: &Served,
        read: impl FnOnce(&Live, Timestamp) -> (T, Revision),
    ) -> (T, Self) {
        let freshness = served.live.freshness();
        let before = freshness.summary();
        let covered = convert::covered(&before.covered);
        let mut causes = before.causes.clone();
        let as_of = (served.clock)();
        let (value, revision) = read(&served.live, as_of);
        causes.extend(freshness.summary().causes.iter().cloned());
        (value, Self { revision, as_of, covered, causes })
    }

    /// A frame with this stamp.
    pub(super) fn frame(
        &self,
        frame: Frame,
        resume_token: Vec<u8>,
        served: &Served,
    ) -> proto::WatchStandingsResponse {
        proto::WatchStandingsResponse {
            frame: Some(frame),
            revision: self.revision.0,
            resume_token,
            as_of: Some(convert::timestamp(self.as_of)),
            emitted_at: Some(convert::timestamp((served.wall)())),
            covered: self.covered.clone(),
            complete: self.causes.is_empty(),
            causes: convert::causes(&self.causes, served.live.model()),
        }
    }
}
