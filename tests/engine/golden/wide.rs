//! The cases of `tests/golden/wide`, told by the recompute alone: calendars and goals that an engine still has to learn.
//!
//! They have the same form as the others, without flips and without what only an engine says (`since`, `next change`).
//! A case that an engine can play belongs beside the others, one folder up.

use jiff::Timestamp;
use paceline_tests::recompute::{
    Row, StatusMemory,
    config::Config,
    records::{Message, Records},
    scope::Scope,
    standings_on,
};

use super::{
    case::{Head, content, keyword, with_base, without_comments},
    table::{Cells, Table},
};

#[test]
fn wide_golden_cases() {
    super::assert_all("wide", 15, |name, text| Wide::new(name, text).play(text));
}

/// A case that is being told.
struct Wide<'a> {
    name: &'a str,
    config: Config,
    records: Records,
    memory: StatusMemory,
    offset: i64,
}

impl<'a> Wide<'a> {
    fn new(name: &'a str, text: &str) -> Self {
        let config = text.split("\n\n").filter(|block| keyword(block) == "config");
        let yaml = with_base(&config.map(without_comments).collect::<String>());
        let config = Config::read(&yaml).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (records, memory) = (Records::default(), StatusMemory::new());
        Self { name, config, records, memory, offset: 0 }
    }

    fn play(mut self, text: &str) -> String {
        let blocks = text.trim_end().split("\n\n");
        let played: Vec<String> = blocks.map(|block| self.block(block)).collect();
        played.join("\n\n") + "\n"
    }

    fn block(&mut self, block: &str) -> String {
        match keyword(block) {
            "changes" => self.changes(block),
            "standings" => return self.standings(block),
            "config" | "" => {}
            other => panic!("{}: no kind of block: {other}", self.name),
        }
        block.to_owned()
    }

    fn changes(&mut self, block: &str) {
        let mut lines = content(block);
        let now = Head::read(lines.next().unwrap_or_default()).instant;
        for line in lines {
            self.take(line, now);
        }
        let _judged = standings_on(&self.config, &self.records, now, None, &mut self.memory);
    }

    fn take(&mut self, line: &str, timestamp: Timestamp) {
        let message = Message {
            topic: "crm.opportunity",
            offset: self.offset,
            timestamp,
            key: None,
            value: Some(line.as_bytes()),
        };
        let taken = self.records.take(&self.config, message);
        taken.unwrap_or_else(|refused| panic!("{}: {refused:?}: {line}", self.name));
        self.offset += 1;
    }

    /// The block with the rows of its table as they are found, scope by scope.
    fn standings(&mut self, block: &str) -> String {
        let head = Head::read(content(block).next().unwrap_or_default());
        let columns = block.lines().find(|line| line.starts_with('|'));
        let mut table = Table::new(columns.expect("a table has columns"));
        // What is asked about a day behind is not remembered.
        let mut past = StatusMemory::new();
        let memory = if head.on.is_some() { &mut past } else { &mut self.memory };
        let rows = standings_on(&self.config, &self.records, head.instant, head.on, memory);
        for scope in Scope::all(&self.config) {
            let of_scope = rows.iter().filter(|row| row.scope == scope.to_string());
            for row in of_scope.filter(|row| self.is_named(&head, row)) {
                table.add(&cells(row));
            }
        }
        let before: Vec<&str> = block.lines().take_while(|line| !line.starts_with('|')).collect();
        format!("{}\n{table}", before.join("\n"))
    }

    fn is_named(&self, head: &Head, row: &Row) -> bool {
        let scopes = Scope::all(&self.config);
        let is_scope = |name: &&String| scopes.iter().any(|scope| scope.to_string() == **name);
        let is_kpi = |name: &&String| self.config.kpi(name).is_some();
        let is_kind = |name: &&String| !is_scope(name) && !is_kpi(name);
        head.allows(&row.scope, is_scope)
            && head.allows(&row.kpi, is_kpi)
            && head.allows(&row.period.kind.to_string(), is_kind)
    }
}

fn cells(row: &Row) -> Cells {
    let share = |share: Option<f64>| share.map(|share| format!("{share:.6}")).unwrap_or_default();
    Cells::from([
        ("scope", row.scope.clone()),
        ("kpi", row.kpi.clone()),
        ("period", row.period.name.clone()),
        ("first day", row.period.start.to_string()),
        ("last day", row.period.end.to_string()),
        ("actual", row.actual.clone()),
        ("goal", row.goal.clone()),
        ("expected", row.expected.clone()),
        ("remaining", row.remaining.clone()),
        ("projected", row.projected.clone()),
        ("per day", row.required_per_day.clone()),
        ("attainment", share(row.attainment_float())),
        ("pace", share(row.pace_float())),
        ("records", row.sample.to_string()),
        ("status", format!("{:?}", row.status)),
    ])
}
