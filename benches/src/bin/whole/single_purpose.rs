//! Contender (c): the yardstick on threads of its own, each with its share of the partitions.

use std::thread;

use anyhow::anyhow;
use paceline_benches::yardstick::{Totals, Yardstick, read};
use rdkafka::Message as _;

use crate::consume::Reader;
use crate::outcome::Outcome;
use paceline_benches::process::Usage;

pub(crate) fn run(brokers: &str, threads: usize) -> anyhow::Result<Outcome> {
    let readers: Vec<Reader> =
        (0..threads).map(|part| Reader::new(brokers, part, threads)).collect::<Result<_, _>>()?;
    let before = Usage::own()?;
    let counted = thread::scope(|scope| {
        let threads: Vec<_> = readers.iter().map(|reader| scope.spawn(|| count(reader))).collect();
        let joined = threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?);
        joined.collect::<anyhow::Result<Vec<_>>>()
    })?;
    let after = Usage::own()?;
    let mut totals = Totals::default();
    counted.iter().for_each(|part| totals.merge(&part.totals()));
    let events = readers.iter().map(|reader| reader.events).sum();
    Ok(Outcome { totals: Some(totals.to_string()), ..Outcome::between(events, &before, &after) })
}

fn count(reader: &Reader) -> anyhow::Result<Yardstick> {
    let mut yardstick = Yardstick::default();
    reader.start()?;
    reader.read(|message| {
        if let Some(said) = read(message.payload())? {
            yardstick.count(said);
        }
        Ok(())
    })?;
    Ok(yardstick)
}
