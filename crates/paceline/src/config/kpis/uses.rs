//! Which fields KPIs need, so that nothing else of a record is read and kept.

use std::collections::BTreeSet;

use paceline_core::entity::{EntityId, FieldId};
use paceline_core::expr::{Number, Test};
use paceline_core::extra::{Extra, Splits};
use paceline_core::kpi::{Aggregate, At, Simple};
use paceline_core::moment;

use super::Draft;
use crate::config::entities::Declared;

/// The fields of an entity that KPIs need, their moments, and those that look at it from other entities. Unlike the core's
/// masks it also works for an entity with more fields than a mask has bits.
pub(in crate::config) fn needed(
    id: EntityId,
    entities: &[Declared],
    drafts: &[Draft],
) -> BTreeSet<usize> {
    let mut fields = Fields::default();
    let kpis = drafts.iter().filter_map(|draft| draft.kpi.as_ref());
    kpis.filter_map(|kpi| kpi.simple())
        .filter(|simple| simple.entity == id)
        .for_each(|simple| fields.simple(simple));
    let entity = &entities[usize::from(id.0)].entity;
    entity.extras.iter().for_each(|extra| fields.own(extra));
    fields.0.retain(|field| *field < entity.fields.len());
    let all = entities.iter().flat_map(|declared| &declared.entity.extras);
    all.for_each(|extra| fields.of_other(extra, id));
    fields.0
}

#[derive(Default)]
struct Fields(BTreeSet<usize>);

impl Fields {
    fn add(&mut self, field: FieldId) {
        self.0.insert(usize::from(field.0));
    }

    /// Those that an extra of the entity itself needs.
    fn own(&mut self, extra: &Extra) {
        match extra {
            Extra::Moment(moment) => {
                self.test(&moment.condition);
                if let moment::Kind::Kept(field) | moment::Kind::Unchanged(field) = moment.kind {
                    self.add(field);
                }
            }
            Extra::Borrowed { link, .. } | Extra::Doubt(link) => self.add(link.field),
            Extra::Splits(_) => {}
        }
    }

    /// Those of an entity that an extra of another needs.
    fn of_other(&mut self, extra: &Extra, id: EntityId) {
        match extra {
            Extra::Borrowed { link, field, .. } if link.entity == id => self.add(*field),
            Extra::Splits(splits) if splits.entity == id => {
                let Splits { record, who, share, overlay, .. } = *splits;
                [record, who, share].into_iter().chain(overlay).for_each(|field| self.add(field));
            }
            Extra::Moment(_) | Extra::Borrowed { .. } | Extra::Doubt(_) | Extra::Splits(_) => {}
        }
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
        self.add(simple.credit.cell());
    }

    fn test(&mut self, test: &Test) {
        test.for_each_field(&mut |field| self.add(field));
    }

    fn number(&mut self, number: &Number) {
        number.for_each_field(&mut |field| self.add(field));
    }
}
