//! Rates among a lane's records: what records of rates say is told with the commit that counts them.

use std::collections::BTreeMap;

use paceline_core::entity::EntityId;
use paceline_core::expr::Cell;
use paceline_core::moves::Origin;
use paceline_core::rates::{Rate, RateFields};
use paceline_core::record::Life;

/// What the records of rates have said since the last commit.
#[derive(Debug)]
pub(super) struct Rates {
    fields: RateFields,
    said: BTreeMap<String, (Option<Rate>, Origin)>,
}

impl Rates {
    pub(super) fn new(fields: RateFields) -> Self {
        Self { fields, said: BTreeMap::new() }
    }

    /// Itself, if an entity is that of rates.
    pub(super) fn of(&mut self, entity: EntityId) -> Option<&mut Self> {
        (self.fields.entity == entity).then_some(self)
    }

    /// Notes which rate a record is now, and where that was said.
    pub(super) fn note(&mut self, id: &str, life: Life, row: &[Cell], origin: Origin) {
        self.said.insert(id.to_owned(), (self.fields.read(life, row), origin));
    }

    /// What was said since the last commit.
    pub(super) fn take(&mut self) -> BTreeMap<String, (Option<Rate>, Origin)> {
        std::mem::take(&mut self.said)
    }
}
