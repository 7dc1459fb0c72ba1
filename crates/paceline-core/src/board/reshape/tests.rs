//! Whatever rosters a board went through, it stands as one that began with the last; and a stream of any selection comes
//! to what a snapshot of it shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use proptest::prelude::*;

use crate::board::tests::{BOOKINGS, at, decimal, goal, model, rep};
use crate::board::{Batch, Board, Reason, Revision, Selection, Standing, Update};
use crate::calendar::{Calendar, CalendarId};
use crate::day::Day;
use crate::entry::{Entry, NO_DAY, Part};
use crate::goal::{Goal, Step, Whose};
use crate::model::Model;
use crate::period::PeriodKind;
use crate::roster::{Rep, Roster};
use crate::standing::{Numbers, Status};
use crate::symbol::{Intern, Symbol, Symbols};

const BEGIN: &str = "2026-11-23T10:00:00Z";
const KINDS: [PeriodKind; 3] = [PeriodKind::Day, PeriodKind::Month, PeriodKind::Rolling(3)];
const ZONES: [&str; 3] = ["UTC", "America/New_York", "Asia/Tokyo"];

/// A step of a play.
#[derive(Clone, Debug)]
enum Event {
    /// Somebody, or who is no rep, books on a day near the beginning; some of it from an instant on.
    Book { owner: usize, amount: i64, day: i32, in_hours: Option<i64> },
    /// Other facts of a rep: none, or the manager, the role, the zone, the calendar, a first day.
    Facts { rep: usize, facts: Option<Facts> },
    /// Hours pass.
    Pass(i64),
}

#[derive(Clone, Debug)]
struct Facts {
    /// Only one who comes before manages a rep, so that there is no cycle.
    manager: Option<usize>,
    role: bool,
    zone: usize,
    calendar: bool,
    start: Option<i32>,
    off: Option<i32>,
}

fn facts() -> impl Strategy<Value = Facts> {
    let near = || prop::option::of(-40i32..5);
    (prop::option::of(0usize..6), any::<bool>(), 0usize..3, any::<bool>(), near(), near()).prop_map(
        |(manager, role, zone, calendar, start, off)| Facts {
            manager,
            role,
            zone,
            calendar,
            start,
            off,
        },
    )
}

fn step() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0usize..8, -50i64..500, -4i32..6, prop::option::of(1i64..60)).prop_map(
            |(owner, amount, day, in_hours)| Event::Book { owner, amount, day, in_hours }
        ),
        3 => (0usize..6, prop::option::weighted(0.8, facts())).prop_map(
            |(rep, facts)| Event::Facts { rep, facts }
        ),
        1 => (1i64..30).prop_map(Event::Pass),
    ]
}

fn goals() -> Vec<Goal> {
    let mut goals = Vec::new();
    for kind in KINDS {
        let of = |whose: Whose, target: &str| Goal { whose, ..goal(target, kind) };
        goals.push(of(Whose::Everyone, "700"));
        goals.push(of(Whose::Role("ae".to_owned()), "900"));
        goals.push(of(Whose::EachOf("R0".to_owned()), "500"));
        goals.push(of(Whose::Team("R1".to_owned()), "1234"));
    }
    goals[1].ramp = vec![Step { until_month: 1, share: decimal("0.5") }];
    goals[5].presence = true;
    goals
}

fn whole(goals: Vec<Goal>, symbols: Symbols) -> Arc<Model> {
    let mut model = model(KINDS.to_vec(), goals, symbols);
    let tokyo = TimeZone::get("Asia/Tokyo").expect("a zone");
    model.calendars.push(Calendar { zone: tokyo, ..Calendar::default() });
    let held = crate::kpi::Kpi {
        name: "held".to_owned(),
        goal_kind: crate::kpi::GoalKind::Hold,
        ..model.kpis[0].clone()
    };
    let ratio = crate::kpi::Kpi {
        name: "share".to_owned(),
        goal_kind: crate::kpi::GoalKind::Rate,
        measure: crate::kpi::Measure::Ratio {
            numerator: BOOKINGS,
            denominator: crate::kpi::KpiId(1),
        },
        ..model.kpis[0].clone()
    };
    model.kpis.extend([held, ratio]);
    let to_hold = |goal: &Goal| Goal { kpi: crate::kpi::KpiId(1), ..goal.clone() };
    let held: Vec<Goal> = model.goals.iter().map(to_hold).collect();
    model.goals.extend(held);
    Arc::new(model)
}

struct Play {
    model: Arc<Model>,
    board: Board,
    symbols: Symbols,
    facts: BTreeMap<usize, Facts>,
    batches: Vec<Batch>,
    now: Timestamp,
    streams: Vec<Stream>,
}

/// What a follower of a selection has.
struct Stream {
    selection: Selection,
    at: Revision,
    view: BTreeMap<(String, String, String), (Numbers, Status)>,
}

impl Play {
    fn new() -> Self {
        let mut symbols = Symbols::default();
        let empty = Roster::new(Vec::new(), &[Calendar::default()], &mut symbols);
        let model = whole(goals(), symbols.clone());
        let mut board = Board::new(model.clone(), Arc::new(empty.expect("a roster")));
        board.open(at(BEGIN));
        let selection = |scopes: &[&str], with_members| Selection {
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            with_members,
            ..Selection::default()
        };
        let selections = [
            Selection::default(),
            selection(&["team:R0"], true),
            selection(&["team:R1", "rep:R3", "unassigned"], false),
            selection(&["org"], true),
        ];
        let stream = |selection| Stream { selection, at: Revision(0), view: BTreeMap::new() };
        let mut play = Self {
            model,
            board,
            symbols,
            facts: BTreeMap::new(),
            batches: Vec::new(),
            now: at(BEGIN),
            streams: selections.into_iter().map(stream).collect(),
        };
        for stream in &mut play.streams {
            stream.at = play.board.revision();
            stream.view = shown(&mut play.board, &stream.selection, play.now);
        }
        play
    }

    fn reps(&self) -> Vec<Rep> {
        let manager = |rep: usize, facts: &Facts| {
            let manager = facts.manager.filter(|other| *other < rep)?;
            self.facts.contains_key(&manager).then(|| format!("R{manager}"))
        };
        let compile = |(id, facts): (&usize, &Facts)| Rep {
            role: facts.role.then(|| "ae".to_owned()),
            calendar: CalendarId(facts.calendar.into()),
            start: facts.start.map(|days| Day::of(at(BEGIN), &TimeZone::UTC).plus(days)),
            time_off: facts
                .off
                .iter()
                .map(|days| {
                    let first = Day::of(at(BEGIN), &TimeZone::UTC).plus(*days);
                    (first, first.plus(2))
                })
                .collect(),
            ..rep(&format!("R{id}"), manager(*id, facts).as_deref(), ZONES[facts.zone])
        };
        self.facts.iter().map(compile).collect()
    }

    fn take(&mut self, step: &Event) {
        match step {
            Event::Pass(hours) => {
                self.now += SignedDuration::from_hours(*hours);
                self.board.advance(self.now);
            }
            Event::Facts { rep, facts } => {
                self.facts.remove(rep);
                self.facts.extend(facts.clone().map(|facts| (*rep, facts)));
                let reps = self.reps().into_iter().map(Arc::new).collect();
                let former = self.board.roster().clone();
                let next = former.after(reps, &self.model.calendars, &mut self.symbols);
                self.board.set_roster(Arc::new(next.expect("a roster")), self.now);
            }
            Event::Book { owner, amount, day, in_hours } => {
                let owner = match owner {
                    7 => Symbol::UNKNOWN,
                    _ => self.symbols.intern(&format!("R{owner}")),
                };
                let mut batch = Batch::default();
                let day = Day::of(at(BEGIN), &TimeZone::UTC).plus(*day);
                for kpi in self.model.kpi_ids().take(2) {
                    let amount = decimal(&amount.to_string());
                    let part = match owner {
                        Symbol::UNKNOWN => Part::Doubt { day: NO_DAY, incomplete: 1, gap: 0 },
                        _ => Part::Amount { day, amount, records: 1 },
                    };
                    let entry = Entry { owner, kpi, part };
                    match in_hours {
                        Some(hours) => {
                            let then = self.now + SignedDuration::from_hours(*hours);
                            batch.schedule(then, &entry, self.now);
                        }
                        None => batch.add(&entry, self.now),
                    }
                }
                self.board.commit([(0, &batch)], self.now);
                self.batches.push(batch);
            }
        }
    }

    /// A board that has known no other roster.
    fn fresh(&mut self) -> Board {
        let roster = Roster::new(self.reps(), &self.model.calendars, &mut self.symbols);
        let mut board = Board::new(self.model.clone(), Arc::new(roster.expect("a roster")));
        for batch in &self.batches {
            board.commit([(0, batch)], at(BEGIN));
        }
        board.open(self.now);
        board
    }

    fn check(&mut self) {
        let mut fresh = self.fresh();
        let all = Selection::default();
        let numbers = |board: &mut Board, now| -> BTreeMap<_, _> {
            let standings = readings(board, &all, now).into_iter();
            standings
                .map(|standing| {
                    let Standing { numbers, sample, doubt, .. } = standing.clone();
                    (names(board, &standing), (numbers, sample, doubt, standing.key.period))
                })
                .collect()
        };
        assert_eq!(numbers(&mut self.board, self.now), numbers(&mut fresh, self.now));
        let past = |board: &mut Board, now| -> BTreeMap<_, _> {
            let day = Day::of(now, &TimeZone::UTC).plus(-2);
            let readings = board.readings(&all, Some(day), now).into_iter();
            let readings = readings.map(|reading| reading.at(now));
            readings.map(|it| (names(board, &it), (it.numbers, it.sample))).collect()
        };
        assert_eq!(past(&mut self.board, self.now), past(&mut fresh, self.now));
        for stream in &mut self.streams {
            stream.follow(&self.board, self.now);
            let shown = shown(&mut self.board, &stream.selection, self.now);
            let view: BTreeMap<_, _> =
                stream.view.iter().map(|(key, it)| (key.clone(), it.1)).collect();
            let due: BTreeMap<_, _> = shown.into_iter().map(|(key, it)| (key, it.1)).collect();
            assert_eq!(view, due, "{:?}", stream.selection);
        }
    }
}

impl Stream {
    fn follow(&mut self, board: &Board, now: Timestamp) {
        let update = board.changes_since(self.at, &self.selection).expect("it is remembered");
        let Update { standings, removed } = update.at(now);
        for removal in removed {
            let key = &removal.key;
            let scope = board.roster().name(key.scope);
            let kpi = board.model().kpi(key.kpi).name.clone();
            let known = self.view.remove(&(scope, kpi, key.period.name.clone()));
            assert!(known.is_some(), "what left was there: {removal:?}");
        }
        for standing in standings {
            assert!(standing.revision > self.at);
            self.view.insert(names(board, &standing), (standing.numbers, standing.status));
        }
        self.at = board.revision();
    }
}

fn names(board: &Board, standing: &Standing) -> (String, String, String) {
    let key = &standing.key;
    let kpi = board.model().kpi(key.kpi).name.clone();
    (board.roster().name(key.scope), kpi, key.period.name.clone())
}

fn readings(board: &mut Board, selection: &Selection, now: Timestamp) -> Vec<Standing> {
    board.readings(selection, None, now).into_iter().map(|reading| reading.at(now)).collect()
}

fn shown(
    board: &mut Board,
    selection: &Selection,
    now: Timestamp,
) -> BTreeMap<(String, String, String), (Numbers, Status)> {
    let standings = readings(board, selection, now).into_iter();
    standings.map(|it| (names(board, &it), (it.numbers, it.status))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_board_stands_as_one_that_began_with_its_roster(steps in prop::collection::vec((step(), any::<bool>()), 1..25)) {
        let mut play = Play::new();
        for (step, looked_at) in &steps {
            play.take(step);
            if *looked_at {
                play.check();
            }
        }
        play.check();
    }
}

#[test]
fn a_scope_that_ends_is_deleted_and_one_that_leaves_a_team_is_out_of_filter() {
    let facts = |manager: usize| Facts {
        manager: Some(manager),
        role: false,
        zone: 0,
        calendar: false,
        start: None,
        off: None,
    };
    let mut play = Play::new();
    for rep in [0, 1] {
        play.take(&Event::Facts { rep, facts: Some(Facts { manager: None, ..facts(0) }) });
    }
    for (rep, manager) in [(2, 0), (3, 1), (4, 1)] {
        play.take(&Event::Facts { rep, facts: Some(facts(manager)) });
    }
    let selection = Selection {
        scopes: vec!["team:R1".to_owned(), "rep:R9".to_owned()],
        with_members: true,
        kpis: vec![BOOKINGS],
        kinds: vec![PeriodKind::Month],
        ..Selection::default()
    };
    assert_eq!(play.board.unknown(&selection), ["rep:R9"]);
    let mut since = play.board.revision();
    let mut changes = |play: &Play| {
        let update = play.board.changes_since(since, &selection).expect("it is remembered");
        since = play.board.revision();
        let name = |key: &crate::board::Key| play.board.roster().name(key.scope);
        let standings = update.standings.iter().map(|it| (name(&it.key), it.revision == since));
        let removed = update.removed.iter().map(|it| (name(&it.key), it.reason));
        (standings.collect::<Vec<_>>(), removed.collect::<Vec<_>>())
    };
    play.take(&Event::Facts { rep: 4, facts: Some(facts(0)) });
    let (stand, left) = changes(&play);
    assert_eq!(stand, [], "the team has a goal of its own, and nothing is booked");
    assert_eq!(left, [("rep:R4".to_owned(), Reason::OutOfFilter)]);
    play.take(&Event::Facts { rep: 2, facts: Some(facts(1)) });
    let (stand, left) = changes(&play);
    assert_eq!(stand, [("rep:R2".to_owned(), true)], "as if it had changed when it came");
    assert_eq!(left, []);
    play.take(&Event::Facts { rep: 3, facts: None });
    assert_eq!(changes(&play).1, [("rep:R3".to_owned(), Reason::Deleted)]);
    play.take(&Event::Facts { rep: 2, facts: None });
    let (_, mut left) = changes(&play);
    left.sort_by(|one, other| one.0.cmp(&other.0));
    let deleted = |name: &str| (name.to_owned(), Reason::Deleted);
    let manager = ("rep:R1".to_owned(), Reason::OutOfFilter);
    assert_eq!(left, [manager, deleted("rep:R2"), deleted("team:R1")]);
}

fn move_reps(count: usize, moves: usize) -> Board {
    let mut symbols = Symbols::default();
    let id = |rep: usize| format!("R{rep}");
    let facts = |rep_at: usize, team: usize| {
        let manager = (rep_at >= 20).then(|| id(team));
        Arc::new(rep(&id(rep_at), manager.as_deref(), "UTC"))
    };
    let mut reps: Vec<Arc<Rep>> = (0..count).map(|at| facts(at, at % 20)).collect();
    let calendars = [Calendar::default()];
    let listed = reps.iter().map(|rep| Rep::clone(rep)).collect();
    let roster = Roster::new(listed, &calendars, &mut symbols).expect("a roster");
    let goals = KINDS.map(|kind| goal("1000", kind)).to_vec();
    let mut board = Board::new(whole(goals, symbols.clone()), Arc::new(roster));
    board.open(at(BEGIN));
    let mut batch = Batch::default();
    for owner in board.roster().symbols() {
        let day = Day::of(at(BEGIN), &TimeZone::UTC);
        let part = Part::Amount { day, amount: decimal("10"), records: 1 };
        batch.add(&Entry { owner: *owner, kpi: BOOKINGS, part }, at(BEGIN));
    }
    board.commit([(0, &batch)], at(BEGIN));
    for nth in 0..moves {
        let moved = 20 + nth % (count - 20);
        reps[moved] = facts(moved, (nth / 7) % 20);
        let next = board.roster().after(reps.clone(), &calendars, &mut symbols);
        board.set_roster(Arc::new(next.expect("a roster")), at(BEGIN));
    }
    board
}

#[test]
fn moves_touch_the_teams_they_are_between_and_nobody_else() {
    let mut board = move_reps(1_000, 300);
    let before = board.revision();
    let org = readings(&mut board, &Selection::default(), at(BEGIN));
    let actual = |scope: &str| {
        let of = |it: &&Standing| {
            names(&board, it) == (scope.to_owned(), "bookings".to_owned(), "2026-11".to_owned())
        };
        org.iter().find(of).expect("a standing").numbers.actual
    };
    assert_eq!(actual("org"), Some(decimal("10000")));
    let mut symbols = board.model().symbols.clone();
    let mut reps = board.roster().reps().to_vec();
    let from = reps[999].manager.clone().expect("a manager");
    let to = if from == "R3" { "R4" } else { "R3" };
    reps[999] = Arc::new(rep("R999", Some(to), "UTC"));
    let next = board.roster().after(reps, &[Calendar::default()], &mut symbols);
    board.set_roster(Arc::new(next.expect("a roster")), at(BEGIN));
    let update = board.changes_since(before, &Selection::default()).expect("it is remembered");
    let mut touched: Vec<String> =
        update.standings.iter().map(|it| board.roster().name(it.key.scope)).collect();
    touched.sort();
    touched.dedup();
    let mut teams = [format!("team:{from}"), format!("team:{to}")];
    teams.sort();
    assert_eq!(touched, teams);
    assert_eq!(board.revision(), Revision(before.0 + 1));
}
