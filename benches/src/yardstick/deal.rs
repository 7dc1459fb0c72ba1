//! What the three KPIs need of an opportunity.

/// What a message says of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    /// The record's id.
    pub id: &'a str,
    /// What it is now; `None` when it is gone.
    pub deal: Option<Deal<'a>>,
}

/// An opportunity, as far as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deal<'a> {
    /// The owner's id; empty without one.
    pub owner: &'a str,
    /// The amount in cents, if it has one.
    pub cents: Option<i64>,
    /// Where it stands.
    pub stage: Stage,
    /// The month of its close date.
    pub close: Option<Month>,
    /// The month in which it was created, in UTC.
    pub created: Option<Month>,
}

/// Where an opportunity stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all")]
pub enum Stage {
    Open,
    Won,
    Lost,
}

impl Stage {
    /// The stage of a name: neither won nor lost is open.
    pub fn named(name: &str) -> Self {
        match name {
            "Closed Won" => Self::Won,
            "Closed Lost" => Self::Lost,
            _ => Self::Open,
        }
    }
}

/// A month, as the number of months since year 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(pub i32);

impl Month {
    /// For what counts in no month of its own.
    pub const NONE: Self = Self(i32::MIN);

    /// The month of a day since 1970-01-01, by the usual civil-from-days arithmetic.
    pub fn of_day(day: i64) -> Self {
        let day = day + 719_468;
        let era = day.div_euclid(146_097);
        let of_era = day.rem_euclid(146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        // Counted from March, so that the leap day is a year's last.
        let from_march = (5 * of_year + 2) / 153;
        Self(((year + era * 400) * 12 + from_march + 2) as i32)
    }

    /// The month that a timestamp in ISO 8601 begins with.
    pub fn of_text(text: &str) -> Option<Self> {
        let number = |text: Option<&str>| text?.parse::<i32>().ok();
        Some(Self(number(text.get(..4))? * 12 + number(text.get(5..7))? - 1))
    }

    /// Its first day, as `YYYY-MM-DD`; `None` for no month.
    pub fn first_day(self) -> Option<String> {
        let (year, month) = (self.0.div_euclid(12), self.0.rem_euclid(12) + 1);
        (self != Self::NONE).then(|| format!("{year:04}-{month:02}-01"))
    }
}

/// An amount such as `-1200.5` in cents; `None` when it is no such number or has more than two places.
pub fn cents(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = match places.len() {
        0 => 0,
        1 => places.parse::<i64>().ok()? * 10,
        2 => places.parse().ok()?,
        _ => return None,
    };
    Some(sign * (whole.parse::<i64>().ok()? * 100 + fraction))
}
