//! Subjects: the one line of the board, and the day, that a request for a leaderboard or a history names.

use std::ops::RangeInclusive;

use paceline_core::board::Subject;
use paceline_core::day::Day;
use paceline_core::kpi::Kpi;
use paceline_core::model::Model;
use paceline_core::period::PeriodKind;
use paceline_core::sight::Sight;
use tonic::Status;

use crate::errors::invalid;
use crate::selector;

/// The years of which a day may be asked for: far from where calendars end, near which periods have no bounds.
const YEARS: RangeInclusive<i16> = 1900..=2999;

/// Finds what the fields `scope`, `kpi` and `period` of a request name. Whether there is such a scope, and whether
/// it is seen, is known when the board is asked.
///
/// # Errors
/// `INVALID_ARGUMENT`, naming the field, for what cannot be a scope or is no KPI, and for a kind of period for which the KPI is
/// not shown.
pub(crate) fn subject(
    scope: &str,
    kpi: &str,
    period: &str,
    model: &Model,
    sight: &Sight,
) -> Result<Subject, Status> {
    let wrong = |field: &str, text: &str, description: String| {
        invalid(field, format!("`{text}`: {description}"))
    };
    selector::scope(scope).map_err(|description| wrong("scope", scope, description))?;
    let id = selector::kpi(kpi, model).map_err(|description| wrong("kpi", kpi, description))?;
    let kind = kind(period, model.kpi(id));
    let kind = kind.map_err(|description| wrong("period", period, description))?;
    Ok(Subject { sight: sight.clone(), scope: scope.to_owned(), kpi: id, kind })
}

fn kind(text: &str, kpi: &Kpi) -> Result<PeriodKind, String> {
    let kind: PeriodKind = text.parse().map_err(|error| format!("{error}"))?;
    if !kpi.periods.contains(&kind) {
        let shown: Vec<String> = kpi.periods.iter().map(ToString::to_string).collect();
        return Err(format!("`{}` is shown by {} only", kpi.name, shown.join(", ")));
    }
    Ok(kind)
}

/// Reads the day in a field `on`, if one is given.
///
/// # Errors
/// `INVALID_ARGUMENT`, naming the field, for what is no day or too far away.
pub(crate) fn day(text: &str) -> Result<Option<Day>, Status> {
    if text.is_empty() {
        return Ok(None);
    }
    let day = Day::parse(text).filter(|day| YEARS.contains(&day.civil().year()));
    let (first, last) = (YEARS.start(), YEARS.end());
    let description =
        || format!("`{text}` is not a day, `YYYY-MM-DD`, of the years {first} to {last}");
    day.map(Some).ok_or_else(|| invalid("on", description()))
}
