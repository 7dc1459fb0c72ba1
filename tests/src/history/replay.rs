//! Histories played again: what each client knew each time it had received something whole.
//!
//! A client keeps what it knows as the documentation tells it to: a snapshot replaces everything, an update is applied with
//! its last chunk, a reset voids everything, and a stream that is resumed goes on with what was known where its token is
//! from.

use std::collections::{BTreeMap, HashMap, HashSet};

use paceline_client::proto::{
    Removal, Standing, WatchStandingsResponse, watch_standings_response::Frame,
};

use super::{Answer, History, Key, Place, View, key};

/// What a client knows: each standing with the instant at which it was evaluated.
pub(super) type Known<'h> = BTreeMap<Key<'h>, Held<'h>>;

/// A standing that a client knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held<'h> {
    pub(super) standing: &'h Standing,
    /// Seconds and nanoseconds.
    pub(super) as_of: (i64, i32),
}

/// A moment at which somebody knows something whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point<'a, 'h> {
    pub(super) server: u32,
    pub(super) view: &'a View<'h>,
    pub(super) revision: u64,
    /// The message that made it so; none of an answer.
    pub(super) place: Option<Place>,
    pub(super) known: &'a Known<'h>,
}

/// Visits every moment at which a client knew something whole, and after them what was answered.
pub(super) fn replay<'h>(history: &'h History, visit: &mut dyn FnMut(Point<'_, 'h>)) {
    let wanted: HashSet<Place> =
        history.streams.iter().filter_map(|stream| history.goes_on_after(stream)).collect();
    let mut kept = HashMap::new();
    for (number, stream) in history.numbered() {
        let (server, view) = (stream.asked.server, stream.asked.view());
        let before = history.goes_on_after(stream).and_then(|place| kept.get(&place).cloned());
        let mut client = Client::new(before);
        for (at, told) in stream.told.iter().enumerate() {
            let place = Place { stream: number, message: Some(at) };
            if client.take(&told.message) {
                let revision = told.message.revision;
                let place = Some(place);
                visit(Point { server, view: &view, revision, place, known: &client.known });
            }
            if wanted.contains(&place) {
                kept.insert(place, client.known.clone());
            }
        }
        let end = Place { stream: number, message: None };
        if wanted.contains(&end) {
            kept.insert(end, client.known);
        }
    }
    history.answers.iter().for_each(|answer| visit_answer(answer, visit));
}

fn visit_answer<'h>(answer: &'h Answer, visit: &mut dyn FnMut(Point<'_, 'h>)) {
    let response = &answer.response;
    let as_of = response.as_of.map_or((0, 0), |as_of| (as_of.seconds, as_of.nanos));
    let held = |standing| (key(standing), Held { standing, as_of });
    visit(Point {
        server: answer.server,
        view: &View::of(Some(&answer.selector)),
        revision: response.revision,
        place: None,
        known: &response.standings.iter().map(held).collect(),
    });
}

/// What a client keeps while it follows one stream.
struct Client<'h> {
    known: Known<'h>,
    /// Whether what it knows is whole: a snapshot, or what was known before.
    whole: bool,
    standings: Vec<Held<'h>>,
    removed: Vec<&'h Removal>,
}

impl<'h> Client<'h> {
    fn new(before: Option<Known<'h>>) -> Self {
        let whole = before.is_some();
        let known = before.unwrap_or_default();
        Self { known, whole, standings: Vec::new(), removed: Vec::new() }
    }

    /// Takes a message; whether what is known is whole with it.
    fn take(&mut self, message: &'h WatchStandingsResponse) -> bool {
        let last = match &message.frame {
            Some(Frame::Snapshot(chunk)) => {
                self.collect(message, &chunk.standings);
                if chunk.last {
                    self.known.clear();
                    self.whole = true;
                }
                chunk.last
            }
            Some(Frame::Update(chunk)) => {
                self.collect(message, &chunk.standings);
                self.removed.extend(&chunk.removed);
                chunk.last
            }
            Some(Frame::Bookmark(_)) => return self.whole,
            Some(Frame::Reset(_)) => {
                *self = Self::new(None);
                false
            }
            None => false,
        };
        if last {
            self.apply();
        }
        last && self.whole
    }

    fn collect(&mut self, from: &'h WatchStandingsResponse, standings: &'h [Standing]) {
        let as_of = from.as_of.map_or((0, 0), |as_of| (as_of.seconds, as_of.nanos));
        self.standings.extend(standings.iter().map(|standing| Held { standing, as_of }));
    }

    fn apply(&mut self) {
        for removal in self.removed.drain(..) {
            match &removal.period {
                Some(period) => {
                    self.known.remove(&(&*removal.scope, &*removal.kpi, &*period.name));
                }
                None => self.known.retain(|(scope, ..), _| *scope != removal.scope),
            }
        }
        self.known.extend(self.standings.drain(..).map(|held| (key(held.standing), held)));
    }
}

#[cfg(test)]
mod tests {
    use super::replay;
    use crate::history::sample::{Sample, gone, stands};

    /// Revision and what is known of it, at each moment of a history.
    fn points(sample: &Sample) -> Vec<(u64, String)> {
        let (history, mut points) = (sample.history(), Vec::new());
        replay(&history, &mut |point| {
            let known = point.known.iter();
            let known: Vec<String> = known
                .map(|((scope, ..), held)| format!("{scope}={}", held.standing.actual))
                .collect();
            points.push((point.revision, known.join(" ")));
        });
        points
    }

    #[test]
    fn chunks_are_applied_with_their_last_and_a_resumed_stream_goes_on() {
        let mut sample = Sample::default();
        let first = sample.open();
        sample.snapshot(first, 3, false, &[stands("rep:A", 1, "5")]);
        sample.snapshot(first, 3, true, &[stands("rep:B", 2, "6")]);
        let token = sample.update(first, 4, true, &[stands("rep:A", 4, "7")], &[]);
        sample.update(first, 6, true, &[], &[gone("rep:B")]);
        let second = sample.resume(token);
        sample.bookmark(second, 4);
        sample.update(second, 7, false, &[stands("rep:C", 7, "1")], &[]);
        sample.update(second, 7, true, &[], &[gone("rep:A")]);
        let said = |revision, known: &str| (revision, known.to_owned());
        assert_eq!(
            points(&sample),
            [
                said(3, "rep:A=5 rep:B=6"),
                said(4, "rep:A=7 rep:B=6"),
                said(6, "rep:A=7"),
                said(4, "rep:A=7 rep:B=6"),
                said(7, "rep:B=6 rep:C=1"),
            ]
        );
    }

    #[test]
    fn a_reset_voids_what_was_known() {
        let mut sample = Sample::default();
        let stream = sample.open();
        sample.snapshot(stream, 3, true, &[stands("rep:A", 1, "5")]);
        sample.reset(stream, 3, "EPOCH");
        sample.bookmark(stream, 3);
        sample.snapshot(stream, 9, true, &[]);
        assert_eq!(points(&sample), [(3, "rep:A=5".to_owned()), (9, String::new())]);
    }
}
