//! The clerk at its desk, on the embedded broker: in which order it writes, and what of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use paceline_core::sight::Sight;
use paceline_engine::Live;
use paceline_grpc::{Call, Named, Principal, Refusal, Role};
use paceline_kafka::{Appender, Cluster};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::super::tests::{config, live, read};
use super::{Flood, Pile, TOLD};
use crate::audit_log::record::NONE_BEFORE;
use crate::service::audit::paper::Paper;

/// A clerk at work, and where the log stands.
struct Office {
    pile: Pile,
    live: Arc<Live>,
    settings: paceline_kafka::Settings,
    topic: String,
    _cluster: Cluster,
}

impl Office {
    async fn open() -> Self {
        let cluster = Cluster::start().expect("a broker");
        let config = config(&cluster.brokers());
        let topic = config.topics.audit.clone();
        cluster.make_topic(&topic, 1).expect("a topic");
        let settings = config.kafka.settings();
        let appender = Appender::new(&settings, &topic).expect("an appender");
        let paper = Paper::new(appender, None, NONE_BEFORE.to_owned());
        let overflow = Arc::new(AtomicU64::new(0));
        let mut pile = Pile { paper, flood: Flood::default(), overflow, untold: 0 };
        pile.begin().await;
        Self { pile, live: live(&config), settings, topic, _cluster: cluster }
    }

    /// What was written after the opening, in short.
    fn written(&self) -> Vec<String> {
        let told = |line: &serde_json::Value| {
            let scopes = line["scopes"].as_array().into_iter().flatten();
            let mut told = vec![line["what"].as_str().unwrap_or_default().to_owned()];
            told.extend(scopes.map(|scope| scope.as_str().unwrap_or_default().to_owned()));
            let counts = ["further_scopes", "suppressed"].map(|field| line[field].as_u64());
            told.extend(counts.into_iter().flatten().map(|count| count.to_string()));
            told.join(" ")
        };
        read(&self.settings, &self.topic).iter().skip(1).map(told).collect()
    }
}

/// Somebody who does not see all did not get scopes, or with `Sight::All` somebody who does.
fn refusal(sight: Sight, names: &[String]) -> Refusal {
    let call = Call {
        method: "paceline.v1.StandingsService/GetStandings".to_owned(),
        request_id: "ask".to_owned(),
        peer: None,
    };
    let who = Principal { role: Role::Rep, sight, ..Principal::anyone() };
    Refusal {
        call: Arc::new(call),
        who: Some(Arc::new(who)),
        outcome: "NOT_FOUND",
        reason: "UNKNOWN_SCOPE".to_owned(),
        detail: None,
        named: Named::scopes(names.iter().map(String::as_str)),
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn how_many_are_suppressed_is_told_also_while_refusals_come_without_a_pause() {
    // It is time at once, of which the clock hears while the first is written.
    let mut told = tokio::time::interval(TOLD);
    let mut office = Office::open().await;
    let (_changes, mut asked) = mpsc::channel(1);
    let (refusals, mut refused) = mpsc::channel(8);
    office.pile.overflow.store(7, Ordering::Relaxed);
    for _ in 0..8 {
        let refusal = refusal(Sight::of_rep("U1"), &names(&["org"]));
        refusals.send(refusal).await.expect("room");
    }
    let closing = CancellationToken::new();
    for _ in 0..4 {
        let Office { pile, live, .. } = &mut office;
        assert!(pile.next(&mut asked, &mut refused, live, &mut told, &closing).await);
    }
    let written = office.written();
    assert!(written.contains(&"suppressed 7".to_owned()), "{written:?}");
    assert_eq!(refused.len(), 5, "more wait");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_there_is_is_written_and_what_nobody_has_heard_of_is_not() {
    let mut office = Office::open().await;
    let many: Vec<String> = (0..100).map(|at| format!("rep:made-up-{at}")).collect();
    let among = [many.clone(), names(&["org"])].concat();
    for (sight, names) in [
        (Sight::of_rep("U1"), names(&["rep:made-up", "org", "rep:made-up-too", "unassigned"])),
        (Sight::of_rep("U1"), names(&["rep:made-up"])),
        // None hides among others of which only the number is known.
        (Sight::of_rep("U1"), among),
        // Nothing is hidden from who sees all.
        (Sight::All, many),
    ] {
        office.pile.refusal(refusal(sight, &names), &office.live).await;
    }
    assert_eq!(office.written(), ["refused org unassigned", "refused 69"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_has_heard_of_takes_nothing_of_what_may_be_written() {
    let mut office = Office::open().await;
    for _ in 0..50 {
        let unheard = refusal(Sight::of_rep("U1"), &names(&["rep:made-up"]));
        office.pile.refusal(unheard, &office.live).await;
    }
    let hidden = refusal(Sight::of_rep("U1"), &names(&["org"]));
    office.pile.refusal(hidden, &office.live).await;
    assert_eq!((office.written(), office.pile.untold), (names(&["refused org"]), 0));
}
