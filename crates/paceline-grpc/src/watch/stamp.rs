//! The stamp of a frame: the revision and the instant it shows, and how complete it is.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use paceline_core::board::Revision;
use paceline_core::sight::Sight;
use paceline_engine::{Cause, Live};

use crate::codec::Encoded;
use crate::convert;
use crate::proto;
use crate::proto::watch_standings_response::Frame;
use crate::served::Served;

/// What every frame says besides its content. All chunks of a snapshot or update have the same.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) revision: Revision,
    pub(super) told: Arc<Told>,
}

/// What a frame tells of the instant and of the sources.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    /// The instant at which values are evaluated.
    pub(super) as_of: Timestamp,
    /// Up to where each source is counted.
    pub(super) covered: Vec<proto::Covered>,
    /// Why the numbers are not complete.
    pub(super) causes: BTreeSet<Cause>,
}

impl Told {
    /// Reads something from the board, and what is to be told with it.
    ///
    /// What is covered is looked up before, so that no frame claims more than it shows. A cause that holds either
    /// before or after counts: one that is cleared meanwhile may have been of what is shown, and so may one that is
    /// raised.
    pub(super) fn read<T>(
        served: &Served,
        read: impl FnOnce(&Live, Timestamp) -> T,
    ) -> (T, Arc<Self>) {
        let freshness = served.live.freshness();
        let before = freshness.summary();
        let covered = convert::covered(&before.covered);
        let mut causes = before.causes.clone();
        let as_of = (served.clock)();
        let value = read(&served.live, as_of);
        causes.extend(freshness.summary().causes.iter().cloned());
        (value, Arc::new(Self { as_of, covered, causes }))
    }
}

impl Stamp {
    /// A frame with this stamp for who has a sight, encoded.
    pub(super) fn encode(
        &self,
        frame: Frame,
        resume_token: Vec<u8>,
        served: &Served,
        sight: &Sight,
    ) -> Encoded {
        let Told { as_of, covered, causes } = &*self.told;
        Encoded::of(&proto::WatchStandingsResponse {
            frame: Some(frame),
            revision: self.revision.0,
            resume_token,
            as_of: Some(convert::timestamp(*as_of)),
            emitted_at: Some(convert::timestamp((served.wall)())),
            covered: covered.clone(),
            complete: causes.is_empty(),
            causes: convert::causes(causes, served.live.model(), sight),
        })
    }
}
