//! Moves as text: what moved a number, the newest first.

use std::fmt::{self, Write as _};

use paceline_client::proto;
use paceline_client::proto::r#move::What;

/// How many moves are told at most: `--json` has them all.
const MOVES: usize = 10;

/// The moves of an explanation, and whether these are all.
pub(super) fn write(out: &mut String, explanation: &proto::ExplainStandingResponse) -> fmt::Result {
    let proto::ExplainStandingResponse {
        moves,
        more_moves,
        moves_complete,
        moves_from_revision,
        ..
    } = explanation;
    let from = moves_from_revision;
    match (moves.is_empty(), moves_complete) {
        (true, true) => return writeln!(out, "\nMoved by nothing since revision {from}"),
        (true, false) => {
            return writeln!(
                out,
                "\nMoved by nothing since revision {from}; what did before is not known"
            );
        }
        (false, true) => writeln!(out, "\nMoved since revision {from}, the newest first:")?,
        (false, false) => {
            writeln!(out, "\nMoved, the newest first; up to revision {from} not all is known:")?;
        }
    }
    moves.iter().take(MOVES).try_for_each(|moved| one(out, moved))?;
    let more = moves.len().saturating_sub(MOVES) as u64 + more_moves;
    if more > 0 {
        writeln!(out, "  and {more} more")?;
    }
    Ok(())
}

fn one(out: &mut String, moved: &proto::Move) -> fmt::Result {
    let proto::Move { revision, delta, goal_delta, what, .. } = moved;
    write!(out, "  revision {revision}")?;
    for (name, delta) in [("actual", delta), ("goal", goal_delta)] {
        if !delta.is_empty() {
            let sign = if delta.starts_with('-') { "" } else { "+" };
            write!(out, ", {name} {sign}{delta}")?;
        }
    }
    writeln!(out, ": {}", what.as_ref().map_or_else(|| "unknown".to_owned(), told))
}

fn told(what: &What) -> String {
    match what {
        What::Change(proto::ChangeMove { origin, entity, record, .. }) => {
            let record = if record.is_empty() { "(unknown)" } else { record };
            format!("{entity} {record}, {}", said(origin.as_ref()))
        }
        What::Goal(proto::GoalMove { edits }) => {
            let edits = edits.iter().filter_map(|moved| moved.edit.as_ref());
            let told = |edit: &proto::GoalEdit| {
                format!("goal {} by edit {} of {}", edit.goal_id, edit.edit, edit.who)
            };
            all_of(edits.map(told), 0, "goals were edited")
        }
        What::Hierarchy(proto::HierarchyMove { reps, more }) => {
            all_of(reps.iter().map(rep), *more, "reps became others")
        }
        What::Calendar(proto::CalendarMove { reps, more }) => {
            all_of(reps.iter().map(rep), *more, "days of reps became others")
        }
        What::Rates(proto::RatesMove { origins, more, .. }) => {
            let origins = origins.iter().map(|origin| format!("rates, {}", said(Some(origin))));
            all_of(origins, *more, "exchange rates")
        }
        What::Tick(tick) => match tick.kind() {
            proto::TickKind::Period => "the period began",
            proto::TickKind::Day => "a day began",
            proto::TickKind::Membership => "time alone: what a record counts",
            proto::TickKind::Status | proto::TickKind::Unspecified => "time alone",
        }
        .to_owned(),
    }
}

fn rep(moved: &proto::RepMove) -> String {
    let name = |aspect: proto::RepAspect| {
        aspect.as_str_name().trim_start_matches("REP_ASPECT_").to_lowercase()
    };
    let aspects: Vec<String> = moved.aspects().map(name).collect();
    let said = moved.origin.as_ref().map(|origin| format!(", {}", said(Some(origin))));
    format!("{} ({}){}", moved.scope, aspects.join(", "), said.unwrap_or_default())
}

fn said(origin: Option<&proto::Origin>) -> String {
    let proto::Origin { topic, partition, offset, actor, .. } = origin.cloned().unwrap_or_default();
    let actor = if actor.is_empty() { actor } else { format!(" by {actor}") };
    format!("{topic}[{partition}]@{offset}{actor}")
}

/// What there is, one after the other; other words for nothing.
fn all_of(parts: impl Iterator<Item = String>, more: u64, none: &str) -> String {
    let mut parts: Vec<String> = parts.collect();
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    if parts.is_empty() { none.to_owned() } else { parts.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::{What, proto, told, write};

    #[test]
    fn moves_say_by_how_much_what_and_where_it_was_said() {
        let origin = Some(proto::Origin {
            topic: "crm.opportunity".to_owned(),
            partition: 3,
            offset: 41,
            actor: "005A".to_owned(),
            ..Default::default()
        });
        let change = What::Change(proto::ChangeMove {
            origin,
            entity: "opportunity".to_owned(),
            record: "006A".to_owned(),
            ..Default::default()
        });
        let edit = proto::GoalEdit {
            goal_id: "g-1".to_owned(),
            edit: 2,
            who: "max".to_owned(),
            ..Default::default()
        };
        let edits = vec![proto::GoalMoveEdit { edit: Some(edit), ..Default::default() }];
        let gone = proto::RepMove {
            scope: "rep:U1".to_owned(),
            aspects: vec![proto::RepAspect::Left.into()],
            origin: None,
        };
        let reps = What::Hierarchy(proto::HierarchyMove { reps: vec![gone], more: 2 });
        let tick = What::Tick(proto::TickMove { kind: proto::TickKind::Day.into() });
        let moved = |revision, delta: &str, goal_delta: &str, what| proto::Move {
            revision,
            delta: delta.to_owned(),
            goal_delta: goal_delta.to_owned(),
            what: Some(what),
            ..Default::default()
        };
        let explanation = proto::ExplainStandingResponse {
            moves: vec![
                moved(9, "-5", "", change),
                moved(8, "", "100", What::Goal(proto::GoalMove { edits })),
                moved(7, "1", "-2", reps),
                moved(6, "", "", tick),
            ],
            more_moves: 1,
            moves_complete: true,
            moves_from_revision: 5,
            ..Default::default()
        };
        let text = text(&explanation);
        let expected = "
Moved since revision 5, the newest first:
  revision 9, actual -5: opportunity 006A, crm.opportunity[3]@41 by 005A
  revision 8, goal +100: goal g-1 by edit 2 of max
  revision 7, actual +1, goal -2: rep:U1 (left); 2 more
  revision 6: a day began
  and 1 more
";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_is_not_known_is_said() {
        let of = |moves: Vec<proto::Move>, moves_complete| {
            let explanation = proto::ExplainStandingResponse {
                moves,
                moves_complete,
                moves_from_revision: 5,
                ..Default::default()
            };
            text(&explanation)
        };
        let tick = What::Tick(proto::TickMove { kind: proto::TickKind::Day.into() });
        let moved = proto::Move { revision: 6, what: Some(tick), ..Default::default() };
        assert_eq!(of(Vec::new(), true), "\nMoved by nothing since revision 5\n");
        let none = "\nMoved by nothing since revision 5; what did before is not known\n";
        assert_eq!(of(Vec::new(), false), none);
        let some = "
Moved, the newest first; up to revision 5 not all is known:
  revision 6: a day began
";
        assert_eq!(of(vec![moved], false), some);
    }

    #[test]
    fn of_many_places_it_is_said_how_many_more_there_are() {
        let said =
            |offset| proto::Origin { topic: "rates".to_owned(), offset, ..Default::default() };
        let origins = vec![said(1), said(2)];
        let rates = What::Rates(proto::RatesMove { origins, more: 48, ..Default::default() });
        assert_eq!(told(&rates), "rates, rates[0]@1; rates, rates[0]@2; 48 more");
    }

    fn text(explanation: &proto::ExplainStandingResponse) -> String {
        let mut text = String::new();
        write(&mut text, explanation).expect("a string takes any text");
        text
    }
}
