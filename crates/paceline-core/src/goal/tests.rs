//! The rules of goals, and the book of their edits.

use jiff::Timestamp;

use super::{About, Book, Curve, Draft, Edit, Step, Whose};
use crate::day::Day;
use crate::decimal::Decimal;
use crate::kpi::{Better, GoalKind};
use crate::period::PeriodKind;

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).expect("a decimal")
}

fn draft() -> Draft {
    Draft {
        kpi: "bookings".to_owned(),
        period: PeriodKind::Quarter,
        target: decimal("42000"),
        whose: Whose::Everyone,
        from: None,
        until: None,
        ramp: Vec::new(),
        presence: false,
        curve: None,
    }
}

fn step(until_month: u32, share: &str) -> Step {
    Step { until_month, share: decimal(share) }
}

fn curve(months: u8, shares: &[&str]) -> Option<Curve> {
    Some(Curve { months, shares: shares.iter().map(|share| decimal(share)).collect() })
}

#[test]
fn each_rule_is_held_and_names_its_field() {
    let about = |better, goal_kind| About {
        name: "bookings",
        periods: &[PeriodKind::Month, PeriodKind::Quarter, PeriodKind::Year],
        better,
        goal_kind,
    };
    let (higher, lower) =
        (about(Better::Higher, GoalKind::Reach), about(Better::Lower, GoalKind::Hold));
    let day = |text| Day::parse(text);
    let team = || Whose::Team("M1".to_owned());
    for (kpi, draft, fields) in [
        (Some(higher), draft(), &[][..]),
        (Some(lower), Draft { target: Decimal::ZERO, ..draft() }, &[]),
        (Some(higher), Draft { target: Decimal::ZERO, ..draft() }, &["target"]),
        (Some(lower), Draft { target: decimal("-1"), ..draft() }, &["target"]),
        (None, Draft { kpi: "booking".to_owned(), ..draft() }, &["kpi"]),
        (Some(higher), Draft { period: PeriodKind::Week, ..draft() }, &["period"]),
        (
            Some(higher),
            Draft { from: day("2026-06-01"), until: day("2026-05-31"), ..draft() },
            &["until"],
        ),
        (Some(higher), Draft { from: day("2026-06-01"), until: day("2026-06-01"), ..draft() }, &[]),
        (Some(higher), Draft { ramp: vec![step(3, "0"), step(6, "1")], ..draft() }, &[]),
        (
            Some(higher),
            Draft { ramp: vec![step(3, "1.5"), step(3, "0.5")], ..draft() },
            &["ramp[0].share", "ramp[1].until_month"],
        ),
        (
            Some(higher),
            Draft { ramp: vec![step(1201, "0.5")], ..draft() },
            &["ramp[0].until_month"],
        ),
        (Some(higher), Draft { curve: curve(1, &["0.2", "0.3", "0.5"]), ..draft() }, &[]),
        (
            Some(higher),
            Draft { curve: curve(1, &["0.2", "0.3", "0.6"]), ..draft() },
            &["curve.shares"],
        ),
        (Some(higher), Draft { curve: curve(1, &["0.5", "0.5"]), ..draft() }, &["curve.shares"]),
        (Some(higher), Draft { curve: curve(3, &["1"]), ..draft() }, &["curve.by"]),
        (Some(lower), Draft { curve: curve(1, &["0.2", "0.3", "0.5"]), ..draft() }, &["curve"]),
        (
            Some(higher),
            Draft { curve: curve(1, &["2", "-1", "0"]), ..draft() },
            &["curve.shares[0]", "curve.shares[1]"],
        ),
        (
            Some(higher),
            Draft { whose: team(), ramp: vec![step(3, "0.5")], presence: true, ..draft() },
            &["ramp", "presence"],
        ),
        (Some(higher), Draft { whose: team(), ..draft() }, &[]),
    ] {
        let mistakes = draft.mistakes(kpi.as_ref(), ["bookings"].into_iter());
        let found: Vec<&str> = mistakes.iter().map(|mistake| mistake.field.as_str()).collect();
        assert_eq!(found, fields, "{draft:?}");
        assert!(mistakes.iter().all(|misplaced| !misplaced.mistake.remedy().is_empty()));
    }
}

#[test]
fn whose_a_goal_is_reads_back_from_its_text() {
    for text in ["rep:U1", "role:ae", "each_of:M1", "team:M1", "everyone", "rep:a:b"] {
        assert_eq!(text.parse::<Whose>().map(|whose| whose.to_string()).as_deref(), Ok(text));
    }
    for text in ["", "U1", "rep:", "org", "rep", "Everyone"] {
        assert!(text.parse::<Whose>().is_err(), "{text}");
    }
}

fn edit(goal: &str, number: u64, target: Option<&str>) -> Edit {
    let new = target.map(|target| Draft { target: decimal(target), ..draft() });
    let who = "ana".to_owned();
    Edit { goal: goal.to_owned(), number, who, at: Timestamp::UNIX_EPOCH, old: None, new }
}

fn targets(book: &Book) -> Vec<(String, String)> {
    let shown = |placed: &Edit, draft: &Draft| (placed.goal.clone(), draft.target.to_string());
    book.set().map(|(placed, draft)| shown(&placed.edit, draft)).collect()
}

#[test]
fn the_last_edit_says_what_a_goal_is_and_all_are_kept() {
    let mut book = Book::default();
    book.take(4, edit("a", 1, Some("1")));
    book.take(5, edit("b", 1, Some("2")));
    book.take(9, edit("a", 2, Some("3")));
    assert_eq!(
        targets(&book),
        [("a".to_owned(), "3".to_owned()), ("b".to_owned(), "2".to_owned())]
    );
    book.take(10, edit("b", 3, None));
    assert_eq!(targets(&book), [("a".to_owned(), "3".to_owned())]);
    let places = |goal, before| -> Vec<u64> {
        book.edits(goal, before).map(|placed| placed.place).collect()
    };
    assert_eq!(places(None, None), [10, 9, 5, 4]);
    assert_eq!(places(Some("a"), None), [9, 4]);
    assert_eq!(places(None, Some(9)), [5, 4]);
    assert_eq!((book.number("a"), book.number("b"), book.number("c")), (2, 3, 0));
}

#[test]
fn a_reader_of_a_compacted_log_learns_what_one_of_the_whole_log_learns() {
    let all = [
        (0, edit("a", 1, Some("1"))),
        (1, edit("a", 2, Some("2"))),
        (2, edit("b", 1, Some("9"))),
        (3, edit("a", 1, Some("3"))),
    ];
    let (mut whole, mut compacted) = (Book::default(), Book::default());
    for (place, edit) in all {
        whole.take(place, edit.clone());
        if place > 0 {
            compacted.take(place, edit);
        }
    }
    assert_eq!(targets(&whole), targets(&compacted));
    let all = |book: &Book| book.edits(None, None).cloned().collect::<Vec<_>>();
    assert_eq!(all(&whole), all(&compacted));
    assert_eq!(targets(&whole)[0].1, "3", "the later of two with one number counts");
    whole.withdraw("a", 1);
    assert_eq!(targets(&whole)[0].1, "2");
    whole.withdraw("b", 1);
    assert_eq!((targets(&whole).len(), whole.number("b")), (1, 0));
}
