//! The terms of a goal, from the wire and to it.
//!
//! What cannot be read and what breaks a rule are told together, each with its field.

use paceline_core::day::Day;
use paceline_core::decimal::Decimal;
use paceline_core::goal::{Curve, Draft, Step, Whose, curve};
use paceline_core::kpi::KpiId;
use paceline_core::model::Model;
use paceline_core::period::PeriodKind;
use tonic::Status;

use crate::errors;
use crate::proto;

/// Reads terms, and holds them against the rules.
///
/// # Errors
/// `INVALID_ARGUMENT`, with a violation for each field that is wrong.
pub(super) fn read(terms: &proto::GoalTerms, model: &Model) -> Result<Draft, Status> {
    let mut reading = Reading::default();
    let draft = reading.draft(terms);
    match draft {
        Some(draft) if reading.wrong.is_empty() => check(draft, model),
        _ => Err(errors::all_invalid(reading.wrong)),
    }
}

fn check(draft: Draft, model: &Model) -> Result<Draft, Status> {
    let kpi = model.kpi_named(&draft.kpi);
    let about = kpi.map(|kpi: KpiId| model.kpi(kpi).into());
    let names = model.kpis.iter().map(|kpi| kpi.name.as_str());
    let mistakes = draft.mistakes(about.as_ref(), names);
    if mistakes.is_empty() {
        return Ok(draft);
    }
    let told = mistakes.into_iter().map(|misplaced| {
        let description = format!("{}; {}", misplaced.mistake, misplaced.mistake.remedy());
        (format!("goal.{}", misplaced.field), description)
    });
    Err(errors::all_invalid(told.collect()))
}

/// What could not be read so far, by field.
#[derive(Default)]
struct Reading {
    wrong: Vec<(String, String)>,
}

impl Reading {
    fn draft(&mut self, terms: &proto::GoalTerms) -> Option<Draft> {
        let proto::GoalTerms { kpi, period, target, r#for, from, until, ramp, presence, curve } =
            terms;
        let period = self.field("period", period.parse::<PeriodKind>());
        let target = self.decimal("target", target);
        let whose = self.field("for", r#for.parse::<Whose>());
        let from = self.day("from", from);
        let until = self.day("until", until);
        let ramp: Option<Vec<Step>> =
            ramp.iter().enumerate().map(|(at, step)| self.step(at, step)).collect();
        let curve = match curve {
            Some(curve) => self.curve(curve).map(Some),
            None => Some(None),
        };
        let (kpi, presence) = (kpi.clone(), *presence);
        Some(Draft {
            kpi,
            period: period?,
            target: target?,
            whose: whose?,
            from: from?,
            until: until?,
            ramp: ramp?,
            presence,
            curve: curve?,
        })
    }

    fn step(&mut self, at: usize, step: &proto::RampStep) -> Option<Step> {
        let share = self.decimal(&format!("ramp[{at}].share"), &step.share)?;
        Some(Step { until_month: step.until_month, share })
    }

    fn curve(&mut self, raw: &proto::GoalCurve) -> Option<Curve> {
        let months = match raw.by.as_str() {
            "month" => Some(1),
            "quarter" => Some(3),
            _ => self.refuse("curve.by", "write `month` or `quarter`"),
        };
        let shares = raw.shares.iter().enumerate();
        let shares: Option<Vec<Decimal>> =
            shares.map(|(at, share)| self.decimal(&format!("curve.shares[{at}]"), share)).collect();
        Some(Curve { months: months?, shares: shares? })
    }

    fn decimal(&mut self, field: &str, text: &str) -> Option<Decimal> {
        self.field(field, Decimal::exactly(text))
    }

    #[expect(clippy::option_option, reason = "left out and wrong are not the same")]
    fn day(&mut self, field: &str, text: &str) -> Option<Option<Day>> {
        if text.is_empty() {
            return Some(None);
        }
        match Day::parse(text) {
            Some(day) => Some(Some(day)),
            None => self.refuse(field, &format!("`{text}` is not a day, `YYYY-MM-DD`")),
        }
    }

    fn field<T>(&mut self, field: &str, read: Result<T, impl ToString>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => self.refuse(field, &error.to_string()),
        }
    }

    fn refuse<T>(&mut self, field: &str, description: &str) -> Option<T> {
        self.wrong.push((format!("goal.{field}"), description.to_owned()));
        None
    }
}

/// The terms of a goal.
pub(super) fn write(draft: &Draft) -> proto::GoalTerms {
    let Draft { kpi, period, target, whose, from, until, ramp, presence, curve } = draft;
    let day = |day: &Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let step = |step: &Step| proto::RampStep {
        until_month: step.until_month,
        share: step.share.to_string(),
    };
    proto::GoalTerms {
        kpi: kpi.clone(),
        period: period.to_string(),
        target: target.to_string(),
        r#for: whose.to_string(),
        from: day(from),
        until: day(until),
        ramp: ramp.iter().map(step).collect(),
        presence: *presence,
        curve: curve.as_ref().map(|Curve { months, shares }| proto::GoalCurve {
            by: curve::by(*months).to_owned(),
            shares: shares.iter().map(ToString::to_string).collect(),
        }),
    }
}
