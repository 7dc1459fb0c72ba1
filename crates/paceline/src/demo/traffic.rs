//! The demo's traffic: the quarter's history as fast as it goes, then live changes at a steady rate.

use std::time::Duration;

use anyhow::Context;
use paceline_kafka::{Producer, Settings};
use paceline_sim::format::{Format, Messages};
use paceline_sim::{Change, Entity, Simulation};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;

/// How long the broker may take for what was handed to it.
const DELIVERY: Duration = Duration::from_secs(30);

/// What the simulation does, on its way to Kafka.
pub(super) struct Traffic {
    producer: Producer,
    simulation: Simulation,
    messages: Messages,
    produced: u64,
}

/// How many messages were produced.
#[derive(Clone, Copy, Debug)]
pub(super) struct Produced {
    /// Those that were on their topic a second before the end, so that the engine must have read them.
    pub(super) before_stop: u64,
}

impl Traffic {
    pub(super) fn new(settings: &Settings, simulation: Simulation) -> anyhow::Result<Self> {
        Ok(Self {
            producer: Producer::new(settings)?,
            simulation,
            messages: Messages::default(),
            produced: 0,
        })
    }

    /// Produces everything up to now.
    pub(super) fn history(mut self) -> anyhow::Result<Self> {
        let Self { producer, simulation, messages, produced } = &mut self;
        for change in simulation.history_until(Clock::System.now()) {
            *produced += send(producer, messages, &change)?;
        }
        producer.flush(DELIVERY)?;
        Ok(self)
    }

    /// Produces `rate` changes a second until told to stop.
    pub(super) async fn live(
        mut self,
        rate: u32,
        stop: CancellationToken,
    ) -> anyhow::Result<Produced> {
        let mut settled = self.produced;
        let mut clock = tokio::time::interval(Duration::from_secs(1) / rate.max(1));
        let mut second = tokio::time::interval(Duration::from_secs(1));
        let mut a_second_ago = self.produced;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = clock.tick(), if rate > 0 => {
                    let change = self.simulation.live(Clock::System.now());
                    self.produced += send(&self.producer, &mut self.messages, &change)?;
                }
                _ = second.tick() => {
                    (settled, a_second_ago) = (a_second_ago, self.produced);
                }
            }
        }
        self.producer.flush(DELIVERY).context("the last changes were not delivered")?;
        Ok(Produced { before_stop: settled })
    }
}

fn send(producer: &Producer, messages: &mut Messages, change: &Change) -> anyhow::Result<u64> {
    messages.clear();
    Format::debezium().write(change, messages);
    for message in messages.iter() {
        producer.send(
            topic(message.entity),
            message.key,
            message.value,
            message.time.as_millisecond(),
        )?;
    }
    Ok(messages.len() as u64)
}

fn topic(entity: Entity) -> &'static str {
    match entity {
        Entity::Opportunity => "crm.opportunity",
        Entity::Event => "crm.event",
        Entity::Task => "crm.task",
    }
}
