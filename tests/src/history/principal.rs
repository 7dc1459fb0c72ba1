//! Who asks: whose numbers they may see, and for how long.

use std::collections::BTreeSet;

use jiff::Timestamp;

/// Who asked for a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principal {
    /// The scopes whose numbers they may see, each with whether those below it are seen too; `None`: all are.
    pub sees: Option<BTreeSet<(String, bool)>>,
    /// From when on their credentials are worth nothing, by the wall clock.
    pub expires: Option<Timestamp>,
}

impl Principal {
    /// Somebody who sees but these.
    #[must_use]
    pub fn of(roots: &[(&str, bool)]) -> Self {
        let root = |(scope, with_members): &(&str, bool)| ((*scope).to_owned(), *with_members);
        Self { sees: Some(roots.iter().map(root).collect()), expires: None }
    }

    /// The scopes that they see.
    #[must_use]
    pub fn roots(&self) -> Option<BTreeSet<(&str, bool)>> {
        let sees = self.sees.as_ref()?;
        Some(sees.iter().map(|(scope, with_members)| (scope.as_str(), *with_members)).collect())
    }
}
