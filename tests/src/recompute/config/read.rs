//! How a value is read from its text in YAML.

use std::collections::BTreeMap;

use jiff::{
    civil::{Date, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Deserializer, de::Error};

use crate::recompute::number::{self, Exact};

pub(super) fn exact<'de, D: Deserializer<'de>>(from: D) -> Result<Exact, D::Error> {
    let text = String::deserialize(from)?;
    number::parse(&text).ok_or_else(|| Error::custom(format!("no number: {text}")))
}

pub(super) fn exacts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Exact>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    let wrong = |text: &String| Error::custom(format!("no number: {text}"));
    texts.iter().map(|text| number::parse(text).ok_or_else(|| wrong(text))).collect()
}

pub(super) fn date<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    String::deserialize(from)?.parse().map_err(Error::custom)
}

pub(super) fn some_date<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    Option::<String>::deserialize(from)?.map(|text| text.parse().map_err(Error::custom)).transpose()
}

pub(super) fn dates<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Date>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|text| text.parse().map_err(Error::custom)).collect()
}

pub(super) fn zone<'de, D: Deserializer<'de>>(from: D) -> Result<TimeZone, D::Error> {
    TimeZone::get(&String::deserialize(from)?).map_err(Error::custom)
}

pub(super) fn some_zone<'de, D: Deserializer<'de>>(from: D) -> Result<Option<TimeZone>, D::Error> {
    Option::<String>::deserialize(from)?
        .map(|name| TimeZone::get(&name).map_err(Error::custom))
        .transpose()
}

pub(super) fn weekday<'de, D: Deserializer<'de>>(from: D) -> Result<Weekday, D::Error> {
    let name = String::deserialize(from)?;
    day_of_week(&name).ok_or_else(|| Error::custom(format!("no day of the week: {name}")))
}

fn day_of_week(name: &str) -> Option<Weekday> {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let place = names.iter().position(|short| name.to_lowercase().starts_with(short))?;
    Weekday::from_monday_zero_offset(i8::try_from(place).ok()?).ok()
}

pub(super) fn weights<'de, D: Deserializer<'de>>(from: D) -> Result<[Exact; 7], D::Error> {
    let mut weights = [0; 7].map(number::whole);
    for (name, text) in BTreeMap::<String, String>::deserialize(from)? {
        let wrong = || Error::custom(format!("no working day: {name}: {text}"));
        let place = day_of_week(&name).ok_or_else(wrong)?.to_monday_zero_offset();
        weights[place.unsigned_abs() as usize] = number::parse(&text).ok_or_else(wrong)?;
    }
    Ok(weights)
}

pub(super) fn hours<'de, D: Deserializer<'de>>(from: D) -> Result<(u16, u16), D::Error> {
    let text = String::deserialize(from)?;
    let minutes = |time: &str| {
        let (hour, minute) = time.trim().split_once(':')?;
        Some(hour.parse::<u16>().ok()? * 60 + minute.parse::<u16>().ok()?)
    };
    let both = text.split_once('-').and_then(|(from, to)| Some((minutes(from)?, minutes(to)?)));
    both.ok_or_else(|| Error::custom(format!("no hours: {text}")))
}

pub(super) fn month_and_day<'de, D: Deserializer<'de>>(from: D) -> Result<(i8, i8), D::Error> {
    let text = String::deserialize(from)?;
    let both = text.split_once('-').and_then(|(m, d)| Some((m.parse().ok()?, d.parse().ok()?)));
    both.ok_or_else(|| Error::custom(format!("no month and day: {text}")))
}
