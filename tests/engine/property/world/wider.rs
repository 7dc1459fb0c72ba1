//! What a world has beside that: reps that change, currencies, records that name others and share credit, lanes that share the
//! work, and a restart with other
//! calendars.

use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    calendars::{self, Calendar, ZONES},
    money::{self, Money},
};

/// All that.
#[derive(Clone, Debug)]
pub(super) struct Wider {
    pub(super) reps_are_users: bool,
    /// By place in the list of reps a row from some day on.
    pub(super) rows: Vec<Option<RepRow>>,
    /// Whether something is told of reps on their topic.
    pub(super) told: bool,
    pub(super) money: Option<Money>,
    /// Whether opportunities name accounts.
    pub(super) linked: bool,
    /// Whether credit for opportunities is split.
    pub(super) split: bool,
    /// Whether the topic of activities says nothing of any other entity, so that it is driven apart.
    pub(super) apart: bool,
    /// The calendars after a restart: everybody's and whether its year is one of weeks, then as many others as there are.
    pub(super) calendars: Option<Vec<(Calendar, bool)>>,
}

/// A row of a rep from some day on.
#[derive(Clone, Debug)]
pub(super) struct RepRow {
    pub(super) from: i32,
    pub(super) manager: Option<u8>,
    pub(super) role: Option<&'static str>,
    pub(super) zone: Option<&'static str>,
    pub(super) calendar: Option<u8>,
}

pub(super) fn wider() -> BoxedStrategy<Wider> {
    let calendars = vec((calendars::calendar(), prop::bool::weighted(0.2)), 3);
    (
        prop::bool::weighted(0.3),
        vec(prop::option::weighted(0.15, row()), 5),
        prop::bool::weighted(0.3),
        prop::option::weighted(0.4, money::money()),
        (prop::bool::weighted(0.4), prop::bool::weighted(0.4), any::<bool>()),
        prop::option::weighted(0.15, calendars),
    )
        .prop_map(|(reps_are_users, rows, told, money, (linked, split, apart), calendars)| Wider {
            reps_are_users,
            rows,
            told,
            money,
            linked,
            split,
            apart,
            calendars,
        })
        .boxed()
}

/// The same, with rates that are records and reps of whom something is told.
pub(super) fn turning() -> impl Strategy<Value = Wider> {
    (wider(), money::recorded()).prop_map(|(wider, money)| Wider {
        told: true,
        money: Some(money),
        ..wider
    })
}

fn row() -> impl Strategy<Value = RepRow> {
    let role = prop::option::of(select(&["ae", "se"][..]));
    let zone = prop::option::weighted(0.3, select(&ZONES[..]));
    let calendar = prop::option::weighted(0.3, any::<u8>());
    (-5..20_i32, prop::option::weighted(0.7, any::<u8>()), role, zone, calendar).prop_map(
        |(from, manager, role, zone, calendar)| RepRow { from, manager, role, zone, calendar },
    )
}
