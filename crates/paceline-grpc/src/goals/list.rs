//! Goals and their edits as they are listed.

use paceline_core::goal::{Draft, Edit, Goal, Origin, Whose};
use paceline_core::model::Model;
use paceline_core::roster::{Roster, Scope, ScopeId};
use paceline_core::sight::Sight;
use paceline_engine::Live;
use tonic::Status;

use crate::convert;
use crate::errors;
use crate::goals::seen::Seen;
use crate::goals::terms;
use crate::proto;
use crate::selector;

/// The edits of a page, when nothing is said, and at most.
const PAGE: usize = 100;
const PAGE_MAX: usize = 1_000;

/// The id of a goal of the config, by its place from 1.
pub(super) fn file_id(nth: usize) -> String {
    format!("file-{nth}")
}

/// The goals that a request asks for, of those that are seen.
pub(super) fn goals(
    live: &Live,
    sight: &Sight,
    request: &proto::ListGoalsRequest,
) -> Result<proto::ListGoalsResponse, Status> {
    let (model, roster) = (live.model(), &*live.roster());
    let filter = Filter::of(request, model, roster, sight)?;
    let of_file =
        model.goals.iter().enumerate().map(|(at, goal)| file(at + 1, goal, model, roster));
    let mut goals: Vec<proto::Goal> = of_file.collect();
    let set = live.book(|book| {
        book.set().filter_map(|(placed, _)| set(&placed.edit, model, roster)).collect::<Vec<_>>()
    });
    goals.extend(set);
    goals.retain(|goal| goal.terms.as_ref().is_some_and(|terms| filter.takes(terms, roster)));
    Ok(proto::ListGoalsResponse { goals, revision: live.revision().0 })
}

/// A goal of the config, by its place from 1.
pub(crate) fn file(nth: usize, goal: &Goal, model: &Model, roster: &Roster) -> proto::Goal {
    proto::Goal {
        id: file_id(nth),
        terms: Some(terms::write(&goal.draft(model))),
        origin: proto::GoalOrigin::File.into(),
        without_effect: goal.whose.nobody(roster).unwrap_or_default(),
        ..proto::Goal::default()
    }
}

/// A goal of which nothing is known any longer but what it asks.
pub(crate) fn of_terms(goal: &Goal, model: &Model) -> proto::Goal {
    proto::Goal {
        terms: Some(terms::write(&goal.draft(model))),
        origin: proto::GoalOrigin::Set.into(),
        ..proto::Goal::default()
    }
}

/// A goal as an edit has set it; nothing when that deleted it.
pub(crate) fn set(edit: &Edit, model: &Model, roster: &Roster) -> Option<proto::Goal> {
    let draft = edit.new.as_ref()?;
    Some(proto::Goal {
        id: edit.goal.clone(),
        terms: Some(terms::write(draft)),
        origin: proto::GoalOrigin::Set.into(),
        edit: edit.number,
        who: edit.who.clone(),
        edited_at: Some(convert::timestamp(edit.at)),
        without_effect: without_effect(draft, model, roster).unwrap_or_default(),
    })
}

/// Why a goal has no effect, if that is so.
fn without_effect(draft: &Draft, model: &Model, roster: &Roster) -> Option<String> {
    // Where it stands among the edits is nothing to a rule.
    if let Err(mistakes) = draft.compile(model, Origin::Edit(0)) {
        let texts: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        return Some(texts.join("; "));
    }
    draft.whose.nobody(roster)
}

/// Which goals are asked for.
struct Filter<'a> {
    seen: Seen<'a>,
    kpis: Vec<String>,
    whose: Vec<Whose>,
    scopes: Option<Vec<ScopeId>>,
}

impl<'a> Filter<'a> {
    fn of(
        request: &proto::ListGoalsRequest,
        model: &Model,
        roster: &'a Roster,
        sight: &Sight,
    ) -> Result<Self, Status> {
        let proto::ListGoalsRequest { kpis, r#for, scopes } = request;
        let selector = proto::Selector {
            scopes: scopes.clone(),
            with_members: false,
            kpis: Vec::new(),
            periods: Vec::new(),
        };
        selector::View::of(&selector, model, sight)?;
        let found: Vec<_> = scopes.iter().map(|name| sight.named(name, roster)).collect();
        let unknown = scopes.iter().zip(&found).filter(|(_, found)| found.is_none());
        errors::check_known(unknown.map(|(name, _)| name.as_str()))?;
        let scopes: Vec<ScopeId> = found.into_iter().flatten().collect();
        let whose = r#for.iter().enumerate().map(|(at, text)| {
            let wrong = |error| errors::invalid(format!("for[{at}]"), format!("`{text}`: {error}"));
            text.parse::<Whose>().map_err(wrong)
        });
        Ok(Self {
            seen: Seen::new(sight, roster),
            kpis: kpis.clone(),
            whose: whose.collect::<Result<_, Status>>()?,
            scopes: (!scopes.is_empty()).then_some(scopes),
        })
    }

    fn takes(&self, terms: &proto::GoalTerms, roster: &Roster) -> bool {
        let Ok(whose) = terms.r#for.parse::<Whose>() else { return false };
        let concerns = |scope: &ScopeId| match *roster.scope(*scope) {
            Scope::Rep(rep) => whose.includes(rep, roster),
            Scope::Team(rep) => whose == Whose::Team(roster.reps()[rep].id.clone()),
            Scope::Org | Scope::Unassigned | Scope::Ended => false,
        };
        self.seen.concerns(&whose)
            && (self.kpis.is_empty() || self.kpis.contains(&terms.kpi))
            && (self.whose.is_empty() || self.whose.contains(&whose))
            && self.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(concerns))
    }
}

/// A page of edits, of those that are seen.
pub(super) fn edits(
    live: &Live,
    sight: &Sight,
    request: &proto::ListGoalEditsRequest,
) -> Result<proto::ListGoalEditsResponse, Status> {
    let proto::ListGoalEditsRequest { goal_id, page_size, page_token } = request;
    let size = match *page_size as usize {
        0 => PAGE,
        size if size <= PAGE_MAX => size,
        _ => return Err(errors::invalid("page_size", format!("{PAGE_MAX} is the most"))),
    };
    let before = match page_token.as_str() {
        "" => None,
        token => Some(token.parse::<u64>().map_err(|_| {
            errors::invalid("page_token", "give the `next_page_token` of the page before")
        })?),
    };
    let goal = Some(goal_id.as_str()).filter(|goal| !goal.is_empty());
    let roster = live.roster();
    let seen = Seen::new(sight, &roster);
    live.book(|book| {
        let edits = |before| book.edits(goal, before).filter(|placed| seen.shows(&placed.edit));
        if let Some(goal) = goal.filter(|_| edits(None).next().is_none()) {
            return Err(errors::unknown_goal(goal));
        }
        let mut page: Vec<_> = edits(before).take(size + 1).collect();
        let more = page.len() > size;
        page.truncate(size);
        let next = page.last().filter(|_| more).map(|placed| placed.place.to_string());
        Ok(proto::ListGoalEditsResponse {
            edits: page.into_iter().map(|placed| edit(&placed.edit)).collect(),
            next_page_token: next.unwrap_or_default(),
        })
    })
}

/// An edit.
pub(crate) fn edit(edit: &Edit) -> proto::GoalEdit {
    proto::GoalEdit {
        goal_id: edit.goal.clone(),
        edit: edit.number,
        who: edit.who.clone(),
        edited_at: Some(convert::timestamp(edit.at)),
        old: edit.old.as_ref().map(terms::write),
        new: edit.new.as_ref().map(terms::write),
    }
}
