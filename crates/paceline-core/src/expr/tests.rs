//! What expressions mean and how they are refused, case by case.

use std::cell::RefCell;

use super::{Cell, Linked, Now, Outcome, Scope, States, Tri, moment, number, test};
use crate::calendar::Calendar;
use crate::entity::{Entity, EntityId, Field, FieldId, FieldType};
use crate::extra::{Extra, Link};
use crate::moment::Kind;
use crate::symbol::{Intern, Symbols};
use crate::working_age::Workplace;

fn opportunity() -> (Entity, States) {
    let fields = [
        ("amount", FieldType::Decimal),
        ("stage", FieldType::Text),
        ("close_date", FieldType::Date),
        ("created", FieldType::Timestamp),
        ("is_private", FieldType::Bool),
        ("probability", FieldType::Int),
        ("owner", FieldType::Text),
    ];
    let fields =
        fields.map(|(name, kind)| Field { name: name.to_owned(), kind, currency: None }).to_vec();
    let states = States {
        field: "stage".to_owned(),
        order: vec!["Open".to_owned(), "Won".to_owned()],
        sets: vec![
            ("won".to_owned(), vec!["Won".to_owned()]),
            ("open".to_owned(), vec!["Open".to_owned()]),
        ],
    };
    (Entity { name: "opportunity".to_owned(), fields, extras: Vec::new() }, states)
}

/// amount 1200.5, stage Won, close_date 2026-11-20, created at an instant, private, probability null, owner unknown
fn row(symbols: &mut Symbols) -> Vec<Cell> {
    let created: jiff::Timestamp = "2026-11-01T10:00:00Z".parse().expect("instant");
    vec![
        Cell::Known(1_200_500_000),
        Cell::Known(symbols.intern("Won").0.into()),
        Cell::Known(crate::day::Day::parse("2026-11-20").expect("day").0.into()),
        Cell::Known(created.as_nanosecond()),
        Cell::Known(1),
        Cell::Null,
        Cell::Unknown,
    ]
}

#[test]
fn conditions_hold_fail_or_stay_unknown() {
    let (entity, states) = opportunity();
    let extras = RefCell::default();
    let scope = Scope { entity: &entity, states: Some(&states), extras: &extras, links: &[] };
    let mut symbols = Symbols::default();
    let row = row(&mut symbols);
    use Tri::{False, True, Unknown};
    for (text, expected) in [
        ("stage in states.won", True),
        ("stage in states.open", False),
        ("stage == 'Won' && amount >= 1200.50", True),
        ("amount > 1200.5", False),
        ("amount > 1200.4999999", True),
        ("1000 < amount", True),
        ("amount / 3 * 3 == amount", True),
        ("amount in [1200.5, 7]", True),
        ("-amount < 0", True),
        ("amount * -0.5 == -600.25", True),
        ("amount > -1200.4999999 && -0.5 < 0.5", True),
        ("(is_private ? amount : 0) == amount", True),
        ("close_date == date('2026-11-20')", True),
        ("close_date < date('2026-11-20')", False),
        ("created >= timestamp('2026-11-01T11:00:00+01:00')", True),
        ("is_private && !(stage == 'Open')", True),
        ("is_private == true", True),
        ("probability > 5", False),
        ("!(probability > 5)", True),
        ("probability != 5", False),
        ("probability == null", True),
        ("amount != null", True),
        ("probability / (amount - amount) == 1", False),
        ("amount / (amount - amount) == 1", False),
        ("owner == 'U1'", Unknown),
        ("owner == null", Unknown),
        ("owner == 'U1' && stage == 'Open'", False),
        ("stage == 'Open' && owner == 'U1'", False),
        ("owner == 'U1' || stage == 'Won'", True),
        ("owner == 'U1' || stage == 'Open'", Unknown),
        ("!(owner in ['U1'])", Unknown),
        ("true", True),
        ("is_private ? stage == 'Won' : owner == 'U1'", True),
        ("probability > 5 ? is_private : amount > 0", True),
        ("owner == 'U1' ? is_private : is_private", Unknown),
    ] {
        let test = test(text, scope, &mut symbols).expect(text);
        assert_eq!(test.eval(&row), expected, "{text}");
    }
}

#[test]
fn numbers_round_half_even_once() {
    let (entity, states) = opportunity();
    let extras = RefCell::default();
    let scope = Scope { entity: &entity, states: Some(&states), extras: &extras, links: &[] };
    let mut symbols = Symbols::default();
    let row = row(&mut symbols);
    for (text, expected) in [
        ("amount", Some("1200.5")),
        ("amount / 7", Some("171.5")),
        ("amount / 9", Some("133.388889")),
        ("1 / 2000000.0", Some("0")),
        ("3 / 2000000.0", Some("0.000002")),
        ("amount * probability", None),
        ("amount / (amount - amount)", None),
        ("days(date('2026-11-13'), close_date)", Some("7")),
        ("days(close_date, date('2026-11-13'))", Some("-7")),
        ("days(created, timestamp('2026-11-03T16:00:00Z'))", Some("2.25")),
        ("days(created, timestamp('2026-11-01T10:00:07Z'))", Some("0.000081")),
        ("days(created, timestamp('2026-11-04T10:00:00Z')) / 3 + 1", Some("2")),
    ] {
        let outcome = number(text, scope, &mut symbols).expect(text).number.contribution(&row);
        let shown =
            if let Outcome::Known(decimal) = outcome { Some(decimal.to_string()) } else { None };
        assert_eq!(shown.as_deref(), expected, "{text}");
    }
}

#[test]
fn the_clock_changes_a_condition_at_the_instant() {
    let (entity, states) = opportunity();
    let extras = RefCell::default();
    let scope = Scope { entity: &entity, states: Some(&states), extras: &extras, links: &[] };
    let mut symbols = Symbols::default();
    let row = row(&mut symbols);
    let madrid = jiff::tz::TimeZone::get("Europe/Madrid").expect("zone");
    let calendar = Calendar::default();
    let place = Workplace { zone: &madrid, calendar: &calendar, time_off: &[] };
    // Created on 1 November, a Sunday, at 10:00 UTC, closed on 20 November, which begins at 23:00 UTC in Madrid. From this
    // instant on the condition holds, or does not hold any more.
    for (text, from, holds) in [
        ("age(created) >= duration('14d')", "2026-11-15T10:00:00Z", true),
        ("age(created) > duration('14d')", "2026-11-15T10:00:00.000000001Z", true),
        ("duration('1h30m') <= age(created)", "2026-11-01T11:30:00Z", true),
        ("age(created) < duration('90m')", "2026-11-01T11:30:00Z", false),
        ("age(created) <= duration('36h')", "2026-11-02T22:00:00.000000001Z", false),
        ("created <= now()", "2026-11-01T10:00:00Z", true),
        ("now() > created", "2026-11-01T10:00:00.000000001Z", true),
        ("created >= now()", "2026-11-01T10:00:00.000000001Z", false),
        ("age(created, 'working') >= duration('3d')", "2026-11-04T16:00:00Z", true),
        ("age(created, 'working') > duration('3d')", "2026-11-05T08:00:00.000000001Z", true),
        ("age(created, 'working') < duration('1d2d')", "2026-11-04T16:00:00Z", false),
        ("duration('3d') >= age(created, 'working')", "2026-11-05T08:00:00.000000001Z", false),
        ("close_date <= today()", "2026-11-19T23:00:00Z", true),
        ("close_date < today()", "2026-11-20T23:00:00Z", true),
        ("today() < close_date", "2026-11-19T23:00:00Z", false),
        ("!(close_date < today())", "2026-11-20T23:00:00Z", false),
        ("close_date == today() || stage == 'Open'", "2026-11-19T23:00:00Z", true),
        ("close_date != today()", "2026-11-19T23:00:00Z", false),
    ] {
        let test = test(text, scope, &mut symbols).expect(text);
        assert!(test.is_timed(), "{text}");
        let from = from.parse::<jiff::Timestamp>().expect("an instant").as_nanosecond();
        let at = |instant| test.eval_at(&row, &Now { instant, place: Some(place) });
        assert_eq!((at(from - 1), at(from)), (Tri::from(!holds), Tri::from(holds)), "{text}");
        let nowhere = test.eval_at(&row, &Now { instant: from, place: None });
        let placed = text.contains("today") || text.contains("working");
        assert_eq!(nowhere == Tri::Unknown, placed, "{text}");
    }
}

#[test]
fn moments_are_cells_behind_the_fields() {
    let (entity, states) = opportunity();
    let extras = RefCell::default();
    let scope = Scope { entity: &entity, states: Some(&states), extras: &extras, links: &[] };
    let mut symbols = Symbols::default();
    let mut row = row(&mut symbols);
    let conditions = [
        ("first(stage in states.won) != null", Tri::True),
        ("first(stage in states.open) == null", Tri::True),
        ("since(stage) > created", Tri::True),
        ("days(created, since(stage)) == 1.5", Tri::True),
        ("days(created, first(stage in states.open)) > 0", Tri::False),
        ("since(is_private) != null", Tri::Unknown),
    ];
    let conditions = conditions
        .map(|(text, expected)| (text, test(text, scope, &mut symbols).expect(text), expected));
    assert_eq!(extras.borrow().len(), 4, "the same moment is remembered once");
    let later = "2026-11-02T22:00:00Z".parse::<jiff::Timestamp>().expect("an instant");
    let later = Cell::Known(later.as_nanosecond());
    row.extend([later, Cell::Null, later, Cell::Unknown]);
    for (text, test, expected) in conditions {
        assert_eq!(test.eval(&row), expected, "{text}");
    }
}

#[test]
fn mistakes_are_named_with_place_and_remedy() {
    let (entity, states) = opportunity();
    let extras = RefCell::default();
    let scope = Scope { entity: &entity, states: Some(&states), extras: &extras, links: &[] };
    for (text, at, message, help) in [
        ("amout > 5", 0, "no field `amout`", "`amount`"),
        (
            "stage == 'Won' && amount > '5'",
            18,
            "a number cannot be compared with text",
            "without quotes",
        ),
        ("stage in states.closed", 9, "no set of states `closed`", "won, open"),
        ("owner in states.won", 0, "values of `stage`", "stage in states.won"),
        ("amount", 0, "a condition must be", "compare it"),
        (
            "close_date > '2026-01-01'",
            0,
            "date cannot be compared with text",
            "date(\"2026-11-23\")",
        ),
        ("stage < 'X'", 0, "no order", "=="),
        ("amount > null", 0, "no order", "=="),
        ("amount >", 8, "not a CEL expression", "compare with"),
        ("size(stage) > 3", 4, "not supported", "use"),
        ("stage.contains('W')", 0, "not supported", "use"),
        ("", 0, "empty", "condition"),
        ("days(created, close_date) > 3", 4, "two timestamps, or two dates", "type date"),
        ("days(created) > 3", 4, "two timestamps, or two dates", "days(created"),
        ("days(amount, amount) > 3", 4, "two timestamps, or two dates", "days(created"),
        ("first(stage in states.won)", 5, "not a condition", "compare it"),
        ("first(since(stage) == null) == null", 11, "cannot be made of another", "fields alone"),
        ("first(age(created) > duration('1d')) == null", 9, "by the clock alone", "outside of"),
        ("first(stage in states.won, created) == null", 5, "takes one condition", "`at` only"),
        ("date('2026-02-30') == close_date", 4, "`2026-02-30` is not a day", "2026-11-23"),
        ("date(stage) == close_date", 4, "one text constant", "2026-11-23"),
        ("stage == 'won'", 9, "`won` is no state of `stage`", "`Won`"),
        ("'Lost' != stage", 0, "`Lost` is no state of `stage`", "Open, Won"),
        ("stage in ['Won', 'Opne']", 17, "`Opne` is no state", "`Open`"),
        ("age(created) > duration('2w')", 24, "`w` is no unit", "d, h, m or s"),
        ("age(created) > duration('1h 3min')", 24, "`min` is no unit", "d, h, m or s"),
        ("age(created) > duration('-1d')", 24, "`-1d` is negative", "d, h, m or s"),
        ("age(created) > duration('14')", 24, "`14` is no duration", "d, h, m or s"),
        ("age(created) > duration(14)", 23, "one text constant", "14d"),
        ("stage in []", 9, "nothing is in an empty list", "states.won"),
        ("stage == 5", 0, "text cannot be compared with a number", "in quotes"),
        ("stage == Won", 9, "no field `Won`", "text is in quotes: 'Won'"),
        ("stage == 'Won' and amount > 5", 15, "not a CEL expression", "`&&`"),
        ("stage == 'Won' OR amount > 5", 15, "not a CEL expression", "`||`"),
        ("not stage == 'Won'", 4, "`stage` has no meaning here", "`!(…)`"),
        ("amount <> 5", 8, "`>` has no meaning here", "`!=`"),
        ("amount > 15%", 12, "ends too soon", "0.15"),
        ("stage = 'Won'", 6, "not a CEL expression", "`==`"),
        ("amount > 1,000", 10, "not a CEL expression", "without separators"),
        ("amount / 0.00 > 1", 9, "divided by 0", "something else"),
        ("close_date < today", 13, "no field `today`", "`today()`"),
        ("close_date < today() + 1", 18, "not to be computed with", "today()"),
    ] {
        let error = test(text, scope, &mut Symbols::default()).expect_err(text);
        assert_eq!(error.at, at, "{text}: {error:?}");
        assert!(error.message.contains(message), "{text}: {error:?}");
        assert!(error.help.contains(help), "{text}: {error:?}");
    }
}

/// What of a record and of the one it names is seen, by the kind of the cell.
#[test]
fn a_field_of_another_record_is_a_cell_of_its_own() {
    let (account, states) = opportunity();
    let account = Entity { name: "account".to_owned(), ..account };
    let fields = ["account", "stage"].map(|name| Field {
        name: name.to_owned(),
        kind: FieldType::Text,
        currency: None,
    });
    let meeting =
        Entity { name: "meeting".to_owned(), fields: fields.to_vec(), extras: Vec::new() };
    let extras = RefCell::default();
    let linked = Linked { id: EntityId(7), entity: &account, states: Some(&states), fed: true };
    let links = [Some(linked), None];
    let scope = Scope { entity: &meeting, states: None, extras: &extras, links: &links };
    let mut symbols = Symbols::default();
    let won = symbols.intern("Won");
    // The account, the stage of the meeting; whether the account is in doubt, and its stage, amount and privacy.
    let row = [
        Cell::Known(symbols.intern("A1").0.into()),
        Cell::Null,
        Cell::Known(0),
        Cell::Known(won.0.into()),
        Cell::Known(5_000_000),
        Cell::Known(1),
    ];
    for (text, expected) in [
        ("account.stage == 'Won'", Tri::True),
        ("account.stage in account.states.won && stage == null", Tri::True),
        ("account.stage in ['Open']", Tri::False),
        ("account.amount * 2 == 10", Tri::True),
        ("account.is_private", Tri::True),
        ("!account.is_private || account.stage == stage", Tri::False),
    ] {
        let test = test(text, scope, &mut symbols).expect(text);
        assert_eq!(test.eval(&row), expected, "{text}");
    }
    let link = Link { field: FieldId(0), entity: EntityId(7) };
    let borrowed = |field, kind| Extra::Borrowed { link, field: FieldId(field), kind };
    assert_eq!(
        *extras.borrow(),
        [
            Extra::Doubt(link),
            borrowed(1, FieldType::Text),
            borrowed(0, FieldType::Decimal),
            borrowed(4, FieldType::Bool),
        ]
    );
    for text in [
        "stage.amount > 1",
        "account.account.stage == 'Won'",
        "account.none == 1",
        "acount.amount > 1",
        "stage in account.states.won",
        "account.stage in states.won",
        "account.states.won == 'Won'",
        "account.stage == 'won'",
        "'Closed' != account.stage",
        "account.stage in ['Won', 'Opne']",
    ] {
        assert!(test(text, scope, &mut symbols).is_err(), "{text}");
    }
    let unfed = [Some(Linked { fed: false, ..linked }), None];
    let error = test("account.is_private", Scope { links: &unfed, ..scope }, &mut symbols);
    let error = error.expect_err("nothing is known of accounts");
    assert_eq!((error.at, error.message.as_str()), (0, "no source feeds `account`"));
    let refused = moment(Kind::First, "account.is_private", scope, &mut symbols);
    assert_eq!(refused.map_err(|error| error.at), Err(0));
}
