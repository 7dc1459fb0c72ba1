//! Reps among a lane's records: what records of users say is told with the commit that counts them.

use std::collections::{BTreeMap, HashMap};

use paceline_core::change::{Change, Mention, Value};
use paceline_core::expr::Cell;
use paceline_core::facts::{FromEntity, Said};
use paceline_core::moves::Origin;
use paceline_core::record::Life;
use paceline_core::symbol::{Intern, Symbol};

/// What the records of reps have said since the last commit.
#[derive(Debug)]
pub(super) struct Reps {
    from: FromEntity,
    /// What the symbols in records of reps stand for. There are few of them, and as few texts.
    texts: HashMap<Symbol, Box<str>>,
    said: BTreeMap<String, (Option<Said>, Origin)>,
}

impl Reps {
    pub(super) fn new(from: FromEntity) -> Self {
        Self { from, texts: HashMap::new(), said: BTreeMap::new() }
    }

    /// Itself, if a change is of reps, whose texts are remembered then.
    pub(super) fn learning(
        &mut self,
        change: &Change<'_>,
        symbols: &mut impl Intern,
    ) -> Option<&mut Self> {
        if change.entity != self.from.entity {
            return None;
        }
        for (_, mention) in &change.fields {
            if let Mention::Set(Value::Text(text)) = mention {
                let known = self.texts.entry(symbols.intern(text));
                known.or_insert_with(|| text.as_ref().into());
            }
        }
        Some(self)
    }

    /// Notes what a record of a rep says now, and where that was said.
    pub(super) fn note(&mut self, id: &str, life: Life, row: &[Cell], origin: Origin) {
        let texts = &self.texts;
        let text = |symbol| texts.get(&symbol).map(|text| text.to_string());
        self.said.insert(id.to_owned(), (self.from.said(life, row, text), origin));
    }

    /// What was said since the last commit.
    pub(super) fn take(&mut self) -> BTreeMap<String, (Option<Said>, Origin)> {
        std::mem::take(&mut self.said)
    }
}
