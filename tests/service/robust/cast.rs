//! Who watches: clients with different parts of the board, terms and ways to the service.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use paceline_client::proto::{OnGap, Selector, WatchStandingsRequest};
use paceline_tests::{chance::Chance, proxy::Proxy};
use tokio::{runtime::Runtime, task::JoinHandle};

use super::{
    chaos,
    client::{Client, Road},
    world::World,
};

/// How many clients there are.
pub(super) const CLIENTS: usize = 50;

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
    world: &Arc<World>,
) -> Vec<JoinHandle<()>> {
    let mut tasks = Vec::new();
    for number in 0..CLIENTS {
        let mut chance = Chance::of(seed, number as u64);
        let road = if number % UNDISTURBED == 0 {
            Road::Straight(address.to_owned())
        } else {
            let proxy = runtime.block_on(Proxy::start(address.to_owned())).expect("a port");
            let proxy = Arc::new(proxy);
            let schedule = Chance::of(seed, 1_000 + number as u64);
            tasks.push(runtime.spawn(chaos::disturb(proxy.clone(), schedule, world.clone())));
            Road::Through(proxy)
        };
        let patience = if number % UNDISTURBED == 0 { PATIENT } else { IMPATIENT };
        let client = Client {
            number,
            request: request(number, &mut chance),
            road,
            patience,
            chance,
            world: world.clone(),
            clients: CLIENTS,
            tokens: VecDeque::new(),
            open: None,
        };
        tasks.push(runtime.spawn(client.run()));
    }
    tasks
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
