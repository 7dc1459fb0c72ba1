//! What occurred in a history. A run in which nobody resumed says nothing about resuming, however green it is.

mod sights;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use paceline_client::proto::{
    RemovalReason, ResetReason, watch_alerts_response, watch_standings_response::Frame,
};

use super::{Alerts, End, History, Key, Mark, Presented, Stream, Watch, clauses, key, standings};

/// How often something occurred, by its name.
pub type Counts = BTreeMap<String, u64>;

/// Counts what the clients of a run met with.
#[must_use]
pub fn count(history: &History) -> Counts {
    let mut counts = Counts::new();
    for stream in &history.streams {
        beginning(history, stream, "", &mut counts);
        end(stream, "", &mut counts);
        stream.told.iter().for_each(|told| frame(told.message.frame.as_ref(), &mut counts));
    }
    history.alerts.iter().for_each(|stream| alerts(history, stream, &mut counts));
    add(&mut counts, "alert on the topic", history.topic.len() as u64);
    let ids: BTreeSet<&str> = history.topic.iter().map(|record| record.id.as_str()).collect();
    add(&mut counts, "alert repeated on the topic", (history.topic.len() - ids.len()) as u64);
    for (kpi, compared) in clauses::banked(history) {
        add(&mut counts, format!("bank of {kpi} compared"), compared);
    }
    add(&mut counts, "conflation", conflations(history));
    sights::count(history, &mut counts);
    add(
        &mut counts,
        "moment held against what was said of managers",
        clauses::rights_looked_at(history),
    );
    let still = history.marks.iter().filter(|marked| marked.mark == Mark::StoodStill).count();
    add(&mut counts, "machine stood still", still as u64);
    counts
}

/// Adds to a count.
pub fn add(counts: &mut Counts, what: impl Into<String>, number: u64) {
    *counts.entry(what.into()).or_default() += number;
}

fn beginning<W: Watch>(history: &History, stream: &Stream<W>, of: &str, counts: &mut Counts) {
    let going_on = !stream.told.is_empty();
    if stream.end.as_ref().is_some_and(|ended| matches!(ended.end, End::Unanswered)) {
        return;
    }
    match stream.asked.token {
        Presented::Nothing => add(counts, format!("{of}stream without a token"), 1),
        Presented::Tampered(_) => add(counts, format!("{of}token tampered with"), 1),
        Presented::Of(place) => {
            let resumed = going_on && history.goes_on_after(stream).is_some();
            add(counts, format!("{of}resume"), u64::from(resumed));
            let source = W::streams(history).get(place.stream).map(|source| source.asked.server);
            let later = resumed && source != Some(stream.asked.server);
            add(counts, format!("{of}resume in another life of the service"), u64::from(later));
            add(counts, format!("{of}token of an end"), u64::from(place.message.is_none()));
            let renewed = resumed && sights::is_expiry::<W>(history, place);
            add(counts, format!("{of}resume with new credentials"), u64::from(renewed));
        }
    }
}

fn end<W: Watch>(stream: &Stream<W>, of: &str, counts: &mut Counts) {
    let Some(ended) = &stream.end else { return };
    match &ended.end {
        End::Status(refusal) => {
            let reason = refusal.reason().unwrap_or("a broken connection");
            add(counts, format!("{of}end by {reason}"), 1);
        }
        End::Left => add(counts, format!("{of}end by the client"), 1),
        End::GaveUp => add(counts, format!("{of}half-open noticed"), 1),
        End::Unanswered => add(counts, format!("{of}not answered"), 1),
        End::Over => {}
    }
}

/// What one who watches alerts met with.
fn alerts(history: &History, stream: &Stream<Alerts>, counts: &mut Counts) {
    let of = "alerts: ";
    beginning(history, stream, of, counts);
    end(stream, of, counts);
    let cut = stream.end.as_ref().is_some_and(|ended| {
        let broken = matches!(&ended.end, End::Status(refusal) if refusal.info.is_none());
        broken && ended.answered && ended.disturbed
    });
    add(counts, "alerts: stream cut", u64::from(cut));
    for told in &stream.told {
        match &told.message.frame {
            Some(watch_alerts_response::Frame::Alert(alert)) => {
                add(counts, "alert", 1);
                let cause =
                    alert.cause.as_ref().map_or("no cause", |cause| cause.kind().as_str_name());
                add(counts, format!("alert by {cause}"), 1);
            }
            Some(watch_alerts_response::Frame::Bookmark(_)) => add(counts, "alerts: bookmark", 1),
            None => {}
        }
    }
}

fn frame(frame: Option<&Frame>, counts: &mut Counts) {
    match frame {
        Some(Frame::Snapshot(chunk)) => {
            add(counts, "snapshot", u64::from(chunk.last));
            add(counts, "chunk of a snapshot to be continued", u64::from(!chunk.last));
        }
        Some(Frame::Update(chunk)) => {
            add(counts, "update", u64::from(chunk.last));
            add(counts, "chunk of an update to be continued", u64::from(!chunk.last));
            for removal in &chunk.removed {
                add(counts, removed(removal.reason()), 1);
            }
        }
        Some(Frame::Bookmark(_)) => add(counts, "bookmark", 1),
        Some(Frame::Reset(reset)) => add(counts, reset_for(reset.reason()), 1),
        None => {}
    }
}

fn removed(reason: RemovalReason) -> String {
    format!("removal for {}", reason.as_str_name())
}

fn reset_for(reason: ResetReason) -> String {
    format!("reset for {}", reason.as_str_name())
}

/// How often a client got a newer value of a standing without those between, which somebody got.
fn conflations(history: &History) -> u64 {
    let mut known: HashMap<(u32, Key<'_>), BTreeSet<u64>> = HashMap::new();
    each(history, &mut |_, of, revision| {
        known.entry(of).or_default().insert(revision);
    });
    let (mut latest, mut conflations) = (HashMap::new(), 0);
    each(history, &mut |stream, of, revision| {
        let before = latest.insert((stream, of), revision);
        let skipped = before.filter(|before| before + 1 < revision);
        let skipped = skipped.and_then(|before| known[&of].range(before + 1..revision).next());
        conflations += u64::from(skipped.is_some());
    });
    conflations
}

/// Visits every standing that was told: the stream, the standing by its process, and its revision.
fn each<'h>(history: &'h History, visit: &mut dyn FnMut(usize, (u32, Key<'h>), u64)) {
    for (number, stream) in history.numbered() {
        for standing in stream.told.iter().flat_map(|told| standings(&told.message)) {
            visit(number, (stream.asked.server, key(standing)), standing.revision);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, count};
    use crate::history::{
        End,
        sample::{Sample, broken, gone, stands},
    };

    fn of(counts: &Counts, what: &str) -> u64 {
        counts.get(what).copied().unwrap_or(0)
    }

    #[test]
    fn what_occurs_is_counted() {
        let mut sample = Sample::default();
        let (one, two) = (sample.open(), sample.open());
        sample.snapshot(one, 1, false, &[]);
        sample.snapshot(one, 1, true, &[stands("rep:A", 1, "1")]);
        sample.snapshot(two, 1, true, &[stands("rep:A", 1, "1")]);
        sample.update(one, 2, true, &[stands("rep:A", 2, "2")], &[]);
        let token = sample.update(one, 3, true, &[stands("rep:A", 3, "3")], &[gone("rep:B")]);
        sample.update(two, 3, true, &[stands("rep:A", 3, "3")], &[]);
        sample.end(two, broken());
        sample.end(one, End::Left);
        let resumed = sample.resume(token);
        sample.bookmark(resumed, 3);
        let counts = count(&sample.history());
        for (what, number) in [
            ("conflation", 1),
            ("resume", 1),
            ("snapshot", 2),
            ("chunk of a snapshot to be continued", 1),
            ("removal for REMOVAL_REASON_DELETED", 1),
            ("end by a broken connection", 1),
            ("end by the client", 1),
            ("bookmark", 1),
            ("stream without a token", 2),
        ] {
            assert_eq!(of(&counts, what), number, "{what}: {counts:?}");
        }
    }
}
