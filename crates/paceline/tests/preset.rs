//! The preset reads what Salesforce sends: Change Data Capture of each of its objects, as CometD relays it and as Confluent's
//! connector writes it.

use jiff::Timestamp;
use paceline::config::{self, Config};
use paceline_core::change::{Change, Mention};
use paceline_crm::{Decoded, Message};

/// An object, a body, and the fields that are kept of it, as the preset calls them.
const OBJECTS: [(&str, &str, &[&str]); 3] = [
    (
        "Opportunity",
        r#""OwnerId":"005A","Amount":1200.5,"StageName":"Needs Analysis","CloseDate":"2026-11-20",
           "CreatedDate":"2026-11-02T10:00:00.000Z","NextStep":"none that counts""#,
        &["owner", "amount", "stage", "close_date", "created"],
    ),
    (
        "Event",
        r#""OwnerId":"005A","StartDateTime":"2026-11-03T14:00:00.000Z","EndDateTime":"2026-11-03T15:00:00.000Z",
           "IsAllDayEvent":false,"IsChild":false,"WhoId":"003A","WhatId":"006A","CreatedDate":"2026-11-02T10:00:00.000Z",
           "DurationInMinutes":60"#,
        &["owner", "starts", "ends", "all_day", "invitee_copy", "what", "who", "created"],
    ),
    (
        "Task",
        r#""OwnerId":"005A","Status":"Completed","TaskSubtype":"Call","CompletedDateTime":"2026-11-03T16:00:00.000Z",
           "ActivityDate":"2026-11-04""#,
        &["owner", "subtype", "status", "completed"],
    ),
];

fn preset() -> Config {
    let text = "kafka: {brokers: localhost:9092}\nsources: [{topic: salesforce, format: salesforce}]\npreset: salesforce\n";
    config::load_str(text, "paceline.yaml").unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// The names of the entity and of the fields that a message sets.
fn set(config: &Config, message: &str) -> (String, Vec<String>) {
    let mut decoder = config.decoder(&config.sources[0]);
    let message = Message {
        key: None,
        value: Some(message.as_bytes()),
        time: Timestamp::UNIX_EPOCH,
        offset: 0,
    };
    match decoder.decode(&message) {
        Ok(Decoded::Change(change)) => names(config, &change),
        other => panic!("{other:?}"),
    }
}

fn names(config: &Config, change: &Change<'_>) -> (String, Vec<String>) {
    let entity = &config.model.entities[usize::from(change.entity.0)];
    let set = change.fields.iter().filter(|(_, mention)| matches!(mention, Mention::Set(_)));
    let fields = set.map(|(field, _)| entity.fields[usize::from(field.0)].name.clone());
    let mut fields: Vec<String> = fields.collect();
    fields.sort_unstable();
    (entity.name.clone(), fields)
}

#[test]
fn every_object_is_read_by_its_name_and_its_fields() {
    let config = preset();
    for (object, body, fields) in OBJECTS {
        let mut expected: Vec<&str> = fields.to_vec();
        expected.sort_unstable();
        let header = format!(
            r#""ChangeEventHeader":{{"entityName":"{object}","recordIds":["001A"],"changeType":"CREATE","changedFields":[],
               "commitTimestamp":1793700000000,"commitNumber":7,"sequenceNumber":1,"transactionKey":"t"}}"#
        );
        let comet = format!(r#"{{"payload":{{{header},{body}}},"event":{{"replayId":7}}}}"#);
        let confluent = format!(
            r#"{{"Id":"001A","ReplayId":"7","_ObjectType":"{object}ChangeEvent",{header},{body}}}"#
        );
        for message in [comet, confluent] {
            let (entity, set) = set(&config, &message);
            assert_eq!(
                (entity, set),
                (object.to_lowercase(), expected.iter().map(ToString::to_string).collect())
            );
        }
    }
}

#[test]
fn objects_of_no_kpi_are_known_all_the_same() {
    let config = preset();
    let names: Vec<&str> =
        config.model.entities.iter().map(|entity| entity.name.as_str()).collect();
    assert_eq!(names, ["opportunity", "event", "task", "lead", "account", "user"]);
}
