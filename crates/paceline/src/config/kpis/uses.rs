//! Which fields KPIs need, so that nothing else of a record is read and kept.

use std::collections::BTreeSet;

use paceline_core::entity::{EntityId, FieldId};
use paceline_core::expr::{Number, Test, Word};
use paceline_core::kpi::{Aggregate, At, Simple};

use super::Draft;

/// The fields of an entity that KPIs need. Unlike the core's masks it also works for an entity with more fields
/// than a mask has bits.
pub(in crate::config) fn needed(entity: EntityId, drafts: &[Draft]) -> BTreeSet<usize> {
    let mut fields = Fields::default();
    let kpis = drafts.iter().filter_map(|draft| draft.kpi.as_ref());
    kpis.filter_map(|kpi| kpi.simple())
        .filter(|simple| simple.entity == entity)
        .for_each(|simple| fields.simple(simple));
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
            Some(At::Date(field) | At::Timestamp(field)) => self.add(field),
            None => {}
        }
        self.add(simple.credit);
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::Const(_) => {}
            Test::Flag(field) | Test::IsNull(field) | Test::OneOf { field, .. } => self.add(*field),
            Test::Not(test) => self.test(test),
            Test::All(tests) | Test::Any(tests) => tests.iter().for_each(|test| self.test(test)),
            Test::Compare { left, right, .. } => {
                [left, right].into_iter().for_each(|word| self.word(*word))
            }
            Test::Numbers { left, right, .. } => {
                [left, right].into_iter().for_each(|number| self.number(number))
            }
        }
    }

    fn word(&mut self, word: Word) {
        if let Word::Field(field) = word {
            self.add(field);
        }
    }

    fn number(&mut self, number: &Number) {
        match number {
            Number::Const(_) => {}
            Number::Field(field) => self.add(*field),
            Number::Negate(number) => self.number(number),
            Number::Combine(_, left, right) => {
                [left, right].into_iter().for_each(|number| self.number(number))
            }
            Number::If(test, yes, no) => {
                self.test(test);
                [yes, no].into_iter().for_each(|number| self.number(number));
            }
        }
    }
}
