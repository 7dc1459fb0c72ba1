//! What is in force on which day.

use super::{Facts, Finding, InForce, Row, Said, Told, Whence, Wrong};
use crate::calendar::Calendar;
use crate::day::Day;

fn day(text: &str) -> Day {
    Day::parse(text).expect("a day")
}

fn row(id: &str, from: Option<&str>, said: Said) -> Row {
    Row { id: id.to_owned(), from: from.map(day), said }
}

fn told(id: &str, from: Option<&str>, said: Said) -> Told {
    Told::Row(Box::new(row(id, from, said)))
}

fn manager(id: &str) -> Said {
    Said { manager: Some(Some(id.to_owned())), ..Said::default() }
}

fn role(role: Option<&str>) -> Said {
    Said { role: Some(role.map(str::to_owned)), ..Said::default() }
}

fn on(facts: &mut Facts, text: &str) -> Vec<(String, Option<String>, Option<String>)> {
    let InForce { reps, .. } = facts.on(day(text), &[Calendar::default()]);
    reps.iter().map(|rep| (rep.id.clone(), rep.manager.clone(), rep.role.clone())).collect()
}

fn known(
    id: &str,
    manager: Option<&str>,
    role: Option<&str>,
) -> (String, Option<String>, Option<String>) {
    (id.to_owned(), manager.map(str::to_owned), role.map(str::to_owned))
}

#[test]
fn a_base_row_says_all_from_its_day_on_and_there_is_no_rep_before_the_first() {
    let mut facts = Facts::new([
        row("M1", None, Said::default()),
        row("U1", Some("2026-12-01"), Said { role: Some(Some("se".to_owned())), ..manager("M1") }),
        row("U1", Some("2026-11-02"), Said { role: Some(Some("ae".to_owned())), ..manager("M1") }),
        row("U1", Some("2027-01-01"), role(Some("vp"))),
    ]);
    let boss = known("M1", None, None);
    assert_eq!(on(&mut facts, "2026-11-01"), std::slice::from_ref(&boss));
    for (text, u1) in [
        ("2026-11-02", known("U1", Some("M1"), Some("ae"))),
        ("2026-11-30", known("U1", Some("M1"), Some("ae"))),
        ("2026-12-01", known("U1", Some("M1"), Some("se"))),
        ("2027-01-01", known("U1", None, Some("vp"))),
    ] {
        assert_eq!(on(&mut facts, text), [boss.clone(), u1], "{text}");
    }
    let mut changes = vec![Day(0)];
    while let Some(next) = facts.next_change(changes[changes.len() - 1]) {
        changes.push(next);
    }
    assert_eq!(changes[1..], ["2026-11-02", "2026-12-01", "2027-01-01"].map(day));
}

#[test]
fn rows_told_later_lie_over_the_base_by_day_and_then_by_key() {
    let mut facts = Facts::new([
        row("M1", None, Said::default()),
        row("M2", None, Said::default()),
        row("U1", None, Said { role: Some(Some("ae".to_owned())), ..manager("M1") }),
    ]);
    assert!(facts.tell(b"b", told("U1", Some("2026-12-01"), manager("M2"))));
    assert!(facts.tell(b"a", told("U1", Some("2026-12-10"), role(None))));
    assert!(facts.tell(b"c", told("U1", Some("2026-12-10"), role(Some("vp")))));
    assert!(facts.tell(b"new", told("U9", None, manager("U1"))));
    assert!(!facts.tell(b"new", told("U9", None, manager("U1"))), "it is no news");
    let u1 = |facts: &mut Facts, text: &str| on(facts, text).remove(2);
    assert_eq!(u1(&mut facts, "2026-11-30"), known("U1", Some("M1"), Some("ae")));
    assert_eq!(u1(&mut facts, "2026-12-01"), known("U1", Some("M2"), Some("ae")));
    assert_eq!(u1(&mut facts, "2026-12-10"), known("U1", Some("M2"), Some("vp")));
    assert_eq!(on(&mut facts, "2026-12-10")[3], known("U9", Some("U1"), None));
    assert!(facts.tell(b"c", Told::Withdrawn));
    assert_eq!(u1(&mut facts, "2026-12-10"), known("U1", Some("M2"), None), "null clears");
    // The key is another rep's now.
    assert!(facts.tell(b"b", told("U9", None, role(Some("new")))));
    assert_eq!(u1(&mut facts, "2026-12-10"), known("U1", Some("M1"), None));
    assert!(facts.tell(b"new", Told::Withdrawn));
    assert_eq!(on(&mut facts, "2026-12-10")[3], known("U9", None, Some("new")));
    assert!(facts.tell(b"b", Told::Withdrawn));
    assert_eq!(on(&mut facts, "2026-12-10").len(), 3);
}

#[test]
fn what_cannot_hold_gives_way_and_is_found_until_it_is_mended() {
    let named = |zone: &str| Said {
        time_zone: Some(Some(zone.to_owned())),
        calendar: Some(Some("moon".to_owned())),
        ..Said::default()
    };
    let mut facts = Facts::new([
        row("A", None, manager("B")),
        row("B", None, manager("C")),
        row("C", None, manager("B")),
        row("D", None, manager("D")),
        row("E", None, manager("nobody")),
        row("F", None, named("Mars/Base")),
    ]);
    let found = facts.on(day("2026-11-02"), &[Calendar::default()]);
    let managers: Vec<_> = found.reps.iter().map(|rep| rep.manager.as_deref()).collect();
    assert_eq!(managers, [Some("B"), None, None, None, None, None]);
    assert!(found.reps[5].zone.is_none());
    let problems = |found: &InForce| -> Vec<String> {
        found.findings.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        problems(&found),
        [
            "rep `B`: the `manager` in their own row or record is part of a cycle of managers",
            "rep `C`: the `manager` in their own row or record is part of a cycle of managers",
            "rep `D`: the `manager` in their own row or record is part of a cycle of managers",
            "rep `E`: the `manager` in their own row or record is no rep",
            "rep `F`: the `time_zone` in their own row or record is no time zone",
            "rep `F`: the `calendar` in their own row or record is no calendar",
        ]
    );
    // What cannot be understood takes the place of what stood on its key.
    assert!(facts.tell(b"k", told("E", None, manager("A"))));
    assert!(facts.tell(b"k", Told::Malformed) && !facts.tell(b"k", Told::Malformed));
    let found = facts.on(day("2026-11-02"), &[Calendar::default()]);
    let unread = "what the topic of reps says on 1 of its keys cannot be understood: see the log";
    assert!(problems(&found).contains(&unread.to_owned()));
    let lost = "rep `E`: the `manager` in their own row or record is no rep";
    assert!(problems(&found).contains(&lost.to_owned()));
    assert!(facts.tell(b"k", Told::Withdrawn) && !facts.tell(b"k", Told::Withdrawn));
    facts.tell(b"1", told("nobody", None, Said::default()));
    facts.tell(b"2", told("C", None, manager("D")));
    facts.tell(b"3", told("F", None, Said { calendar: Some(None), ..named("UTC") }));
    let found = facts.on(day("2026-11-02"), &[Calendar::default()]);
    assert_eq!(
        found.findings.into_iter().collect::<Vec<_>>(),
        [Finding::Fact { rep: "D".to_owned(), wrong: Wrong::Cycle, place: Whence::Base }]
    );
    assert_eq!(found.reps[4].manager.as_deref(), Some("nobody"));
}

#[test]
fn records_come_and_go() {
    let mut facts = Facts::new([]);
    assert!(facts.set_base("U2", Some(role(Some("ae")))));
    assert!(facts.set_base("U1", Some(manager("U2"))));
    assert!(!facts.set_base("U1", Some(manager("U2"))));
    assert!(!facts.set_base("U3", None));
    assert_eq!(on(&mut facts, "2026-11-02").len(), 2);
    facts.tell(b"1", told("U2", None, role(None)));
    assert!(facts.set_base("U2", None));
    let left = [known("U1", Some("U2"), None), known("U2", None, None)];
    assert_eq!(on(&mut facts, "2026-11-02"), left, "what is told makes a rep");
    facts.tell(b"1", Told::Withdrawn);
    assert_eq!(on(&mut facts, "2026-11-02"), [known("U1", None, None)]);
}
