//! The fields that messages speak of, and what they say of them.

use jiff::{ToSpan, civil::Date, tz::TimeZone};

use crate::property::world::{CURRENCIES, Subject, World, ZONES};

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Owner,
    Amount,
    Stage,
    Date,
    Instant,
    Int,
    Bool,
    Text,
    Currency,
    OrgCurrency,
    Rate,
    Role,
    Zone,
    Calendar,
    Active,
    Deal,
    Percent,
}

/// The keys of the fields of a record of this sort.
pub(super) fn fields(subject: Subject) -> &'static [(&'static str, Kind)] {
    match subject {
        Subject::Opportunity => &OPPORTUNITY,
        Subject::Activity => &ACTIVITY,
        Subject::User => &USER,
        Subject::Rate => &RATE,
        Subject::Account => &ACCOUNT,
        Subject::Split => &SPLIT,
    }
}

const OPPORTUNITY: [(&str, Kind); 10] = [
    ("OwnerId", Kind::Owner),
    ("Amount", Kind::Amount),
    ("StageName", Kind::Stage),
    ("CloseDate", Kind::Date),
    ("ClosedAt", Kind::Instant),
    ("Days", Kind::Int),
    ("Hot", Kind::Bool),
    ("AccountId", Kind::Text),
    ("CurrencyIsoCode", Kind::Currency),
    ("Fee", Kind::Amount),
];

const ACTIVITY: [(&str, Kind); 6] = [
    ("OwnerId", Kind::Owner),
    ("Type", Kind::Text),
    ("IsClosed", Kind::Bool),
    ("Minutes", Kind::Amount),
    ("ActivityDate", Kind::Date),
    ("StartedAt", Kind::Instant),
];

const USER: [(&str, Kind); 7] = [
    ("ManagerId", Kind::Owner),
    ("Role", Kind::Role),
    ("StartDate", Kind::Date),
    ("EndDate", Kind::Date),
    ("TimeZone", Kind::Zone),
    ("Calendar", Kind::Calendar),
    ("IsActive", Kind::Active),
];

const RATE: [(&str, Kind); 4] = [
    ("Base", Kind::Currency),
    ("Quote", Kind::OrgCurrency),
    ("Day", Kind::Date),
    ("Rate", Kind::Rate),
];

const ACCOUNT: [(&str, Kind); 7] = [
    ("OwnerId", Kind::Owner),
    ("Tier", Kind::Stage),
    ("Since", Kind::Instant),
    ("Day", Kind::Date),
    ("Partner", Kind::Bool),
    ("Size", Kind::Amount),
    ("CurrencyIsoCode", Kind::Currency),
];

const SPLIT: [(&str, Kind); 4] = [
    ("OpportunityId", Kind::Deal),
    ("OwnerId", Kind::Owner),
    ("Percent", Kind::Percent),
    ("IsOverlay", Kind::Bool),
];

/// Zones whose midnights the instants of changes lie around.
const MIDNIGHTS: [&str; 4] = ["UTC", "Europe/Madrid", "America/New_York", "Pacific/Auckland"];

impl Kind {
    /// One of the values of its type, as JSON.
    pub(super) fn value(self, world: &World, chosen: u8) -> String {
        let of = |values: &[&str]| values[usize::from(chosen) % values.len()].to_owned();
        let day = |days: i64| world.first_day() + days.days();
        match self {
            Self::Owner => match usize::from(chosen) % (world.reps.len() + 2) {
                stranger if stranger >= world.reps.len() => format!(r#""X{stranger}""#),
                rep => format!(r#""U{rep}""#),
            },
            Self::Amount => of(&[
                "100",
                "\"0.5\"",
                "42000",
                "1.25e3",
                "-3.000001",
                "0",
                "\"0.333333\"",
                "7",
                "\"250.00\"",
                "1e-6",
                "0.0000015",
                "12",
                "\"33.333333\"",
                "1",
                "2",
                "5",
                "1000.5",
            ]),
            Self::Stage => {
                of(&["\"Won\"", "\"Won\"", "\"Open\"", "\"Proposal\"", "\"Lost\"", "\"Größe\""])
            }
            Self::Date => date(day(i64::from(chosen) % 61 - 20), chosen),
            Self::Instant => instant(day(i64::from(chosen) % 53 - 20), chosen),
            Self::Int => of(&["1", "3", "0", "-2", "\"7\"", "12"]),
            Self::Bool => of(&["true", "false"]),
            Self::Text => of(&["\"Call\"", "\"A\"", "\"B\"", "\"\"", "\"C\""]),
            Self::Currency => text(CURRENCIES[usize::from(chosen) % CURRENCIES.len()]),
            Self::OrgCurrency => of(&["\"EUR\"", "\"EUR\"", "\"EUR\"", "\"USD\""]),
            Self::Rate => of(&["0.5", "1.1", "\"0.917431\"", "2", "0.006123", "0", "-1", "0.5"]),
            Self::Role => of(&["\"ae\"", "\"se\""]),
            Self::Zone => match usize::from(chosen) % (ZONES.len() + 1) {
                none if none >= ZONES.len() => text("Mars/Base"),
                zone => text(ZONES[zone]),
            },
            Self::Calendar => of(&["\"other0\"", "\"other1\"", "\"other0\"", "\"default\""]),
            Self::Deal => text(&Subject::Opportunity.id(chosen % 8)),
            Self::Percent => of(&["50", "100", "33.333333", "20", "66.666667", "0", "40", "60"]),
            Self::Active => of(&["true", "true", "true", "false"]),
        }
    }
}

fn text(value: &str) -> String {
    format!("\"{value}\"")
}

fn date(day: Date, chosen: u8) -> String {
    if chosen.is_multiple_of(7) { format!(r#""{day}T00:00:00Z""#) } else { format!(r#""{day}""#) }
}

/// Around a midnight somewhere: a nanosecond before it, at it, or any time after.
fn instant(day: Date, chosen: u8) -> String {
    let zone = TimeZone::get(MIDNIGHTS[usize::from(chosen) % MIDNIGHTS.len()]).expect("a zone");
    let midnight = day.to_zoned(zone).expect("in range").timestamp();
    let nanos = [-1_i64, 0, 1, 3_600_000_000_000, 45_000_000_000_000][usize::from(chosen) % 5];
    format!(r#""{}""#, midnight + nanos.nanoseconds())
}
