//! `reps`: who is credited and carries goals, and who manages whom.

mod from_entity;
mod rows;

use std::collections::BTreeSet;

use paceline_core::calendar::Calendar;
use paceline_core::day::Day;
use paceline_core::entity::EntityId;
use paceline_core::facts::{self, Facts, FromEntity, Said};
use paceline_core::roster::{Rep, Roster};
use paceline_core::symbol::{Intern, Symbols};
use schemars::JsonSchema;
use serde::Deserialize;

use super::calendars;
use super::csv::Table;
use super::entities::Declared;
use super::located::Text;
use super::report::Report;
use super::value;
use rows::{Places, Row};

/// A CSV of reps.
pub(super) const CSV: Table = Table {
    columns: &["id", "from", "name", "manager", "role", "start", "end", "time_zone", "calendar"],
    needed: &[("id", "which credit fields name a rep by")],
    header: "id,name,manager,role",
    label: Some("id"),
};

/// Everyone who is credited or manages somebody who is: as a list here, in a CSV file, or as the records of an entity.
/// Whatever `topics.reps` says lies over them.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Reps")]
pub(super) struct RawReps {
    /// The reps, managers included. Default: none; then all credit goes to `unassigned`.
    list: Option<Vec<RawRep>>,
    /// A CSV file with the columns id, from, name, manager, role, start, end, time_zone, calendar, in any order, by a path
    /// relative to this file. Instead of `list`.
    #[expect(
        dead_code,
        reason = "its rows are put in the place of `list` before the config is read"
    )]
    file: Option<String>,
    /// An entity whose living records are the reps: the record's id is theirs, and of its fields those called name,
    /// manager, role, start, end, time_zone and calendar say the rest. Instead of `list`.
    from: Option<Text>,
    /// Which of the entity's records are reps: CEL over its fields, without the clock. Default: all.
    #[serde(rename = "where")]
    filter: Option<Text>,
}

/// A user who carries goals; managers are reps too.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rep")]
struct RawRep {
    /// The id that the credit field of records holds. Required.
    id: Text,
    /// The day from which on the row holds, `YYYY-MM-DD`: the latest row of an id says all of the rep. Before the first
    /// they are none. Default: since ever.
    #[schemars(extend("format" = "date"))]
    from: Option<Text>,
    /// What people call them. Default: the id.
    name: Option<Text>,
    /// The id of their manager, who is in the list too, on the same days. Default: nobody.
    manager: Option<Text>,
    /// Their role, for goals by role. Default: none.
    role: Option<Text>,
    /// Their first day, `YYYY-MM-DD`. Default: before all goals.
    #[schemars(extend("format" = "date"))]
    start: Option<Text>,
    /// Their last day, `YYYY-MM-DD`. Default: none.
    #[schemars(extend("format" = "date"))]
    end: Option<Text>,
    /// The IANA time zone in which their days begin. Default: that of the calendar.
    time_zone: Option<Text>,
    /// The calendar they follow, and with them the team they manage. Default: `default`.
    calendar: Option<Text>,
    /// When they are off, for goals with `presence`. Default: never.
    time_off: Option<Vec<RawTimeOff>>,
}

/// Days on which a rep is off.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TimeOff")]
struct RawTimeOff {
    /// The first day, `YYYY-MM-DD`. Required.
    #[schemars(extend("format" = "date"))]
    from: Text,
    /// The last day, `YYYY-MM-DD`. Default: the first.
    #[schemars(extend("format" = "date"))]
    to: Option<Text>,
}

/// The reps, as far as goals need to know them.
pub(super) struct Reps {
    rows: Vec<Row>,
    /// Whether there may be others than those in the rows.
    pub(super) others: bool,
}

impl RawReps {
    /// Compiles the rows. `told` is whether a topic of reps is named.
    pub(super) fn compile(&self, told: bool, calendars: &[Calendar], report: &mut Report) -> Reps {
        let others = self.from.is_some() || told && self.list.is_none();
        let raw = self.list.iter().flatten();
        let rows: Vec<Row> = raw.map(|rep| rep.compile(calendars, report)).collect();
        rows::check(&rows, report);
        Reps { rows, others }
    }

    /// Compiles which records are reps.
    pub(super) fn of_entity(
        &self,
        entities: &[Declared],
        symbols: &mut Symbols,
        report: &mut Report,
    ) -> Option<FromEntity> {
        let Some(name) = &self.from else {
            if let Some(filter) = &self.filter {
                let remedy = "add `from: <entity>`, or leave it out";
                report.error(filter.at, "`where` chooses among the records of `from`", remedy);
            }
            return None;
        };
        if self.list.is_some() {
            let message = "reps are also given as a list or a file";
            report.error(name.at, message, "keep one of the two");
        }
        from_entity::compile(name, self.filter.as_ref(), entities, symbols, report)
    }
}

/// The fields of an entity that say something of reps.
pub(super) fn needed(id: EntityId, from: Option<&FromEntity>) -> BTreeSet<usize> {
    let from = from.filter(|from| from.entity == id);
    from.map(from_entity::fields).unwrap_or_default()
}

impl RawRep {
    fn places(&self) -> Places {
        Places {
            id: self.id.at,
            from: self.from.as_ref().map(|from| from.at),
            manager: self.manager.as_ref().map(|manager| manager.at),
        }
    }

    fn compile(&self, calendars: &[Calendar], report: &mut Report) -> Row {
        value::not_empty(&self.id, "the id", report);
        let from = self.from.as_ref().and_then(|day| value::date(day, report));
        let calendar =
            self.calendar.as_ref().and_then(|name| calendars::named(name, calendars, report));
        let time_off = self.time_off.iter().flatten().filter_map(|off| off.compile(report));
        let time_off: Vec<(Day, Day)> = time_off.collect();
        let start = self.start.as_ref().and_then(|day| value::date(day, report));
        let end = self.end.as_ref().and_then(|day| value::date(day, report));
        if let (Some(first), Some(last), Some(text)) = (start, end, &self.end)
            && last < first
        {
            report.error(
                text.at,
                format_args!("the last day is before the first, {first}"),
                "exchange the two",
            );
        }
        let text = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
        let said = Said {
            name: Some(text(&self.name)),
            manager: Some(text(&self.manager)),
            role: Some(text(&self.role)),
            start: Some(start),
            end: Some(end),
            time_zone: Some(text(&self.time_zone)),
            calendar: Some(text(&self.calendar)),
            time_off: Some(time_off.clone()),
        };
        let rep = Rep {
            id: self.id.value.clone(),
            name: text(&self.name).unwrap_or_else(|| self.id.value.clone()),
            manager: text(&self.manager),
            role: text(&self.role),
            start,
            end,
            zone: self.time_zone.as_ref().and_then(|zone| value::time_zone(zone, report)),
            calendar: calendar.unwrap_or_default(),
            time_off,
        };
        Row { rep, from, said, places: self.places() }
    }
}

impl RawTimeOff {
    fn compile(&self, report: &mut Report) -> Option<(Day, Day)> {
        let first = value::date(&self.from, report)?;
        let Some(to) = &self.to else { return Some((first, first)) };
        let last = value::date(to, report)?;
        if last < first {
            let message = format!("the last day is before the first, {first}");
            report.error(to.at, message, "exchange the two");
        }
        Some((first, last))
    }
}

impl Reps {
    /// Everyone who is ever a rep, once for each row.
    pub(super) fn reps(&self) -> impl Iterator<Item = &Rep> {
        self.rows.iter().map(|row| &row.rep)
    }

    /// What to write in place of an id that nobody has: people are known by their names.
    pub(super) fn remedy(&self, id: &str) -> String {
        rows::remedy(&self.rows, id)
    }

    /// Whether somebody ever has this manager.
    pub(super) fn manages(&self, id: &str) -> bool {
        self.reps().any(|rep| rep.manager.as_deref() == Some(id))
    }

    /// The facts that rows tell.
    pub(super) fn facts(&self) -> Facts {
        Facts::new(self.rows.iter().map(|Row { rep, from, said, .. }| facts::Row {
            id: rep.id.clone(),
            from: *from,
            said: said.clone(),
        }))
    }

    /// Forms the teams of those who are reps since ever, once nothing is wrong with the rows.
    pub(super) fn roster(
        self,
        calendars: &[Calendar],
        symbols: &mut dyn Intern,
        report: &mut Report,
    ) -> Option<Roster> {
        let place = self.rows.first().map(|row| row.places.id);
        let ever = self.rows.into_iter().filter(|row| row.from.is_none());
        match Roster::new(ever.map(|row| row.rep).collect(), calendars, symbols) {
            Ok(roster) => Some(roster),
            Err(error) => {
                if let Some(at) = place {
                    report.error(at, error, "mend the list of reps");
                }
                None
            }
        }
    }
}
