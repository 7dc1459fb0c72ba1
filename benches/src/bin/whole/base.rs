//! Contender (a): rdkafka's consumer polled one message at a time, which only counts.

use crate::consume::{self, Reader};
use crate::outcome::Outcome;
use paceline_benches::process::Usage;

pub(crate) fn run(brokers: &str) -> anyhow::Result<Outcome> {
    let reader = Reader::new(brokers, 0, 1)?;
    let before = Usage::own()?;
    reader.start()?;
    let mut read = 0;
    reader.read(|_| {
        read += 1;
        Ok(())
    })?;
    let after = Usage::own()?;
    consume::check(read, reader.events)?;
    Ok(Outcome::between(read, &before, &after))
}
