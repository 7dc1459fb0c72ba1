//! The records as an analyst finds them: a small log beside the exact text that it is written as.
//!
//! `UPDATE_GOLDEN=1` writes the text anew, to be looked at as a diff.

use std::sync::Arc;

use paceline_core::decimal::Decimal;
use paceline_core::goal::{Draft, Edit, Whose};
use paceline_core::period::PeriodKind;
use paceline_core::sight::Sight;
use paceline_grpc::{Call, GoalChange, Named, Principal, Refusal, Role, Step};

use super::{NONE_BEFORE, Record, read, seal};

const GOLDEN: &str = include_str!("golden.jsonl");

fn call(method: &str, request_id: &str) -> Arc<Call> {
    Arc::new(Call {
        method: format!("paceline.v1.{method}"),
        request_id: request_id.to_owned(),
        peer: Some("10.0.0.7:51344".parse().expect("an address")),
    })
}

fn who(subject: &str, role: Role, sight: Sight) -> Arc<Principal> {
    let issuer = "https://id.example.com".to_owned();
    Arc::new(Principal { issuer, subject: subject.to_owned(), role, sight, ..Principal::anyone() })
}

fn draft(target: &str) -> Option<Draft> {
    Some(Draft {
        kpi: "bookings".to_owned(),
        period: PeriodKind::Month,
        target: Decimal::parse(target).expect("a target"),
        whose: Whose::Rep("U1".to_owned()),
        from: None,
        until: None,
        ramp: Vec::new(),
        presence: false,
        curve: None,
    })
}

fn change(number: u64, old: Option<Draft>, new: Option<Draft>, step: Step) -> GoalChange {
    let method = if new.is_some() { "GoalsService/SetGoal" } else { "GoalsService/DeleteGoal" };
    let (goal, who_asked) = ("g-6f3c0a91d2b47e58".to_owned(), "ana".to_owned());
    let at = "2026-11-23T13:00:00Z".parse().expect("an instant");
    GoalChange {
        call: call(method, &format!("edit-{number}")),
        who: who("00u1ana", Role::Admin, Sight::All),
        edit: Edit { goal, number, who: who_asked, at, old, new },
        step,
    }
}

fn refusal(outcome: &'static str, reason: &str, named: Named) -> Refusal {
    Refusal {
        call: call("StandingsService/GetStandings", "ask-1"),
        who: Some(who("00u7max", Role::Rep, Sight::of_rep("U7"))),
        outcome,
        reason: reason.to_owned(),
        detail: None,
        named,
    }
}

#[test]
fn records_say_who_did_what_when_and_how_it_ended() {
    let time = |second: i64| {
        jiff::Timestamp::new(1_795_438_800 + second, 250_000_000).expect("an instant")
    };
    let unconfirmed = Step::Unconfirmed("topic `paceline.goals`: timed out".to_owned());
    let (scope, goal) = (Named::scopes(["rep:U1"]), || Named::goal("g-1"));
    let nobody = Refusal {
        who: None,
        detail: Some("wrong_audience"),
        ..refusal("UNAUTHENTICATED", "CREDENTIALS_INVALID", Named::default())
    };
    let many: Vec<String> = (0..40).map(|at| format!("rep:U{at}")).collect();
    let many = Named::scopes(many.iter().map(String::as_str));
    let set = Record::of_change(&change(1, None, draft("42000"), Step::Accepted), time(1));
    let not_made = set.not_made(time(2)).expect("it was accepted");
    assert!(not_made.not_made(time(2)).is_none(), "that is no change");
    let records = [
        Record::opened(time(0), None),
        set,
        not_made,
        Record::of_change(&change(2, draft("42000"), draft("45000"), Step::Accepted), time(2)),
        Record::of_change(&change(3, draft("45000"), None, Step::Accepted), time(3)),
        Record::of_change(&change(3, draft("45000"), None, unconfirmed), time(13)),
        Record::of_refusal(&nobody, time(20)),
        Record::of_refusal(&refusal("PERMISSION_DENIED", "NOT_PERMITTED", goal()), time(21)),
        Record::of_refusal(&refusal("NOT_FOUND", "UNKNOWN_SCOPE", scope), time(22)),
        Record::of_refusal(&refusal("NOT_FOUND", "UNKNOWN_GOAL", goal()), time(23)),
        Record::of_refusal(&refusal("OUT_OF_SCOPE", "", many), time(24)),
        Record::suppressed(4_711, time(30)),
        Record::opened(time(31), Some(NONE_BEFORE.replace('0', "7"))),
        Record::closed(time(40)),
    ];
    let (mut text, mut prev) = (String::new(), NONE_BEFORE.to_owned());
    for (seq, record) in (0..).zip(&records) {
        let sealed = seal(record, ("9a4e01c77d2b5f30", seq, &prev)).expect("it is written");
        let link = read(sealed.line.as_bytes()).expect("it is read");
        assert_eq!((&link.hash, &link.computed), (&sealed.hash, &sealed.hash));
        text.push_str(&sealed.line);
        text.push('\n');
        prev = sealed.hash;
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/src/audit_log/record/golden.jsonl");
        return std::fs::write(golden, text).expect("it is written");
    }
    assert_eq!(text, GOLDEN);
}

#[test]
fn what_is_no_record_is_told_from_one() {
    let sealed = seal(&Record::closed(jiff::Timestamp::UNIX_EPOCH), ("a", 1, NONE_BEFORE));
    let line = sealed.expect("it is written").line;
    assert!(read(line.as_bytes()).is_some());
    for broken in ["", "{}", "nonsense", &line[1..], &line[..line.len() - 1], &line[..20]] {
        assert_eq!(read(broken.as_bytes()), None, "{broken}");
    }
}
