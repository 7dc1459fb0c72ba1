//! Completeness: what is known to be missing, which puts in doubt what is counted of sources that lag.

use std::collections::{BTreeMap, BTreeSet};

use metrics::gauge;
use paceline_core::entity::EntityId;
use paceline_core::kpi::KpiId;

use super::Live;
use crate::freshness::{Cause, Freshness, PartitionFreshness};
use crate::metric;

impl Live {
    /// What of the sources is counted.
    pub fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    /// Raises or clears a cause of incompleteness.
    pub fn set_cause(&self, cause: Cause, raised: bool) {
        if self.freshness.set_cause(cause, raised) {
            self.completeness_changed();
        }
    }

    /// Changes what is known of a partition.
    pub fn update_partition(
        &self,
        source: usize,
        partition: i32,
        update: impl FnOnce(&mut PartitionFreshness),
    ) {
        if self.freshness.update(source, partition, update) {
            self.completeness_changed();
        }
    }

    /// Sets the metrics that are worth their cost only when somebody looks.
    pub fn publish_lag(&self) {
        for source in self.freshness.sources() {
            for (partition, known) in &source.partitions {
                let labels =
                    [("topic", source.topic.clone()), ("partition", partition.to_string())];
                gauge!(metric::LAG, &labels).set(known.lag() as f64);
            }
        }
    }

    /// Takes over what a lane has counted.
    pub(crate) fn update_counted(
        &self,
        partitions: impl IntoIterator<Item = (usize, i32, PartitionFreshness)>,
        gaps: &BTreeMap<EntityId, i64>,
    ) {
        if self.freshness.commit(partitions, gaps) {
            self.completeness_changed();
        }
    }

    pub(super) fn completeness_changed(&self) {
        self.follow_lag();
        let complete = self.freshness.causes().is_empty();
        gauge!(metric::COMPLETE).set(if complete { 1.0 } else { 0.0 });
        self.wake();
    }

    /// Puts in doubt what is counted of sources that lag behind. Which those are is asked while the board is held, so that
    /// of two who follow at once the later has the last word.
    fn follow_lag(&self) {
        let mut shared = self.board();
        let summary = self.freshness.summary();
        let sources = summary.lagging.iter();
        let entities = sources.filter_map(|source| self.feeds.get(*source)).flatten();
        let entities: BTreeSet<EntityId> = entities.copied().collect();
        let looks = |kpi: &KpiId| entities.iter().any(|at| self.model.looks_at(*kpi, *at));
        let leaves: BTreeSet<KpiId> = self.model.kpi_ids().filter(looks).collect();
        if std::mem::replace(&mut shared.lagging, leaves.clone()) != leaves {
            shared.board.set_lagging(&leaves);
        }
    }
}
