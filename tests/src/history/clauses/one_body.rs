//! One body: an id is the hash of what its alert is about, whoever tells it and however often, it says the same, and nothing is told
//! that does not stand on the topic.
//!
//! That each comes exactly once to who keeps the ids is this clause and the one before together: none is missing, and none has two
//! contents.

use std::collections::HashMap;

use jiff::Timestamp;
use paceline_client::proto::{
    Alert, AlertCauseKind, Standing, Status, watch_alerts_response::Frame,
};
use sha2::{Digest as _, Sha256};

use super::at;
use crate::history::{
    History, Place,
    topic::{Appended, Topic},
};

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found: Vec<_> = on_topic(history).into_iter().map(|says| (says, Vec::new())).collect();
    let topic = Topic::of(&history.topic);
    let mut first: HashMap<&str, (&Alert, Place)> = HashMap::new();
    for (place, alert) in alerts(history) {
        let id = alert.id.as_str();
        let (before, earlier) = *first.entry(id).or_insert((alert, place));
        if before != alert {
            found.push((format!("{id} is told with two contents"), vec![earlier, place]));
        }
        let Some(stands) = topic.place(id) else {
            found.push((format!("{id} is told and not on the topic"), vec![place]));
            continue;
        };
        if let Some(field) = other(topic.alerts[stands], alert) {
            let says = format!("{id} is told with another {field} than on the topic");
            found.push((says, vec![place]));
        }
    }
    found
}

/// Every alert that anybody was told.
pub(in crate::history) fn alerts(history: &History) -> impl Iterator<Item = (Place, &Alert)> {
    history.alerts.iter().enumerate().flat_map(|(number, stream)| {
        stream.told.iter().enumerate().filter_map(move |(message, told)| {
            let Some(Frame::Alert(alert)) = &told.message.frame else { return None };
            Some((at(number, message), alert))
        })
    })
}

/// What is wrong with the records of the topic.
fn on_topic(history: &History) -> Vec<String> {
    let (mut texts, mut found) = (HashMap::new(), Vec::new());
    for record in &history.topic {
        let (id, text) = (record.id.as_str(), record.text.as_str());
        let before = *texts.entry(id).or_insert(text);
        if before != text {
            found.push(format!("{id} stands on the topic with two contents: {before} and {text}"));
        }
        match hash(record) {
            Some(hash) if hash == id => {}
            hash => found.push(format!("{id} should be {hash:?}: {text}")),
        }
    }
    found
}

/// The id of an alert by its definition.
fn hash(record: &Appended) -> Option<String> {
    let since: Timestamp = record.says("/since").parse().ok()?;
    let lines = [
        "paceline.alert.v1",
        record.says("/scope"),
        record.says("/kpi"),
        record.says("/period/kind"),
        record.says("/period/name"),
        record.says("/to").strip_prefix("STATUS_")?,
        &since.as_nanosecond().to_string(),
    ];
    let digest = Sha256::digest(lines.join("\n"));
    Some(digest[..16].iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The first field in which an alert differs from the record of it.
fn other(record: &Appended, alert: &Alert) -> Option<&'static str> {
    let period = alert.period.clone().unwrap_or_default();
    let none = Standing::default();
    let standing = alert.standing.as_ref().unwrap_or(&none);
    let cause = alert.cause.as_ref().map_or(AlertCauseKind::Unspecified, |cause| cause.kind());
    let status = |status: Status| status.as_str_name().to_owned();
    let texts = [
        ("/id", alert.id.clone()),
        ("/scope", alert.scope.clone()),
        ("/kpi", alert.kpi.clone()),
        ("/period/kind", period.kind),
        ("/period/name", period.name),
        ("/period/start", period.start),
        ("/period/end", period.end),
        ("/from", status(alert.from())),
        ("/to", status(alert.to())),
        ("/standing/scope", standing.scope.clone()),
        ("/standing/actual", standing.actual.clone()),
        ("/standing/goal", standing.goal.clone()),
        ("/standing/expected", standing.expected.clone()),
        ("/standing/status", status(standing.status())),
        ("/cause/kind", cause.as_str_name().to_owned()),
    ];
    let differs = texts.into_iter().find(|(field, text)| record.says(field) != text);
    let since = record.says("/since").parse::<Timestamp>().ok().map(|since| {
        let nanos = since.subsec_nanosecond();
        (since.as_second(), nanos)
    });
    let told = alert.since.map(|since| (since.seconds, since.nanos));
    differs.map(|(field, _)| field).or_else(|| (since != told).then_some("/since"))
}

#[cfg(test)]
mod tests {
    use super::broken;
    use crate::history::{
        Appended,
        clauses::{at, places},
        sample::Told,
    };

    #[test]
    fn alerts_that_are_told_as_they_stand_have_one_body() {
        let mut sample = Told::with(&["rep:A", "rep:B"]);
        let (one, two) = (sample.open(), sample.open());
        sample.alert(one, 0);
        sample.alert(two, 0);
        sample.alert(two, 1);
        let mut history = sample.history();
        let again = history.topic[0].clone();
        history.topic.push(again);
        assert_eq!(broken(&history), []);
    }

    #[test]
    fn two_contents_and_what_the_topic_does_not_have_are_found() {
        let mut sample = Told::with(&["rep:A", "rep:B"]);
        let (one, two) = (sample.open(), sample.open());
        sample.alert(one, 0);
        sample.alert(two, 0);
        sample.of_last(two).standing.as_mut().expect("a standing").actual = "7".to_owned();
        sample.alert(two, 1);
        sample.of_last(two).id = "0".to_owned();
        let found = places(&broken(&sample.history()));
        assert_eq!(found, [vec![at(0, 0), at(1, 0)], vec![at(1, 0)], vec![at(1, 1)]]);
    }

    #[test]
    fn another_instant_of_it_is_found() {
        let mut sample = Told::with(&["rep:A"]);
        let one = sample.open();
        sample.alert(one, 0);
        sample.of_last(one).since.as_mut().expect("an instant").nanos += 1;
        assert_eq!(places(&broken(&sample.history())), [[at(0, 0)]]);
    }

    #[test]
    fn two_contents_on_the_topic_and_an_id_that_is_no_hash_are_found() {
        let mut history = Told::with(&["rep:A"]).history();
        let text = history.topic[0].text.replace("STATUS_ON_TRACK", "STATUS_AHEAD");
        history.topic.push(Appended::read(&text, 0).expect("an alert"));
        assert_eq!(broken(&history).len(), 1);
        let text = text.replace("rep:A", "rep:B");
        history.topic = vec![Appended::read(&text, 0).expect("an alert")];
        assert_eq!(broken(&history).len(), 1);
    }
}
