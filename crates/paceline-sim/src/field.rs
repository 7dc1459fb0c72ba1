//! The fields of the three entities: their names on each wire, and their values.
//!
//! The writers walk over lists of fields and never know a row's type, so a new field is a line here and one in `row`.

use crate::{Entity, Id};

/// One field of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the Salesforce field of that name")]
pub enum Field {
    Name,
    AccountId,
    OwnerId,
    Amount,
    StageName,
    CloseDate,
    CreatedDate,
    Type,
    LeadSource,
    NextStep,
    Probability,
    CurrencyIsoCode,
    Description,
    LastModifiedDate,
    Subject,
    WhatId,
    StartDateTime,
    EndDateTime,
    Status,
    CompletedDateTime,
}

use Field::*;

impl Field {
    /// All fields of an entity, the id apart, in the order in which they are written.
    #[must_use]
    pub fn of(entity: Entity) -> &'static [Self] {
        match entity {
            Entity::Opportunity => &[
                Name,
                AccountId,
                OwnerId,
                Amount,
                StageName,
                CloseDate,
                CreatedDate,
                Type,
                LeadSource,
                NextStep,
                Probability,
                CurrencyIsoCode,
                Description,
                LastModifiedDate,
            ],
            Entity::Event => &[
                Subject,
                OwnerId,
                WhatId,
                StartDateTime,
                EndDateTime,
                Status,
                CreatedDate,
                LastModifiedDate,
            ],
            Entity::Task => &[
                Subject,
                OwnerId,
                WhatId,
                Type,
                Status,
                CompletedDateTime,
                CreatedDate,
                LastModifiedDate,
            ],
        }
    }

    /// The name in Salesforce and in the native format.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Name => "Name",
            AccountId => "AccountId",
            OwnerId => "OwnerId",
            Amount => "Amount",
            StageName => "StageName",
            CloseDate => "CloseDate",
            CreatedDate => "CreatedDate",
            Type => "Type",
            LeadSource => "LeadSource",
            NextStep => "NextStep",
            Probability => "Probability",
            CurrencyIsoCode => "CurrencyIsoCode",
            Description => "Description",
            LastModifiedDate => "LastModifiedDate",
            Subject => "Subject",
            WhatId => "WhatId",
            StartDateTime => "StartDateTime",
            EndDateTime => "EndDateTime",
            Status => "Status",
            CompletedDateTime => "CompletedDateTime",
        }
    }

    /// The column in the database that Debezium watches.
    #[must_use]
    pub fn column(self) -> &'static str {
        match self {
            Name => "name",
            AccountId => "account_id",
            OwnerId => "owner_id",
            Amount => "amount",
            StageName => "stage",
            CloseDate => "close_date",
            CreatedDate => "created_at",
            Type => "type",
            LeadSource => "lead_source",
            NextStep => "next_step",
            Probability => "probability",
            CurrencyIsoCode => "currency",
            Description => "description",
            LastModifiedDate => "last_modified_at",
            Subject => "subject",
            WhatId => "opportunity_id",
            StartDateTime => "start_at",
            EndDateTime => "end_at",
            Status => "status",
            CompletedDateTime => "completed_at",
        }
    }
}

/// A set of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fields(u32);

impl Fields {
    /// The set of these fields.
    #[must_use]
    pub fn of(fields: &[Field]) -> Self {
        Self(fields.iter().fold(0, |bits, field| bits | 1 << *field as u32))
    }

    /// Whether the set holds this field.
    #[must_use]
    pub fn contains(self, field: Field) -> bool {
        self.0 & (1 << field as u32) != 0
    }

    /// The set with one more field.
    #[must_use]
    pub fn with(self, field: Field) -> Self {
        Self(self.0 | 1 << field as u32)
    }
}

/// The value of a field, before any format spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// A word or a sentence.
    Text(&'static str),
    /// Words joined by single spaces.
    Phrase([&'static str; 4]),
    /// The id of a record.
    Id(Id),
    /// An amount of money in hundredths.
    Cents(i64),
    /// A whole number of percent.
    Percent(u8),
    /// A calendar day, counted from 1970-01-01.
    Day(i32),
    /// An instant in milliseconds since 1970-01-01T00:00:00Z.
    Time(i64),
}
