//! What a follower knows: the newest standing of everything it follows.

use std::collections::BTreeMap;

use paceline_grpc::proto;
use proto::watch_standings_response::Frame;

use super::follow::Names;

/// What identifies a standing: scope, KPI, name of the period.
type Key = (String, String, String);

/// The newest standings.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) names: Names,
    standings: BTreeMap<Key, proto::Standing>,
    pub(super) revision: u64,
    pub(super) complete: bool,
    pub(super) causes: Vec<proto::Cause>,
    pub(super) updates: u64,
    whole: bool,
    /// Whether a chunk of this stream's snapshot has come.
    begun: bool,
}

/// A standing that changed.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// As it was, if it was there.
    pub(super) before: Option<proto::Standing>,
    /// As it is.
    pub(super) after: proto::Standing,
}

/// A column of the board: a KPI in a kind of period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) kpi: String,
    pub(super) kind: String,
    pub(super) title: String,
}

impl Table {
    /// Takes what things are called, at the beginning of each stream and when that may be otherwise.
    pub(super) fn name(&mut self, names: Names) {
        self.names = names;
        self.begun = false;
    }

    /// Whether a snapshot has arrived in whole.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Takes a frame; answers what an update changed.
    pub(super) fn apply(&mut self, message: proto::WatchStandingsResponse) -> Vec<Change> {
        (self.revision, self.complete, self.causes) =
            (message.revision, message.complete, message.causes);
        match message.frame {
            Some(Frame::Snapshot(snapshot)) => {
                if !self.begun || self.whole {
                    self.standings.clear();
                }
                self.begun = true;
                self.whole = snapshot.last;
                snapshot.standings.into_iter().for_each(|standing| drop(self.put(standing)));
                Vec::new()
            }
            Some(Frame::Update(update)) => {
                self.updates += 1;
                for removal in &update.removed {
                    self.remove(removal);
                }
                update.standings.into_iter().map(|standing| self.put(standing)).collect()
            }
            Some(Frame::Reset(_)) => {
                self.standings.clear();
                self.whole = false;
                Vec::new()
            }
            Some(Frame::Bookmark(_)) | None => Vec::new(),
        }
    }

    pub(super) fn standings(&self) -> impl Iterator<Item = &proto::Standing> {
        self.standings.values()
    }

    /// The running standing of a scope in a column.
    pub(super) fn at(&self, scope: &str, column: &Column) -> Option<&proto::Standing> {
        let from = (scope.to_owned(), column.kpi.clone(), String::new());
        let of_kpi = self
            .standings
            .range(from..)
            .take_while(|((of, kpi, _), _)| of == scope && *kpi == column.kpi);
        of_kpi.map(|(_, standing)| standing).find(|standing| kind(standing) == column.kind)
    }

    /// The columns that have goals, the longest periods first, as the KPIs are listed.
    pub(super) fn columns(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        for kpi in &self.names.kpis {
            let with_goal = |kind: &&String| {
                self.standings()
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
        let shown =
            |scope: &proto::Scope| self.standings().any(|standing| standing.scope == scope.name);
        rows.retain(|(_, scope)| shown(scope));
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

    fn put(&mut self, standing: proto::Standing) -> Change {
        let period = standing.period.clone().unwrap_or_default();
        let key = (standing.scope.clone(), standing.kpi.clone(), period.name);
        Change { before: self.standings.insert(key, standing.clone()), after: standing }
    }

    fn remove(&mut self, removal: &proto::Removal) {
        let period = removal.period.as_ref().map(|period| period.name.as_str());
        self.standings.retain(|(scope, kpi, name), _| {
            *scope != removal.scope
                || !removal.kpi.is_empty() && *kpi != removal.kpi
                || period.is_some_and(|period| period != name)
        });
    }
}

pub(super) fn kind(standing: &proto::Standing) -> &str {
    standing.period.as_ref().map_or("", |period| period.kind.as_str())
}

fn is_of(standing: &proto::Standing, kpi: &str, kind: &str) -> bool {
    standing.kpi == kpi && self::kind(standing) == kind
}
