//! Formulas by example: what they come to, and why some are refused.

use super::super::formula as compile;
use super::{Lack, Operand};
use crate::kpi::KpiId;
use crate::rational::Rational;

/// The KPIs of these tests. The values are 12, 0 and none; the goals none, 5 and 20.
const KPIS: [&str; 3] = ["pipeline", "bookings", "deal_size"];

fn lookup(operand: Operand) -> Option<Rational> {
    let value = match operand {
        Operand::Actual(KpiId(0)) => 12,
        Operand::Actual(KpiId(1)) => 0,
        Operand::Goal(KpiId(1)) => 5,
        Operand::Goal(KpiId(2)) => 20,
        Operand::Actual(_) | Operand::Goal(_) => return None,
    };
    Some(Rational::from_int(value))
}

#[test]
fn formulas_are_exact_and_tell_missing_from_zero() {
    let of = |numerator, denominator| Rational::new(numerator, denominator).ok_or(Lack::Missing);
    for (text, expected) in [
        ("pipeline / max(goal(bookings) - bookings, 0)", of(12, 5)),
        ("pipeline / remaining(bookings)", of(12, 5)),
        ("pipeline / 7 * 0.1", of(12, 70)),
        ("min(pipeline, 3) - -bookings", of(3, 1)),
        ("pipeline * -0.5", of(-6, 1)),
        ("pipeline -0.5 - -2", of(27, 2)),
        ("-pipeline * 1e-1 + 0.1", of(-11, 10)),
        ("pipeline / bookings", Err(Lack::ZeroDenominator)),
        ("bookings / bookings", Err(Lack::ZeroDenominator)),
        ("goal(pipeline)", Err(Lack::Missing)),
        ("deal_size + 1", Err(Lack::Missing)),
        // What is missing wins, on either side.
        ("deal_size / bookings", Err(Lack::Missing)),
        ("pipeline / bookings + deal_size", Err(Lack::Missing)),
        ("max(1 / bookings, pipeline)", Err(Lack::ZeroDenominator)),
        // Only the chosen side is looked at, and a condition needs no more than decides it.
        ("bookings == 0 ? pipeline : pipeline / bookings", of(12, 1)),
        ("deal_size > 1 ? 1 : 2", Err(Lack::Missing)),
        ("pipeline > 1 || deal_size > 1 ? 1 : 2", of(1, 1)),
        ("pipeline < 1 && 1 / bookings > 1 ? 1 : 2", of(2, 1)),
        ("!(pipeline < 1) && 1 / bookings > 1 ? 1 : 2", Err(Lack::ZeroDenominator)),
    ] {
        let formula = compile(text, &KPIS).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(formula.eval(&lookup), expected, "{text}");
    }
}

#[test]
fn a_formula_knows_what_it_needs() {
    for (text, actuals, goals, sampled) in [
        ("pipeline / remaining(bookings)", vec![0, 1], vec![1], vec![1]),
        ("pipeline / goal(bookings)", vec![0], vec![1], vec![0]),
        ("deal_size > 1 ? pipeline : 1 / bookings", vec![0, 1, 2], vec![], vec![0, 1, 2]),
        ("goal(bookings) / goal(deal_size)", vec![], vec![1, 2], vec![]),
    ] {
        let formula = compile(text, &KPIS).unwrap_or_else(|error| panic!("{text}: {error}"));
        let ids = |kpis: Vec<KpiId>| kpis.into_iter().map(|kpi| kpi.0).collect::<Vec<_>>();
        let found = (ids(formula.actuals()), ids(formula.goals()), ids(formula.sampled()));
        assert_eq!(found, (actuals, goals, sampled), "{text}");
    }
}

#[test]
fn mistakes_have_a_place() {
    for (text, at, message) in [
        ("pipeline / booking", 11, "there is no KPI `booking`"),
        ("goal('bookings')", 0, "goal(…) takes the name of one KPI"),
        ("remaining(bookings, pipeline)", 0, "remaining(…) takes the name of one KPI"),
        ("max(pipeline)", 0, "max(…) takes two numbers, here are 1"),
        ("pipeline > 1", 0, "this is not a number"),
        ("pipeline + 'x'", 11, "'x' is text, not a number"),
        ("bookings ? 1 : 2", 0, "this is not a condition"),
        ("pipeline % 2", 0, "`%` is not supported here"),
        ("", 0, "the expression is empty"),
    ] {
        let error = compile(text, &KPIS).expect_err(text);
        let at_operator = error.at;
        assert!(error.message.starts_with(message), "{text}: {error}");
        // A function's own place is its opening parenthesis or its name, depending on the parser.
        assert!(at_operator >= at, "{text}: {at_operator}");
    }
}
