//! Those who take part: whom they see, what they ask for, and by which clock.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use paceline_core::sight::{Root, Sight};

use super::select;
use crate::proto::Selector;
use crate::served::{Clock, Served};
use crate::who::{Principal, Role};

/// Whose numbers those who take part see.
pub(super) fn sights() -> Vec<Sight> {
    let roots = |roots: &[(&str, bool)]| {
        let root = |(scope, with_members): &(&str, bool)| Root {
            scope: (*scope).to_owned(),
            with_members: *with_members,
        };
        Sight::Of(roots.iter().map(root).collect())
    };
    vec![
        Sight::All,
        Sight::of_rep("U1"),
        Sight::of_rep("V1"),
        Sight::of_manager("M1"),
        Sight::of_manager("M2"),
        Sight::of_manager("U1"),
        Sight::of_manager("V2"),
        roots(&[("team:M1", false), ("rep:V2", false)]),
        roots(&[("org", false), ("team:V1", true), ("team:U3", true)]),
        roots(&[("org", true)]),
    ]
}

/// Somebody who has a sight: a rep, if it is that of one.
pub(super) fn principal(sight: &Sight) -> Principal {
    let rep = match sight.roots() {
        Some([Root { scope, with_members: false }]) => scope.strip_prefix("rep:"),
        _ => None,
    };
    let role = if rep.is_some() { Role::Rep } else { Role::Service };
    Principal { role, sight: sight.clone(), rep: rep.map(str::to_owned), ..Principal::anyone() }
}

/// What of the board they ask for.
pub(super) fn selectors(sight: &Sight) -> Vec<Selector> {
    let mut selectors = vec![
        select(&["org"], true),
        select(&["team:M1"], true),
        select(&["team:V1", "team:U1", "rep:V3"], true),
        select(&["rep:U1", "rep:V1", "rep:V2", "team:V2", "team:M2"], false),
    ];
    // What nobody limits is made aside, and comes when it comes.
    if *sight != Sight::All {
        selectors.push(select(&[], false));
        selectors.push(Selector { kpis: vec!["bookings".to_owned()], ..select(&[], true) });
    }
    selectors
}

/// A wall clock that shows the revision of the board, so that of each frame it can be told by which tree it was made.
pub(super) fn revisions(served: &Served) -> Clock {
    let live = served.live.clone();
    Arc::new(move || Timestamp::UNIX_EPOCH + SignedDuration::from_secs(live.revision().0 as i64))
}
