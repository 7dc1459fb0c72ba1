//! Reliable: who gets an alert and a later one gets all between them, from one stream to the next that goes on after its token, in
//! the order of the topic, and nothing that came before the token.
//!
//! A position is known only by what was told. Of a stream that began with the next alert it is known that what anybody was told before
//! it was asked for stands before its beginning, and that what was written after its first message does not.

use std::collections::{HashMap, HashSet};

use paceline_client::proto::{Alert, watch_alerts_response::Frame};

use super::{at, end_of};
use crate::history::{
    Alerts, End, Held, History, Place, Presented, Stream, View,
    topic::{Appended, Topic},
};

/// Found violations.
type Found = Vec<(String, Vec<Place>)>;

/// Where a stream is on the list of alerts.
#[derive(Clone, Copy, Debug)]
struct Position {
    /// Nothing before it comes any more.
    past: usize,
    /// Everything from it on has still to come.
    due: usize,
    /// The message that says so.
    by: Place,
}

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = Vec::new();
    follow(history, &mut found);
    found
}

/// The clients whose last stream was not told all that it is owed by now, with what it lacks first.
#[must_use]
pub fn behind(history: &History) -> Vec<(usize, String)> {
    let topic = Topic::of(&history.topic);
    let positions = follow(history, &mut Vec::new());
    let mut last: HashMap<usize, usize> = HashMap::new();
    for (number, stream) in history.alerts.iter().enumerate() {
        last.insert(stream.client, number);
    }
    let lacks = last.into_iter().filter_map(|(client, number)| {
        let stream = &history.alerts[number];
        let Some(position) = positions.get(&number).filter(|_| stream.end.is_none()) else {
            return Some((client, "a stream".to_owned()));
        };
        let view = stream.asked.view();
        let missing = first(&topic, &view, position.due, topic.alerts.len())?;
        Some((client, missing.id.clone()))
    });
    lacks.collect()
}

/// Follows every stream from where its token is from. Answers where each is that has begun.
fn follow(history: &History, found: &mut Found) -> HashMap<usize, Position> {
    let topic = Topic::of(&history.topic);
    let tokens = history.alerts.iter().filter_map(|stream| history.goes_on_after(stream));
    let wanted: HashSet<Place> = tokens.collect();
    let known = Known::of(history, &topic);
    let (mut kept, mut ends) = (HashMap::new(), HashMap::new());
    for (number, stream) in history.alerts.iter().enumerate() {
        let mut position = match history.goes_on_after(stream) {
            Some(token) => {
                refused(number, stream, token, found);
                kept.get(&token).copied()
            }
            None => foreign(number, stream, found)
                .then(|| known.begins(number, stream, &topic))
                .flatten(),
        };
        for (message, told) in stream.told.iter().enumerate() {
            let place = at(number, message);
            if let (Some(position), Some(Frame::Alert(alert))) =
                (&mut position, &told.message.frame)
            {
                take(alert, place, &stream.asked.view(), &topic, position, found);
            }
            if let Some(position) = position.filter(|_| wanted.contains(&place)) {
                kept.insert(place, position);
            }
        }
        if let Some(position) = position {
            kept.insert(end_of(number), position);
            ends.insert(number, position);
        }
    }
    ends
}

/// A stream is told an alert.
fn take(
    alert: &Alert,
    place: Place,
    view: &View<'_>,
    topic: &Topic<'_>,
    position: &mut Position,
    found: &mut Found,
) {
    // What does not stand on the topic is the matter of another clause.
    let Some(this) = topic.place(&alert.id) else { return };
    let id = &alert.id;
    if this < position.past {
        let says = format!("{id} comes, which was told or stood there before");
        found.push((says, vec![position.by, place]));
        return;
    }
    if held(view, topic.alerts[this]) == Held::No {
        found.push((format!("{id} comes, which was not asked for"), vec![place]));
    }
    if let Some(missing) = first(topic, view, position.due, this) {
        let says = format!("{} is missing before {id}", missing.id);
        found.push((says, vec![position.by, place]));
    }
    *position = Position { past: this + 1, due: this + 1, by: place };
}

/// The first alert that has to come, from one place to before another.
fn first<'h>(
    topic: &Topic<'h>,
    view: &View<'_>,
    from: usize,
    until: usize,
) -> Option<&'h Appended> {
    let owed = topic.alerts.get(from..until).unwrap_or_default().iter();
    owed.copied().find(|alert| held(view, alert) == Held::Yes)
}

fn held(view: &View<'_>, alert: &Appended) -> Held {
    view.holds_alert(alert.says("/scope"), alert.says("/kpi"), alert.says("/period/kind"))
}

/// A token that is good and was not honoured.
fn refused(number: usize, stream: &Stream<Alerts>, token: Place, found: &mut Found) {
    let Some(End::Status(refusal)) = stream.end.as_ref().map(|ended| &ended.end) else { return };
    let refusals = ["EXPIRED", "OTHER_TOPIC", "OTHER_SELECTOR", "GAP", "INVALID_FIELD"];
    if let Some(reason) = refusal.reason().filter(|reason| refusals.contains(reason)) {
        let says = format!("a token that is good is refused by {reason}");
        found.push((says, vec![token, end_of(number)]));
    }
}

/// Whether a stream may be told anything: one with a token that is not good for it may not.
fn foreign(number: usize, stream: &Stream<Alerts>, found: &mut Found) -> bool {
    if stream.asked.token == Presented::Nothing {
        return true;
    }
    if !stream.told.is_empty() && matches!(stream.asked.token, Presented::Of(_)) {
        found.push(("a token of another selector is taken".to_owned(), vec![at(number, 0)]));
    }
    false
}

/// How far anybody was told of the topic, by when.
struct Known(Vec<(std::time::Duration, usize)>);

impl Known {
    fn of(history: &History, topic: &Topic<'_>) -> Self {
        let told = history.alerts.iter().flat_map(|stream| &stream.told);
        let alerts = told.filter_map(|told| match &told.message.frame {
            Some(Frame::Alert(alert)) => Some((told.at, topic.place(&alert.id)?)),
            _ => None,
        });
        let mut alerts: Vec<_> = alerts.collect();
        alerts.sort_unstable();
        let mut most = 0;
        for (_, place) in &mut alerts {
            most = most.max(*place);
            *place = most;
        }
        Self(alerts)
    }

    /// Where a stream without a token begins.
    fn begins(
        &self,
        number: usize,
        stream: &Stream<Alerts>,
        topic: &Topic<'_>,
    ) -> Option<Position> {
        let told = &self.0[..self.0.partition_point(|(at, _)| *at < stream.opened)];
        let past = told.last().map_or(0, |(_, place)| place + 1);
        let emitted = stream.told.first()?.message.emitted_at?;
        let instant = emitted.seconds * 1_000 + i64::from(emitted.nanos / 1_000_000);
        Some(Position { past, due: topic.after(instant).max(past), by: at(number, 0) })
    }
}

#[cfg(test)]
mod tests {
    use super::{behind, broken};
    use crate::history::{
        End, Presented,
        clauses::{at, end_of, places},
        sample::{Told, refusal},
    };
    use tonic::Code;

    #[test]
    fn streams_that_go_on_after_their_tokens_and_tell_each_alert_are_reliable() {
        let mut sample = Told::with(&["rep:A", "rep:B", "rep:A", "rep:A"]);
        let one = sample.open();
        sample.bookmark(one);
        let token = sample.alert(one, 0);
        sample.bookmark(one);
        sample.alert(one, 1);
        sample.end(one, End::Left);
        sample.server = 1;
        let two = sample.resume(token);
        sample.bookmark(two);
        sample.alert(two, 1);
        let end = sample.alert(two, 2);
        let three = sample.resume(end);
        sample.alert(three, 3);
        sample.ask_for("rep:A");
        let named = sample.open();
        sample.bookmark(named);
        assert_eq!(broken(&sample.history()), []);
        assert_eq!(behind(&sample.history()), []);
    }

    #[test]
    fn an_alert_that_is_missing_is_found_in_a_stream_and_after_a_bookmark_of_one_before() {
        let mut sample = Told::with(&["rep:A", "rep:A", "rep:A", "rep:A", "rep:A"]);
        let one = sample.open();
        sample.bookmark(one);
        sample.alert(one, 0);
        sample.alert(one, 2);
        let token = sample.bookmark(one);
        let two = sample.resume(token);
        sample.alert(two, 4);
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [[at(0, 1), at(0, 2)], [at(0, 2), at(1, 0)]]);
    }

    #[test]
    fn an_alert_out_of_order_or_from_before_its_token_is_found() {
        let mut sample = Told::with(&["rep:A", "rep:A", "rep:A"]);
        let one = sample.open();
        sample.bookmark(one);
        sample.alert(one, 0);
        let token = sample.alert(one, 1);
        sample.alert(one, 0);
        let two = sample.resume(token);
        sample.alert(two, 1);
        let fresh = sample.open();
        sample.bookmark(fresh);
        sample.alert(fresh, 0);
        let found = places(&broken(&sample.history()));
        let wanted = [[at(0, 2), at(0, 3)], [at(0, 2), at(1, 0)], [at(2, 0), at(2, 1)]];
        assert_eq!(found, wanted);
    }

    #[test]
    fn what_is_written_after_the_first_message_has_to_come() {
        let mut sample = Told::with(&["rep:A"]);
        let one = sample.open();
        sample.bookmark(one);
        sample.append("rep:B");
        sample.append("rep:A");
        sample.alert(one, 2);
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [[at(0, 0), at(0, 1)]]);
    }

    #[test]
    fn what_was_not_asked_for_is_found_and_members_may_come() {
        let mut sample = Told::with(&["rep:A", "rep:B", "team:M", "rep:A"]);
        sample.ask_for("rep:B");
        let one = sample.open();
        sample.bookmark(one);
        sample.alert(one, 0);
        sample.ask_for_members("team:M");
        let two = sample.open();
        sample.bookmark(two);
        sample.alert(two, 1);
        sample.alert(two, 3);
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [vec![at(0, 1)], vec![at(1, 1), at(1, 2)]]);
    }

    #[test]
    fn a_good_token_that_is_refused_and_another_that_is_taken_are_found() {
        let mut sample = Told::with(&["rep:A"]);
        let one = sample.open();
        let token = sample.bookmark(one);
        let two = sample.resume(token);
        sample.end(two, End::Status(refusal(Code::OutOfRange, "EXPIRED")));
        sample.ask_for("rep:B");
        let three = sample.resume(token);
        sample.bookmark(three);
        let four = sample.resume(token);
        sample.end(four, End::Status(refusal(Code::OutOfRange, "OTHER_SELECTOR")));
        sample.present(Presented::Tampered(0));
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [vec![token, end_of(1)], vec![at(2, 0)]]);
    }

    #[test]
    fn a_client_that_lacks_something_is_behind() {
        let mut sample = Told::with(&[]);
        let one = sample.open();
        sample.bookmark(one);
        sample.append("rep:A");
        let history = sample.history();
        assert_eq!(behind(&history), [(0, history.topic[0].id.clone())]);
        sample.alert(one, 0);
        assert_eq!(behind(&sample.history()), []);
        sample.end(one, End::Left);
        assert_eq!(behind(&sample.history()), [(0, "a stream".to_owned())]);
    }
}
