//! Which arithmetic goes with money, case by case.

use std::cell::RefCell;

use super::super::{ExprError, Scope, number, test};
use crate::entity::{Entity, Field, FieldId, FieldType};
use crate::symbol::Symbols;

const EURO_OR_SO: FieldId = FieldId(6);
const OTHER: FieldId = FieldId(7);

/// Amounts with one `currency`, one with another, and plain numbers.
fn opportunity() -> Entity {
    use FieldType::{Bool, Decimal, Int, Text, Timestamp};
    let fields = [
        ("amount", Decimal, Some(EURO_OR_SO)),
        ("discount", Decimal, Some(EURO_OR_SO)),
        ("fee", Decimal, Some(OTHER)),
        ("share", Int, None),
        ("is_new", Bool, None),
        ("created", Timestamp, None),
        ("", Text, None),
        ("", Text, None),
    ];
    let field = |(name, kind, currency)| Field { name: String::from(name), kind, currency };
    let fields = fields.map(field).to_vec();
    Entity { name: "opportunity".to_owned(), fields, extras: Vec::new() }
}

fn compiled<T>(compile: impl FnOnce(Scope<'_>) -> T) -> T {
    let (entity, extras) = (opportunity(), RefCell::default());
    compile(Scope { entity: &entity, states: None, extras: &extras, links: &[] })
}

fn dimension(text: &str) -> Result<Option<FieldId>, ExprError> {
    compiled(|scope| number(text, scope, &mut Symbols::default())).map(|measured| measured.currency)
}

#[test]
fn money_stays_money_of_one_currency() {
    for (text, expected) in [
        ("amount", Some(EURO_OR_SO)),
        ("fee", Some(OTHER)),
        ("share", None),
        ("0", None),
        ("amount - discount", Some(EURO_OR_SO)),
        ("amount * share / 100", Some(EURO_OR_SO)),
        ("0.5 * -amount", Some(EURO_OR_SO)),
        ("0 * amount", Some(EURO_OR_SO)),
        ("0 - amount", Some(EURO_OR_SO)),
        ("is_new ? amount : 0", Some(EURO_OR_SO)),
        ("amount > 0 ? -0.0 : discount + amount", Some(EURO_OR_SO)),
        ("amount / discount", None),
        ("0 / amount", None),
        ("amount / discount * fee", Some(OTHER)),
        ("amount / discount + share", None),
        ("(amount - discount) / amount * 100", None),
    ] {
        assert_eq!(dimension(text), Ok(expected), "{text}");
    }
}

#[test]
fn what_would_mix_currencies_or_numbers_is_refused() {
    const PLAIN: &str = "money and a number do not go together";
    const TWO: &str = "money of two currencies";
    for (text, at, message) in [
        ("amount + 1", 0, PLAIN),
        ("share * (amount - 0.01)", 9, PLAIN),
        ("1 + (is_new ? amount : discount)", 0, "a number and money do not go together"),
        ("is_new ? amount : share", 0, PLAIN),
        ("amount / discount + amount", 0, "a number and money do not go together"),
        ("amount + fee", 0, TWO),
        ("is_new ? fee : amount", 0, TWO),
        ("share + amount / fee", 8, TWO),
        ("amount * discount", 0, "money times money"),
        ("share / amount", 0, "a number divided by money"),
        ("amount > 5 ? 1 : 0", 0, "money of any currency cannot be compared"),
    ] {
        let error = dimension(text).expect_err(text);
        assert_eq!((error.at, error.message.starts_with(message)), (at, true), "{text}: {error:?}");
    }
}

#[test]
fn conditions_compare_money_with_money_of_its_currency_and_with_0_alone() {
    let condition = |text: &str| compiled(|scope| test(text, scope, &mut Symbols::default()));
    for text in [
        "amount > 0",
        "0.00 <= amount && !(amount == discount)",
        "amount != null",
        "amount - discount > 0",
        "amount / discount > 0.5",
        "amount in [0]",
        "share in [1, 2] || share > 3",
        "age(since(amount > discount)) > duration('3d')",
    ] {
        assert!(condition(text).is_ok(), "{text}: {:?}", condition(text));
    }
    const NUMBER: &str = "money of any currency cannot be compared with a number";
    for (text, at, message) in [
        ("is_new && amount > 1000", 10, NUMBER),
        ("1000 < amount * 2", 0, NUMBER),
        ("amount > share", 0, NUMBER),
        ("amount in [0, 1000]", 14, NUMBER),
        ("amount > fee", 0, "money of two currencies"),
        ("age(since(amount > 5)) > duration('3d')", 10, NUMBER),
    ] {
        let error = condition(text).expect_err(text);
        assert_eq!((error.at, error.message.starts_with(message)), (at, true), "{text}: {error:?}");
    }
}

#[test]
fn what_only_other_fields_refer_to_has_no_name() {
    let error = dimension("amout").expect_err("no such field");
    assert!(error.help.contains("`amount`"), "{error:?}");
    assert!(!error.help.contains("``"), "{error:?}");
    assert_eq!(opportunity().field(""), None);
}
