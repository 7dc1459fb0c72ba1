//! The tree of managers: who is above whom, and the scopes that count each rep.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::{ORG, Rep, RosterError, ScopeId};

/// The indices of reps by their ids.
type ById<'a> = HashMap<&'a str, usize, FixedState>;

/// The reps by id.
pub(super) fn index(reps: &[Arc<Rep>]) -> Result<ById<'_>, RosterError> {
    let mut by_id = ById::default();
    for (at, rep) in reps.iter().enumerate() {
        if by_id.insert(rep.id.as_str(), at).is_some() {
            return Err(RosterError::Duplicate { rep: at, id: rep.id.clone() });
        }
    }
    Ok(by_id)
}

/// The index of each rep's manager.
pub(super) fn managers(
    reps: &[Arc<Rep>],
    by_id: &ById<'_>,
) -> Result<Vec<Option<usize>>, RosterError> {
    let manager = |(at, rep): (usize, &Arc<Rep>)| {
        let Some(id) = &rep.manager else { return Ok(None) };
        let known = by_id.get(id.as_str()).copied();
        known.map(Some).ok_or_else(|| RosterError::UnknownManager { rep: at, manager: id.clone() })
    };
    reps.iter().enumerate().map(manager).collect()
}

/// For each rep the scopes that count them, walking up the managers.
pub(super) fn paths(
    reps: &[Arc<Rep>],
    managers: &[Option<usize>],
    own: &[ScopeId],
    teams: &[Option<ScopeId>],
) -> Result<Vec<Vec<ScopeId>>, RosterError> {
    let path = |rep: usize| {
        let mut walked = vec![rep];
        while let Some(above) = managers[walked[walked.len() - 1]] {
            if walked.contains(&above) {
                let ids = walked.iter().chain([&above]).map(|at| reps[*at].id.clone()).collect();
                return Err(RosterError::Cycle { rep, ids });
            }
            walked.push(above);
        }
        Ok([own[rep]]
            .into_iter()
            .chain(walked.iter().filter_map(|at| teams[*at]))
            .chain([ORG])
            .collect())
    };
    (0..reps.len()).map(path).collect()
}
