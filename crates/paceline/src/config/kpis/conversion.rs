//! Conversions: the share of records that came from one condition to another in time.
//!
//! It is an average like any other: of 1 for each record that made it and 0 for each that did not, dated by the moment at
//! which the record came into the cohort.

use std::time::Duration;

use paceline_core::expr::{self, Number, Test};
use paceline_core::kpi::{Aggregate, At, Simple};
use paceline_core::moment::{Kind, Moment};
use paceline_core::rational::Rational;
use paceline_core::symbol::Symbols;

use super::{RawKpi, credit, fields, simple};
use crate::config::entities::{self, Declared};
use crate::config::located::Text;
use crate::config::report::Report;
use crate::config::value;

/// Compiles the measure of a conversion; everything that is wrong with it is told.
pub(super) fn compile(
    kpi: &RawKpi,
    all: &mut [Declared],
    symbols: &mut Symbols,
    report: &mut Report,
) -> Option<Simple> {
    let entity = entities::used(kpi.entity.as_ref()?, all, report)?;
    check_way(kpi, report);
    let (reached, within, credit) = fields::within(all, entity, |scope, _| {
        let mut condition = |text: &Option<Text>| {
            let text = text.as_ref()?;
            let moment = expr::moment(Kind::First, text.as_str(), scope, symbols);
            simple::told(text, moment, report)
        };
        let (from, to) = (condition(&kpi.from), condition(&kpi.to));
        let within = kpi.within.as_ref().and_then(|text| within(text, report));
        let credit = kpi.credit.as_ref().and_then(|raw| credit::field_alone(raw, scope, report));
        let reached = from.zip(to).map(|(from, to)| {
            let from = scope.remember(from);
            (from, scope.remember(Moment { kind: Kind::Then(from), ..to }))
        });
        (reached, within, credit)
    });
    let ((from, to), within) = (reached?, within?);
    let made_it = Test::Within { from, to, nanos: i128::try_from(within.as_nanos()).ok()? };
    let [yes, no] = [1, 0].map(|value| Box::new(Number::Const(Rational::from_int(value))));
    Some(Simple {
        entity,
        filter: Test::Const(true),
        aggregate: Aggregate::Average(Number::If(Box::new(made_it), yes, no)),
        currency: None,
        at: Some(At::Timestamp(from)),
        credit: credit?,
    })
}

/// What is reached is not what was begun with.
fn check_way(kpi: &RawKpi, report: &mut Report) {
    if let (Some(from), Some(to)) = (&kpi.from, &kpi.to)
        && from.value.trim() == to.value.trim()
    {
        report.error(
            to.at,
            "`from` and `to` are the same: every record is there at once",
            "write the condition to be reached, such as `stage in states.won`",
        );
    }
}

/// How long it may take, which is some time.
fn within(text: &Text, report: &mut Report) -> Option<Duration> {
    let within = value::duration(text, report)?;
    if within.is_zero() {
        report.error(
            text.at,
            format_args!("`{}` is no time to reach anything in", text.as_str()),
            "write how long it may take, such as 60d",
        );
    }
    Some(within)
}
