//! An explanation as text: from the number to its goal, piece by piece, and then to the records.

mod moves;

use std::fmt::{self, Write as _};

use paceline_client::proto;

use super::agree;

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
    moves::write(out, explanation)?;
    let above = (!agree(explanation, page)).then_some(explanation.revision);
    records(out, page, above)
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
    passed_over(out, "  ", &goal.passed_over)
}

fn piece(out: &mut String, piece: &proto::GoalPiece) -> fmt::Result {
    let proto::GoalPiece { scope, goal, target, amount, expected, stretches, .. } = piece;
    let (target, amount) = (decimal(target.as_ref()), decimal(amount.as_ref()));
    let whose = if scope.is_empty() { "members whom you may not see" } else { scope };
    write!(out, "  {whose}: {amount} of {target}")?;
    if expected.is_some() {
        write!(out, ", {} due by now", decimal(expected.as_ref()))?;
    }
    if goal.is_some() {
        write!(out, ", by goal {}", named(goal.as_ref()))?;
    }
    writeln!(out)?;
    for stretch in stretches {
        let proto::GoalStretch { from, to, days, spread, ramp, present, amount } = stretch;
        let (spread, ramp) = (fraction(spread.as_ref()), fraction(ramp.as_ref()));
        let ramp = if ramp == "1" { String::new() } else { format!(" x ramp {ramp}") };
        let present = if *present { "" } else { ", but absent," };
        let amount = decimal(amount.as_ref());
        let product = format!("{target} x {spread}{ramp}{present} = {amount}");
        writeln!(out, "    {from} to {to}, {days} working days: {product}")?;
    }
    passed_over(out, "    ", &piece.passed_over)
}

fn passed_over(out: &mut String, indent: &str, passed_over: &[proto::PassedOver]) -> fmt::Result {
    for passed in passed_over {
        let reason = reason(passed.reason());
        writeln!(out, "{indent}not by goal {}: {reason}", named(passed.goal.as_ref()))?;
    }
    Ok(())
}

fn reason(reason: proto::PassedOverReason) -> &'static str {
    match reason {
        proto::PassedOverReason::Unspecified => "unknown",
        proto::PassedOverReason::NotYet => "it begins after the period",
        proto::PassedOverReason::NoLonger => "it ends before the period does",
        proto::PassedOverReason::LessSpecific => "another is more specific",
        proto::PassedOverReason::OfFile => "another was set, and it is the config's",
        proto::PassedOverReason::StartsEarlier => "another begins later",
        proto::PassedOverReason::EditedEarlier => "another was edited later",
    }
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

/// The records; with the revision of all that is told above, if that is of another standing.
fn records(
    out: &mut String,
    page: &proto::ListContributorsResponse,
    above: Option<u64>,
) -> fmt::Result {
    write!(out, "\nRecords: {} of {}", page.contributors.len(), page.total)?;
    if let Some(above) = above {
        write!(out, ", at revision {}; all above is of revision {above}", page.revision)?;
    }
    writeln!(out)?;
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
    // A decimal has six places.
    let is_exact = denominator.parse().is_ok_and(|parts: u32| 1_000_000_u32.is_multiple_of(parts));
    if is_exact { decimal } else { format!("{numerator}/{denominator}") }
}

#[cfg(test)]
mod tests {
    use super::{proto, told};

    fn fraction(numerator: &str, denominator: &str, decimal: &str) -> Option<proto::Fraction> {
        let [numerator, denominator, decimal] =
            [numerator, denominator, decimal].map(str::to_owned);
        Some(proto::Fraction { numerator, denominator, decimal })
    }

    #[test]
    fn a_goal_is_told_in_factors_and_records_with_their_shares() {
        let stretch = proto::GoalStretch {
            from: "2026-11-16".to_owned(),
            to: "2026-11-30".to_owned(),
            days: "11".to_owned(),
            spread: fraction("11", "21", "0.52381"),
            ramp: fraction("1", "2", "0.5"),
            present: true,
            amount: fraction("11000", "1", "11000"),
        };
        let absent = proto::GoalStretch {
            from: "2026-11-02".to_owned(),
            to: "2026-11-13".to_owned(),
            days: "10".to_owned(),
            spread: fraction("10", "21", "0.47619"),
            ramp: fraction("1", "1", "1"),
            present: false,
            amount: fraction("0", "1", "0"),
        };
        let terms = proto::GoalTerms { r#for: "role:ae".to_owned(), ..Default::default() };
        let goal = proto::Goal {
            id: "g-1".to_owned(),
            terms: Some(terms.clone()),
            who: "max".to_owned(),
            ..Default::default()
        };
        let over = proto::PassedOver {
            goal: Some(proto::Goal {
                id: "file-1".to_owned(),
                terms: Some(terms),
                ..Default::default()
            }),
            reason: proto::PassedOverReason::OfFile.into(),
        };
        let piece = proto::GoalPiece {
            scope: "rep:U1".to_owned(),
            goal: Some(goal),
            target: fraction("42000", "1", "42000"),
            amount: fraction("11000", "1", "11000"),
            stretches: vec![absent, stretch],
            passed_over: vec![over],
            ..Default::default()
        };
        let explanation = proto::ExplainStandingResponse {
            goal: Some(proto::GoalExplanation {
                made: proto::GoalMade::Own.into(),
                pieces: vec![piece],
                ..Default::default()
            }),
            moves_complete: true,
            ..Default::default()
        };
        let credit = proto::Credit {
            scope: "rep:U1".to_owned(),
            amount: "600".to_owned(),
            percent: "60".to_owned(),
            overlay: false,
        };
        let deal = proto::Contributor {
            entity: "opportunity".to_owned(),
            id: "D1".to_owned(),
            day: "2026-11-20".to_owned(),
            amount: "600".to_owned(),
            records: 1,
            share: Some(0.75),
            credits: vec![credit],
            ..Default::default()
        };
        let page = proto::ListContributorsResponse {
            contributors: vec![deal],
            total: 2,
            ..Default::default()
        };
        let expected = "
Goal: its own
  rep:U1: 11000 of 42000, by goal g-1 (for role:ae, set by max)
    2026-11-02 to 2026-11-13, 10 working days: 42000 x 10/21, but absent, = 0
    2026-11-16 to 2026-11-30, 11 working days: 42000 x 11/21 x ramp 0.5 = 11000
    not by goal file-1 (for role:ae): another was set, and it is the config's

Moved by nothing since revision 0

Records: 1 of 2
  opportunity D1  2026-11-20  600  75.0 %  rep:U1 60 %
";
        assert_eq!(told(&explanation, &page), expected);
    }

    #[test]
    fn why_there_is_no_goal_whose_are_not_seen_and_what_is_of_another_time_is_said() {
        let goal = proto::Goal { id: "g-2".to_owned(), ..Default::default() };
        let next =
            proto::PassedOver { goal: Some(goal), reason: proto::PassedOverReason::NotYet.into() };
        let none = proto::GoalExplanation {
            made: proto::GoalMade::None.into(),
            passed_over: vec![next],
            ..Default::default()
        };
        let unseen = proto::GoalPiece {
            target: fraction("126000", "1", "126000"),
            amount: fraction("126000", "1", "126000"),
            ..Default::default()
        };
        let sum = proto::GoalExplanation {
            made: proto::GoalMade::Sum.into(),
            pieces: vec![unseen],
            ..Default::default()
        };
        let text = |goal, page: &proto::ListContributorsResponse| {
            let explanation = proto::ExplainStandingResponse {
                goal: Some(goal),
                moves_complete: true,
                moves_from_revision: 7,
                revision: 8,
                ..Default::default()
            };
            told(&explanation, page)
        };
        let moved = "Moved by nothing since revision 7";
        let expected = format!(
            "
Goal: there is none in force
  not by goal g-2 (for ): it begins after the period

{moved}

Records: 0 of 0
"
        );
        assert_eq!(text(none, &proto::ListContributorsResponse::default()), expected);
        let another = proto::Standing { revision: 9, ..Default::default() };
        let later = proto::ListContributorsResponse {
            standing: Some(another),
            revision: 10,
            ..Default::default()
        };
        let expected = format!(
            "
Goal: the sum of the members' goals
  members whom you may not see: 126000 of 126000

{moved}

Records: 0 of 0, at revision 10; all above is of revision 8
"
        );
        assert_eq!(text(sum, &later), expected);
    }
}
