//! Exact rationals: averages, goals, expected values and everything that is judged.
//!
//! Nearly all values fit a fraction of two `i128`; an operation that would overflow goes on in big integers,
//! so that no comparison is ever decided by a rounding.

mod parse;

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};

use crate::decimal::{Decimal, div_half_even};

/// An exact fraction in lowest terms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rational(Repr);

/// The representation is canonical: what fits `Small` is never `Big`, so derived equality is equality.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Repr {
    Small { numerator: i128, denominator: i128 },
    Big(Box<BigRational>),
}

impl Rational {
    /// Zero.
    pub const ZERO: Self = Self(Repr::Small { numerator: 0, denominator: 1 });
    /// One.
    pub const ONE: Self = Self(Repr::Small { numerator: 1, denominator: 1 });

    /// The fraction `numerator / denominator`, or `None` when the denominator is 0.
    pub fn new(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        small(numerator, denominator)
            .or_else(|| Some(big(BigRational::new(numerator.into(), denominator.into()))))
    }

    /// A whole number.
    pub const fn from_int(value: i128) -> Self {
        Self(Repr::Small { numerator: value, denominator: 1 })
    }

    /// `self / other`, or `None` when `other` is 0: a value with a zero denominator is empty.
    pub fn checked_div(&self, other: &Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        Some(self / other)
    }

    /// The numerator and the denominator of the fraction in lowest terms, in decimal digits.
    pub fn fraction(&self) -> (String, String) {
        match &self.0 {
            Repr::Small { numerator, denominator } => {
                (numerator.to_string(), denominator.to_string())
            }
            Repr::Big(value) => (value.numer().to_string(), value.denom().to_string()),
        }
    }

    /// Whether this is 0.
    pub fn is_zero(&self) -> bool {
        matches!(self.0, Repr::Small { numerator: 0, .. })
    }

    /// Whether this is below 0.
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Small { numerator, .. } => *numerator < 0,
            Repr::Big(value) => value.is_negative(),
        }
    }

    /// Rounded half-even to six places, as values leave the engine; `None` beyond 128 bits.
    pub fn to_decimal(&self) -> Option<Decimal> {
        const UNIT: i128 = 10i128.pow(Decimal::PLACES);
        if let Repr::Small { numerator, denominator } = self.0
            && let Some(scaled) = numerator.checked_mul(UNIT)
        {
            return Some(Decimal::from_micros(div_half_even(scaled, denominator)));
        }
        let value = self.to_big();
        let (quotient, rest) = (value.numer() * BigInt::from(UNIT)).div_mod_floor(value.denom());
        let twice: BigInt = rest * 2;
        let up = match twice.cmp(value.denom()) {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => quotient.is_odd(),
        };
        (quotient + BigInt::from(u8::from(up))).to_i128().map(Decimal::from_micros)
    }

    /// The nearest float, rounded once; only for `attainment` and `pace` on the wire.
    pub fn to_f64(&self) -> f64 {
        /// Up to here every whole number is a float.
        const EXACT: i128 = 1 << 53;
        match &self.0 {
            // Both sides are exact floats, so the division rounds once.
            Repr::Small { numerator, denominator }
                if numerator.abs().max(*denominator) <= EXACT =>
            {
                *numerator as f64 / *denominator as f64
            }
            _ => self.to_big().to_f64().unwrap_or(f64::NAN),
        }
    }

    /// The greatest integer not above this; `None` beyond 128 bits.
    pub fn floor(&self) -> Option<i128> {
        match &self.0 {
            Repr::Small { numerator, denominator } => Some(numerator.div_euclid(*denominator)),
            Repr::Big(value) => value.floor().to_integer().to_i128(),
        }
    }

    /// The least integer not below this; `None` beyond 128 bits.
    pub fn ceil(&self) -> Option<i128> {
        (-self).floor().map(|value| -value)
    }

    fn to_big(&self) -> BigRational {
        match &self.0 {
            Repr::Small { numerator, denominator } => {
                BigRational::new_raw((*numerator).into(), (*denominator).into())
            }
            Repr::Big(value) => (**value).clone(),
        }
    }
}

impl From<Decimal> for Rational {
    fn from(value: Decimal) -> Self {
        small(value.micros(), 10i128.pow(Decimal::PLACES)).unwrap_or(Self::ZERO)
    }
}

/// The reduced fraction, or `None` where `i128::MIN` makes a sign or a divisor overflow.
fn small(numerator: i128, denominator: i128) -> Option<Rational> {
    if numerator == i128::MIN || denominator == i128::MIN {
        return None;
    }
    let divisor = numerator.gcd(&denominator) * denominator.signum();
    Some(Rational(Repr::Small {
        numerator: numerator / divisor,
        denominator: denominator / divisor,
    }))
}

/// The canonical form of a big fraction in lowest terms.
fn big(value: BigRational) -> Rational {
    match (value.numer().to_i128(), value.denom().to_i128()) {
        (Some(numerator), Some(denominator)) if numerator != i128::MIN => {
            Rational(Repr::Small { numerator, denominator })
        }
        _ => Rational(Repr::Big(Box::new(value))),
    }
}

/// Tries an operation in 128 bits, and in big integers where that overflows.
fn either(
    left: &Rational,
    right: &Rational,
    fast: impl Fn(i128, i128, i128, i128) -> Option<(i128, i128)>,
    slow: impl Fn(BigRational, BigRational) -> BigRational,
) -> Rational {
    if let (
        Repr::Small { numerator: a, denominator: b },
        Repr::Small { numerator: c, denominator: d },
    ) = (&left.0, &right.0)
        && let Some((numerator, denominator)) = fast(*a, *b, *c, *d)
        && let Some(value) = small(numerator, denominator)
    {
        return value;
    }
    big(slow(left.to_big(), right.to_big()))
}

fn add(a: i128, b: i128, c: i128, d: i128) -> Option<(i128, i128)> {
    if b == d {
        return Some((a.checked_add(c)?, b));
    }
    Some((a.checked_mul(d)?.checked_add(c.checked_mul(b)?)?, b.checked_mul(d)?))
}

fn sub(a: i128, b: i128, c: i128, d: i128) -> Option<(i128, i128)> {
    add(a, b, c.checked_neg()?, d)
}

fn mul(a: i128, b: i128, c: i128, d: i128) -> Option<(i128, i128)> {
    Some((a.checked_mul(c)?, b.checked_mul(d)?))
}

/// Division by a value that is not 0.
fn div(a: i128, b: i128, c: i128, d: i128) -> Option<(i128, i128)> {
    mul(a, b, d, c)
}

macro_rules! operator {
    ($trait:ident, $method:ident, $fast:ident, $symbol:tt) => {
        impl $trait for &Rational {
            type Output = Rational;
            fn $method(self, other: &Rational) -> Rational {
                either(self, other, $fast, |a, b| a $symbol b)
            }
        }
        impl $trait for Rational {
            type Output = Rational;
            fn $method(self, other: Rational) -> Rational {
                (&self).$method(&other)
            }
        }
    };
}

operator!(Add, add, add, +);
operator!(Sub, sub, sub, -);
operator!(Mul, mul, mul, *);
operator!(Div, div, div, /);

impl Neg for &Rational {
    type Output = Rational;
    fn neg(self) -> Rational {
        &Rational::ZERO - self
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (
            Repr::Small { numerator: a, denominator: b },
            Repr::Small { numerator: c, denominator: d },
        ) = (&self.0, &other.0)
            && let (Some(left), Some(right)) = (a.checked_mul(*d), c.checked_mul(*b))
        {
            return left.cmp(&right);
        }
        self.to_big().cmp(&other.to_big())
    }
}

impl std::iter::Sum for Rational {
    fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
        values.fold(Self::ZERO, |sum, value| &sum + &value)
    }
}

impl Zero for Rational {
    fn zero() -> Self {
        Self::ZERO
    }
    fn is_zero(&self) -> bool {
        Self::is_zero(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{BigInt, BigRational, Rational, big};
    use crate::decimal::Decimal;
    use proptest::prelude::*;

    fn of(numerator: i128, denominator: i128) -> Rational {
        Rational::new(numerator, denominator).expect("a denominator")
    }

    #[test]
    fn rounds_half_even_when_it_leaves() {
        for (numerator, denominator, shown) in [
            (1, 3, "0.333333"),
            (2, 3, "0.666667"),
            (-2, 3, "-0.666667"),
            (1, 2_000_000, "0"),
            (3, 2_000_000, "0.000002"),
            (i128::MAX, i128::MAX - 1, "1"),
            (15_000 * 2, 11, "2727.272727"),
        ] {
            let decimal = of(numerator, denominator).to_decimal().map(|d: Decimal| d.to_string());
            assert_eq!(decimal.as_deref(), Some(shown));
        }
        assert_eq!(of(i128::MAX, 1).to_decimal(), None);
        assert_eq!(Rational::new(1, 0), None);
    }

    #[test]
    fn floats_round_once() {
        // Rounding both sides first would give …398.
        let pace = Rational::from(Decimal::parse("84.00000033333333").expect("a decimal"));
        let large = of(i128::pow(10, 27) + 1, i128::pow(10, 26) * 3 + 7);
        for value in [pace, large] {
            assert_eq!(Some(value.to_f64()), num_traits::ToPrimitive::to_f64(&value.to_big()));
        }
    }

    #[test]
    fn floors_and_ceils() {
        assert_eq!((of(-1, 2).floor(), of(-1, 2).ceil()), (Some(-1), Some(0)));
        assert_eq!((of(7, 2).floor(), of(7, 2).ceil()), (Some(3), Some(4)));
    }

    proptest! {
        #[test]
        fn equals_big_rationals(a: i128, b: i128, c: i128, d: i128, few in 0u32..120) {
            let (a, b, c, d) = (a >> few, b >> few | 1, c >> few, d >> few | 1);
            let exact = |n: i128, m: i128| BigRational::new(BigInt::from(n), BigInt::from(m));
            let (x, y, p, q) = (of(a, b), of(c, d), exact(a, b), exact(c, d));
            prop_assert_eq!(&x + &y, big(&p + &q));
            prop_assert_eq!(&x - &y, big(&p - &q));
            prop_assert_eq!(&x * &y, big(&p * &q));
            prop_assert_eq!(x.cmp(&y), p.cmp(&q));
            if !y.is_zero() {
                prop_assert_eq!(&x / &y, big(&p / &q));
            }
        }
    }
}
