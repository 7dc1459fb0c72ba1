//! Numbers and statuses as people read them.

use paceline_client::proto;
use proto::Status;

/// A status in a word.
pub(super) fn status(standing: &proto::Standing) -> &'static str {
    match standing.status() {
        Status::Unspecified => "?",
        Status::NoGoal => "NO GOAL",
        Status::NotEnoughData => "NO DATA",
        Status::Missed => "MISSED",
        Status::Achieved => "ACHIEVED",
        Status::TooEarly => "TOO EARLY",
        Status::Ahead => "AHEAD",
        Status::OnTrack => "ON TRACK",
        Status::Behind => "BEHIND",
    }
}

/// A decimal in at most six characters or so: `182k`, `1.25m`, `0.43`, `7`.
pub(super) fn short(decimal: &str) -> String {
    let Ok(value) = decimal.parse::<f64>() else { return decimal.to_owned() };
    match value.abs() {
        size if size >= 1e9 => format!("{:.2}bn", value / 1e9),
        size if size >= 1e6 => format!("{:.2}m", value / 1e6),
        size if size >= 1e4 => format!("{:.0}k", value / 1e3),
        size if size >= 1e3 => format!("{:.1}k", value / 1e3),
        size if size >= 10.0 || value.fract() == 0.0 => format!("{value:.0}"),
        _ => format!("{value:.2}"),
    }
}

/// A decimal in full with thousands set apart.
pub(super) fn long(decimal: &str) -> String {
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if fraction.is_empty() {
        format!("{sign}{grouped}")
    } else {
        format!("{sign}{grouped}.{fraction}")
    }
}

/// Actual of goal, and the pace in percent.
pub(super) fn cell(standing: &proto::Standing) -> String {
    let actual =
        if standing.actual.is_empty() { "–".to_owned() } else { short(&standing.actual) };
    if standing.goal.is_empty() {
        return actual;
    }
    let pace = standing
        .pace
        .map_or_else(String::new, |pace| format!(" {:.0}%", (pace * 100.0).min(999.0)));
    format!("{actual}/{}{pace}", short(&standing.goal))
}

/// Why the numbers are not complete, in a few words.
pub(super) fn cause(cause: &proto::Cause) -> String {
    let kind = cause
        .kind()
        .as_str_name()
        .trim_start_matches("CAUSE_KIND_")
        .to_lowercase()
        .replace('_', " ");
    let rest = [cause.source.as_str(), cause.entity.as_str(), cause.detail.as_str()];
    rest.into_iter()
        .filter(|part| !part.is_empty())
        .fold(kind, |text, part| format!("{text} {part}"))
}

#[cfg(test)]
mod tests {
    use super::{long, short};

    #[test]
    fn numbers_are_short_or_grouped() {
        for (decimal, is_short, is_long) in [
            ("0", "0", "0"),
            ("7", "7", "7"),
            ("0.428571", "0.43", "0.428571"),
            ("1200.5", "1.2k", "1,200.5"),
            ("-182300", "-182k", "-182,300"),
            ("1250000", "1.25m", "1,250,000"),
            ("", "", ""),
        ] {
            assert_eq!((short(decimal).as_str(), long(decimal).as_str()), (is_short, is_long));
        }
    }
}
