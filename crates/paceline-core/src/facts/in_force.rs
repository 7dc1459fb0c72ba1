//! Managers who are reps, and in no cycle.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Finding, InForce, Whence, Wrong};
use crate::roster::Rep;

/// Takes away the managers that cannot be: who is no rep, and all of a cycle. Others keep theirs. `place` is where something
/// wrong is said of a rep.
pub(super) fn settle_managers(found: &mut InForce, place: impl Fn(&str, Wrong) -> Whence) {
    let by_id: HashMap<&str, usize> =
        found.reps.iter().enumerate().map(|(at, rep)| (rep.id.as_str(), at)).collect();
    let above: Vec<Option<usize>> = found
        .reps
        .iter()
        .map(|rep| rep.manager.as_deref().and_then(|id| by_id.get(id).copied()))
        .collect();
    let cyclic = cyclic(&above);
    drop(by_id);
    for (at, rep) in found.reps.iter_mut().enumerate() {
        let wrong = match above[at] {
            _ if rep.manager.is_none() => continue,
            None => Wrong::UnknownManager,
            Some(_) if cyclic[at] => Wrong::Cycle,
            Some(_) => continue,
        };
        let place = place(&rep.id, wrong);
        found.findings.insert(Finding::Fact { rep: rep.id.clone(), wrong, place });
        *rep = Arc::new(Rep { manager: None, ..Rep::clone(rep) });
    }
}

/// Which are part of a cycle themselves.
fn cyclic(above: &[Option<usize>]) -> Vec<bool> {
    let mut cyclic = vec![false; above.len()];
    let mut visited = vec![false; above.len()];
    for start in 0..above.len() {
        let mut walked = Vec::new();
        let mut next = Some(start);
        while let Some(rep) = next.filter(|rep| !visited[*rep]) {
            visited[rep] = true;
            walked.push(rep);
            next = above[rep];
        }
        let from = next.and_then(|rep| walked.iter().position(|other| *other == rep));
        walked[from.unwrap_or(walked.len())..].iter().for_each(|rep| cyclic[*rep] = true);
    }
    cyclic
}
