//! One story in five spellings gives the same standings, to the last digit, and those of a recompute.

use paceline_client::proto::Standing;
use paceline_sim::format::{Format, debezium, native, salesforce};
use paceline_tests::kafka;

use crate::{
    story::{Story, assert_recomputed},
    under_test::Service,
};

#[test]
fn all_formats_tell_the_same_story() {
    let broker = kafka::shared();
    let story = Story::new(11);
    let confluent = salesforce::Options { shape: salesforce::Shape::Confluent, merge: true };
    let with_schema = debezium::Options { with_schema: true, snapshot: false };
    let formats = [
        ("formats-native", Format::native()),
        ("formats-native-full", Format::Native(native::Options { full: true })),
        ("formats-cometd", Format::salesforce()),
        ("formats-confluent", Format::Salesforce(confluent)),
        ("formats-debezium", Format::debezium()),
        ("formats-debezium-schema", Format::Debezium(with_schema)),
    ];
    let recomputed = story.recomputed();
    let mut first: Option<Vec<Standing>> = None;
    for (name, format) in formats {
        story.tell(broker, format, name, &[]);
        let mut service = Service::start(&story.config(broker, format, name));
        let standings = without_revisions(service.standings());
        assert_recomputed(name, &standings, &recomputed);
        assert_eq!(service.freshness().causes, [], "{name}");
        match &first {
            Some(first) => assert_eq!(&standings, first, "{name}"),
            None => first = Some(standings),
        }
        service.process().terminate();
        assert_eq!(service.process().wait().code(), Some(0), "{name}");
    }
}

fn without_revisions(standings: Vec<Standing>) -> Vec<Standing> {
    standings.into_iter().map(|standing| Standing { revision: 0, ..standing }).collect()
}
