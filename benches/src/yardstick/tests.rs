//! The yardstick counts right, and alike with either reader: a wrong yardstick measures nothing.

use paceline_sim::format::Messages;

use super::deal::cents;
use super::{Json, Month, Read, SharedReader, Totals, Yardstick};
use crate::config;
use crate::events::{Events, organisation};

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
fn both_readers_count_the_same() {
    let mut messages = Messages::default();
    Events::default().next_into(&mut messages, 50_000);
    let config = config::load(&organisation()).expect("a config");
    let totals =
        [counted(&messages, &mut Json), counted(&messages, &mut SharedReader::new(&config))];
    assert_eq!(totals[0], totals[1]);
    assert!(totals[0].months().len() > 1);
    assert_eq!(totals[0].to_string().parse::<Totals>().expect("totals"), totals[0]);
}

fn counted(messages: &Messages, reader: &mut impl Read) -> Totals {
    let mut yardstick = Yardstick::default();
    for message in messages.iter() {
        if let Some(said) = reader.read(message.key, message.value).expect("a message") {
            yardstick.count(said);
        }
    }
    yardstick.totals()
}
