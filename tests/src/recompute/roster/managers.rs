//! Who reports to whom, where what is said about that may be wrong.

use std::collections::BTreeMap;

use super::draft::Draft;

/// A manager who is no rep is none, nor is one in a circle.
pub(super) fn settle(drafts: &mut BTreeMap<String, Draft>) {
    let managers: BTreeMap<String, String> = drafts
        .iter()
        .filter_map(|(id, draft)| Some((id.clone(), draft.rep.manager.clone()?)))
        .collect();
    let known: Vec<String> = drafts.keys().cloned().collect();
    for (id, draft) in drafts {
        let Some(manager) = &draft.rep.manager else { continue };
        if !known.contains(manager) || is_above_itself(&managers, id) {
            draft.rep.manager = None;
            draft.note("manager", true);
        }
    }
}

fn is_above_itself(managers: &BTreeMap<String, String>, id: &str) -> bool {
    let mut above = managers.get(id);
    // As many steps as there are managers lead around any circle.
    for _ in 0..managers.len() {
        match above {
            Some(manager) if manager == id => return true,
            Some(manager) => above = managers.get(manager),
            None => return false,
        }
    }
    false
}
