//! Who watches: clients with different parts of the board, terms and ways to the service.

use std::{collections::VecDeque, ops::Range, sync::Arc, time::Duration};

use paceline_client::proto::{OnGap, Selector, WatchAlertsRequest, WatchStandingsRequest};
use paceline_tests::{
    chance::Chance,
    history::{Alerts, Standings},
    issuer::Issuer,
    proxy::Proxy,
};
use tokio::{runtime::Runtime, task::JoinHandle};

use super::{
    chaos,
    client::{Client, Road},
    identity::Identity,
    watches::Call,
    world::World,
};

/// How many clients watch standings, and how many alerts.
pub(super) const CLIENTS: usize = 50;
pub(super) const LISTENERS: usize = 12;

/// Of how many clients one has an undisturbed way.
const UNDISTURBED: usize = 3;

/// How long clients wait beyond their heartbeat: those whose way is disturbed give up soon.
const IMPATIENT: Duration = Duration::from_secs(4);
const PATIENT: Duration = Duration::from_secs(90);

/// Starts all clients, and what disturbs them.
pub(super) fn start(
    runtime: &Runtime,
    address: &str,
    seed: u64,
    issuer: &Arc<Issuer>,
    world: &Arc<World>,
) -> Vec<JoinHandle<()>> {
    let mut stage = Stage { runtime, address, seed, issuer, world, tasks: Vec::new() };
    (0..CLIENTS).for_each(|number| stage.enter::<Standings>(number, 0..CLIENTS, request));
    let listeners = CLIENTS..CLIENTS + LISTENERS;
    for number in listeners.clone() {
        stage.enter::<Alerts>(number, listeners.clone(), alerts);
    }
    stage.tasks
}

/// What all clients have in common.
struct Stage<'a> {
    runtime: &'a Runtime,
    address: &'a str,
    seed: u64,
    issuer: &'a Arc<Issuer>,
    world: &'a Arc<World>,
    tasks: Vec<JoinHandle<()>>,
}

impl Stage<'_> {
    /// Starts one client.
    fn enter<W: Call>(
        &mut self,
        number: usize,
        others: Range<usize>,
        request: fn(usize, &mut Chance) -> W::Request,
    ) {
        let mut chance = Chance::of(self.seed, number as u64);
        let undisturbed = number.is_multiple_of(UNDISTURBED);
        let client = Client::<W> {
            number,
            request: request(number, &mut chance),
            identity: Some(Identity::of(number, self.issuer.clone())),
            road: if undisturbed {
                Road::Straight(self.address.to_owned())
            } else {
                self.disturbed(number)
            },
            patience: if undisturbed { PATIENT } else { IMPATIENT },
            chance,
            world: self.world.clone(),
            others,
            tokens: VecDeque::new(),
            open: None,
        };
        self.tasks.push(self.runtime.spawn(client.run()));
    }

    /// A way on which things go wrong.
    fn disturbed(&mut self, number: usize) -> Road {
        let proxy = Proxy::start(self.address.to_owned());
        let proxy = Arc::new(self.runtime.block_on(proxy).expect("a port"));
        let schedule = Chance::of(self.seed, 1_000 + number as u64);
        let disturb = chaos::disturb(proxy.clone(), schedule, self.world.clone());
        self.tasks.push(self.runtime.spawn(disturb));
        Road::Through(proxy)
    }
}

/// Which alerts a client is told.
fn alerts(number: usize, chance: &mut Chance) -> WatchAlertsRequest {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let of = |scopes: &[&str]| Selector { scopes: owned(scopes), ..Selector::default() };
    let selector = match number % 6 {
        0 | 1 => Selector::default(),
        2 => Selector { kpis: owned(&["bookings"]), ..Selector::default() },
        3 => Selector { periods: owned(&["month"]), ..Selector::default() },
        4 => Selector { with_members: true, ..of(&["team:M2"]) },
        _ => of(&["org", "team:M3", "rep:U5", "rep:U6", "rep:U7"]),
    };
    WatchAlertsRequest {
        selector: Some(selector),
        resume_token: Vec::new(),
        heartbeat: Duration::from_millis(chance.between(1_000, 3_000)).try_into().ok(),
    }
}

fn request(number: usize, chance: &mut Chance) -> WatchStandingsRequest {
    let millis = |millis| Duration::from_millis(millis).try_into().ok();
    let min_interval = match number % 4 {
        0 => None,
        1 => millis(0),
        _ => millis(chance.between(100, 2_000)),
    };
    let on_gap = if number % 5 == 4 { OnGap::Fail } else { OnGap::Reset };
    WatchStandingsRequest {
        selector: Some(selector(number, chance)),
        resume_token: Vec::new(),
        heartbeat: millis(chance.between(1_000, 3_000)),
        min_interval,
        on_gap: on_gap.into(),
    }
}

/// What a client watches. Some watch the same, so that they can be compared.
fn selector(number: usize, chance: &mut Chance) -> Selector {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let of = |scopes: &[&str]| Selector { scopes: owned(scopes), ..Selector::default() };
    if Identity::watches_all(number) {
        return Selector::default();
    }
    match number % 16 {
        0..3 => Selector::default(),
        3 | 4 => Selector { kpis: owned(&["bookings"]), ..Selector::default() },
        5 => Selector { periods: owned(&["month"]), ..Selector::default() },
        6 | 7 => of(&[&format!("rep:U{}", chance.between(1, 9))]),
        8..11 => {
            let team = format!("team:M{}", chance.between(2, 8));
            Selector { with_members: true, ..of(&[&team]) }
        }
        11 => Selector { with_members: true, kpis: owned(&["deals"]), ..of(&["team:M2"]) },
        12 => of(&["org", "unassigned"]),
        13 => of(&["team:M2", "team:M3"]),
        // Nobody knows the first, and the second only at times.
        14 => of(&["rep:Z99", "org"]),
        _ => of(&["rep:N1", "rep:N2", "rep:U5"]),
    }
}
