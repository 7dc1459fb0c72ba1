//! `calendars.<name>.holidays`: days, those of a country, and those of files.

mod country;
mod ical;
mod list;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt;

use paceline_core::day::Day;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use self::country::Country;
use super::located::{Located, Text};
use super::place::{At, Place};
use super::report::Report;
use super::{include, value};

/// An item of `holidays`.
pub(super) enum RawHoliday {
    Day(String),
    Named(Named),
}

/// The holidays of a country, or of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    country: Option<Text>,
    region: Option<Text>,
    file: Option<Text>,
}

impl<'de> Deserialize<'de> for RawHoliday {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawHolidayVisitor)
    }
}

struct RawHolidayVisitor;

impl<'de> Visitor<'de> for RawHolidayVisitor {
    type Value = RawHoliday;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a day, `{country: …}` or `{file: …}`")
    }

    fn visit_str<E>(self, day: &str) -> Result<RawHoliday, E> {
        Ok(RawHoliday::Day(day.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawHoliday, A::Error> {
        let named = Named::deserialize(MapAccessDeserializer::new(map))?;
        if named.country.is_none() && named.file.is_none() {
            return Err(de::Error::missing_field("country"));
        }
        Ok(RawHoliday::Named(named))
    }
}

impl JsonSchema for RawHoliday {
    fn schema_name() -> Cow<'static, str> {
        "Holiday".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let codes: Vec<&str> = Country::all().map(|country| country.code).collect();
        json_schema!({
            "description": "A day, or the holidays of a country, or those in a file.",
            "oneOf": [
                { "description": "A day, `YYYY-MM-DD`.", "type": "string", "format": "date" },
                {
                    "description": "The public holidays of a country or one of its regions, in the years that `check` tells; \
                                    days of other years are none.",
                    "type": "object",
                    "properties": {
                        "country": {
                            "description": "The country's code (ISO 3166-1 alpha-2). Required.",
                            "enum": codes,
                        },
                        "region": {
                            "description": "The region's code (ISO 3166-2) without the country: `MD` for ES-MD. \
                                            Default: what is a holiday in the whole country.",
                            "type": "string",
                        },
                    },
                    "required": ["country"],
                    "additionalProperties": false,
                },
                {
                    "description": "The days in a file.",
                    "type": "object",
                    "properties": {
                        "file": {
                            "description": "A path relative to this file: of a text with one `YYYY-MM-DD` a line, text behind it, \
                                            empty lines and lines that begin with `#` left aside; or of an iCalendar file, \
                                            `.ics`, whose events of whole days are holidays. Required.",
                            "type": "string",
                        },
                    },
                    "required": ["file"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

/// Reads the holidays of all calendars; each file once, so that its mistakes are told once.
#[derive(Default)]
pub(super) struct Holidays {
    files: HashMap<String, Vec<Day>>,
    /// What the person who wrote the config should know.
    pub(super) notes: Vec<String>,
}

impl Holidays {
    /// The holidays of a calendar.
    pub(super) fn of(
        &mut self,
        calendar: &str,
        items: &[Located<RawHoliday>],
        report: &mut Report,
    ) -> BTreeSet<Day> {
        let mut days = BTreeSet::new();
        for item in items {
            match &item.value {
                RawHoliday::Day(day) => {
                    days.extend(value::date(&Text { value: day.clone(), at: item.at }, report));
                }
                RawHoliday::Named(named) => {
                    days.extend(self.named(calendar, named, item.at, report));
                }
            }
        }
        days
    }

    fn named(&mut self, calendar: &str, named: &Named, at: At, report: &mut Report) -> Vec<Day> {
        let Named { country, region, file } = named;
        match (country, region, file) {
            (Some(country), region, None) => {
                self.country(calendar, country, region.as_ref(), report)
            }
            (None, None, Some(file)) => self.file(file, report),
            (None, Some(region), Some(_)) => {
                let remedy = "leave it out, or give the country in place of the file";
                report.error(region.at, "a file has no region", remedy);
                Vec::new()
            }
            _ => {
                let remedy = "make two items of it: `- {country: …}` and `- {file: …}`";
                report.error(at, "an item is a country or a file, not both", remedy);
                Vec::new()
            }
        }
    }

    fn country(
        &mut self,
        calendar: &str,
        code: &Text,
        region: Option<&Text>,
        report: &mut Report,
    ) -> Vec<Day> {
        let Some(country) = Country::find(code.as_str()) else {
            let message = format!("the holidays of `{}` are not known", code.as_str());
            report.error(code.at, message, country::remedy(code.as_str()));
            return Vec::new();
        };
        if let Some(region) = region.filter(|region| !country.has_region(region.as_str())) {
            let message = format!("no region `{}` is known of {}", region.as_str(), country.name);
            report.error(region.at, message, country.region_remedy(region.as_str()));
            return Vec::new();
        }
        let holidays = country.holidays(region.map(Text::as_str));
        let estimates = holidays.iter().filter(|holiday| holiday.estimate).count();
        let note = country.note(calendar, region.map(Text::as_str), estimates);
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
        holidays.into_iter().map(|holiday| holiday.day).collect()
    }

    fn file(&mut self, path: &Text, report: &mut Report) -> Vec<Day> {
        let full = include::beside(path.as_str(), path.at, report).display().to_string();
        if let Some(days) = self.files.get(&full) {
            return days.clone();
        }
        let days = self.read(path, &full, report);
        self.files.insert(full, days.clone());
        days
    }

    fn read(&mut self, path: &Text, full: &str, report: &mut Report) -> Vec<Day> {
        let Some(text) = include::read_named(path.as_str(), path.at, report) else {
            return Vec::new();
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let before = report.len();
        let mut file = Lines { file: report.places.add_file(full, text), parent: path.at, report };
        let is_ical = full.to_ascii_lowercase().ends_with(".ics");
        let (days, remedy) = if is_ical {
            let read = ical::read(text, &mut file);
            self.notes.extend(read.note(path.as_str()));
            (
                read.days(&mut file),
                "a holiday is a VEVENT with a day and no time: `DTSTART;VALUE=DATE:20261225`",
            )
        } else {
            (list::read(text, &mut file), "write one day a line, as YYYY-MM-DD: 2026-12-25")
        };
        if days.is_empty() && report.len() == before {
            report.error(path.at, format_args!("`{}` holds no holiday", path.as_str()), remedy);
        }
        days
    }
}

/// A file of holidays, in which mistakes have their own lines.
struct Lines<'a> {
    file: usize,
    /// Where the config names it.
    parent: At,
    report: &'a mut Report,
}

impl Lines<'_> {
    fn error(&mut self, line: usize, column: usize, message: &str, remedy: &str) {
        let place = Place {
            file: self.file,
            line,
            column,
            span: 0..0,
            parent: Some(self.parent),
            label: String::new(),
        };
        let at = self.report.places.add(place);
        self.report.error(at, message, remedy);
    }
}
