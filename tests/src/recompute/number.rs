//! Exact numbers: every figure is a fraction of two whole numbers until it is shown.
//!
//! Nothing here is fast, and nothing here is rounded except where a rule says so.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{Signed, Zero};

/// An exact number.
pub type Exact = BigRational;

/// A whole number.
#[must_use]
pub fn whole(number: impl Into<BigInt>) -> Exact {
    Exact::from_integer(number.into())
}

/// Reads `[+-]digits[.digits][e[+-]digits]` exactly; `None` for any other text and for absurd exponents.
#[must_use]
pub fn parse(text: &str) -> Option<Exact> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let negative = mantissa.starts_with('-');
    let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (before, after) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{before}{after}");
    let shift = exponent.checked_sub(i32::try_from(after.len()).ok()?)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || shift.abs() > 400 {
        return None;
    }
    let number = whole(digits.parse::<BigInt>().ok()?) * whole(10).pow(shift);
    Some(if negative { -number } else { number })
}

/// Rounds to six places, half to even.
#[must_use]
pub fn rounded(number: &Exact) -> Exact {
    Exact::new(millionths(number), million())
}

/// As numbers leave the program: at most six places, half to even, without trailing zeros.
#[must_use]
pub fn text(number: &Exact) -> String {
    let millionths = millionths(number);
    let (before, after) = millionths.abs().div_rem(&million());
    let sign = if millionths.is_negative() { "-" } else { "" };
    let text = format!("{sign}{before}.{after:0>6}", after = after.to_string());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn million() -> BigInt {
    BigInt::from(1_000_000)
}

fn millionths(number: &Exact) -> BigInt {
    let scaled = number * whole(million());
    let floor = scaled.floor().to_integer();
    let twice_rest = (scaled - whole(floor.clone())) * whole(2);
    let up = twice_rest > whole(1) || (twice_rest == whole(1) && floor.is_odd());
    if up { floor + 1 } else { floor }
}

/// The quotient; `None` where the divisor is zero.
#[must_use]
pub fn divided(number: &Exact, divisor: &Exact) -> Option<Exact> {
    (!divisor.is_zero()).then(|| number / divisor)
}

#[cfg(test)]
mod tests {
    use super::{parse, text};

    #[test]
    fn texts_are_read_exactly_and_rounded_half_even() {
        let cases = [
            ("1200.50", "1200.5"),
            ("-0.0000005", "0"),         // half of the last place: to the even 0
            ("0.0000015", "0.000002"),   // half: from the odd 1 to the even 2
            ("0.0000025", "0.000002"),   // half: stays at the even 2
            ("-0.0000025", "-0.000002"), // the same below zero
            ("0.00000250000001", "0.000003"),
            ("1.5e3", "1500"),
            ("12e-7", "0.000001"),
            ("90071992547409930.1", "90071992547409930.1"), // no float holds this
        ];
        for (given, expected) in cases {
            assert_eq!(text(&parse(given).unwrap()), expected, "{given}");
        }
        for given in ["", "abc", "1,5", "1e999999", "--1", "0x10", "1 "] {
            assert_eq!(parse(given), None, "{given}");
        }
    }
}
