//! Exact decimals of at most six places: what contributions and sums are made of.
//!
//! A value is an `i128` count of millionths. Adding and subtracting never round, so a contribution that is
//! withdrawn leaves exactly nothing behind. Values are bounded on entry ([`Decimal::MAX`]) so that a sum of
//! a hundred million of them cannot overflow.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// An exact decimal with six places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i128);

/// Why a text is not a [`Decimal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseDecimalError {
    /// The text has another shape than `[-+]digits[.digits][e[-+]digits]`.
    #[error("not a decimal number")]
    Malformed,
    /// The magnitude is above [`Decimal::MAX`].
    #[error("number beyond ±10^24")]
    OutOfRange,
    /// The number has digits behind the sixth place, and nothing of it may be rounded away.
    #[error("more than six places")]
    TooFine,
}

impl Decimal {
    /// Places behind the point.
    pub const PLACES: u32 = 6;
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// The largest magnitude that may enter from outside: 10^24.
    pub const MAX: Self = Self(10i128.pow(30));

    /// The value of `micros` millionths.
    pub const fn from_micros(micros: i128) -> Self {
        Self(micros)
    }

    /// The value as a count of millionths.
    pub const fn micros(self) -> i128 {
        self.0
    }

    /// A whole number.
    pub const fn from_int(value: i64) -> Self {
        Self(value as i128 * Self::UNIT)
    }

    /// `unscaled × 10^-scale`, rounded half-even to six places.
    ///
    /// # Errors
    /// [`ParseDecimalError::OutOfRange`] above [`Self::MAX`].
    pub fn from_unscaled(unscaled: i128, scale: i32) -> Result<Self, ParseDecimalError> {
        let shift = Self::PLACES as i32 - scale;
        let micros = if shift >= 0 {
            scale_up(unscaled, shift as u32)?
        } else {
            scale_down(unscaled, shift.unsigned_abs())
        };
        Self::bounded(micros)
    }

    /// Reads plain or scientific notation exactly; digits behind the sixth place round half-even.
    ///
    /// # Errors
    /// [`ParseDecimalError`] when the text is no number or too large.
    pub fn parse(text: &str) -> Result<Self, ParseDecimalError> {
        parse::decimal(text.as_bytes())
    }

    /// Reads what a person wrote: like [`Self::parse`], but nothing is rounded away.
    ///
    /// # Errors
    /// [`ParseDecimalError`] when the text is no number, too large, or too fine.
    pub fn exactly(text: &str) -> Result<Self, ParseDecimalError> {
        let value = Self::parse(text)?;
        if places(text) > i64::from(Self::PLACES) {
            return Err(ParseDecimalError::TooFine);
        }
        Ok(value)
    }

    /// The magnitude.
    pub const fn abs(self) -> Self {
        Self(self.0.abs())
    }

    const UNIT: i128 = 10i128.pow(Self::PLACES);

    fn bounded(micros: i128) -> Result<Self, ParseDecimalError> {
        if micros.unsigned_abs() > Self::MAX.0.unsigned_abs() {
            return Err(ParseDecimalError::OutOfRange);
        }
        Ok(Self(micros))
    }
}

/// The places behind the point that a number's notation needs.
fn places(text: &str) -> i64 {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let zeros = digits.len() - digits.trim_end_matches('0').len();
    let exponent = exponent.parse::<i64>().unwrap_or(0);
    (fraction.len() as i64 - zeros as i64).saturating_sub(exponent)
}

fn scale_up(value: i128, places: u32) -> Result<i128, ParseDecimalError> {
    if value == 0 {
        return Ok(0);
    }
    10i128
        .checked_pow(places)
        .and_then(|factor| value.checked_mul(factor))
        .ok_or(ParseDecimalError::OutOfRange)
}

/// Divides by `10^places`, rounding half-even; beyond 38 places nothing is left.
fn scale_down(value: i128, places: u32) -> i128 {
    let Some(divisor) = 10i128.checked_pow(places) else { return 0 };
    div_half_even(value, divisor)
}

/// `value / divisor` rounded half-even, for a positive divisor.
pub(crate) fn div_half_even(value: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (value.div_euclid(divisor), value.rem_euclid(divisor));
    let up = match rest.cmp(&(divisor - rest)) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => quotient % 2 != 0,
    };
    quotient + i128::from(up)
}

mod parse {
    //! The number grammar, by hand because it runs once per amount of every message.

    use super::{Decimal, ParseDecimalError};

    pub(super) fn decimal(text: &[u8]) -> Result<Decimal, ParseDecimalError> {
        let (negative, rest) = sign(text);
        let (mantissa, exponent) = split_exponent(rest)?;
        let digits = Digits::read(mantissa)?;
        let unscaled = if negative { -digits.unscaled } else { digits.unscaled };
        let scale = digits.scale.saturating_sub(exponent);
        if digits.overflow {
            return Err(ParseDecimalError::OutOfRange);
        }
        Decimal::from_unscaled(unscaled, scale)
    }

    fn sign(text: &[u8]) -> (bool, &[u8]) {
        match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        }
    }

    fn split_exponent(text: &[u8]) -> Result<(&[u8], i32), ParseDecimalError> {
        let Some(at) = text.iter().position(|byte| matches!(byte, b'e' | b'E')) else {
            return Ok((text, 0));
        };
        let (negative, digits) = sign(&text[at + 1..]);
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(ParseDecimalError::Malformed);
        }
        // Beyond this every value is out of range or zero anyway.
        let value =
            digits.iter().fold(0i32, |sum, digit| (sum * 10 + i32::from(digit - b'0')).min(10_000));
        Ok((&text[..at], if negative { -value } else { value }))
    }

    struct Digits {
        unscaled: i128,
        scale: i32,
        overflow: bool,
    }

    impl Digits {
        fn read(text: &[u8]) -> Result<Self, ParseDecimalError> {
            let mut digits = Self { unscaled: 0, scale: 0, overflow: false };
            let (mut seen, mut point) = (false, false);
            for byte in text {
                match byte {
                    b'0'..=b'9' => {
                        seen = true;
                        digits.push(byte - b'0', point);
                    }
                    b'.' if !point => point = true,
                    _ => return Err(ParseDecimalError::Malformed),
                }
            }
            if seen { Ok(digits) } else { Err(ParseDecimalError::Malformed) }
        }

        /// Takes a digit. Once 37 digits are in, further decimal places only matter as "something follows",
        /// which keeps a rounding tie from being taken for exact.
        fn push(&mut self, digit: u8, decimal_place: bool) {
            if self.unscaled < 10i128.pow(36) {
                self.unscaled = self.unscaled * 10 + i128::from(digit);
                self.scale += i32::from(decimal_place);
                return;
            }
            if decimal_place {
                self.unscaled |= i128::from(digit != 0);
                return;
            }
            self.overflow = true;
        }
    }
}

impl fmt::Display for Decimal {
    /// Plain notation without trailing zeros: `1200.5`, `-0.01`, `0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (whole, fraction) = (magnitude / Self::UNIT as u128, magnitude % Self::UNIT as u128);
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{whole}")?;
        if fraction == 0 {
            return Ok(());
        }
        let digits = format!("{fraction:06}");
        write!(f, ".{}", digits.trim_end_matches('0'))
    }
}

impl Add for Decimal {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Decimal {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Decimal {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Decimal {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Decimal {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for Decimal {
    fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
        values.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal, ParseDecimalError};

    #[test]
    fn reads_and_writes_exactly() {
        for (text, shown) in [
            ("0", "0"),
            ("1200.50", "1200.5"),
            ("-0.01", "-0.01"),
            ("+7", "7"),
            ("1.0E16", "10000000000000000"),
            ("9999999999999999.99", "9999999999999999.99"),
            ("12e-7", "0.000001"),
            ("0.0000005", "0"),
            ("0.0000015", "0.000002"),
            ("-0.0000025", "-0.000002"),
            ("0.00000050000000000000000000000000000000001", "0.000001"),
            (".5", "0.5"),
            ("5.", "5"),
            ("0e999999", "0"),
            ("1e-999999", "0"),
            ("1e24", "1000000000000000000000000"),
        ] {
            assert_eq!(Decimal::parse(text).map(|d| d.to_string()), Ok(shown.to_owned()), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in ["", "-", ".", "e5", "1e", "1e+", "abc", "1.2.3", "1 2", "NaN", "0x1", "١"] {
            assert_eq!(Decimal::parse(text), Err(ParseDecimalError::Malformed), "{text}");
        }
        for text in ["1e25", "1e999999", "99999999999999999999999999999999999999999999"] {
            assert_eq!(Decimal::parse(text), Err(ParseDecimalError::OutOfRange), "{text}");
        }
    }

    #[test]
    fn takes_unscaled_integers() {
        assert_eq!(
            Decimal::from_unscaled(1_234_567, 2).map(|d| d.to_string()),
            Ok("12345.67".to_owned())
        );
        assert_eq!(Decimal::from_unscaled(5, -3).map(|d| d.to_string()), Ok("5000".to_owned()));
        assert_eq!(Decimal::from_unscaled(15, 7).map(|d| d.to_string()), Ok("0.000002".to_owned()));
        assert_eq!(Decimal::from_unscaled(i128::MAX, 0), Err(ParseDecimalError::OutOfRange));
    }
}
