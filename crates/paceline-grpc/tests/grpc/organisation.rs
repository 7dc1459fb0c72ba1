//! The organisation: a small one, whose board is driven by hand and whose clock is set by hand.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use paceline_core::board::{Batch, Revision};
use paceline_core::calendar::{Calendar, CalendarId};
use paceline_core::day::Day;
use paceline_core::decimal::Decimal;
use paceline_core::entity::{Entity, EntityId, FieldId};
use paceline_core::entry::{Entry, Part};
use paceline_core::expr::{Number, Test};
use paceline_core::facts::{Facts, Row, Said, Told};
use paceline_core::goal::{Goal, Origin, Whose};
use paceline_core::kpi::{
    Aggregate, At, Band, Bands, Better, Credit, GoalKind, Kpi, KpiId, Measure, Role, Simple, Unit,
};
use paceline_core::model::Model;
use paceline_core::moves::Source;
use paceline_core::period::PeriodKind;
use paceline_core::roster::{Rep, Roster};
use paceline_core::symbol::{Intern as _, Symbol, Symbols};
use paceline_engine::{Live, RepFollower, RepRecord};

/// The topic of goals, whose index is that after the only source.
pub(crate) const GOALS: &str = "paceline.goals";
/// The topic of reps.
const REPS: &str = "paceline.reps";
/// The topic of alerts.
pub(crate) const ALERTS: &str = "paceline.alerts";
pub(crate) const BOOKINGS: KpiId = KpiId(0);
/// A Monday; 15 and a half of November's 21 working days are past.
pub(crate) const NOW: &str = "2026-11-23T13:00:00Z";

pub(crate) struct Organisation {
    pub(crate) live: Arc<Live>,
    pub(crate) clock: Arc<Mutex<Timestamp>>,
    symbols: Symbols,
    follower: Mutex<RepFollower>,
}

impl Organisation {
    /// One whose sources are not caught up: M1 with U1 and U2, M2 with U3 and more; and KPIs beside bookings and calls.
    pub(crate) fn new(more: usize, kpis: Vec<Kpi>) -> Self {
        let mut symbols = Symbols::default();
        let mut reps = vec![rep("M1", None), rep("U1", Some("M1")), rep("U2", Some("M1"))];
        reps.extend([rep("M2", None), rep("U3", Some("M2"))]);
        reps.extend((0..more).map(|at| rep(&format!("V{at}"), Some("M2"))));
        let facts = Facts::new(reps.iter().map(|rep| row(rep, rep.manager.as_deref())));
        let roster = Roster::new(reps, &[Calendar::default()], &mut symbols).expect("a roster");
        let mut model = model(symbols.clone());
        model.kpis.extend(kpis);
        let live = Live::new(Arc::new(model), Arc::new(roster), vec!["crm.opportunity".to_owned()]);
        let live = live.with_feeds(vec![vec![EntityId(0)]]);
        let live =
            live.with_own(GOALS.to_owned()).with_own(REPS.to_owned()).with_own(ALERTS.to_owned());
        let live = Arc::new(live.with_reps(facts, None));
        let follower = Mutex::new(RepFollower::new(live.clone(), 2, REPS.to_owned()));
        let clock = Arc::new(Mutex::new(at(NOW)));
        Self { live, clock, symbols, follower }
    }

    pub(crate) fn open_board(&self) {
        self.live.open(self.now());
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.clock.lock().expect("a clock")
    }

    /// Sets the clock, and lets the board take notice.
    pub(crate) fn turn_to(&self, instant: &str) {
        *self.clock.lock().expect("a clock") = at(instant);
        self.live.advance(at(instant));
    }

    /// Tells of reps who their managers are, or that there is nothing to tell of them any longer; in one revision.
    pub(crate) fn tell(&self, reps: &[(&str, Option<Option<&str>>)]) -> Revision {
        let told = |(id, manager): &(&str, Option<Option<&str>>)| {
            let told = manager.map(|manager| Told::Row(Box::new(row(&rep(id, None), manager))));
            ((*id).to_owned(), told.unwrap_or(Told::Withdrawn))
        };
        self.tell_all(reps.iter().map(told))
    }

    /// Tells of a rep below a manager in which time zone they are.
    pub(crate) fn tell_zone(&self, id: &str, manager: &str, zone: &str) -> Revision {
        let Row { id, from, said } = row(&rep(id, None), Some(manager));
        let said = Said { time_zone: Some(Some(zone.to_owned())), ..said };
        self.tell_all([(id.clone(), Told::Row(Box::new(Row { id, from, said })))])
    }

    fn tell_all(&self, told: impl IntoIterator<Item = (String, Told)>) -> Revision {
        let record = |(id, told): (String, Told)| RepRecord { offset: 0, key: id.into(), told };
        let records = told.into_iter().map(record).collect();
        self.follower.lock().expect("a follower").take(records, self.now());
        self.live.revision()
    }

    /// Books amounts, each for a rep, in one commit.
    pub(crate) fn book(&self, amounts: &[(&str, &str)]) -> Revision {
        let day = Day::parse("2026-11-20").expect("a day");
        let part = |amount| Part::Amount { day, amount, records: 1 };
        self.commit(
            amounts.iter().map(|(rep, amount)| self.entry(rep, BOOKINGS, part(decimal(amount)))),
        )
    }

    /// Books an amount for a rep by a change of a record, at an offset of partition 3.
    pub(crate) fn change(
        &self,
        rep: &str,
        amount: &str,
        record: &str,
        offset: i64,
        actor: Option<&str>,
    ) -> Revision {
        let day = Day::parse("2026-11-20").expect("a day");
        let part = Part::Amount { day, amount: decimal(amount), records: 1 };
        let (entry, time) = (self.entry(rep, BOOKINGS, part), self.now());
        let mut batch = Batch::default();
        batch.add(&entry, time);
        let of = batch.notes().next();
        batch.notes().note(of, &entry);
        let (source, partition, entity) = (0, 3, EntityId(0));
        batch.notes().close(Source { source, partition, offset, time, actor, entity, record });
        self.live.commit([(0, &batch)], time)
    }

    /// Puts records of a rep in doubt.
    pub(crate) fn doubt(&self, rep: &str, kpi: KpiId, records: i32) -> Revision {
        let day = Day::parse("2026-11-20").expect("a day");
        self.commit([self.entry(rep, kpi, Part::Doubt { day, incomplete: 0, gap: records })])
    }

    pub(crate) fn entry(&self, rep: &str, kpi: KpiId, part: Part) -> Entry {
        let owner = if rep.is_empty() { Symbol::NONE } else { self.symbols.clone().intern(rep) };
        Entry { owner, kpi, part }
    }

    pub(crate) fn commit(&self, entries: impl IntoIterator<Item = Entry>) -> Revision {
        let mut batch = Batch::default();
        entries.into_iter().for_each(|entry| batch.add(&entry, self.now()));
        self.live.commit([(0, &batch)], self.now())
    }
}

fn model(symbols: Symbols) -> Model {
    let sum = Aggregate::Sum(Number::Field(FieldId(0)));
    let band = |enter: &str, leave: &str| Band { enter: decimal(enter), leave: decimal(leave) };
    Model {
        entities: vec![Entity {
            name: "opportunity".to_owned(),
            fields: Vec::new(),
            extras: Vec::new(),
        }],
        kpis: vec![
            kpi("bookings", sum, vec![PeriodKind::Month, PeriodKind::Quarter]),
            kpi("calls", Aggregate::Count, vec![PeriodKind::Day]),
        ],
        calendars: vec![Calendar::default()],
        goals: vec![Goal {
            kpi: BOOKINGS,
            period: PeriodKind::Month,
            target: decimal("42000"),
            whose: Whose::Everyone,
            from: None,
            until: None,
            ramp: Vec::new(),
            presence: false,
            curve: None,
            origin: Origin::File,
        }],
        bands: Bands {
            behind: band("0.90", "0.95"),
            ahead: band("1.10", "1.05"),
            grace: Decimal::ZERO,
        },
        symbols,
        rates: None,
    }
}

/// The stock `open`, and the ratio `per_open`.
pub(crate) fn stocks() -> Vec<Kpi> {
    let mut open = kpi("open", Aggregate::Count, vec![PeriodKind::Month]);
    if let Measure::Simple(simple) = &mut open.measure {
        simple.at = None;
    }
    let measure = Measure::Ratio { numerator: BOOKINGS, denominator: KpiId(2) };
    let ratio = Kpi { measure, ..kpi("per_open", Aggregate::Count, vec![PeriodKind::Month]) };
    vec![open, ratio]
}

/// The ratio `kept`, whose goal is due at every moment.
pub(crate) fn held() -> Vec<Kpi> {
    let measure = Measure::Ratio { numerator: BOOKINGS, denominator: BOOKINGS };
    let kpi = kpi("kept", Aggregate::Count, vec![PeriodKind::Month]);
    vec![Kpi { measure, goal_kind: GoalKind::Hold, ..kpi }]
}

fn kpi(name: &str, aggregate: Aggregate, periods: Vec<PeriodKind>) -> Kpi {
    Kpi {
        name: name.to_owned(),
        title: format!("All {name}"),
        description: "What it means.".to_owned(),
        wording: String::new(),
        unit: Unit::Currency,
        better: Better::Higher,
        goal_kind: GoalKind::Reach,
        role: Role::Output,
        periods,
        min_sample: 1,
        measure: Measure::Simple(Simple {
            entity: EntityId(0),
            filter: Test::Const(true),
            aggregate,
            currency: None,
            at: Some(At::Date(FieldId(1))),
            credit: Credit::Field(FieldId(2)),
        }),
    }
}

fn row(rep: &Rep, manager: Option<&str>) -> Row {
    let said = Said {
        name: Some(Some(rep.name.clone())),
        manager: Some(manager.map(str::to_owned)),
        role: Some(rep.role.clone()),
        ..Said::default()
    };
    Row { id: rep.id.clone(), from: None, said }
}

fn rep(id: &str, manager: Option<&str>) -> Rep {
    Rep {
        id: id.to_owned(),
        name: format!("Rep {id}"),
        manager: manager.map(str::to_owned),
        role: Some("ae".to_owned()),
        start: None,
        end: None,
        zone: None,
        calendar: CalendarId::DEFAULT,
        time_off: Vec::new(),
    }
}

pub(crate) fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).expect("a decimal")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}
