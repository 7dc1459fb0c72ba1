//! What must hold of a KPI beside its expressions.

use paceline_core::period::PeriodKind;

use super::{Kind, RawGoalKind, RawKpi};
use crate::config::located::{Located, Text};
use crate::config::place::At;
use crate::config::report::Report;
use crate::config::value;
use paceline_core::suggest;

/// The most KPIs of one config.
const KPIS_MAX: usize = 1_000;

/// Every KPI has a name of its own.
pub(super) fn names(all: &[RawKpi], report: &mut Report) {
    if let Some(extra) = all.get(KPIS_MAX) {
        report.error(
            extra.name.at,
            format_args!("more than {KPIS_MAX} KPIs"),
            "leave out those that nobody looks at",
        );
    }
    for (index, kpi) in all.iter().enumerate() {
        value::identifier(&kpi.name, "a KPI", report);
        if let Some(before) = all[..index].iter().find(|other| other.name.value == kpi.name.value) {
            let place = report.places.shown(before.name.at);
            let message =
                format!("two KPIs are called `{}`; the other is at {place}", kpi.name.as_str());
            report.error(kpi.name.at, message, "give each its own name");
        }
    }
}

/// Every key that is needed is there, and none that means nothing.
pub(super) fn keys(kpi: &RawKpi, report: &mut Report) {
    let simple = [
        ("entity", at(kpi.entity.as_ref()), true),
        ("where", at(kpi.filter.as_ref()), false),
        ("agg", at(kpi.agg.as_ref()), true),
        ("expr", at(kpi.expr.as_ref()), false),
        ("at", at(kpi.at.as_ref()), false),
        ("credit", at(kpi.credit.as_ref()), true),
    ];
    let ratio = [
        ("numerator", at(kpi.numerator.as_ref()), true),
        ("denominator", at(kpi.denominator.as_ref()), true),
    ];
    let derived = [
        ("expr", at(kpi.expr.as_ref()), true),
        ("on_zero_denominator", at(kpi.on_zero_denominator.as_ref()), false),
    ];
    let conversion = [
        ("entity", at(kpi.entity.as_ref()), true),
        ("from", at(kpi.from.as_ref()), true),
        ("to", at(kpi.to.as_ref()), true),
        ("within", at(kpi.within.as_ref()), true),
        ("credit", at(kpi.credit.as_ref()), true),
    ];
    let (own, kind): (&[_], _) = match kpi.kind.value {
        Kind::Simple => (&simple, "simple"),
        Kind::Ratio => (&ratio, "ratio"),
        Kind::Derived => (&derived, "derived"),
        Kind::Conversion => (&conversion, "conversion"),
    };
    for (key, given, needed) in own {
        if *needed && given.is_none() {
            let message = format!("`{key}` is missing: a KPI of type {kind} needs it");
            report.unknown(
                report.places.above(kpi.name.at),
                message,
                format_args!("add `{key}: …`"),
            );
        }
    }
    let is_own = |key: &str| own.iter().any(|(own, ..)| *own == key);
    let all = simple.iter().chain(&ratio).chain(&derived[1..]).chain(&conversion[1..4]);
    for (key, given, _) in all.filter(|(key, ..)| !is_own(key)) {
        if let Some(at) = given {
            report.error(
                *at,
                format_args!("a KPI of type {kind} has no `{key}`"),
                "leave it out, or change `type`",
            );
        }
    }
    min_sample(kpi, report);
}

fn at<T>(value: Option<&Located<T>>) -> Option<At> {
    value.map(|value| value.at)
}

fn min_sample(kpi: &RawKpi, report: &mut Report) {
    let Some(sample) = kpi.min_sample else { return };
    if kpi.goal_kind() != RawGoalKind::Rate {
        report.error(
            sample.at,
            "only rates have a sample",
            "leave it out, or set `goal_kind: rate`",
        );
    } else if sample.value == 0 {
        report.error(sample.at, "a sample of 0 is none", "write 1 or more");
    }
}

/// A description says something, and fits on a line.
pub(super) fn description(text: Option<&Text>, report: &mut Report) {
    let Some(text) = text else { return };
    value::not_empty(text, "the description", report);
    if text.value.trim().contains('\n') {
        report.error(
            text.at,
            "a description is one line",
            "say the most important in one sentence",
        );
    }
}

/// The kinds of period a KPI is shown for.
pub(super) fn periods(raw: Option<&Located<Vec<Text>>>, report: &mut Report) -> Vec<PeriodKind> {
    let Some(raw) = raw else {
        return vec![PeriodKind::Month, PeriodKind::Quarter, PeriodKind::Year];
    };
    if raw.value.is_empty() && !report.lost_any() {
        report.error(raw.at, "there is no kind of period", "list some, such as [month, quarter]");
    }
    let mut kinds = Vec::new();
    for text in &raw.value {
        let Some(kind) = period(text, report) else { continue };
        if kinds.contains(&kind) {
            report.error(text.at, format_args!("`{kind}` is listed twice"), "keep one of the two");
        }
        kinds.push(kind);
    }
    kinds
}

/// A kind of period.
pub(in crate::config) fn period(text: &Text, report: &mut Report) -> Option<PeriodKind> {
    match text.value.parse() {
        Ok(kind) => Some(kind),
        Err(_) => {
            let known = ["day", "week", "month", "quarter", "year"];
            let remedy = match suggest::closest(text.as_str(), known.into_iter()) {
                Some(close) => format!("did you mean `{close}`?"),
                None => "use day, week, month, quarter, year or rolling-Nd with N from 1 to 1096"
                    .to_owned(),
            };
            report.error(text.at, format_args!("`{}` is no kind of period", text.as_str()), remedy);
            None
        }
    }
}

/// The KPI that a ratio names, which must be simple.
pub(super) fn part(name: &Text, all: &[RawKpi], report: &mut Report) -> Option<usize> {
    let Some(index) = all.iter().position(|kpi| kpi.name.value == name.value) else {
        let known =
            all.iter().filter(|kpi| kpi.kind.value == Kind::Simple).map(|kpi| kpi.name.as_str());
        let remedy = suggest::remedy(name.as_str(), known, "the simple KPIs are");
        report.unknown(name.at, format_args!("there is no KPI `{}`", name.as_str()), remedy);
        return None;
    };
    if all[index].kind.value == Kind::Simple {
        return Some(index);
    }
    let (message, remedy) = match all[index].kind.value {
        Kind::Derived => (
            format!("`{}` is derived, and a ratio is one simple KPI over another", name.as_str()),
            "name a KPI of type simple, or make this one `type: derived`",
        ),
        Kind::Conversion => (
            format!("`{}` is a conversion itself", name.as_str()),
            "name a KPI of type simple, or make this one `type: derived`",
        ),
        Kind::Simple | Kind::Ratio => (
            format!("`{}` is a ratio itself", name.as_str()),
            "name a KPI of type simple: a ratio is one simple KPI over another",
        ),
    };
    report.error(name.at, message, remedy);
    None
}

/// A KPI by itself is 1, whatever it is.
pub(super) fn two_parts(above: &Text, below: &Text, report: &mut Report) {
    if above.value == below.value {
        report.error(
            below.at,
            format_args!("`{}` by itself is always 1", below.as_str()),
            "name the KPI that it is to be divided by",
        );
    }
}

/// What is now cannot be measured against what was in a period.
pub(super) fn same_time(ratio: &RawKpi, above: &RawKpi, below: &RawKpi, report: &mut Report) {
    if above.at.is_some() == below.at.is_some() {
        return;
    }
    let (dated, undated) = if above.at.is_some() { (above, below) } else { (below, above) };
    report.error(
        report.places.above(ratio.name.at),
        format_args!(
            "`{}` counts what falls into a period, `{}` what is right now: their ratio has no meaning",
            dated.name.as_str(),
            undated.name.as_str()
        ),
        format_args!("give `{}` an `at` too, or take the other's away", undated.name.as_str()),
    );
}
