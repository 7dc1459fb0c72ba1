//! Who is below whom, as the test said it: the tree of managers of every moment, made of what was written and of nothing that the
//! service says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What was said of who reports to whom.
#[derive(Clone, Debug, Default)]
pub struct Managers {
    /// The reps of the config, each with their manager; empty for those without one.
    pub listed: BTreeMap<String, String>,
    /// What was said since, in the order of its topic.
    pub facts: Vec<Fact>,
}

/// Something that was said, or taken back.
#[derive(Clone, Debug)]
pub struct Fact {
    /// What it replaces: whatever was said under the same key.
    pub key: String,
    /// When it was written, in milliseconds since 1970.
    pub at: i64,
    /// What it says; `None`: it is taken back.
    pub says: Option<Saying>,
}

/// What can be said of a rep.
#[derive(Clone, Debug)]
pub struct Saying {
    /// Of whom.
    pub rep: String,
    /// To whom they report, if it speaks of that.
    pub manager: Option<String>,
    /// Whether their last day has been.
    pub ended: bool,
}

impl Fact {
    /// Reads a record of the topic of reps.
    ///
    /// # Errors
    /// It is no JSON.
    pub fn read(key: &str, value: &str, at: i64) -> Result<Self, serde_json::Error> {
        let key = key.to_owned();
        if value.is_empty() {
            return Ok(Self { key, at, says: None });
        }
        let row: Value = serde_json::from_str(value)?;
        let text = |field: &str| row[field].as_str().map(str::to_owned);
        let (rep, manager) = (text("id").unwrap_or_default(), text("manager"));
        let says = Some(Saying { rep, manager, ended: row.get("end").is_some() });
        Ok(Self { key, at, says })
    }
}

/// Who is below whom at some moment.
#[derive(Clone, Debug)]
pub(super) struct Tree<'h> {
    above: BTreeMap<&'h str, &'h str>,
    ended: BTreeSet<&'h str>,
}

impl Managers {
    /// The trees one after the other: that of the config, and what each fact made of it.
    pub(super) fn trees(&self) -> Vec<Tree<'_>> {
        let mut said: BTreeMap<&str, &Saying> = BTreeMap::new();
        let mut trees = vec![self.tree(&said)];
        for fact in &self.facts {
            match &fact.says {
                Some(says) => said.insert(&fact.key, says),
                None => said.remove(fact.key.as_str()),
            };
            trees.push(self.tree(&said));
        }
        trees
    }

    fn tree<'h>(&'h self, said: &BTreeMap<&'h str, &'h Saying>) -> Tree<'h> {
        let listed = self.listed.iter().map(|(rep, manager)| (rep.as_str(), manager.as_str()));
        let mut tree = Tree { above: listed.collect(), ended: BTreeSet::new() };
        for says in said.values() {
            if let Some(manager) = &says.manager {
                tree.above.insert(&says.rep, manager);
            }
            if says.ended {
                tree.ended.insert(&says.rep);
            }
        }
        tree
    }

    /// Whether somebody manages nobody by the config, and so carries goals of their own.
    pub(super) fn sells(&self, rep: &str) -> bool {
        !self.listed.values().any(|manager| manager == rep)
    }
}

impl<'h> Tree<'h> {
    /// Whether a scope is seen from a root.
    pub(super) fn sees(&self, (root, with_members): (&str, bool), scope: &str) -> bool {
        if root == scope || (with_members && root == "org") {
            return true;
        }
        let (Some(manager), Some((kind, id))) = (root.strip_prefix("team:"), scope.split_once(':'))
        else {
            return false;
        };
        with_members && (self.is_below(id, manager) || (kind == "rep" && id == manager))
    }

    fn is_below(&self, rep: &str, manager: &str) -> bool {
        let mut above = self.above.get(rep);
        // Nobody is further from the top than there are people.
        for _ in 0..self.above.len() {
            match above {
                Some(found) if *found == manager => return true,
                Some(found) => above = self.above.get(found),
                None => return false,
            }
        }
        false
    }

    /// Those who are there, and have had no last day.
    pub(super) fn present(&self) -> impl Iterator<Item = &'h str> {
        self.above.keys().copied().filter(|rep| !self.ended.contains(rep))
    }
}
