//! Tokens: shown with every stream, and asked for again when one has expired.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use paceline_client::{Client, Error, Event, Tls};
use paceline_grpc::proto::watch_standings_response::Frame;
use paceline_grpc::proto::{Bookmark, WatchStandingsResponse};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::stage::{Stage, in_time, options};

fn refusal(reason: &str) -> Status {
    let details = ErrorDetails::with_error_info(reason, "paceline", HashMap::new());
    Status::with_error_details(Code::Unauthenticated, "the credentials have expired", details)
}

/// A client whose tokens are `t0`, `t1` and so on, each asked for once.
fn counting(stage: &Stage) -> Client {
    let count = Arc::new(AtomicUsize::new(0));
    stage
        .client()
        .with_token_from(move || Ok(format!("t{}\n", count.fetch_add(1, Ordering::SeqCst))))
        .expect("it stays on this host")
}

#[tokio::test]
async fn a_stream_whose_token_has_expired_goes_on_with_the_next() {
    let mut stage = Stage::open().await;
    let mut live = counting(&stage).watch(options());
    let open = async {
        let asked = stage.standings().await;
        (asked.token.clone(), asked.open())
    };
    let (first, (token, stream)) = tokio::join!(in_time(live.next()), open);
    assert_eq!(first.expect("no refusal"), Event::Connected);
    assert_eq!(token.as_deref(), Some("Bearer t0"));
    let resume_token = b"so far".to_vec();
    let frame = Some(Frame::Bookmark(Bookmark {}));
    let said = WatchStandingsResponse { frame, resume_token, complete: true, ..Default::default() };
    stream.say(said).await;
    stream.end(refusal("CREDENTIALS_EXPIRED")).await;
    let lost = async {
        loop {
            if let Event::Lost(loss) = live.next().await.expect("no refusal") {
                return loss;
            }
        }
    };
    assert_eq!(in_time(lost).await.code, Code::Unauthenticated);
    // Even one that has expired on the way: another may be there next time.
    let refuse = async {
        let asked = stage.standings().await;
        assert_eq!(asked.token.as_deref(), Some("Bearer t1"));
        assert_eq!(asked.request.resume_token, b"so far");
        asked.refuse(refusal("CREDENTIALS_EXPIRED"));
    };
    let (lost, ()) = tokio::join!(in_time(live.next()), refuse);
    assert!(matches!(lost, Ok(Event::Lost(_))), "{lost:?}");
    let open = async {
        let asked = stage.standings().await;
        (asked.token.clone(), asked.request.resume_token.clone(), asked.open())
    };
    let (again, (token, resumed, _stream)) = tokio::join!(in_time(live.next()), open);
    assert_eq!(again.expect("no refusal"), Event::Connected);
    assert_eq!((token.as_deref(), resumed.as_slice()), (Some("Bearer t2"), &b"so far"[..]));
}

#[tokio::test]
async fn credentials_that_are_not_accepted_are_not_shown_again() {
    let mut stage = Stage::open().await;
    let mut live = counting(&stage).watch(options());
    let refuse = async { stage.standings().await.refuse(refusal("CREDENTIALS_INVALID")) };
    let (refused, ()) = tokio::join!(in_time(live.next()), refuse);
    assert_eq!(refused.expect_err("refused").reason().as_deref(), Some("CREDENTIALS_INVALID"));
}

#[tokio::test]
async fn a_token_that_cannot_be_had_just_now_is_waited_for() {
    let mut stage = Stage::open().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let client =
        stage.client().with_token_from(move || match asked.fetch_add(1, Ordering::SeqCst) {
            0 => Err("the file is being written".to_owned()),
            _ => Ok("there".to_owned()),
        });
    let mut live = client.expect("it stays on this host").watch(options());
    let Ok(Event::Lost(loss)) = in_time(live.next()).await else { panic!("it is lost") };
    assert!(loss.reason.contains("the file is being written"), "{}", loss.reason);
    let (_, asked) = tokio::join!(in_time(live.next()), async {
        let asked = stage.standings().await;
        let token = asked.token.clone();
        (token, asked.open())
    });
    assert_eq!(asked.0.as_deref(), Some("Bearer there"));
}

#[tokio::test]
async fn tokens_that_are_fixed_end_with_their_stream() {
    let mut stage = Stage::open().await;
    let client = stage.client().with_token("fixed").expect("a token");
    let mut live = client.watch(options());
    let refuse = async {
        let asked = stage.standings().await;
        assert_eq!(asked.token.as_deref(), Some("Bearer fixed"));
        asked.refuse(refusal("CREDENTIALS_EXPIRED"));
    };
    let (refused, ()) = tokio::join!(in_time(live.next()), refuse);
    let error = refused.expect_err("there is no other");
    assert_eq!(error.reason().as_deref(), Some("CREDENTIALS_EXPIRED"));
}

#[tokio::test]
async fn a_token_whose_key_is_newer_than_the_server_knows_is_shown_again() {
    let mut stage = Stage::open().await;
    let client = stage.client().with_token("fixed").expect("a token");
    let mut live = client.watch(options());
    let refuse = async { stage.standings().await.refuse(refusal("KEY_UNKNOWN")) };
    let (lost, ()) = tokio::join!(in_time(live.next()), refuse);
    let Ok(Event::Lost(loss)) = lost else { panic!("{lost:?}") };
    assert_eq!(loss.code, Code::Unauthenticated);
    let refuse = async {
        let asked = stage.standings().await;
        assert_eq!(asked.token.as_deref(), Some("Bearer fixed"));
        asked.refuse(refusal("CREDENTIALS_INVALID"));
    };
    let (refused, ()) = tokio::join!(in_time(live.next()), refuse);
    let error = refused.expect_err("that does not pass");
    assert_eq!(error.reason().as_deref(), Some("CREDENTIALS_INVALID"));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_at_once_and_shown_by_nobody() {
    let stage = Stage::open().await;
    let refused = stage.client().with_token("a\nb").expect_err("no token");
    assert!(matches!(refused, Error::Token), "{refused}");
    let client = stage.client().with_token("hunter2").expect("a token");
    assert!(!format!("{client:?}").contains("hunter2"));
    let tls = Tls { ca: None, identity: Some((b"cert".to_vec(), b"hunter2".to_vec())) };
    assert!(!format!("{tls:?}").contains("hunter2"));
    let refused = Client::secured("https://127.0.0.1:1", &Tls { ca: Some(b"x".to_vec()), ..tls });
    assert!(matches!(refused, Err(Error::Tls(_))), "{refused:?}");
}

#[tokio::test]
async fn a_token_goes_to_another_host_over_tls_alone() {
    let shown = |address: &str| {
        let client = || Client::new(address).expect("an address");
        let fixed = client().with_token("hunter2");
        let renewed = client().with_token_from(|| Ok("hunter2".to_owned()));
        assert_eq!(fixed.is_ok(), renewed.is_ok(), "{address}");
        client().insecure().with_token("hunter2").expect("as asked for");
        client().insecure().with_token_from(|| Ok("hunter2".to_owned())).expect("as asked for");
        fixed
    };
    for address in [
        "https://paceline.example.com:50051",
        "127.0.0.1:50051",
        "http://127.9.8.7:50051",
        "localhost:50051",
        "http://[::1]:50051",
        "http://[::ffff:127.0.0.1]:50051",
    ] {
        shown(address).unwrap_or_else(|no| panic!("{address}: {no}"));
    }
    for address in [
        "paceline.example.com:50051",
        "http://paceline.example.com:50051",
        "10.0.0.7:50051",
        "0.0.0.0:50051",
        "http://[2001:db8::1]:50051",
        "localhost.example.com:50051",
        "127.0.0.1.example.com:50051",
    ] {
        let refused = shown(address).expect_err("anybody on the way could read it");
        assert!(matches!(refused, Error::PlainToken(_)), "{address}: {refused}");
        assert!(!refused.to_string().contains("hunter2"), "{refused}");
    }
}
