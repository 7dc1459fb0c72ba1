//! KPIs: named measures over records, and how the usual ones combine.

use crate::decimal::Decimal;
use crate::entity::{EntityId, FieldId, FieldType};
use crate::expr::{Formula, Number, Test};
use crate::period::PeriodKind;

/// Which KPI, as an index into the model's KPIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KpiId(pub u16);

/// A named measure over records.
#[derive(Clone, Debug, PartialEq)]
pub struct Kpi {
    /// Its name, unique and stable: `bookings`.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it means, in one line; empty when nobody said.
    pub description: String,
    /// How it is computed, in one line and in the words of the config; empty when it is not known.
    pub wording: String,
    /// What its numbers are.
    pub unit: Unit,
    /// Which direction is good.
    pub better: Better,
    /// How it is compared with a goal.
    pub goal_kind: GoalKind,
    /// Whether it drives others or results from them.
    pub role: Role,
    /// The kinds of period it is shown for.
    pub periods: Vec<PeriodKind>,
    /// The fewest records for which a rate is judged.
    pub min_sample: u64,
    /// Where its value comes from.
    pub measure: Measure,
}

/// Where a KPI's value comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// An aggregate over the records of one entity.
    Simple(Simple),
    /// One simple KPI over another.
    Ratio {
        /// The KPI above the line.
        numerator: KpiId,
        /// The KPI below it.
        denominator: KpiId,
    },
    /// A formula over other KPIs and goals.
    Derived(Derived),
}

/// A formula over other KPIs and goals, evaluated on the values that a scope itself has in a period.
#[derive(Clone, Debug, PartialEq)]
pub struct Derived {
    /// The formula.
    pub formula: Formula,
    /// What it means that a denominator in it is 0.
    pub on_zero: OnZero,
}

/// What it means that a denominator is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnZero {
    /// There is no value.
    NoValue,
    /// There is no value because nothing is left to do, which is ahead of any goal.
    Met,
}

/// An aggregate over the records of one entity.
#[derive(Clone, Debug, PartialEq)]
pub struct Simple {
    /// The entity.
    pub entity: EntityId,
    /// Which records belong.
    pub filter: Test,
    /// What is computed of them.
    pub aggregate: Aggregate,
    /// The field that holds the code of the currency of the number that is aggregated, if that is money to be converted to
    /// the org's currency.
    pub currency: Option<FieldId>,
    /// What dates a record: with one the KPI is a flow, without one a stock.
    pub at: Option<At>,
    /// Who is credited.
    pub credit: Credit,
}

/// Who is credited with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credit {
    /// The rep that a field names.
    Field(FieldId),
    /// The reps that share in it, as its splits say. The cell is that of the splits.
    Splits(FieldId),
}

impl Credit {
    /// The cell it depends on.
    pub const fn cell(self) -> FieldId {
        let (Self::Field(cell) | Self::Splits(cell)) = self;
        cell
    }
}

/// The field or moment that dates a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// A calendar day, the same for everyone.
    Date(FieldId),
    /// An instant, field or moment, whose day is that of the rep's time zone.
    Timestamp(FieldId),
    /// A moment, for which another field stands where the record was first seen with its condition already true.
    Else {
        /// The moment.
        moment: FieldId,
        /// Whether the record was first seen like that.
        already: FieldId,
        /// The field that stands for it, unless it is null.
        field: FieldId,
        /// Whether that field is a calendar day; otherwise an instant.
        is_date: bool,
    },
}

/// What is computed of the records that belong.
#[derive(Clone, Debug, PartialEq)]
pub enum Aggregate {
    /// How many there are.
    Count,
    /// The sum of a number.
    Sum(Number),
    /// The mean of a number.
    Average(Number),
    /// The least of a number.
    Min(Number),
    /// The greatest of a number.
    Max(Number),
    /// The middle one of a number's values in their order; of an even number of values the mean of the two in the
    /// middle.
    Median(Number),
    /// The least of a number's values that at least nine in ten of them do not exceed: the nearest rank, so it is
    /// always one of the values.
    P90(Number),
    /// How many different values a field has.
    CountDistinct(FieldId, FieldType),
}

/// What a KPI's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all")]
pub enum Unit {
    Currency,
    Count,
    Ratio,
    Days,
}

/// Which direction is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all")]
pub enum Better {
    Higher,
    Lower,
}

/// How a KPI is compared with a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoalKind {
    /// The goal is due at the period's end, and spread over its working time.
    Reach,
    /// The goal is due at every moment.
    Hold,
    /// Like hold, for shares of a sample that must be large enough.
    Rate,
}

/// Whether a KPI drives others or results from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all")]
pub enum Role {
    Input,
    Output,
}

/// The margins of a status: a share of the reference at which it is entered and at which it is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// The share at which the status is entered.
    pub enter: Decimal,
    /// The share at which it is left.
    pub leave: Decimal,
}

/// The dead zones of all statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bands {
    /// Of `BEHIND`.
    pub behind: Band,
    /// Of `AHEAD`.
    pub ahead: Band,
    /// The share of the goal that must be expected before a reach goal is judged.
    pub grace: Decimal,
}

impl Simple {
    /// The fields its contributions depend on, as a bit mask by [`FieldId`].
    pub fn fields(&self) -> u64 {
        let at = self.at.map_or(0, At::fields);
        let currency = self.currency.map_or(0, FieldId::bit);
        self.filter.fields() | self.aggregate.fields() | currency | at | self.credit.cell().bit()
    }

    /// Whether the clock alone changes what its records contribute: whether they belong, or the rate of today.
    pub fn is_timed(&self) -> bool {
        self.filter.is_timed() || self.has_rate_of_today()
    }

    /// Whether its money is converted by the rate of today, which is that of a stock.
    pub(crate) fn has_rate_of_today(&self) -> bool {
        self.at.is_none() && self.currency.is_some()
    }
}

impl At {
    fn fields(self) -> u64 {
        match self {
            Self::Date(field) | Self::Timestamp(field) => field.bit(),
            Self::Else { moment, already, field, .. } => moment.bit() | already.bit() | field.bit(),
        }
    }
}

impl Aggregate {
    fn fields(&self) -> u64 {
        match self {
            Self::Count => 0,
            Self::Sum(number)
            | Self::Average(number)
            | Self::Min(number)
            | Self::Max(number)
            | Self::Median(number)
            | Self::P90(number) => number.fields(),
            Self::CountDistinct(field, _) => field.bit(),
        }
    }

    /// Whether a team's goal is the sum of its members' goals.
    pub fn adds_up(&self) -> bool {
        matches!(self, Self::Count | Self::Sum(_))
    }
}

impl Kpi {
    /// The simple measure, if it is one.
    pub fn simple(&self) -> Option<&Simple> {
        match &self.measure {
            Measure::Simple(simple) => Some(simple),
            Measure::Ratio { .. } | Measure::Derived(_) => None,
        }
    }

    /// Whether a team's number and goal are sums over its members.
    pub fn adds_up(&self) -> bool {
        self.simple().is_some_and(|simple| simple.aggregate.adds_up())
    }

    /// Whether it has no date of its own: the state right now.
    pub fn is_stock(&self) -> bool {
        self.simple().is_some_and(|simple| simple.at.is_none())
    }
}
