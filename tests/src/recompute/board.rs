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
    roster::{self, Roster},
    row::{Place, Row},
    scope::Scope,
    status::Status,
};

/// All KPIs in all scopes. Facts that only records and reps change are worked out once for the same reps; those that the
/// clock changes are worked out for every instant.
pub struct Board<'a> {
    config: &'a Config,
    records: &'a Records,
    images: Images,
    rates: Rates,
    companies: RefCell<Vec<Rc<Company>>>,
}

/// The organisation with the reps of some days.
pub(super) struct Company {
    /// With these reps.
    pub(super) config: Config,
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
        let rates = Rates::of(config, &images);
        Self { config, records, images, rates, companies: RefCell::default() }
    }

    /// The reps in force at an instant, and about whom something is wrong then.
    #[must_use]
    pub fn roster(&self, instant: Timestamp) -> Roster {
        roster::at(self.config, &self.images, self.records, instant)
    }

    /// Whether there is a scope of this name at an instant.
    #[must_use]
    pub fn has_scope(&self, scope: &str, instant: Timestamp) -> bool {
        self.company(instant).scopes.iter().any(|(known, _)| known.to_string() == scope)
    }

    /// The standings that are `wanted`, as of [`standings_on`](super::standings_on).
    pub fn rows(
        &self,
        now: Timestamp,
        on: Option<Date>,
        memory: &mut StatusMemory,
        wanted: impl Fn(&Scope, &Kpi, PeriodKind) -> bool,
    ) -> Vec<Row> {
        let company = self.company(now);
        let names: BTreeSet<String> =
            company.scopes.iter().map(|(scope, _)| scope.to_string()).collect();
        memory.retain(|(scope, ..), _| names.contains(scope));
        let mut rows = Vec::new();
        for kpi in &company.config.kpis {
            let places = company.scopes.iter().flat_map(|(scope, members)| {
                let kinds = kpi.periods.iter().filter(|kind| wanted(scope, kpi, **kind));
                kinds.map(|kind| company.place(scope, members, kpi, *kind, now, on))
            });
            let places: Vec<Place<'_>> = places.collect();
            if places.is_empty() {
                continue;
            }
            let Some(facts) = self.facts(&company, kpi, now) else { continue };
            rows.extend(places.iter().map(|place| place.row(&facts, now, memory)));
        }
        rows
    }

    /// As [`status_at`](super::status_at), by the names of the scope and the KPI.
    ///
    /// # Panics
    /// When there is no such scope then, or no such KPI.
    #[must_use]
    pub fn status_at(
        &self,
        (scope, kpi, kind): (&str, &str, PeriodKind),
        on: Option<Date>,
        instant: Timestamp,
        last: Option<Status>,
    ) -> Status {
        let company = self.company(instant);
        let (scope, members) = company.scope(scope);
        let kpi = company.config.kpi(kpi).expect("a KPI");
        let facts = self.facts(&company, kpi, instant).expect("a KPI that is known");
        company.place(scope, members, kpi, kind, instant, on).status(&facts, instant, last)
    }

    /// The organisation with the reps in force at an instant.
    pub(super) fn company(&self, instant: Timestamp) -> Rc<Company> {
        let reps = self.roster(instant).reps;
        let mut companies = self.companies.borrow_mut();
        let known = companies.iter().find(|company| company.config.reps.list == reps);
        if let Some(known) = known {
            return Rc::clone(known);
        }
        let company = Rc::new(Company::new(roster::with_reps(self.config, reps)));
        companies.push(Rc::clone(&company));
        company
    }

    pub(super) fn facts(&self, company: &Company, kpi: &Kpi, now: Timestamp) -> Option<Rc<Facts>> {
        let basis = Basis {
            config: &company.config,
            records: self.records,
            images: &self.images,
            rates: &self.rates,
        };
        let work_out = || facts::facts(&basis, kpi, now).map(Rc::new);
        if facts::is_timed(self.config, kpi) {
            return work_out();
        }
        company.facts.borrow_mut().entry(kpi.name.clone()).or_insert_with(work_out).clone()
    }
}

impl Company {
    fn new(config: Config) -> Self {
        let with_members = |scope: Scope| {
            let members = scope.members(&config);
            (scope, members)
        };
        let scopes = Scope::all(&config).into_iter().map(with_members).collect();
        Self { config, scopes, facts: RefCell::default() }
    }

    /// The scope of a name, and its reps.
    ///
    /// # Panics
    /// When there is none.
    pub(super) fn scope(&self, name: &str) -> &(Scope, BTreeSet<String>) {
        self.scopes.iter().find(|(known, _)| known.to_string() == name).expect("a scope")
    }

    pub(super) fn place<'p>(
        &'p self,
        scope: &'p Scope,
        members: &'p BTreeSet<String>,
        kpi: &'p Kpi,
        kind: PeriodKind,
        now: Timestamp,
        on: Option<Date>,
    ) -> Place<'p> {
        let day = on.unwrap_or_else(|| calendar::day_of(now, scope.zone(&self.config)));
        let period = Period::holding(scope.calendar(&self.config), kind, day);
        Place { config: &self.config, scope, members, kpi, period }
    }
}
