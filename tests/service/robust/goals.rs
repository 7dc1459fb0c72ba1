//! Goals that are set, edited and deleted while everybody watches.

use std::{sync::Arc, time::Duration};

use paceline_client::proto::{
    DeleteGoalRequest, GoalTerms, SetGoalRequest, goals_service_client::GoalsServiceClient,
};
use paceline_tests::chance::Chance;
use tokio::time::{sleep, timeout};
use tonic::{Status, transport::Channel};

use super::{client::connect, world::World};
use crate::under_test::with;

/// How long an edit may take before it is given up.
const EDIT: Duration = Duration::from_secs(10);

/// Sets a goal, edits and deletes it, and begins again, until everybody is to behave well. The service may go at any time, and an
/// edit with it.
pub(super) async fn edit(address: String, token: String, mut chance: Chance, world: Arc<World>) {
    while !world.is_calm() {
        if let Ok(channel) = connect(&address).await {
            let goals = GoalsServiceClient::new(channel);
            drop(timeout(EDIT, life_of_a_goal(goals, &token, &mut chance, &world)).await);
        }
        sleep(Duration::from_millis(chance.between(200, 1_500))).await;
    }
}

async fn life_of_a_goal(
    mut goals: GoalsServiceClient<Channel>,
    token: &str,
    chance: &mut Chance,
    world: &World,
) -> Result<(), Status> {
    let whose = match chance.below(3) {
        0 => format!("team:M{}", chance.between(2, 8)),
        1 => format!("each_of:M{}", chance.between(2, 8)),
        _ => format!("rep:U{}", chance.between(1, 121)),
    };
    let mut terms = |target: u64| GoalTerms {
        kpi: "bookings".to_owned(),
        period: chance.pick(&["month", "quarter"]).to_owned(),
        target: target.to_string(),
        r#for: whose.clone(),
        ..GoalTerms::default()
    };
    let goal = Some(terms(5_000));
    let set =
        goals.set_goal(with(token, SetGoalRequest { goal, ..SetGoalRequest::default() })).await?;
    world.did("goal set");
    let id = set.into_inner().goal.unwrap_or_default().id;
    let goal = Some(terms(7_000));
    goals
        .set_goal(with(token, SetGoalRequest { id: id.clone(), goal, expected_edit: None }))
        .await?;
    world.did("goal edited");
    goals.delete_goal(with(token, DeleteGoalRequest { id, expected_edit: None })).await?;
    world.did("goal deleted");
    Ok(())
}
