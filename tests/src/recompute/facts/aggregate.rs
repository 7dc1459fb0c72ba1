//! What many values come to together.

use std::collections::BTreeSet;

use num_traits::Zero;

use crate::recompute::{
    config::Aggregate,
    filter::V,
    number::{self, Exact},
};

/// The number, where there is one.
pub(super) fn aggregated(aggregate: Aggregate, values: &[&V]) -> Option<Exact> {
    let numbers = || values.iter().map(|value| number_of(value));
    match aggregate {
        Aggregate::Count => Some(number::whole(values.len())),
        Aggregate::CountDistinct => {
            Some(number::whole(values.iter().collect::<BTreeSet<_>>().len()))
        }
        Aggregate::Sum => Some(numbers().sum()),
        Aggregate::Avg => {
            let sum: Exact = numbers().fold(Exact::zero(), |sum, number| sum + number);
            number::divided(&sum, &number::whole(values.len()))
        }
        Aggregate::Min => numbers().min().cloned(),
        Aggregate::Max => numbers().max().cloned(),
        Aggregate::Median => {
            let sorted = sorted(numbers());
            let last = sorted.len().checked_sub(1)?;
            Some((sorted[last / 2] + sorted[last.div_ceil(2)]) / number::whole(2))
        }
        // The first value for which ten times as many are at or below it as nine times all.
        Aggregate::P90 => {
            let sorted = sorted(numbers());
            let enough = |place: &usize| (place + 1) * 10 >= sorted.len() * 9;
            (0..sorted.len()).find(enough).map(|place| sorted[place].clone())
        }
    }
}

fn sorted<'a>(numbers: impl Iterator<Item = &'a Exact>) -> Vec<&'a Exact> {
    let mut sorted: Vec<&Exact> = numbers.collect();
    sorted.sort();
    sorted
}

fn number_of(value: &V) -> &Exact {
    match value {
        V::Num(number) => number,
        other => panic!("a valid config adds up numbers only: {other:?}"),
    }
}
