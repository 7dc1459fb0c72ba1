//! Which fields KPIs need, so that nothing else of a record is read and kept.

use std::collections::BTreeSet;

use paceline_core::entity::{Entity, EntityId, FieldId};
use paceline_core::expr::{Number, Test};
use paceline_core::kpi::{Aggregate, At, Simple};
use paceline_core::moment;

use super::Draft;

/// The fields of an entity that KPIs and their moments need. Unlike the core's masks it also works for an entity with more fields
/// than a mask has bits.
pub(in crate::config) fn needed(
    id: EntityId,
    entity: &Entity,
    drafts: &[Draft],
) -> BTreeSet<usize> {
    let mut fields = Fields::default();
    for moment in &entity.moments {
        fields.test(&moment.condition);
        if let moment::Kind::Kept(field) | moment::Kind::Unchanged(field) = moment.kind {
            fields.add(field);
        }
    }
    let kpis = drafts.iter().filter_map(|draft| draft.kpi.as_ref());
    kpis.filter_map(|kpi| kpi.simple())
        .filter(|simple| simple.entity == id)
        .for_each(|simple| fields.simple(simple));
    fields.0.retain(|field| *field < entity.fields.len());
    fields.0
}

#[derive(Default)]
struct Fields(BTreeSet<usize>);

impl Fields {
    fn add(&mut self, field: FieldId) {
        self.0.insert(usize::from(field.0));
    }

    fn simple(&mut self, simple: &Simple) {
        self.test(&simple.filter);
        match &simple.aggregate {
            Aggregate::Count => {}
            Aggregate::Sum(number)
            | Aggregate::Average(number)
            | Aggregate::Min(number)
            | Aggregate::Max(number)
            | Aggregate::Median(number)
            | Aggregate::P90(number) => {
                self.number(number);
            }
            Aggregate::CountDistinct(field, _) => self.add(*field),
        }
        match simple.at {
            Some(At::Date(field) | At::Timestamp(field) | At::Else { field, .. }) => {
                self.add(field)
            }
            None => {}
        }
        simple.currency.into_iter().for_each(|currency| self.add(currency));
        self.add(simple.credit);
    }

    fn test(&mut self, test: &Test) {
        test.for_each_field(&mut |field| self.add(field));
    }

    fn number(&mut self, number: &Number) {
        number.for_each_field(&mut |field| self.add(field));
    }
}
