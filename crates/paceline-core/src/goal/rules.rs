//! The rules that a goal keeps, wherever it was written: each is asked for what it needs and answers with the mistake.
//!
//! A config, a request and a file of goals locate mistakes each in its own way, so the rules only word them.

use crate::day::Day;
use crate::decimal::Decimal;
use crate::goal::Whose;
use crate::kpi::{Better, GoalKind, Kpi};
use crate::period::PeriodKind;

/// The longest tenure a ramp may speak of, in months.
pub const MONTHS_MAX: u64 = 1_200;

/// What a goal's rules need to know of its KPI.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Its name.
    pub name: &'a str,
    /// The kinds of period it is shown for; none where these are not known.
    pub periods: &'a [PeriodKind],
    /// Which direction is good.
    pub better: Better,
    /// What its goals mean.
    pub goal_kind: GoalKind,
}

impl<'a> From<&'a Kpi> for About<'a> {
    fn from(kpi: &'a Kpi) -> Self {
        let Kpi { name, periods, better, goal_kind, .. } = kpi;
        Self { name, periods, better: *better, goal_kind: *goal_kind }
    }
}

/// What is wrong with a goal. Its text says what; [`Mistake::remedy`] what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// There is no such KPI.
    #[error("there is no KPI `{name}`")]
    NoKpi {
        /// The name.
        name: String,
        /// The nearest KPI, or all of them.
        remedy: String,
    },
    /// The KPI is not shown for the kind of period.
    #[error("`{kpi}` is not shown for {period}")]
    NotShown {
        /// The KPI.
        kpi: String,
        /// The kind of period.
        period: PeriodKind,
        /// Those it is shown for.
        shown: Vec<PeriodKind>,
    },
    /// The target is below 0.
    #[error("a target cannot be negative")]
    NegativeTarget,
    /// The target is 0 and higher is better.
    #[error("a target of 0 has no meaning where higher is better")]
    ZeroTarget,
    /// The goal ends before it begins.
    #[error("the last day is before the first, {from}")]
    Dates {
        /// The first day.
        from: Day,
    },
    /// A step of a ramp ends with no month that a tenure may have.
    #[error("{months} months are not between 1 and {MONTHS_MAX}")]
    Months {
        /// The months.
        months: u64,
    },
    /// A step of a ramp ends no later than the one before it.
    #[error(
        "the step ends with month {months}, and the one before it with month {before}: they overlap"
    )]
    Overlap {
        /// The month it ends with.
        months: u64,
        /// The month the one before it ends with.
        before: u64,
    },
    /// A share is less than nothing, or more than all.
    #[error("a share of {share} is not between 0 and 1")]
    Share {
        /// The share.
        share: Decimal,
    },
    /// A goal that is the same at every moment has a curve.
    #[error("only a goal that is to be reached is spread: this KPI's is the same at every moment")]
    NotSpread,
    /// The kind of period has no such parts.
    #[error("a {period} is not cut by {by}")]
    NotCut {
        /// The kind of period.
        period: PeriodKind,
        /// The parts.
        by: &'static str,
    },
    /// There are more or fewer shares than parts.
    #[error("{given} shares for a {period}, which has {parts} parts")]
    Shares {
        /// How many shares there are.
        given: usize,
        /// The kind of period.
        period: PeriodKind,
        /// How many parts it has.
        parts: usize,
    },
    /// The shares are more or less than the whole target.
    #[error("the shares add up to {sum}, not to 1")]
    Sum {
        /// What they add up to.
        sum: Decimal,
    },
    /// A team's own goal has a ramp.
    #[error("a team has no tenure, and its own goal no ramp")]
    TeamRamp,
    /// A team's own goal minds presence.
    #[error("a team is never absent: its own goal has no `presence`")]
    TeamPresence,
}

impl Mistake {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        let remedy = match self {
            Self::NoKpi { remedy, .. } => return remedy.clone(),
            Self::NotShown { period, shown, .. } => {
                let shown: Vec<String> = shown.iter().map(ToString::to_string).collect();
                return format!("use {}, or add {period} to the KPI's `periods`", shown.join(", "));
            }
            Self::NegativeTarget => "write 0 or more",
            Self::ZeroTarget => "write a positive number, or set `better: lower` on the KPI",
            Self::Dates { .. } => "exchange the two",
            Self::Months { .. } => "count the completed months since the start",
            Self::Overlap { .. } => "list the steps by rising `until_month`",
            Self::Share { .. } => "write 0.25 for a quarter of the target",
            Self::NotSpread => "leave `curve` out",
            Self::NotCut { .. } => {
                "cut a quarter by month, a year by month or quarter, or leave `curve` out"
            }
            Self::Shares { .. } => "give a share for each part, 0 where nothing is due",
            Self::Sum { .. } => "change one of them so that nothing is left over",
            Self::TeamRamp | Self::TeamPresence => {
                "leave it out, or use `for: {each_of: …}`, whose goals the team's is the sum of"
            }
        };
        remedy.to_owned()
    }
}

/// A goal is for a kind of period that its KPI is shown for.
///
/// # Errors
/// [`Mistake::NotShown`].
pub fn period(kpi: &About<'_>, period: PeriodKind) -> Result<(), Mistake> {
    if kpi.periods.is_empty() || kpi.periods.contains(&period) {
        return Ok(());
    }
    Err(Mistake::NotShown { kpi: kpi.name.to_owned(), period, shown: kpi.periods.to_vec() })
}

/// A target is positive; 0 has a meaning only where lower is better. Of a KPI that is not known only the sign is judged.
///
/// # Errors
/// [`Mistake::NegativeTarget`] and [`Mistake::ZeroTarget`].
pub fn target(target: Decimal, kpi: Option<&About<'_>>) -> Result<(), Mistake> {
    if target < Decimal::ZERO {
        return Err(Mistake::NegativeTarget);
    }
    if target == Decimal::ZERO && kpi.is_some_and(|kpi| kpi.better == Better::Higher) {
        return Err(Mistake::ZeroTarget);
    }
    Ok(())
}

/// A goal ends no sooner than it begins.
///
/// # Errors
/// [`Mistake::Dates`].
pub fn dates(from: Option<Day>, until: Option<Day>) -> Result<(), Mistake> {
    match (from, until) {
        (Some(from), Some(until)) if until < from => Err(Mistake::Dates { from }),
        _ => Ok(()),
    }
}

/// The steps of a ramp end with rising months.
///
/// # Errors
/// [`Mistake::Months`] and [`Mistake::Overlap`].
pub fn months(before: Option<u64>, months: u64) -> Result<(), Mistake> {
    if !(1..=MONTHS_MAX).contains(&months) {
        return Err(Mistake::Months { months });
    }
    match before {
        Some(before) if months <= before => Err(Mistake::Overlap { months, before }),
        _ => Ok(()),
    }
}

/// A share of a target is a part of it.
///
/// # Errors
/// [`Mistake::Share`].
pub fn share(share: Decimal) -> Result<(), Mistake> {
    let within = Decimal::ZERO <= share && share <= Decimal::from_int(1);
    if within { Ok(()) } else { Err(Mistake::Share { share }) }
}

/// Whose goal has a ramp or minds presence: a team has no tenure and is never absent.
pub fn team(whose: &Whose, ramp: bool, presence: bool) -> impl Iterator<Item = Mistake> + use<> {
    let team = matches!(whose, Whose::Team(_));
    let ramp = (team && ramp).then_some(Mistake::TeamRamp);
    ramp.into_iter().chain((team && presence).then_some(Mistake::TeamPresence))
}

/// The rules of curves.
pub mod curve {
    use super::{Decimal, GoalKind, Mistake, PeriodKind};

    /// What parts of so many fiscal months are called.
    pub fn by(months: u8) -> &'static str {
        if months == 1 { "month" } else { "quarter" }
    }

    /// Only a goal that is to be reached is spread.
    ///
    /// # Errors
    /// [`Mistake::NotSpread`].
    pub fn kind(kind: GoalKind) -> Result<(), Mistake> {
        if kind == GoalKind::Reach { Ok(()) } else { Err(Mistake::NotSpread) }
    }

    /// How many parts of so many fiscal months a period has.
    ///
    /// # Errors
    /// [`Mistake::NotCut`].
    pub fn parts(period: PeriodKind, months: u8) -> Result<usize, Mistake> {
        match (period, months) {
            (PeriodKind::Quarter, 1) => Ok(3),
            (PeriodKind::Year, 1) => Ok(12),
            (PeriodKind::Year, 3) => Ok(4),
            _ => Err(Mistake::NotCut { period, by: by(months) }),
        }
    }

    /// Each part has a share.
    ///
    /// # Errors
    /// [`Mistake::Shares`].
    pub fn count(given: usize, parts: usize, period: PeriodKind) -> Result<(), Mistake> {
        if given == parts { Ok(()) } else { Err(Mistake::Shares { given, period, parts }) }
    }

    /// The shares, each from 0 to 1, are the whole target.
    ///
    /// # Errors
    /// [`Mistake::Sum`].
    pub fn sum(shares: &[Decimal]) -> Result<(), Mistake> {
        let sum = shares.iter().fold(Decimal::ZERO, |sum, share| sum + *share);
        if sum == Decimal::from_int(1) { Ok(()) } else { Err(Mistake::Sum { sum }) }
    }
}
