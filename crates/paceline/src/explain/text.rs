//! An explanation as text: from the number to its goal, piece by piece, and then to the records.

use std::fmt::{self, Write as _};

use paceline_client::proto;

/// How many pieces of a goal are told at most: `--json` has them all.
const PIECES: usize = 20;

/// The whole text.
pub(super) fn told(
    explanation: &proto::ExplainStandingResponse,
    page: &proto::ListContributorsResponse,
) -> String {
    let mut text = String::new();
    // A string takes any text.
    write(&mut text, explanation, page).expect("a string takes any text");
    text
}

fn write(
    out: &mut String,
    explanation: &proto::ExplainStandingResponse,
    page: &proto::ListContributorsResponse,
) -> fmt::Result {
    let proto::ExplainStandingResponse { standing, goal, actual, .. } = explanation;
    if let Some(standing) = standing {
        head(out, standing)?;
    }
    if let Some(goal) = goal {
        self::goal(out, goal)?;
    }
    if let Some(actual) = actual {
        self::actual(out, actual)?;
    }
    records(out, page)
}

fn head(out: &mut String, standing: &proto::Standing) -> fmt::Result {
    let proto::Standing { scope, kpi, period, actual, goal, expected, .. } = standing;
    let period = period.clone().unwrap_or_default();
    let proto::Period { name, start, end, .. } = period;
    let status = standing.status().as_str_name().trim_start_matches("STATUS_").to_owned();
    writeln!(out, "{scope} {kpi} {name} ({start} to {end}): {status}")?;
    let (actual, goal, expected) = (or_none(actual), or_none(goal), or_none(expected));
    writeln!(out, "  actual {actual}, goal {goal}, expected now {expected}")
}

fn goal(out: &mut String, goal: &proto::GoalExplanation) -> fmt::Result {
    let made = match goal.made() {
        proto::GoalMade::Unspecified | proto::GoalMade::None => "there is none in force",
        proto::GoalMade::Own => "its own",
        proto::GoalMade::Sum => "the sum of the members' goals",
        proto::GoalMade::Common => "what the members' goals all come to",
        proto::GoalMade::Differ => "none, since the members' goals differ",
    };
    let void = if goal.void { "; nothing is left of it" } else { "" };
    writeln!(out, "\nGoal: {made}{void}")?;
    let pieces = || goal.pieces.iter().chain(&goal.members);
    for piece in pieces().take(PIECES) {
        self::piece(out, piece)?;
    }
    let more = pieces().count().saturating_sub(PIECES);
    if more > 0 {
        writeln!(out, "  and {more} more")?;
    }
    Ok(())
}

fn piece(out: &mut String, piece: &proto::GoalPiece) -> fmt::Result {
    let proto::GoalPiece { scope, goal, target, amount, expected, stretches, .. } = piece;
    let (target, amount) = (decimal(target.as_ref()), decimal(amount.as_ref()));
    write!(out, "  {scope}: {amount} of {target}")?;
    if expected.is_some() {
        write!(out, ", {} due by now", decimal(expected.as_ref()))?;
    }
    writeln!(out, ", by goal {}", named(goal.as_ref()))?;
    for stretch in stretches {
        let proto::GoalStretch { from, to, days, spread, ramp, present, amount } = stretch;
        let (spread, ramp) = (fraction(spread.as_ref()), fraction(ramp.as_ref()));
        let present = if *present { "" } else { " x absent" };
        let amount = decimal(amount.as_ref());
        writeln!(
            out,
            "    {from} to {to}, {days} working days: {target} x {spread} x ramp {ramp}{present} = {amount}"
        )?;
    }
    for passed in &piece.passed_over {
        let reason = passed.reason().as_str_name().trim_start_matches("PASSED_OVER_REASON_");
        let reason = reason.to_lowercase().replace('_', " ");
        writeln!(out, "    not by goal {}: {reason}", named(passed.goal.as_ref()))?;
    }
    Ok(())
}

fn named(goal: Option<&proto::Goal>) -> String {
    let goal = goal.cloned().unwrap_or_default();
    let terms = goal.terms.unwrap_or_default();
    let who = if goal.who.is_empty() { String::new() } else { format!(", set by {}", goal.who) };
    format!("{} (for {}{who})", goal.id, terms.r#for)
}

fn actual(out: &mut String, actual: &proto::ActualExplanation) -> fmt::Result {
    writeln!(out, "\nActual: {}", or_none(&actual.wording))?;
    for proto::Input { kpi, actual, wording, goal } in &actual.inputs {
        let goal = if goal.is_empty() { String::new() } else { format!(", goal {goal}") };
        writeln!(out, "  {kpi} {}{goal}: {wording}", or_none(actual))?;
    }
    Ok(())
}

fn records(out: &mut String, page: &proto::ListContributorsResponse) -> fmt::Result {
    writeln!(out, "\nRecords: {} of {}", page.contributors.len(), page.total)?;
    for one in &page.contributors {
        let proto::Contributor { entity, id, kpi, day, amount, value, credits, .. } = one;
        let kpi = if page.parts.len() > 1 { format!("{kpi}: ") } else { String::new() };
        let day = if day.is_empty() { "-" } else { day };
        let shown = if value.is_empty() { or_none(amount) } else { value };
        write!(out, "  {kpi}{entity} {id}  {day}  {shown}")?;
        if let Some(share) = one.share {
            write!(out, "  {:.1} %", share * 100.0)?;
        }
        for credit in credits {
            let of = match (credit.percent.as_str(), credit.overlay) {
                ("100", false) => String::new(),
                (percent, false) => format!(" {percent} %"),
                (percent, true) => format!(" {percent} % overlay"),
            };
            write!(out, "  {}{of}", credit.scope)?;
        }
        if let Some(proto::Converted { currency, amount, rate, rate_day }) = &one.converted {
            write!(out, "  ({amount} {currency} at {rate} of {rate_day})")?;
        }
        writeln!(out, "{}", if one.doubts.is_empty() { "" } else { "  in doubt" })?;
    }
    Ok(())
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

fn decimal(fraction: Option<&proto::Fraction>) -> String {
    fraction.map_or_else(|| "none".to_owned(), |fraction| fraction.decimal.clone())
}

/// The fraction itself where the decimal would not be exact.
fn fraction(fraction: Option<&proto::Fraction>) -> String {
    let proto::Fraction { numerator, denominator, decimal } = fraction.cloned().unwrap_or_default();
    let is_exact = denominator.trim_start_matches('1').chars().all(|digit| digit == '0');
    if is_exact { decimal } else { format!("{numerator}/{denominator}") }
}
