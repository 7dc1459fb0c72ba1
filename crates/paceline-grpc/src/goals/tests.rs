//! Edits that wait for their turn: whether they may be made is asked when it has come.

use std::sync::{Arc, Mutex};

use paceline_core::sight::{Root, Sight};
use paceline_engine::{GoalFollower, GoalRecord, Told};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tonic::{Code, Request, Status};

use super::Goals;
use crate::call::Call;
use crate::limits::Limits;
use crate::organisation::{GOALS, Organisation};
use crate::proto::goals_service_server::GoalsService as _;
use crate::proto::{DeleteGoalRequest, GoalTerms, ListGoalEditsRequest, SetGoalRequest};
use crate::served::{AppendGoal, Appending, Served};
use crate::who::{Principal, Role};

/// The id of a goal that there never was.
const UNKNOWN: &str = "g-0000000000000000";

/// The service of goals of an organisation, M1 with U1 and U2 and M2 with U3, whose log takes an edit only when the test lets it.
struct Desk {
    organisation: Organisation,
    goals: Arc<Goals>,
    turns: Arc<Semaphore>,
}

type Answer = JoinHandle<Result<String, Status>>;

impl Desk {
    fn open() -> Self {
        let organisation = Organisation::new(0, Vec::new());
        organisation.open_board();
        let turns = Arc::new(Semaphore::new(0));
        let append_goal = log(&organisation, &turns);
        let served = Served { append_goal, ..Served::of(&organisation, Limits::default()) };
        Self { organisation, goals: Arc::new(Goals::new(served)), turns }
    }

    /// Somebody begins to set a goal, and to wait for it. Answers its id.
    fn set(&self, who: &Principal, id: &str, whose: &str, expected_edit: Option<u64>) -> Answer {
        let goal = Some(GoalTerms {
            kpi: "bookings".to_owned(),
            period: "month".to_owned(),
            target: "10".to_owned(),
            r#for: whose.to_owned(),
            ..GoalTerms::default()
        });
        let request = by(who, SetGoalRequest { id: id.to_owned(), goal, expected_edit });
        let goals = self.goals.clone();
        tokio::spawn(async move {
            let response = goals.set_goal(request).await?.into_inner();
            Ok(response.goal.expect("the goal").id)
        })
    }

    /// Somebody begins to delete a goal, and to wait for that.
    fn delete(&self, who: &Principal, id: &str, expected_edit: Option<u64>) -> Answer {
        let request = by(who, DeleteGoalRequest { id: id.to_owned(), expected_edit });
        let (goals, id) = (self.goals.clone(), id.to_owned());
        tokio::spawn(async move { goals.delete_goal(request).await.map(|_| id) })
    }

    /// The log takes so many edits more, and somebody has their answer.
    async fn answer(&self, edits: usize, waiting: Answer) -> Result<String, Status> {
        self.turns.add_permits(edits);
        waiting.await.expect("no panic")
    }

    /// How many edits of a goal there are, or of all.
    async fn edits(&self, id: &str) -> usize {
        let request = ListGoalEditsRequest { goal_id: id.to_owned(), ..Default::default() };
        let listed = self.goals.list_goal_edits(by(&admin(), request)).await.expect("edits");
        listed.into_inner().edits.len()
    }
}

/// A log that reads back at once what it takes.
fn log(organisation: &Organisation, turns: &Arc<Semaphore>) -> AppendGoal {
    let follower = GoalFollower::new(organisation.live.clone(), 1, GOALS.to_owned());
    let log = Arc::new(Mutex::new((follower, 0)));
    let (now, turns) = (organisation.now(), turns.clone());
    Arc::new(move |edit| -> Appending {
        let (log, turns) = (log.clone(), turns.clone());
        Box::pin(async move {
            turns.acquire().await.expect("it is never closed").forget();
            let (follower, next) = &mut *log.lock().expect("the log");
            let key = format!("{}/{}", edit.goal, edit.number).into_bytes();
            let record = GoalRecord { offset: *next, key, told: Told::Edit(Box::new(edit)) };
            follower.take(vec![record], now);
            *next += 1;
            Ok((*next - 1) as u64)
        })
    })
}

fn admin() -> Principal {
    Principal::anyone()
}

/// A service that sets goals, and sees M2 and everyone below.
fn south() -> Principal {
    let root = Root { scope: "team:M2".to_owned(), with_members: true };
    Principal { role: Role::Service, sight: Sight::Of([root].into()), ..admin() }
}

fn by<T>(who: &Principal, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let (method, request_id) = ("a method".to_owned(), "an id".to_owned());
    request.extensions_mut().insert(Arc::new(Call { method, request_id, peer: None }));
    request.extensions_mut().insert(Arc::new(who.clone()));
    request
}

/// Lets whoever waits go as far as they can.
async fn run() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// Begins an edit of a goal.
type Edit = fn(&Desk, &str) -> Answer;

const EDITS: [Edit; 4] = [
    |desk, id| desk.set(&south(), id, "rep:U3", None),
    |desk, id| desk.set(&south(), id, "rep:U3", Some(1)),
    |desk, id| desk.delete(&south(), id, None),
    |desk, id| desk.delete(&south(), id, Some(1)),
];

#[tokio::test]
async fn a_goal_that_becomes_anothers_meanwhile_is_not_edited_by_who_does_not_see_them() {
    for edit in EDITS {
        let desk = Desk::open();
        let id = desk.answer(1, desk.set(&south(), "", "rep:U3", None)).await.expect("it is set");
        let first = desk.set(&admin(), &id, "rep:U1", None);
        run().await;
        let second = edit(&desk, &id);
        run().await;
        assert!(!second.is_finished(), "it may still be made, and waits");
        desk.answer(1, first).await.expect("it is set");
        let refused = desk.answer(1, second).await.expect_err("it is another's");
        assert_eq!(desk.edits(&id).await, 2);
        // Not even that it was edited is told.
        let unknown = edit(&desk, UNKNOWN).await.expect("no panic").expect_err("unknown");
        assert_eq!(refused.code(), Code::NotFound);
        let alike = |status: &Status, id: &str| {
            let details = String::from_utf8_lossy(status.details()).replace(id, "?");
            (status.code(), status.message().replace(id, "?"), details)
        };
        assert_eq!(alike(&refused, &id), alike(&unknown, UNKNOWN));
    }
}

#[tokio::test]
async fn who_moves_away_meanwhile_is_given_no_goal_by_who_does_not_see_them_now() {
    let edits: [(Edit, Code); 3] = [
        (|desk, id| desk.set(&south(), id, "rep:U3", None), Code::PermissionDenied),
        (|desk, id| desk.delete(&south(), id, None), Code::NotFound),
        (|desk, _| desk.set(&south(), "", "rep:U3", None), Code::PermissionDenied),
    ];
    for (edit, code) in edits {
        let desk = Desk::open();
        let id = desk.answer(1, desk.set(&south(), "", "rep:U3", None)).await.expect("it is set");
        let first = desk.set(&admin(), "", "everyone", None);
        run().await;
        let second = edit(&desk, &id);
        run().await;
        desk.organisation.tell(&[("U3", Some(Some("M1")))]);
        desk.answer(1, first).await.expect("it is set");
        let refused = desk.answer(1, second).await.expect_err("they are seen no longer");
        assert_eq!(refused.code(), code);
        assert_eq!(desk.edits("").await, 2, "those of before");
    }
}

#[tokio::test]
async fn what_nothing_came_between_is_edited_in_its_turn() {
    for edit in EDITS {
        let desk = Desk::open();
        let id = desk.answer(1, desk.set(&south(), "", "rep:U3", None)).await.expect("it is set");
        let first = desk.set(&admin(), "", "rep:U1", None);
        run().await;
        let second = edit(&desk, &id);
        run().await;
        assert!(!first.is_finished() && !second.is_finished(), "both wait for the log");
        desk.answer(2, first).await.expect("it is set");
        assert_eq!(second.await.expect("no panic").expect("it is made"), id);
        assert_eq!(desk.edits(&id).await, 2);
    }
}
