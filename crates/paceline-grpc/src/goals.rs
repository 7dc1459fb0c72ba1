//! The service of goals: setting them while the service runs, and who set what when.

mod list;
mod pen;
mod right;
mod seen;
mod terms;

use std::sync::Arc;

use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

use crate::audit::Named;
use crate::call::Call;
use crate::errors;
use crate::proto;
use crate::proto::goals_service_server::GoalsService;
use crate::served::Served;
use crate::who::Principal;
use pen::{By, Pen, Wish, Written};

pub(crate) use list::{edit, file as of_file, of_terms, set as of_edit};
pub(crate) use seen::Seen;

/// The metadata that says who asks, where nobody is asked who they are.
const ACTOR: &str = "x-paceline-actor";
/// Who asks when nothing says it.
const ANONYMOUS: &str = "anonymous";
/// The most bytes of an actor's name, so that no edit is larger than a topic takes.
const ACTOR_BYTES: usize = 256;

/// The service of goals.
#[derive(Debug)]
pub(crate) struct Goals {
    served: Served,
    pen: Arc<Pen>,
}

impl Goals {
    pub(crate) fn new(served: Served) -> Self {
        Self { pen: Arc::new(Pen::new(served.clone())), served }
    }

    /// Writes an edit to its end, also when the caller does not wait for that.
    async fn write(&self, wish: Wish, by: By) -> Result<Written, Status> {
        // The pen looks again: this only spares who is refused the wait for it.
        right::check(&self.served.live, &by.who.sight, &wish)?;
        let pen = self.pen.clone();
        let written = tokio::spawn(async move { pen.write(wish, by).await });
        written.await.map_err(|_| Status::internal("the edit could not be made"))?
    }

    /// Edits are made of what is known of the goals, so nothing is answered before all of that is.
    fn check_caught_up(&self) -> Result<(), Status> {
        if self.served.live.is_open() { Ok(()) } else { Err(errors::not_caught_up()) }
    }
}

/// By whom and by which call an edit is made, of a goal if there is one yet.
///
/// # Errors
/// `PERMISSION_DENIED`, whatever is asked for, for those who may set no goals.
fn by<T>(request: &Request<T>, goal: &str) -> Result<By, Status> {
    let extensions = request.extensions();
    let who = Principal::of(extensions)?.clone();
    let name = actor(&who, request.metadata(), goal)?;
    Ok(By { name, who, call: Call::of(extensions)? })
}

/// Who makes an edit, as it is signed.
fn actor(principal: &Principal, metadata: &MetadataMap, goal: &str) -> Result<String, Status> {
    if !principal.sets_goals {
        return Err(errors::not_permitted("set goals", Named::goal(goal)));
    }
    if let Some(signature) = principal.signature() {
        return Ok(signature);
    }
    let Some(value) = metadata.get(ACTOR) else { return Ok(ANONYMOUS.to_owned()) };
    let text = value.to_str().unwrap_or_default().trim();
    if text.is_empty() || text.len() > ACTOR_BYTES {
        let description = format!("write 1 to {ACTOR_BYTES} visible ASCII characters");
        return Err(errors::invalid(ACTOR, description));
    }
    Ok(text.to_owned())
}

#[tonic::async_trait]
impl GoalsService for Goals {
    async fn set_goal(
        &self,
        request: Request<proto::SetGoalRequest>,
    ) -> Result<Response<proto::SetGoalResponse>, Status> {
        let by = by(&request, &request.get_ref().id)?;
        let proto::SetGoalRequest { id, goal, expected_edit } = request.into_inner();
        let goal = goal.ok_or_else(|| errors::invalid("goal", "say what it is to be"))?;
        let live = &self.served.live;
        let draft = terms::read(&goal, live.model())?;
        self.check_caught_up()?;
        let id = (!id.is_empty()).then_some(id);
        if id.is_none() && expected_edit.is_some() {
            let description = "a new goal has no edit that could be expected; name its `id`";
            return Err(errors::invalid("expected_edit", description));
        }
        let wish = Wish { id, new: Some(draft), expected: expected_edit };
        let Written { edit, revision } = self.write(wish, by).await?;
        let goal = list::set(&edit, live.model(), &live.roster());
        Ok(Response::new(proto::SetGoalResponse { goal, revision: revision.0 }))
    }

    async fn delete_goal(
        &self,
        request: Request<proto::DeleteGoalRequest>,
    ) -> Result<Response<proto::DeleteGoalResponse>, Status> {
        let by = by(&request, &request.get_ref().id)?;
        let proto::DeleteGoalRequest { id, expected_edit } = request.into_inner();
        self.check_caught_up()?;
        let wish = Wish { id: Some(id), new: None, expected: expected_edit };
        let Written { edit, revision } = self.write(wish, by).await?;
        let response = proto::DeleteGoalResponse { edit: edit.number, revision: revision.0 };
        Ok(Response::new(response))
    }

    async fn list_goals(
        &self,
        request: Request<proto::ListGoalsRequest>,
    ) -> Result<Response<proto::ListGoalsResponse>, Status> {
        self.check_caught_up()?;
        let sight = &Principal::of(request.extensions())?.sight;
        list::goals(&self.served.live, sight, request.get_ref()).map(Response::new)
    }

    async fn list_goal_edits(
        &self,
        request: Request<proto::ListGoalEditsRequest>,
    ) -> Result<Response<proto::ListGoalEditsResponse>, Status> {
        self.check_caught_up()?;
        let sight = &Principal::of(request.extensions())?.sight;
        list::edits(&self.served.live, sight, request.get_ref()).map(Response::new)
    }
}

#[cfg(test)]
mod tests;
