//! Rows: what a CRM record holds at one moment.
//!
//! Rows are small and `Copy`. What never changes about an opportunity (its name, account, lead source, description) is not
//! stored but follows from `flavour`, so that a million of them fit in memory.

use jiff::civil::Date;

use crate::{Entity, Field, Id, Value, calendar, id::Kind, words};

/// Where an opportunity stands, in the order of the sales process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the stage of that name")]
pub enum Stage {
    Prospecting,
    Qualification,
    NeedsAnalysis,
    Proposal,
    Negotiation,
    ClosedWon,
    ClosedLost,
}

impl Stage {
    /// All stages in order.
    pub const ALL: [Self; 7] = [
        Self::Prospecting,
        Self::Qualification,
        Self::NeedsAnalysis,
        Self::Proposal,
        Self::Negotiation,
        Self::ClosedWon,
        Self::ClosedLost,
    ];

    /// The name as the CRM spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Prospecting => "Prospecting",
            Self::Qualification => "Qualification",
            Self::NeedsAnalysis => "Needs Analysis",
            Self::Proposal => "Proposal",
            Self::Negotiation => "Negotiation",
            Self::ClosedWon => "Closed Won",
            Self::ClosedLost => "Closed Lost",
        }
    }

    /// Neither won nor lost.
    #[must_use]
    pub fn is_open(self) -> bool {
        self < Self::ClosedWon
    }

    /// The CRM's default probability of winning, in percent.
    #[must_use]
    pub fn probability(self) -> u8 {
        [10, 20, 35, 60, 80, 100, 0][self as usize]
    }

    /// The stage so many steps further, at most Negotiation.
    pub(crate) fn forward(self, steps: usize) -> Self {
        Self::ALL[(self as usize + steps).min(Self::Negotiation as usize)]
    }
}

/// A deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opportunity {
    /// The record's id.
    pub id: Id,
    /// The user who owns it.
    pub owner: Id,
    /// Cents of a US dollar; early deals often have none.
    pub amount: Option<i64>,
    /// Where it stands.
    pub stage: Stage,
    /// The expected day of closing; of a closed deal the day it closed in its owner's zone. Days since 1970-01-01.
    pub close_day: i32,
    /// When it was created, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it last changed, in milliseconds since 1970.
    pub modified_ms: i64,
    pub(crate) next_step: Option<u8>,
    pub(crate) flavour: u32,
}

impl Opportunity {
    /// `close_day` as a date.
    #[must_use]
    pub fn close_date(&self) -> Date {
        calendar::to_date(self.close_day)
    }

    fn value(&self, field: Field) -> Value {
        let flavour = u64::from(self.flavour);
        match field {
            Field::Name => Value::Phrase([
                self.brand(),
                words::choose(words::TRADE, flavour / 24),
                "-",
                self.product(),
            ]),
            Field::AccountId => Value::Id(Id::new(Kind::Account, self.flavour % 9973)),
            Field::OwnerId => Value::Id(self.owner),
            Field::Amount => self.amount.map_or(Value::Null, Value::Cents),
            Field::StageName => Value::Text(self.stage.name()),
            Field::CloseDate => Value::Day(self.close_day),
            Field::CreatedDate => Value::Time(self.created_ms),
            Field::Type => Value::Text(words::choose(words::DEAL_TYPE, flavour / 7)),
            Field::LeadSource => Value::Text(words::choose(words::LEAD_SOURCE, flavour / 11)),
            Field::NextStep => self
                .next_step
                .map_or(Value::Null, |n| Value::Text(words::choose(words::NEXT_STEP, n.into()))),
            Field::Probability => Value::Percent(self.stage.probability()),
            Field::CurrencyIsoCode => Value::Text("USD"),
            Field::Description => Value::Phrase(self.description()),
            Field::LastModifiedDate => Value::Time(self.modified_ms),
            _ => Value::Null,
        }
    }

    fn description(&self) -> [&'static str; 4] {
        let flavour = u64::from(self.flavour);
        let need = words::choose(words::NEED, flavour / 17);
        [words::choose(words::CONTEXT, flavour / 13), need, self.brand(), "prefers e-mail."]
    }

    fn brand(&self) -> &'static str {
        words::choose(words::BRAND, u64::from(self.flavour))
    }

    fn product(&self) -> &'static str {
        words::choose(words::PRODUCT, u64::from(self.flavour) / 400)
    }
}

/// What became of a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the status of that name")]
pub enum MeetingStatus {
    Planned,
    Held,
    Cancelled,
}

/// A meeting with a customer; the entity is `event`, as in Salesforce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meeting {
    /// The record's id.
    pub id: Id,
    /// The user who holds it.
    pub owner: Id,
    /// The opportunity it is about.
    pub what: Id,
    /// Start, in milliseconds since 1970.
    pub start_ms: i64,
    /// End, in milliseconds since 1970.
    pub end_ms: i64,
    /// What became of it.
    pub status: MeetingStatus,
    /// When it was booked, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it last changed, in milliseconds since 1970.
    pub modified_ms: i64,
}

impl Meeting {
    fn value(&self, field: Field) -> Value {
        match field {
            Field::Subject => {
                Value::Text(words::choose(words::MEETING, u64::from(self.id.number())))
            }
            Field::OwnerId => Value::Id(self.owner),
            Field::WhatId => Value::Id(self.what),
            Field::StartDateTime => Value::Time(self.start_ms),
            Field::EndDateTime => Value::Time(self.end_ms),
            Field::Status => Value::Text(match self.status {
                MeetingStatus::Planned => "Planned",
                MeetingStatus::Held => "Held",
                MeetingStatus::Cancelled => "Cancelled",
            }),
            Field::CreatedDate => Value::Time(self.created_ms),
            Field::LastModifiedDate => Value::Time(self.modified_ms),
            _ => Value::Null,
        }
    }
}

/// A call, an e-mail or another thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// The record's id.
    pub id: Id,
    /// The user who has to do it.
    pub owner: Id,
    /// The opportunity it is about.
    pub what: Id,
    /// When it was done, in milliseconds since 1970; none while it is open.
    pub completed_ms: Option<i64>,
    /// When it was created, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it last changed, in milliseconds since 1970.
    pub modified_ms: i64,
}

impl Task {
    fn value(&self, field: Field) -> Value {
        let number = u64::from(self.id.number());
        match field {
            Field::Subject => Value::Text(words::choose(words::TASK, number)),
            Field::OwnerId => Value::Id(self.owner),
            Field::WhatId => Value::Id(self.what),
            Field::Type => Value::Text(words::choose(words::TASK_TYPE, number / 3)),
            Field::Status => {
                Value::Text(if self.completed_ms.is_some() { "Completed" } else { "Open" })
            }
            Field::CompletedDateTime => self.completed_ms.map_or(Value::Null, Value::Time),
            Field::CreatedDate => Value::Time(self.created_ms),
            Field::LastModifiedDate => Value::Time(self.modified_ms),
            _ => Value::Null,
        }
    }
}

/// A record of any entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each holds the row of that name")]
pub enum Row {
    Opportunity(Opportunity),
    Event(Meeting),
    Task(Task),
}

impl Row {
    /// The entity of the record.
    #[must_use]
    pub fn entity(&self) -> Entity {
        match self {
            Self::Opportunity(_) => Entity::Opportunity,
            Self::Event(_) => Entity::Event,
            Self::Task(_) => Entity::Task,
        }
    }

    /// The id of the record.
    #[must_use]
    pub fn id(&self) -> Id {
        match self {
            Self::Opportunity(row) => row.id,
            Self::Event(row) => row.id,
            Self::Task(row) => row.id,
        }
    }

    /// The value of a field; null also for a field the entity does not have.
    #[must_use]
    pub fn value(&self, field: Field) -> Value {
        match self {
            Self::Opportunity(row) => row.value(field),
            Self::Event(row) => row.value(field),
            Self::Task(row) => row.value(field),
        }
    }
}
