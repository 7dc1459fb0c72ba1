//! What moved a number, as it is told to whom: nobody of whom the one who asks has lost sight, and nothing of which not all is known.

use jiff::Timestamp;
use paceline_core::{
    board::{Revision, Subject},
    kpi::KpiId,
    moves::{Aspect, Reps, What},
    period::PeriodKind,
    sight::Sight,
};
use paceline_engine::MovedSince;

use crate::engine::Engine;

const CONFIG: &str = r#"
kafka: {brokers: localhost:9092, group_id: moves}
sources: [{topic: crm.opportunity, format: paceline, entity: opportunity}]
entities:
  opportunity:
    fields:
      owner: {path: OwnerId, type: text}
      amount: {path: Amount, type: decimal}
      close_date: {path: CloseDate, type: date}
reps:
  list:
    - {id: M1, name: Max}
    - {id: M2, name: Mia}
    - {id: U1, name: Ana, manager: M1}
    - {id: U2, name: Ben, manager: M1}
calendars: {default: {time_zone: UTC}}
kpis:
  - {name: bookings, type: simple, entity: opportunity, agg: sum, expr: amount, at: close_date, credit: owner, periods: [month, rolling-7d]}
"#;

/// An engine that is open, and the time by which all happens in it.
struct Story {
    engine: Engine,
    now: Timestamp,
    deals: usize,
}

impl Story {
    fn new() -> Self {
        let now = "2026-11-25T13:00:00Z".parse().expect("an instant");
        let mut engine = Engine::new(CONFIG, &[1], 1);
        engine.open(now);
        Self { engine, now, deals: 0 }
    }

    /// Somebody wins a deal.
    fn win(&mut self, rep: &str, amount: u32) {
        self.deals += 1;
        let id = format!("D{}", self.deals);
        let value = format!(
            r#"{{"id":"{id}","op":"upsert","set":{{"OwnerId":"{rep}","Amount":{amount},"CloseDate":"2026-11-24"}}}}"#
        );
        self.engine.send((0, 0), Some(id.as_bytes()), Some(value.as_bytes()), self.now);
        assert_eq!(self.engine.take(0), [true], "{value}");
        self.engine.commit(0, self.now);
    }

    /// Something is told of a rep, or taken back.
    fn tell(&mut self, key: &str, value: Option<&str>) {
        assert!(self.engine.tell_rep(key.as_bytes(), value.map(str::as_bytes), self.now));
        self.engine.follow(self.now);
    }

    fn moved(&self, scope: &str, kind: PeriodKind, sight: Sight, since: Revision) -> MovedSince {
        let subject = Subject { sight, scope: scope.to_owned(), kpi: KpiId(0), kind };
        let explanation = self.engine.live.explanation(&subject, None, since, self.now);
        explanation.expect("there is such a standing").moved.expect("no day was asked for")
    }

    /// Who is named in the moves of Max's team, to him and to who sees all: whose shares, and which reps with what of them.
    fn named(&self, sight: &Sight, since: Revision) -> Vec<String> {
        let roster = self.engine.live.roster();
        let moved = self.moved("team:M1", PeriodKind::Month, sight.clone(), since);
        let of = |what: &What| match what {
            What::Change(change) => {
                let owners = change.shares.iter().map(|share| share.owner);
                let name =
                    |owner: Option<_>| owner.map_or_else(|| "?".to_owned(), |it| roster.name(it));
                owners.map(name).collect::<Vec<_>>().join(" ")
            }
            What::Reps(Reps { reps, others, .. }) => {
                let rep = |rep: &paceline_core::moves::RepMove| {
                    format!("{} {:?}", roster.name(rep.rep), rep.aspects)
                };
                reps.iter()
                    .map(rep)
                    .chain((*others > 0).then(|| format!("{others} more")))
                    .collect()
            }
            other => panic!("nothing else has happened: {other:?}"),
        };
        moved.moves.iter().map(|moved| of(&moved.what.what)).collect()
    }
}

#[test]
fn nobody_is_named_whom_the_one_who_asks_has_lost_sight_of() {
    let mut story = Story::new();
    let (max, since) = (Sight::of_manager("M1"), story.engine.live.revision());
    story.win("U1", 100);
    story.win("U2", 7);
    assert_eq!(story.named(&max, since), ["rep:U2", "rep:U1"]);
    story.tell("u1", Some(r#"{"id":"U1","manager":"M2"}"#));
    let all = [format!("rep:U1 {:?}", [Aspect::Place]), "rep:U2".to_owned(), "rep:U1".to_owned()];
    assert_eq!(story.named(&Sight::All, since), all);
    assert_eq!(story.named(&max, since), ["1 more", "rep:U2", "?"]);
    story.tell("u1", None);
    assert_eq!(story.named(&max, since)[1..], all, "who is back is seen again");
}

#[test]
fn that_somebody_left_is_told_to_who_saw_them_until_then_and_nothing_else_of_them() {
    let mut story = Story::new();
    let max = Sight::of_manager("M1");
    let told = |manager: &str| format!(r#"{{"id":"U9","manager":"{manager}"}}"#);
    story.tell("u9", Some(&told("M1")));
    let since = story.engine.live.revision();
    story.win("U9", 100);
    story.tell("u9", None);
    let left = format!("rep:U9 {:?}", [Aspect::Left]);
    assert_eq!(story.named(&max, since), [left.as_str(), "?"]);
    assert_eq!(story.named(&Sight::All, since), [left.as_str(), "rep:U9"]);
    // Who goes to another team first leaves that one.
    story.tell("u9", Some(&told("M1")));
    story.tell("u9", Some(&told("M2")));
    story.tell("u9", None);
    assert_eq!(story.named(&max, since), ["1 more", "1 more", &left, "?"]);
}

#[test]
fn nothing_is_listed_of_which_not_all_is_known() {
    let mut story = Story::new();
    let since = story.engine.live.revision();
    story.win("U1", 100);
    story.tell("u1", Some(r#"{"id":"U1","time_zone":"Asia/Tokyo"}"#));
    let other_days = story.engine.live.revision();
    story.win("U1", 7);
    let moved = story.moved("rep:U1", PeriodKind::Rolling(7), Sight::All, since);
    assert_eq!(moved.known_after, Revision(other_days.0 - 1), "windows have had other days before");
    let listed: Vec<Revision> = moved.moves.iter().map(|moved| moved.what.revision).collect();
    assert_eq!(listed, [story.engine.live.revision()]);
    // A month has the days it had.
    let moved = story.moved("rep:U1", PeriodKind::Month, Sight::All, since);
    assert!(moved.known_after <= since, "{moved:?}");
    let listed: Vec<Revision> = moved.moves.iter().map(|moved| moved.what.revision).collect();
    assert!(listed.contains(&Revision(other_days.0 - 1)), "{listed:?}");
}
