//! The whole board: all KPIs in all scopes, looked at from as many instants as a test likes.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use jiff::{Timestamp, civil::Date};

use super::{
    StatusMemory,
    basis::{Basis, Images},
    calendar::{self, Period},
    config::{Config, Kpi, PeriodKind},
    facts::{self, Facts},
    rates::Rates,
    records::Records,
    row::{Place, Row},
    scope::Scope,
    status::Status,
};

/// All KPIs in all scopes. Facts that only records change are worked out once; those that the clock changes are worked
/// out for every instant.
pub struct Board<'a> {
    config: &'a Config,
    records: &'a Records,
    images: Images,
    rates: Rates,
    scopes: Vec<(Scope, BTreeSet<String>)>,
    /// By the name of the KPI; none for one that this recompute does not know.
    facts: RefCell<BTreeMap<String, Option<Rc<Facts>>>>,
}

impl<'a> Board<'a> {
    /// What the records say about every KPI.
    ///
    /// # Panics
    /// On a config that `paceline check` refuses.
    #[must_use]
    pub fn new(config: &'a Config, records: &'a Records) -> Self {
        let images = Images::of(config, records);
        let with_members = |scope: Scope| (scope.clone(), scope.members(config));
        Self {
            config,
            records,
            rates: Rates::of(config, &images),
            images,
            scopes: Scope::all(config).into_iter().map(with_members).collect(),
            facts: RefCell::default(),
        }
    }

    /// The standings that are `wanted`, as of [`standings_on`](super::standings_on).
    pub fn rows(
        &self,
        now: Timestamp,
        on: Option<Date>,
        memory: &mut StatusMemory,
        wanted: impl Fn(&Scope, &Kpi, PeriodKind) -> bool,
    ) -> Vec<Row> {
        let mut rows = Vec::new();
        for kpi in &self.config.kpis {
            let places = self.scopes.iter().flat_map(|(scope, members)| {
                let kinds = kpi.periods.iter().filter(|kind| wanted(scope, kpi, **kind));
                kinds.map(|kind| self.place(scope, members, kpi, *kind, now, on))
            });
            let places: Vec<Place<'_>> = places.collect();
            if places.is_empty() {
                continue;
            }
            let Some(facts) = self.facts(kpi, now) else { continue };
            rows.extend(places.iter().map(|place| place.row(&facts, now, memory)));
        }
        rows
    }

    /// As [`status_at`](super::status_at), by the names of the scope and the KPI.
    ///
    /// # Panics
    /// When there is no such scope or KPI.
    #[must_use]
    pub fn status_at(
        &self,
        (scope, kpi, kind): (&str, &str, PeriodKind),
        on: Option<Date>,
        instant: Timestamp,
        last: Option<Status>,
    ) -> Status {
        let (scope, members) =
            self.scopes.iter().find(|(known, _)| known.to_string() == scope).expect("a scope");
        let kpi = self.config.kpi(kpi).expect("a KPI");
        let facts = self.facts(kpi, instant).expect("a KPI that is known");
        self.place(scope, members, kpi, kind, instant, on).status(&facts, instant, last)
    }

    fn facts(&self, kpi: &Kpi, now: Timestamp) -> Option<Rc<Facts>> {
        let basis = Basis {
            config: self.config,
            records: self.records,
            images: &self.images,
            rates: &self.rates,
        };
        let work_out = || facts::facts(&basis, kpi, now).map(Rc::new);
        if facts::is_timed(self.config, kpi) {
            return work_out();
        }
        self.facts.borrow_mut().entry(kpi.name.clone()).or_insert_with(work_out).clone()
    }

    fn place<'p>(
        &'p self,
        scope: &'p Scope,
        members: &'p BTreeSet<String>,
        kpi: &'p Kpi,
        kind: PeriodKind,
        now: Timestamp,
        on: Option<Date>,
    ) -> Place<'p> {
        let day = on.unwrap_or_else(|| calendar::day_of(now, scope.zone(self.config)));
        let period = Period::holding(scope.calendar(self.config), kind, day);
        Place { config: self.config, scope, members, kpi, period }
    }
}
