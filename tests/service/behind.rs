//! What is behind a number of a running service: records that add up to it while they change, and the words for it in the shell.

use paceline_client::proto::{
    ListContributorsRequest, ListContributorsResponse,
    standings_service_client::StandingsServiceClient,
};
use paceline_tests::{kafka, process::Paceline};

use crate::{
    small::{given_to, won, yaml},
    under_test::Service,
};

fn page(service: &Service, scope: &str, size: u32, token: Vec<u8>) -> ListContributorsResponse {
    let request = ListContributorsRequest {
        scope: scope.to_owned(),
        kpi: "bookings".to_owned(),
        period: "month".to_owned(),
        on: String::new(),
        page_size: size,
        page_token: token,
    };
    let mut client = StandingsServiceClient::new(service.channel());
    let response = service.block_on(client.list_contributors(request));
    response.expect("contributors are served").into_inner()
}

/// The pages of a listing together, all of which are of one revision, and what they add up to.
fn listing(service: &Service, scope: &str, size: u32) -> (u64, usize, i64, String) {
    let mut all = page(service, scope, size, Vec::new());
    let mut token = std::mem::take(&mut all.next_page_token);
    while !token.is_empty() {
        let next = page(service, scope, size, token);
        assert_eq!(next.revision, all.revision, "all pages are of one revision");
        all.contributors.extend(next.contributors);
        token = next.next_page_token;
    }
    let amount = |text: &String| text.parse::<i64>().expect("whole amounts");
    let sum = all.contributors.iter().map(|one| amount(&one.amount)).sum();
    let actual = all.standing.expect("a standing").actual;
    (all.revision, all.contributors.len(), sum, actual)
}

#[test]
fn records_add_up_to_the_number_at_every_revision_while_they_change_hands() {
    let broker = kafka::shared();
    let topic = "behind";
    broker.create_topic(topic, 3, &[]);
    broker.produce(topic, (0..24).map(|deal| won(&format!("D{deal}"), 1, "U1", 100 + deal)));
    let service = Service::start(&yaml(broker.bootstrap(), topic, "paceline"));
    service.standings();
    service.wait_until_counted(topic, 24);
    assert_eq!(listing(&service, "org", 10).2, 2_676);
    let owners = ["U2", "U3", "queue", "U4", "M2", "U5", "U6", "U1"];
    let moves = (0..200_u32).map(|step| {
        let owner = owners[(step as usize * 5 + 1) % owners.len()];
        given_to(&format!("D{}", step % 24), 2 + step, owner)
    });
    let writer = broker.writer();
    let mut revisions = std::collections::BTreeSet::new();
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| moves.for_each(|message| writer.write(topic, [message])));
        while !writing.is_finished() {
            for (whose, size) in [("team:M1", 4), ("rep:U4", 1_000), ("org", 7)] {
                let (revision, records, sum, actual) = listing(&service, whose, size);
                assert_eq!(sum.to_string(), actual, "{whose} at {revision}");
                assert!(whose != "org" || records == 24, "{records} of 24 deals");
                revisions.insert(revision);
            }
        }
    });
    assert!(revisions.len() > 3, "only seen at {revisions:?}");
}

#[test]
fn a_number_is_explained_in_the_shell() {
    let broker = kafka::shared();
    let topic = "explained";
    broker.create_topic(topic, 1, &[]);
    broker.produce(topic, [won("D1", 1, "U1", 100), won("D2", 1, "U1", 300)]);
    let service = Service::start(&yaml(broker.bootstrap(), topic, "paceline"));
    service.standings();
    service.wait_until_counted(topic, 2);
    let ask = |more: &[&str]| {
        let all = ["explain", "--addr", service.address(), "--kpi", "bookings"];
        let all = all.iter().chain(&["--period", "month"]).chain(more);
        let mut process = Paceline::start(all);
        let code = process.wait().code();
        (code, process.stdout(), process.stderr())
    };
    let (code, lines, errors) = ask(&["--scope", "rep:U1"]);
    assert_eq!(code, Some(0), "{errors:?}");
    let head = "rep:U1 bookings 2026-11 (2026-11-01 to 2026-11-30): ";
    assert!(lines[0].starts_with(head), "{lines:?}");
    assert!(lines.iter().any(|line| line == "Records: 2 of 2"), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("opportunity D2  2026-11-20  300")), "{lines:?}");
    let (_, lines, _) = ask(&["--scope", "rep:U1", "--json"]);
    let page: serde_json::Value = serde_json::from_str(&lines[1]).expect("JSON");
    assert_eq!(page["contributors"][0]["id"], "D2");
    assert_eq!(page["total"], "2");
    let (code, _, errors) = ask(&["--scope", "rep:U99"]);
    assert_eq!(code, Some(1), "{errors:?}");
}
