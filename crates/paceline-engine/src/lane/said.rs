//! Where a change was said, for who asks what moved a number.

use std::sync::Arc;

use jiff::Timestamp;
use paceline_core::change::Change;
use paceline_core::entity::EntityId;
use paceline_core::moves::{Origin, Source};

use super::Partition;

/// Where a change was said, when and by whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    source: u16,
    partition: i32,
    offset: i64,
    time: Timestamp,
    actor: Option<&'a str>,
    entity: EntityId,
}

impl<'a> Said<'a> {
    pub(super) fn of(partition: &Partition, offset: i64, change: &'a Change<'_>) -> Self {
        let Partition { source, number, .. } = *partition;
        Self {
            source: source as u16,
            partition: number,
            offset,
            time: change.time,
            actor: change.actor.as_deref(),
            entity: change.entity,
        }
    }

    /// It as the change of a record.
    pub(super) fn source(self, record: &'a str) -> Source<'a> {
        let Self { source, partition, offset, time, actor, entity } = self;
        Source { source, partition, offset, time, actor, entity, record }
    }

    /// It alone.
    pub(super) fn origin(self) -> Origin {
        let Self { source, partition, offset, time, actor, .. } = self;
        Origin { source, partition, offset, time: Some(time), actor: actor.map(Arc::from) }
    }
}
