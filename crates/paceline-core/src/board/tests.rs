//! The board, driven by hand.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Batch, Board, Selection, Standing};
use crate::calendar::{Calendar, CalendarId};
use crate::day::Day;
use crate::decimal::Decimal;
use crate::entity::{EntityId, FieldId};
use crate::entry::{Entry, Part};
use crate::expr::{Number, Test, formula};
use crate::goal::{Goal, Origin, Whose};
use crate::kpi::{
    Aggregate, At, Band, Bands, Better, Credit, Derived, GoalKind, Kpi, KpiId, Measure, OnZero,
    Role, Simple, Unit,
};
use crate::model::Model;
use crate::period::PeriodKind;
use crate::roster::{Rep, Roster};
use crate::symbol::{Intern, Symbol, Symbols};

mod clock;
mod derived;
mod goals;
mod transitions;

pub(super) const BOOKINGS: KpiId = KpiId(0);
const COVER: KpiId = KpiId(1);
const COVER_FORMULA: (&str, &str) = ("cover", "100 / remaining(bookings)");

pub(super) fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).expect("a decimal")
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

pub(super) fn model(periods: Vec<PeriodKind>, goals: Vec<Goal>, symbols: Symbols) -> Model {
    let simple = Simple {
        entity: EntityId(0),
        filter: Test::Const(true),
        aggregate: Aggregate::Sum(Number::Field(FieldId(0))),
        currency: None,
        at: Some(At::Date(FieldId(1))),
        credit: Credit::Field(FieldId(2)),
    };
    let bookings = Kpi {
        name: "bookings".to_owned(),
        title: "Bookings".to_owned(),
        description: "What it means.".to_owned(),
        wording: String::new(),
        unit: Unit::Currency,
        better: Better::Higher,
        goal_kind: GoalKind::Reach,
        role: Role::Output,
        periods,
        min_sample: 1,
        measure: Measure::Simple(simple),
    };
    let band = |enter: &str, leave: &str| Band { enter: decimal(enter), leave: decimal(leave) };
    Model {
        entities: Vec::new(),
        kpis: vec![bookings],
        calendars: vec![Calendar::default()],
        goals,
        bands: Bands {
            behind: band("0.90", "0.95"),
            ahead: band("1.10", "1.05"),
            grace: Decimal::ZERO,
        },
        symbols,
        rates: None,
    }
}

pub(super) fn goal(target: &str, period: PeriodKind) -> Goal {
    Goal {
        kpi: BOOKINGS,
        period,
        target: decimal(target),
        whose: Whose::Everyone,
        from: None,
        until: None,
        ramp: Vec::new(),
        presence: false,
        curve: None,
        origin: Origin::File,
    }
}

pub(super) fn rep(id: &str, manager: Option<&str>, zone: &str) -> Rep {
    Rep {
        id: id.to_owned(),
        name: id.to_owned(),
        manager: manager.map(str::to_owned),
        role: None,
        start: None,
        end: None,
        zone: Some(TimeZone::get(zone).expect("a zone")),
        calendar: CalendarId::DEFAULT,
        time_off: Vec::new(),
    }
}

struct Bench {
    board: Board,
    owner: Symbol,
}

impl Bench {
    fn new(reps: Vec<Rep>, periods: Vec<PeriodKind>, goals: Vec<Goal>, now: &str) -> Self {
        let mut symbols = Symbols::default();
        let roster = Roster::new(reps, &[Calendar::default()], &mut symbols).expect("a roster");
        let owner = symbols.intern("U1");
        let model = model(periods, goals, symbols);
        let mut board = Board::new(Arc::new(model), Arc::new(roster));
        board.open(at(now));
        Self { board, owner }
    }

    /// With further KPIs, derived by these formulas in which nothing left is met, each of them shown like the bookings.
    fn with_derived(
        formulas: &[(&str, &str)],
        periods: Vec<PeriodKind>,
        goals: Vec<Goal>,
        now: &str,
    ) -> Self {
        let mut symbols = Symbols::default();
        let reps = vec![rep("U1", None, "UTC")];
        let roster = Roster::new(reps, &[Calendar::default()], &mut symbols).expect("a roster");
        let owner = symbols.intern("U1");
        let mut model = model(periods, goals, symbols);
        let names: Vec<&str> =
            ["bookings"].into_iter().chain(formulas.iter().map(|(name, _)| *name)).collect();
        for (name, text) in formulas {
            let formula = formula(text, &names).expect("a formula");
            let derived = Derived { formula, on_zero: OnZero::Met };
            model.kpis.push(Kpi {
                name: (*name).to_owned(),
                goal_kind: GoalKind::Hold,
                measure: Measure::Derived(derived),
                ..model.kpis[0].clone()
            });
        }
        let mut board = Board::new(Arc::new(model), Arc::new(roster));
        board.open(at(now));
        Self { board, owner }
    }

    /// The rep's standing in the first derived KPI.
    fn cover(&mut self, now: &str) -> Standing {
        self.of_kpi(COVER, now)
    }

    fn of_kpi(&mut self, kpi: KpiId, now: &str) -> Standing {
        self.board.advance(at(now));
        let selection = Selection {
            scopes: vec!["rep:U1".to_owned()],
            kpis: vec![kpi],
            ..Selection::default()
        };
        self.board.readings(&selection, None, at(now)).remove(0).at(at(now))
    }

    fn book(&mut self, amount: &str, day: &str, now: &str) {
        let day = Day::parse(day).expect("a day");
        let part = Part::Amount { day, amount: decimal(amount), records: 1 };
        let mut batch = Batch::default();
        batch.add(&Entry { owner: self.owner, kpi: BOOKINGS, part }, at(now));
        self.board.commit([(0, &batch)], at(now));
    }

    fn standing(&mut self, scope: &str, now: &str) -> Standing {
        self.board.advance(at(now));
        let selection = Selection { scopes: vec![scope.to_owned()], ..Selection::default() };
        self.board.readings(&selection, None, at(now)).remove(0).at(at(now))
    }
}

fn shown(value: Option<Decimal>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
