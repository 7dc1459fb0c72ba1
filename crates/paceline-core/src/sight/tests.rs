//! What is seen from where, and that it follows the tree.

use super::Sight;
use crate::calendar::{Calendar, CalendarId};
use crate::roster::{Rep, Roster};
use crate::symbol::Symbols;

/// M1 with U1, who has V1; M2 with U2.
fn roster() -> Roster {
    let rep = |(id, manager): (&str, Option<&str>)| Rep {
        id: id.to_owned(),
        name: id.to_owned(),
        manager: manager.map(str::to_owned),
        role: None,
        start: None,
        end: None,
        zone: None,
        calendar: CalendarId::DEFAULT,
        time_off: Vec::new(),
    };
    let all = [("M1", None), ("U1", Some("M1")), ("V1", Some("U1")), ("M2", None)];
    let reps = all.into_iter().chain([("U2", Some("M2"))]).map(rep).collect();
    Roster::new(reps, &[Calendar::default()], &mut Symbols::default()).expect("a roster")
}

fn seen(sight: &Sight, roster: &Roster) -> Vec<String> {
    let seen = roster.scope_ids().filter(|scope| sight.sees(*scope, roster));
    seen.map(|scope| roster.name(scope)).collect()
}

#[test]
fn everybody_sees_what_grows_from_their_roots_and_nothing_else() {
    let roster = roster();
    assert_eq!(seen(&Sight::All, &roster).len(), 10);
    assert_eq!(seen(&Sight::of_rep("U1"), &roster), ["rep:U1"]);
    assert_eq!(seen(&Sight::of_rep("nobody"), &roster), [""; 0]);
    let below = ["rep:M1", "rep:U1", "rep:V1", "team:M1", "team:U1"];
    assert_eq!(seen(&Sight::of_manager("M1"), &roster), below);
    assert_eq!(seen(&Sight::of_manager("U1"), &roster), ["rep:U1", "rep:V1", "team:U1"]);
    assert_eq!(seen(&Sight::of_manager("U2"), &roster), ["rep:U2"]);
}

#[test]
fn who_sees_a_team_alone_does_not_see_those_in_it() {
    let roster = roster();
    let alone = super::Root { scope: "team:M1".to_owned(), with_members: false };
    let sight = Sight::Of([alone].into());
    assert_eq!(seen(&sight, &roster), ["team:M1"]);
    let team = roster.named("team:M1").expect("a team");
    assert!(!sight.horizon(&roster).sees_all_of(team, &roster));
    assert!(Sight::of_manager("M1").horizon(&roster).sees_all_of(team, &roster));
    let rep = roster.named("rep:U1").expect("a rep");
    assert!(Sight::of_rep("U1").horizon(&roster).sees_all_of(rep, &roster));
}
