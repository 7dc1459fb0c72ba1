//! Rationals from what a person wrote.

use super::Rational;

impl Rational {
    /// Reads a decimal in plain or scientific notation exactly, with as many places as it has; `None` when it is none,
    /// or has more digits than 128 bits hold.
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let unscaled: i128 = format!("{whole}{fraction}").parse().ok()?;
        let places = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        let power = 10i128.checked_pow(places.unsigned_abs())?;
        if places > 0 {
            Self::new(unscaled, power)
        } else {
            Some(Self::from_int(unscaled.checked_mul(power)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rational;

    #[test]
    fn nothing_of_what_was_written_is_lost() {
        for (text, numerator, denominator) in [
            ("1.0812345678", 10_812_345_678, 10_000_000_000),
            ("0.00000000000000000001", 1, 10i128.pow(20)),
            ("-3", -3, 1),
            ("+2.50", 5, 2),
            (".5", 1, 2),
            ("12e-1", 6, 5),
            ("1.5E2", 150, 1),
        ] {
            assert_eq!(Rational::parse(text), Rational::new(numerator, denominator), "{text}");
        }
    }

    #[test]
    fn what_is_no_decimal_is_nothing() {
        let long = format!("0.{}", "1".repeat(40));
        for text in
            ["", ".", "-", "1,5", "1.2.3", "1.-2", "0x10", "1e", "1e999", "NaN", "1 ", &long]
        {
            assert_eq!(Rational::parse(text), None, "{text}");
        }
    }
}
