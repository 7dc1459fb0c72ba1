//! Goals as a table of aligned columns, or as a JSON object a line.

use paceline_client::proto;

use crate::json::Shape;

const COLUMNS: [&str; 9] =
    ["ID", "KPI", "PERIOD", "TARGET", "FOR", "FROM", "UNTIL", "TERMS", "SET BY"];

/// The place of the column of numbers, which are aligned to the right.
const TARGET: usize = 3;

/// A JSON object for each goal, one a line.
pub(super) fn json(goals: &[proto::Goal]) -> anyhow::Result<String> {
    let shape = Shape::of("Goal")?;
    let mut lines = String::new();
    for goal in goals {
        lines.push_str(&shape.line(goal)?);
        lines.push('\n');
    }
    Ok(lines)
}

/// A table with a header; goals without effect say why below their row.
pub(super) fn table(goals: &[proto::Goal]) -> String {
    let rows: Vec<[String; 9]> = goals.iter().map(row).collect();
    let mut widths = COLUMNS.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = line(&COLUMNS.map(str::to_owned), &widths);
    for (row, goal) in rows.iter().zip(goals) {
        text.push_str(&line(row, &widths));
        if !goal.without_effect.is_empty() {
            text.push_str(&format!("  without effect: {}\n", goal.without_effect));
        }
    }
    text
}

fn row(goal: &proto::Goal) -> [String; 9] {
    let terms = goal.terms.clone().unwrap_or_default();
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let others = or_dash(others(&terms));
    let proto::GoalTerms { kpi, period, target, r#for, from, until, .. } = terms;
    let who = match goal.origin() {
        proto::GoalOrigin::Unspecified | proto::GoalOrigin::Set => goal.who.clone(),
        proto::GoalOrigin::File => "the config".to_owned(),
    };
    [goal.id.clone(), kpi, period, target, r#for, or_dash(from), or_dash(until), others, who]
}

/// Ramp, presence and curve, as the flags of `set` write them.
fn others(terms: &proto::GoalTerms) -> String {
    let mut texts = Vec::new();
    if !terms.ramp.is_empty() {
        let step = |step: &proto::RampStep| format!("{}:{}", step.until_month, step.share);
        let steps: Vec<String> = terms.ramp.iter().map(step).collect();
        texts.push(format!("ramp {}", steps.join(",")));
    }
    if terms.presence {
        texts.push("presence".to_owned());
    }
    if let Some(curve) = &terms.curve {
        texts.push(format!("curve {}:{}", curve.by, curve.shares.join(",")));
    }
    texts.join(" ")
}

fn line(cells: &[String; 9], widths: &[usize; 9]) -> String {
    let padded = cells.iter().zip(widths).enumerate().map(|(at, (cell, width))| {
        let gap = " ".repeat(width - cell.chars().count());
        if at == TARGET { format!("{gap}{cell}") } else { format!("{cell}{gap}") }
    });
    let padded: Vec<String> = padded.collect();
    format!("{}\n", padded.join("  ").trim_end())
}

#[cfg(test)]
mod tests {
    use super::{proto, table};

    #[test]
    fn columns_are_aligned_and_numbers_to_the_right() {
        let terms = |target: &str, whose: &str| proto::GoalTerms {
            kpi: "bookings".to_owned(),
            period: "month".to_owned(),
            target: target.to_owned(),
            r#for: whose.to_owned(),
            ..proto::GoalTerms::default()
        };
        let file = proto::Goal {
            id: "file-1".to_owned(),
            terms: Some(terms("42000", "role:ae")),
            origin: proto::GoalOrigin::File.into(),
            ..proto::Goal::default()
        };
        let ramp = vec![proto::RampStep { until_month: 3, share: "0.25".to_owned() }];
        let from = "2026-10-01".to_owned();
        let set = proto::Goal {
            id: "g-0123456789abcdef".to_owned(),
            terms: Some(proto::GoalTerms { ramp, from, presence: true, ..terms("7", "rep:U9") }),
            origin: proto::GoalOrigin::Set.into(),
            who: "ana".to_owned(),
            without_effect: "there is no rep `U9`".to_owned(),
            ..proto::Goal::default()
        };
        let expected = "\
ID                  KPI       PERIOD  TARGET  FOR      FROM        UNTIL  TERMS                 SET BY
file-1              bookings  month    42000  role:ae  -           -      -                     the config
g-0123456789abcdef  bookings  month        7  rep:U9   2026-10-01  -      ramp 3:0.25 presence  ana
  without effect: there is no rep `U9`
";
        assert_eq!(table(&[file, set]), expected);
    }
}
