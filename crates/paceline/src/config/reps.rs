//! `reps`: who is credited and carries goals, and who manages whom.

use std::collections::HashMap;

use paceline_core::calendar::Calendar;
use paceline_core::day::Day;
use paceline_core::roster::{Rep, Roster};
use paceline_core::symbol::Intern;
use schemars::JsonSchema;
use serde::Deserialize;

use super::calendars;
use super::csv::Table;
use super::located::Text;
use super::place::At;
use super::report::Report;
use super::value;
use paceline_core::suggest;

/// A CSV of reps.
pub(super) const CSV: Table = Table {
    columns: &["id", "name", "manager", "role", "start", "end", "time_zone", "calendar"],
    needed: &[("id", "which credit fields name a rep by")],
    header: "id,name,manager,role",
    label: Some("id"),
};

/// Everyone who is credited or manages somebody who is: as a list here, or in a CSV file.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Reps")]
pub(super) struct RawReps {
    /// The reps, managers included. Default: none; then all credit goes to `unassigned`.
    list: Option<Vec<RawRep>>,
    /// A CSV file with the columns id, name, manager, role, start, end, time_zone, calendar, in any order, by a path
    /// relative to this file. Instead of `list`.
    #[expect(
        dead_code,
        reason = "its rows are put in the place of `list` before the config is read"
    )]
    file: Option<String>,
}

/// A user who carries goals; managers are reps too.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rep")]
struct RawRep {
    /// The id that the credit field of records holds. Required.
    id: Text,
    /// What people call them. Default: the id.
    name: Option<Text>,
    /// The id of their manager, who is in the list too. Default: nobody.
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
    pub(super) list: Vec<Rep>,
    places: Vec<Places>,
}

/// Where a rep's id and manager are written.
struct Places {
    id: At,
    manager: Option<At>,
}

/// Compiles all reps.
pub(super) fn compile(raw: RawReps, calendars: &[Calendar], report: &mut Report) -> Reps {
    let raw = raw.list.unwrap_or_default();
    let places = raw.iter().map(RawRep::places).collect();
    let list = raw.into_iter().map(|rep| rep.compile(calendars, report)).collect();
    let reps = Reps { list, places };
    let by_id = reps.index(report);
    reps.check_managers(&by_id, report);
    reps.check_cycles(&by_id, report);
    reps
}

impl RawRep {
    fn places(&self) -> Places {
        Places { id: self.id.at, manager: self.manager.as_ref().map(|manager| manager.at) }
    }

    fn compile(self, calendars: &[Calendar], report: &mut Report) -> Rep {
        value::not_empty(&self.id, "the id", report);
        let calendar =
            self.calendar.as_ref().and_then(|name| calendars::named(name, calendars, report));
        let time_off = self.time_off.iter().flatten().filter_map(|off| off.compile(report));
        let time_off = time_off.collect();
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
        Rep {
            name: self.name.map_or_else(|| self.id.value.clone(), |name| name.value),
            manager: self.manager.map(|manager| manager.value),
            role: self.role.map(|role| role.value),
            start,
            end,
            zone: self.time_zone.and_then(|zone| value::time_zone(&zone, report)),
            calendar: calendar.unwrap_or_default(),
            time_off,
            id: self.id.value,
        }
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
    pub(super) fn get(&self, id: &str) -> Option<&Rep> {
        self.list.iter().find(|rep| rep.id == id)
    }

    /// Whether somebody has this manager.
    pub(super) fn manages(&self, id: &str) -> bool {
        self.list.iter().any(|rep| rep.manager.as_deref() == Some(id))
    }

    /// Forms the teams, once nothing is wrong with the reps.
    pub(super) fn roster(
        self,
        calendars: &[Calendar],
        symbols: &mut dyn Intern,
        report: &mut Report,
    ) -> Option<Roster> {
        let place = self.places.first().map(|place| place.id);
        match Roster::new(self.list, calendars, symbols) {
            Ok(roster) => Some(roster),
            Err(error) => {
                if let Some(at) = place {
                    report.error(at, error, "mend the list of reps");
                }
                None
            }
        }
    }

    fn index(&self, report: &mut Report) -> HashMap<&str, usize> {
        let mut by_id: HashMap<&str, usize> = HashMap::new();
        for (index, rep) in self.list.iter().enumerate() {
            if let Some(before) = by_id.get(rep.id.as_str()) {
                let place = report.places.shown(self.places[*before].id);
                let message = format!("two reps have the id `{}`; the other is at {place}", rep.id);
                report.error(self.places[index].id, message, "keep one of the two");
            } else {
                by_id.insert(&rep.id, index);
            }
        }
        by_id
    }

    fn check_managers(&self, by_id: &HashMap<&str, usize>, report: &mut Report) {
        for (rep, place) in self.list.iter().zip(&self.places) {
            if let (Some(manager), Some(at)) = (rep.manager.as_deref(), place.manager)
                && !by_id.contains_key(manager)
            {
                let remedy = suggest::remedy(
                    manager,
                    self.list.iter().map(|rep| rep.id.as_str()),
                    "the reps are",
                );
                report.unknown(
                    at,
                    format_args!("manager `{manager}` is not in the list of reps"),
                    remedy,
                );
            }
        }
    }

    /// Tells each cycle once, at its first rep.
    fn check_cycles(&self, by_id: &HashMap<&str, usize>, report: &mut Report) {
        let above =
            |rep: &usize| self.list[*rep].manager.as_deref().and_then(|id| by_id.get(id).copied());
        let mut visited = vec![false; self.list.len()];
        for start in 0..self.list.len() {
            let mut walked: Vec<usize> = Vec::new();
            let mut next = Some(start);
            while let Some(rep) = next.filter(|rep| !visited[*rep]) {
                visited[rep] = true;
                walked.push(rep);
                next = above(&rep);
            }
            if let Some(from) = next.and_then(|rep| walked.iter().position(|other| *other == rep)) {
                self.tell_cycle(&walked[from..], report);
            }
        }
    }

    fn tell_cycle(&self, cycle: &[usize], report: &mut Report) {
        let ids: Vec<&str> =
            cycle.iter().chain(&cycle[..1]).map(|rep| self.list[*rep].id.as_str()).collect();
        if let Some(at) = self.places[cycle[0]].manager {
            let message = format!("a cycle of managers: {}", ids.join(" → "));
            report.error(at, message, "take the manager of one of them out");
        }
    }
}
