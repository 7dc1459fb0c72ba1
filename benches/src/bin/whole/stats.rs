//! Few numbers, summed up without hiding how far apart they lie.

use std::fmt;

/// The middle of some numbers, the least and the greatest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    min: f64,
    max: f64,
}

impl Spread {
    /// Of at least one number.
    pub(crate) fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        numbers.sort_by(f64::total_cmp);
        let middle = |at: usize| numbers.get(at).copied().unwrap_or(f64::NAN);
        let (low, high) = (numbers.len().saturating_sub(1) / 2, numbers.len() / 2);
        Self {
            median: (middle(low) + middle(high)) / 2.0,
            min: middle(0),
            max: middle(numbers.len().saturating_sub(1)),
        }
    }
}

/// As `median (min..max)`, with the precision asked for.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = f.precision().unwrap_or(2);
        let Self { median, min, max } = self;
        write!(f, "{median:.places$} ({min:.places$}..{max:.places$})")
    }
}
