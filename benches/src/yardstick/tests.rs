//! The yardstick counts right: a wrong one measures nothing.

use std::collections::BTreeMap;

use paceline_sim::format::Messages;

use super::{Month, Totals, Yardstick, cents, read};
use crate::events::Events;

#[test]
fn amounts_are_exact() {
    for (text, expected) in [("20000.00", 2_000_000), ("-0.5", -50), ("7", 700), ("0.09", 9)] {
        assert_eq!(cents(text), Some(expected));
    }
    assert_eq!(cents("1.005"), None);
}

#[test]
fn months_agree_however_they_are_written() {
    for (day, text) in
        [(0, "1970-01-01"), (59, "1970-03-01"), (-1, "1969-12-31"), (20_634, "2026-06-30")]
    {
        assert_eq!(Some(Month::of_day(day)), Month::of_text(text), "{text}");
    }
    assert_eq!(Month::of_day(20_634).first_day().as_deref(), Some("2026-06-01"));
}

#[test]
fn taking_back_leaves_what_the_last_rows_say() {
    let mut messages = Messages::default();
    Events::default().next_into(&mut messages, 50_000);
    let (mut yardstick, mut last) = (Yardstick::default(), BTreeMap::new());
    for message in messages.iter() {
        let Some(said) = read(message.value).expect("a message") else { continue };
        yardstick.count(said);
        last.insert(said.id, said);
    }
    let mut anew = Yardstick::default();
    last.into_values().for_each(|said| anew.count(said));
    assert_eq!(yardstick.totals(), anew.totals());
    assert!(anew.totals().months().len() > 1);
    assert_eq!(anew.totals().to_string().parse::<Totals>().expect("totals"), anew.totals());
}
