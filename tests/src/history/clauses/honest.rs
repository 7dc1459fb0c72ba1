//! Honest freshness: every message says of when it is, and whether anything is missing; it is not called complete while the
//! broker is down.

use std::collections::HashMap;

use jiff::Timestamp;
use paceline_client::proto::WatchStandingsResponse;

use super::{at, chunks::chunk};
use crate::history::{History, Mark, Place, Told};

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = Vec::new();
    for (number, stream) in history.numbered() {
        for (message, told) in stream.told.iter().enumerate() {
            if let Some(says) = unstamped(&told.message) {
                found.push((says.to_owned(), vec![at(number, message)]));
            }
        }
    }
    for (down, up) in outages(history) {
        outage(history, down, up, &mut found);
    }
    found
}

fn unstamped(message: &WatchStandingsResponse) -> Option<&'static str> {
    if message.as_of.is_none() || message.emitted_at.is_none() {
        return Some("it does not say when");
    }
    if message.covered.is_empty() {
        return Some("it does not say up to where the sources are counted");
    }
    let told = message.complete == message.causes.is_empty();
    (!told).then_some("whether it is complete is not what its causes say")
}

/// When the broker was down, by the wall clock.
fn outages(history: &History) -> Vec<(Timestamp, Timestamp)> {
    let (mut down, mut outages) = (None, Vec::new());
    for marked in &history.marks {
        match (marked.mark, down) {
            (Mark::BrokerKilled, _) => down = Some(marked.wall),
            (Mark::BrokerStarted, Some(since)) => {
                outages.push((since, marked.wall));
                down = None;
            }
            _ => {}
        }
    }
    outages
}

/// Once a process has told anybody that something is missing, it tells everybody, until the broker is back.
fn outage(
    history: &History,
    down: Timestamp,
    up: Timestamp,
    found: &mut Vec<(String, Vec<Place>)>,
) {
    let mut known: HashMap<u32, Timestamp> = HashMap::new();
    for made in made(history).filter(|made| !made.message.complete) {
        if (down..up).contains(&made.at) {
            let first = known.entry(made.server).or_insert(made.at);
            *first = made.at.min(*first);
        }
    }
    if known.is_empty() {
        found.push((format!("nobody was told of the outage from {down} to {up}"), Vec::new()));
    }
    for made in made(history).filter(|made| made.message.complete) {
        if known.get(&made.server).is_some_and(|first| (*first..up).contains(&made.at)) {
            found.push(("it is called complete in an outage".to_owned(), vec![made.place]));
        }
    }
}

/// A message with when it was made: all chunks of something when the first was.
struct Made<'h> {
    server: u32,
    at: Timestamp,
    place: Place,
    message: &'h WatchStandingsResponse,
}

fn made(history: &History) -> impl Iterator<Item = Made<'_>> {
    history.numbered().flat_map(|(number, stream)| {
        let server = stream.asked.server;
        let mut begun = None;
        let made = move |(message, told): (usize, &'_ Told)| {
            let emitted = told.message.emitted_at?;
            let emitted = Timestamp::new(emitted.seconds, emitted.nanos).ok()?;
            let first = begun.take().unwrap_or(emitted);
            let goes_on = matches!(chunk(&told.message), Some((_, false)));
            begun = goes_on.then_some(first);
            Some((first, message))
        };
        stream.told.iter().enumerate().map(made).zip(&stream.told).filter_map(
            move |(made, told)| {
                let (at_first, message) = made?;
                let place = at(number, message);
                Some(Made { server, at: at_first, place, message: &told.message })
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::broken;
    use crate::history::{
        Mark,
        clauses::{at, places},
        sample::Sample,
    };
    use paceline_client::proto::Cause;

    fn incomplete(sample: &mut Sample, stream: usize) {
        let message = sample.last(stream);
        (message.complete, message.causes) = (false, vec![Cause::default()]);
    }

    #[test]
    fn what_is_stamped_and_incomplete_in_an_outage_is_honest() {
        let mut sample = Sample::default();
        let (one, other) = (sample.open(), sample.open());
        sample.snapshot(one, 3, true, &[]);
        sample.mark(Mark::BrokerKilled);
        sample.bookmark(other, 3);
        sample.bookmark(one, 3);
        incomplete(&mut sample, one);
        sample.bookmark(other, 3);
        incomplete(&mut sample, other);
        sample.mark(Mark::BrokerStarted);
        sample.bookmark(one, 3);
        assert_eq!(broken(&sample.history()), []);
    }

    #[test]
    fn complete_after_somebody_was_told_otherwise_is_found() {
        let mut sample = Sample::default();
        let (one, other) = (sample.open(), sample.open());
        sample.mark(Mark::BrokerKilled);
        sample.bookmark(one, 3);
        incomplete(&mut sample, one);
        sample.bookmark(other, 3);
        sample.mark(Mark::BrokerStarted);
        assert_eq!(places(&broken(&sample.history())), [[at(1, 0)]]);
    }

    #[test]
    fn an_outage_that_nobody_is_told_of_is_found() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.mark(Mark::BrokerKilled);
        sample.bookmark(stream, 3);
        sample.mark(Mark::BrokerStarted);
        assert_eq!(broken(&sample.history()).len(), 1);
    }

    #[test]
    fn a_message_without_its_stamp_is_found() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.bookmark(stream, 3);
        sample.last(stream).as_of = None;
        sample.bookmark(stream, 3);
        sample.last(stream).covered.clear();
        sample.bookmark(stream, 3);
        sample.last(stream).complete = false;
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [[at(0, 0)], [at(0, 1)], [at(0, 2)]]);
    }
}
