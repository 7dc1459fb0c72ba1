//! Simple KPIs: names and expressions against the fields of an entity.

use paceline_core::entity::FieldId;
use paceline_core::expr::{self, ExprError, Measured, Scope, Test};
use paceline_core::kpi::{Aggregate, At, Simple};
use paceline_core::symbol::Symbols;

use super::credit;
use super::fields;
use super::moments::{Dating, Spelled, dating_field};
use super::{Agg, RawKpi};
use crate::config::entities::{self, Declared};
use crate::config::located::{Located, Text};
use crate::config::report::Report;

/// Compiles the measure of a simple KPI; everything that is wrong with it is told.
pub(super) fn compile(
    kpi: &RawKpi,
    all: &mut [Declared],
    symbols: &mut Symbols,
    report: &mut Report,
) -> Option<Simple> {
    let id = entities::used(kpi.entity.as_ref()?, all, report)?;
    fields::within(all, id, |scope, all| {
        let filter = match &kpi.filter {
            Some(text) => test(text, scope, symbols, report),
            None => Some(Test::Const(true)),
        };
        let aggregate =
            kpi.agg.and_then(|agg| aggregate(agg, kpi.expr.as_ref(), scope, symbols, report));
        let measure =
            credit::Measured { id, filter: filter.as_ref(), dated: kpi.at.is_some(), agg: kpi.agg };
        let credit = kpi.credit.as_ref();
        let credit = credit.and_then(|raw| credit::compile(raw, &measure, all, scope, report));
        let at = kpi.at.as_ref().map(|text| at(text, scope, symbols, report));
        // A mistake in `at` must not make a stock of a flow.
        let at = match at {
            None => None,
            Some(at) => Some(at?),
        };
        let (filter, (aggregate, currency), credit) = (filter?, aggregate?, credit?);
        Some(Simple { entity: id, filter, aggregate, currency, at, credit })
    })
}

fn test(text: &Text, scope: Scope<'_>, symbols: &mut Symbols, report: &mut Report) -> Option<Test> {
    told(text, expr::test(text.as_str(), scope, symbols), report)
}

fn number(
    text: &Text,
    scope: Scope<'_>,
    symbols: &mut Symbols,
    report: &mut Report,
) -> Option<Measured> {
    told(text, expr::number(text.as_str(), scope, symbols), report)
}

/// What an expression compiled to; what is wrong with it is told.
pub(super) fn told<T>(
    text: &Text,
    compiled: Result<T, ExprError>,
    report: &mut Report,
) -> Option<T> {
    match compiled {
        Ok(value) => Some(value),
        Err(error) => {
            report.unknown_within(text.at, text.as_str(), error.at, &error.message, &error.help);
            None
        }
    }
}

/// What is computed, and the field of the currency if that is money.
fn aggregate(
    agg: Located<Agg>,
    expr: Option<&Text>,
    scope: Scope<'_>,
    symbols: &mut Symbols,
    report: &mut Report,
) -> Option<(Aggregate, Option<FieldId>)> {
    if agg.value == Agg::Count {
        if let Some(expr) = expr {
            let remedy = "leave `expr` out, or use `agg: sum` or `agg: count_distinct`";
            report.error(expr.at, "`agg: count` counts records and takes no `expr`", remedy);
        }
        return Some((Aggregate::Count, None));
    }
    let Some(expr) = expr else {
        report.unknown(
            agg.at,
            "`expr` is missing: it says what is aggregated",
            "add `expr: …`, or use `agg: count`",
        );
        return None;
    };
    if agg.value == Agg::CountDistinct {
        if !expr.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
            report.error(
                expr.at,
                "`agg: count_distinct` counts the values of one field",
                "write the name of a field alone",
            );
            return None;
        }
        let (field, kind) = fields::field(expr, scope, report)?;
        return Some((Aggregate::CountDistinct(field, kind), None));
    }
    let Measured { number, currency } = number(expr, scope, symbols, report)?;
    let aggregate = match agg.value {
        Agg::Avg => Aggregate::Average(number),
        Agg::Min => Aggregate::Min(number),
        Agg::Max => Aggregate::Max(number),
        Agg::Median => Aggregate::Median(number),
        Agg::P90 => Aggregate::P90(number),
        Agg::Sum | Agg::Count | Agg::CountDistinct => Aggregate::Sum(number),
    };
    Some((aggregate, currency))
}

/// What dates a record: a field or a moment.
fn at(text: &Text, scope: Scope<'_>, symbols: &mut Symbols, report: &mut Report) -> Option<At> {
    match Spelled::read(text, report) {
        Some(spelled) => spelled?.compile(scope, symbols, report),
        None => dating_field(text, scope, report).map(Dating::at),
    }
}
