//! Currencies, and what they are worth.

use std::fmt::{self, Write as _};

use jiff::{ToSpan, civil::Date};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{Subject, World};

/// Codes that records name. Of the last nobody says what it is worth.
pub(crate) const CURRENCIES: [&str; 5] = ["USD", "EUR", "USD", "CHF", "JPY"];

/// Where the rates are, and those that there are from the beginning: the currency, the day, and how much one is worth.
#[derive(Clone, Debug)]
pub(super) struct Money {
    place: Place,
    rates: Vec<(&'static str, i32, &'static str)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Nowhere,
    Config,
    Records,
}

pub(super) fn money() -> impl Strategy<Value = Money> {
    let place = prop_oneof![
        1 => Just(Place::Nowhere), 4 => Just(Place::Config), 4 => Just(Place::Records)
    ];
    let worth = select(&["0.5", "0.917431", "1.1", "0.006123", "2", "0.333333"][..]);
    (place, vec((select(&["USD", "CHF"][..]), -40..25_i32, worth), 0..5)).prop_map(
        |(place, mut rates)| {
            rates.sort_unstable_by_key(|(code, day, _)| (*code, *day));
            rates.dedup_by_key(|(code, day, _)| (*code, *day));
            Money { place, rates }
        },
    )
}

/// The same, with rates that are records.
pub(super) fn recorded() -> impl Strategy<Value = Money> {
    money().prop_map(|money| Money { place: Place::Records, ..money })
}

impl Money {
    /// Whether rates are records.
    pub(super) fn is_recorded(&self) -> bool {
        self.place == Place::Records
    }
}

impl World {
    pub(super) fn write_currency(&mut self, money: &Money, start: Date) -> fmt::Result {
        let rates = money.rates.iter().map(|(code, day, rate)| (code, start + day.days(), rate));
        match money.place {
            Place::Nowhere => {
                self.features.push("no rates");
                writeln!(self.yaml, "currency: {{org: EUR}}")
            }
            Place::Config => {
                self.features.push("rates in the config");
                let rate = |(code, day, rate)| {
                    format!("{{from: {code}, to: EUR, date: {day}, rate: {rate}}}")
                };
                let rates: Vec<String> = rates.map(rate).collect();
                writeln!(self.yaml, "currency: {{org: EUR, rates: [{}]}}", rates.join(", "))
            }
            Place::Records => {
                self.features.push("rates that are records");
                let image = |(code, day, rate)| {
                    format!(r#"{{"Base":"{code}","Quote":"EUR","Day":"{day}","Rate":{rate}}}"#)
                };
                let images = rates.map(image).zip(0..);
                self.opening.extend(images.map(|(image, at)| (Subject::Rate, at, image)));
                let fields = "entity: exchange_rate, from: base, to: quote, date: day, rate: rate";
                writeln!(self.yaml, "currency: {{org: EUR, rates: {{{fields}}}}}")
            }
        }
    }
}
