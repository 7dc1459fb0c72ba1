//! Amounts as exact numbers, so that sums of them can be compared.

/// Places after the point that the wire has at most.
const PLACES: usize = 6;

/// A decimal as the wire writes it, in millionths; `None` for what is no such decimal.
pub(super) fn millionths(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) || part.len() > PLACES {
        return None;
    }
    let amount: i128 = format!("{whole}{part:0<PLACES$}").parse().ok()?;
    Some(if negative { -amount } else { amount })
}

#[cfg(test)]
mod tests {
    use super::millionths;

    #[test]
    fn decimals_read_as_the_wire_writes_them() {
        assert_eq!(millionths("1200.5"), Some(1_200_500_000));
        assert_eq!(millionths("-0.01"), Some(-10_000));
        assert_eq!(millionths("0"), Some(0));
        for text in ["", "-", "1,5", ".5", "1.0000001", "1e3", "NaN"] {
            assert_eq!(millionths(text), None, "{text}");
        }
    }
}
