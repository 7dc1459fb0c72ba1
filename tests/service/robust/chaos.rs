//! What goes wrong between a client and the service, by a schedule of its own from the seed.

use std::{sync::Arc, time::Duration};

use paceline_tests::{
    chance::Chance,
    proxy::{Proxy, Weather},
};
use tokio::time::sleep;

use super::world::World;

/// Everything that is made wrong, by its name; it counts when it hit a stream.
pub(super) const FAULTS: [&str; 5] = ["latency", "slow", "pieces", "half-open", "cut"];

/// Makes things wrong, one after the other, until everybody is to behave well.
pub(super) async fn disturb(proxy: Arc<Proxy>, mut chance: Chance, world: Arc<World>) {
    while !world.is_calm() {
        pause(&mut chance, 500, 5_000).await;
        let (fault, before) = (chance.pick(&FAULTS), proxy.hits());
        if fault == "cut" {
            proxy.cut();
            // Until those who carry have noticed.
            pause(&mut chance, 100, 200).await;
        } else {
            let (weather, at_most) = weather(fault, &mut chance);
            proxy.set(weather);
            pause(&mut chance, 1_000, at_most).await;
        }
        // What met no stream is no fault.
        if proxy.hits() > before {
            world.did(fault);
        }
        proxy.set(Weather::default());
    }
}

/// What is wrong, and for how many milliseconds at most.
fn weather(fault: &str, chance: &mut Chance) -> (Weather, u64) {
    let fair = Weather::default();
    match fault {
        "latency" => {
            let latency = Duration::from_millis(chance.between(20, 400));
            (Weather { latency, ..fair }, 4_000)
        }
        "slow" => {
            let bytes_per_second = chance.between(1_500, 20_000) as u32;
            (Weather { bytes_per_second, ..fair }, 6_000)
        }
        "pieces" => (Weather { piece: chance.between(1, 100) as usize, ..fair }, 3_000),
        // Longer than a client waits, mostly.
        _ => (Weather { swallows: true, ..fair }, 15_000),
    }
}

async fn pause(chance: &mut Chance, least: u64, most: u64) {
    sleep(Duration::from_millis(chance.between(least, most))).await;
}
