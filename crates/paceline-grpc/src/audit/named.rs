//! What a request names and its caller is refused, within bounds: how much that is, is for the caller to choose, and it waits to
//! be written down.

use std::collections::HashSet;
use std::sync::Arc;

use tonic::Status;

/// How many names a refusal tells, each once; further ones are counted.
const NAMES: usize = 32;
/// The bytes of one of them, as in a selector. Of a longer one the beginning is told.
const NAME_BYTES: usize = 256;

/// Something that a request names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A scope.
    Scope(String),
    /// A goal, by its id.
    Goal(String),
}

/// What a request names, as far as a refusal tells: at most 32 things of 256 bytes each.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{about:?} and {further} more")]
pub struct Named {
    /// The first of them, each once. Many who watch the same share them.
    pub about: Arc<[About]>,
    /// How many others there are, each counted once.
    pub further: usize,
}

impl Named {
    /// Scopes, as a request names them.
    pub fn scopes<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known = HashSet::new();
        let mut different = names.into_iter().filter(|name| known.insert(*name));
        let about = different.by_ref().take(NAMES).map(|name| About::Scope(shortened(name)));
        let about = about.collect();
        Self { about, further: different.count() }
    }

    /// A goal, by the id that a request gives; nothing if it gives none.
    pub fn goal(id: &str) -> Self {
        let goal = (!id.is_empty()).then(|| About::Goal(shortened(id)));
        Self { about: goal.into_iter().collect(), further: 0 }
    }

    /// This, and for whom it is, as a goal's terms say it.
    pub(crate) fn and_for(self, whose: &str) -> Self {
        let whose = About::Scope(shortened(whose));
        Self { about: self.about.iter().cloned().chain([whose]).collect(), ..self }
    }

    /// Whether that is nothing.
    pub fn is_empty(&self) -> bool {
        self.about.is_empty() && self.further == 0
    }

    /// The refusal with it attached, which stays within the process.
    pub(crate) fn attached(self, mut status: Status) -> Status {
        if !self.is_empty() {
            status.set_source(Arc::new(self));
        }
        status
    }

    /// What is attached to a refusal.
    pub(super) fn of(status: &Status) -> Option<&Self> {
        std::error::Error::source(status).and_then(|named| named.downcast_ref())
    }
}

fn shortened(name: &str) -> String {
    if name.len() <= NAME_BYTES {
        return name.to_owned();
    }
    let end = (0..=NAME_BYTES).rev().find(|at| name.is_char_boundary(*at)).unwrap_or_default();
    format!("{}…", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::{About, NAME_BYTES, NAMES, Named};

    #[test]
    fn of_many_names_so_many_are_told_each_once_and_the_others_counted() {
        let names: Vec<String> = (0..5_000).map(|at| format!("rep:U{}", at / 2)).collect();
        let named = Named::scopes(names.iter().map(String::as_str));
        assert_eq!((named.about.len(), named.further), (NAMES, 2_500 - NAMES));
        assert_eq!(named.about[..2], ["rep:U0", "rep:U1"].map(|name| About::Scope(name.into())));
        assert!(Named::scopes([]).is_empty());
    }

    #[test]
    fn of_a_long_name_the_beginning_is_told() {
        let long = "ü".repeat(40_000);
        for named in [Named::scopes([long.as_str()]), Named::goal(&long).and_for(&long)] {
            for about in &*named.about {
                let (About::Scope(name) | About::Goal(name)) = about;
                assert_eq!(*name, format!("{}…", "ü".repeat(NAME_BYTES / 2)));
            }
        }
        assert!(Named::goal("").is_empty());
    }
}
