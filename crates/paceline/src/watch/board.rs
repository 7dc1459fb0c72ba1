//! The board that is shown: a view, with what its scopes and KPIs are called, as rows and columns.

use std::sync::Arc;

use paceline_client::{Diff, Event, View, proto};
use proto::Standing;

use super::follow::News;

/// What scopes and KPIs are called, in the order of the server.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) scopes: Vec<proto::Scope>,
    pub(super) kpis: Vec<proto::Kpi>,
}

/// What is shown.
#[derive(Debug, Default)]
pub(super) struct Board {
    pub(super) names: Names,
    pub(super) view: View,
    /// How many updates have come.
    pub(super) updates: u64,
}

/// A column of the board: a KPI in a kind of period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) kpi: String,
    pub(super) kind: String,
    pub(super) title: String,
}

impl Board {
    /// Takes news; answers what changed when there is something to show of it.
    pub(super) fn take(&mut self, news: News) -> Option<Diff> {
        let (event, view) = match news {
            News::Names(names) => {
                self.names = *names;
                return None;
            }
            News::Event(event, view) => (event, view),
        };
        self.view = view;
        match event {
            Event::Update(diff) => {
                self.updates += 1;
                Some(diff)
            }
            // Everything is new: the whole board tells it.
            Event::Snapshot(_) | Event::Bookmark | Event::Completeness => Some(Diff::default()),
            Event::Connected | Event::Lost(_) | Event::Reset(_) => None,
        }
    }

    /// The running standing of a scope in a column.
    pub(super) fn at(&self, scope: &str, column: &Column) -> Option<&Arc<Standing>> {
        self.view.get(scope, &column.kpi, &column.kind)
    }

    /// The columns that have goals, the longest periods first, as the KPIs are listed.
    pub(super) fn columns(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        for kpi in &self.names.kpis {
            let with_goal = |kind: &&String| {
                self.view
                    .standings()
                    .any(|standing| is_of(standing, &kpi.name, kind) && !standing.goal.is_empty())
            };
            let kinds = kpi.periods.iter().rev().filter(with_goal);
            columns.extend(kinds.map(|kind| Column {
                kpi: kpi.name.clone(),
                kind: kind.clone(),
                title: format!("{} ({kind})", kpi.title),
            }));
        }
        columns
    }

    /// The scopes that have standings, each team followed by its members, with how deep they are.
    pub(super) fn rows(&self) -> Vec<(usize, &proto::Scope)> {
        let mut rows = Vec::new();
        self.walk("", 0, &mut rows);
        rows.retain(|(_, scope)| !self.view.of(&scope.name).is_empty());
        rows
    }

    /// What a scope is called.
    pub(super) fn title<'a>(&'a self, scope: &'a str) -> &'a str {
        let known = self.names.scopes.iter().find(|known| known.name == scope);
        known.map(|known| known.title.as_str()).filter(|title| !title.is_empty()).unwrap_or(scope)
    }

    fn walk<'a>(&'a self, parent: &str, depth: usize, rows: &mut Vec<(usize, &'a proto::Scope)>) {
        if depth > self.names.scopes.len() {
            return;
        }
        for scope in self.names.scopes.iter().filter(|scope| scope.parent == parent) {
            rows.push((depth, scope));
            self.walk(&scope.name, depth + 1, rows);
        }
    }
}

pub(super) fn kind(standing: &Standing) -> &str {
    standing.period.as_ref().map_or("", |period| period.kind.as_str())
}

fn is_of(standing: &Standing, kpi: &str, kind: &str) -> bool {
    standing.kpi == kpi && self::kind(standing) == kind
}
