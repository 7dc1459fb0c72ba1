//! A row about a rep, as it is put on the topic of reps.

use jiff::{ToSpan, civil::Date};
use proptest::{array::uniform7, prelude::*};

use super::value::Kind;
use crate::property::world::World;

/// A row about a rep.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    key: u8,
    rep: u8,
    /// The day from which it holds, counted from the first of the world.
    from: Option<i32>,
    /// What it says of each fact: nothing, that there is none, or a value.
    facts: [u8; 7],
    pub(crate) says: Says,
}

/// What a record of the topic says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Row,
    /// That the record of its key does not hold.
    Withdrawn,
    /// Nothing that can be understood.
    Malformed,
}

pub(super) fn row() -> impl Strategy<Value = Row> {
    let says = prop_oneof![
        9 => Just(Says::Row), 2 => Just(Says::Withdrawn), 1 => Just(Says::Malformed)
    ];
    let from = prop::option::weighted(0.6, -3..12_i32);
    (0..4_u8, any::<u8>(), from, uniform7(any::<u8>()), says)
        .prop_map(|(key, rep, from, facts, says)| Row { key, rep, from, facts, says })
}

/// A row that says in which time zone a rep is, since ever.
pub(super) fn zone() -> impl Strategy<Value = Row> {
    (row(), 160..=255_u8).prop_map(|(row, zone)| Row {
        from: None,
        facts: [0, 0, 0, 0, zone, 0, 0],
        says: Says::Row,
        ..row
    })
}

impl Row {
    pub(crate) fn key(&self) -> String {
        format!("k{}", self.key)
    }

    /// The first day on which it holds.
    pub(crate) fn from(&self, world: &World) -> Option<Date> {
        self.from.map(|days| world.first_day() + days.days())
    }

    /// What stands on the key.
    pub(crate) fn value(&self, world: &World) -> Option<String> {
        match self.says {
            Says::Row => Some(self.json(world)),
            Says::Withdrawn => None,
            Says::Malformed => {
                let wrong = [
                    "{",
                    r#"{"id":""}"#,
                    r#"{"id":"U0","boss":"U1"}"#,
                    r#"{"id":"U1","from":"soon"}"#,
                    r#"{"id":"U0","time_off":[{"from":"2026-12-02","to":"2026-12-01"}]}"#,
                ];
                Some(wrong[usize::from(self.rep) % wrong.len()].to_owned())
            }
        }
    }

    fn json(&self, world: &World) -> String {
        // One more than there are, who begins with it.
        let rep = usize::from(self.rep) % (world.reps.len() + 1);
        let mut json = format!(r#"{{"id":"U{rep}""#);
        if let Some(from) = self.from(world) {
            json += &format!(r#","from":"{from}""#);
        }
        for ((name, kind), drawn) in FACTS.iter().zip(self.facts) {
            match drawn {
                0..140 => {}
                140..160 => json += &format!(r#","{name}":null"#),
                _ => json += &format!(r#","{name}":{}"#, kind.json(world, drawn - 160)),
            }
        }
        json + "}"
    }
}

#[derive(Clone, Copy)]
enum Fact {
    As(Kind),
    Day,
    DaysOff,
}

const FACTS: [(&str, Fact); 7] = [
    ("manager", Fact::As(Kind::Owner)),
    ("role", Fact::As(Kind::Role)),
    ("start", Fact::Day),
    ("end", Fact::Day),
    ("time_zone", Fact::As(Kind::Zone)),
    ("calendar", Fact::As(Kind::Calendar)),
    ("time_off", Fact::DaysOff),
];

impl Fact {
    fn json(self, world: &World, chosen: u8) -> String {
        let day = |days: i32| world.first_day() + days.days();
        let days = i32::from(chosen) % 45 - 15;
        match self {
            Self::As(kind) => kind.value(world, chosen),
            Self::Day => format!(r#""{}""#, day(days)),
            Self::DaysOff if chosen.is_multiple_of(2) => {
                format!(r#"[{{"from":"{}","to":"{}"}}]"#, day(days), day(days + 4))
            }
            Self::DaysOff => format!(r#"[{{"from":"{}"}}]"#, day(days)),
        }
    }
}
