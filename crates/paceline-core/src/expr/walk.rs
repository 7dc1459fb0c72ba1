//! Walks over compiled expressions: the fields they depend on, and the instants at which the clock may change them.

use super::{Number, Test, Threshold, Word};
use crate::entity::FieldId;

impl Test {
    /// The fields the result depends on, as a bit mask by [`FieldId`].
    pub fn fields(&self) -> u64 {
        let mut mask = 0;
        self.for_each_field(&mut |field| mask |= field.bit());
        mask
    }

    /// Visits the fields the result depends on, some more than once.
    pub fn for_each_field(&self, visit: &mut dyn FnMut(FieldId)) {
        match self {
            Self::Const(_) => {}
            Self::Flag(field) | Self::IsNull(field) | Self::OneOf { field, .. } => visit(*field),
            Self::Not(test) => test.for_each_field(visit),
            Self::All(tests) | Self::Any(tests) => {
                tests.iter().for_each(|test| test.for_each_field(visit));
            }
            Self::Compare { left, right, .. } => {
                [left, right].into_iter().filter_map(|word| word.field()).for_each(visit);
            }
            Self::Clock { from, .. } => visit(from.field()),
            Self::Within { from, to, .. } => [*from, *to].into_iter().for_each(visit),
            Self::Numbers { left, right, .. } => {
                [left, right].into_iter().for_each(|number| number.for_each_field(visit));
            }
        }
    }

    /// Whether the clock alone may change the result.
    pub fn is_timed(&self) -> bool {
        let mut timed = false;
        self.for_each_threshold(&mut |_| timed = true);
        timed
    }

    /// Whether the clock may change the result when a day begins, which is not everywhere at once.
    pub(crate) fn is_timed_by_day(&self) -> bool {
        let mut by_day = false;
        self.for_each_threshold(&mut |threshold| by_day |= matches!(threshold, Threshold::Day(..)));
        by_day
    }

    /// Whether the clock may change the result while somebody works.
    pub(crate) fn is_timed_by_work(&self) -> bool {
        let mut by_work = false;
        self.for_each_threshold(&mut |threshold| {
            by_work |= matches!(threshold, Threshold::Worked(..));
        });
        by_work
    }

    /// Visits the instants at which the clock may change the result.
    pub(crate) fn for_each_threshold(&self, visit: &mut dyn FnMut(Threshold)) {
        match self {
            Self::Clock { from, .. } => visit(*from),
            Self::Not(test) => test.for_each_threshold(visit),
            Self::All(tests) | Self::Any(tests) => {
                tests.iter().for_each(|test| test.for_each_threshold(visit));
            }
            Self::Const(_)
            | Self::Flag(_)
            | Self::IsNull(_)
            | Self::Compare { .. }
            | Self::OneOf { .. }
            | Self::Within { .. }
            | Self::Numbers { .. } => {}
        }
    }
}

impl Threshold {
    /// The field or moment from which it follows.
    pub(crate) const fn field(self) -> FieldId {
        let (Self::After(field, _) | Self::Day(field, _) | Self::Worked(field, ..)) = self;
        field
    }
}

impl Word {
    fn field(self) -> Option<FieldId> {
        match self {
            Self::Field(field) => Some(field),
            Self::Const(_) => None,
        }
    }
}

impl Number {
    /// The fields the result depends on, as a bit mask by [`FieldId`].
    pub fn fields(&self) -> u64 {
        let mut mask = 0;
        self.for_each_field(&mut |field| mask |= field.bit());
        mask
    }

    /// Visits the fields the result depends on, some more than once.
    pub fn for_each_field(&self, visit: &mut dyn FnMut(FieldId)) {
        match self {
            Self::Const(_) => {}
            Self::Field(field) => visit(*field),
            Self::Negate(number) => number.for_each_field(visit),
            Self::Combine(_, left, right) => {
                [left, right].into_iter().for_each(|number| number.for_each_field(visit));
            }
            Self::If(test, yes, no) => {
                test.for_each_field(visit);
                [yes, no].into_iter().for_each(|number| number.for_each_field(visit));
            }
            Self::Days(span) => {
                [span.from, span.to].into_iter().filter_map(|word| word.field()).for_each(visit);
            }
        }
    }
}
