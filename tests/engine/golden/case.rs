//! A case: its text in blocks, played to an engine.

mod moves;
mod views;

use std::fmt::Write as _;

use jiff::{Timestamp, civil::Date};
use paceline::config;
use paceline_core::{board::Standing, decimal::Decimal};
use paceline_tests::recompute::{
    self, StatusMemory,
    config::Config,
    records::{Message, Records},
};

use super::table::{Cells, Table};
use crate::{compare, engine::Engine};
use moves::Remembered;

const BASE: &str = include_str!("../../golden/base.yaml");

/// A case that is being played.
pub(super) struct Case<'a> {
    name: &'a str,
    blocks: Vec<&'a str>,
    engine: Engine,
    oracle: Config,
    records: Records,
    offset: i64,
    open: bool,
    now: Timestamp,
    remembered: Remembered,
}

impl<'a> Case<'a> {
    /// A case at its beginning.
    ///
    /// # Panics
    /// On a config with mistakes.
    pub(super) fn new(name: &'a str, text: &'a str) -> Self {
        let blocks: Vec<&str> = text.trim_end().split("\n\n").collect();
        let config = blocks.iter().filter(|block| keyword(block) == "config");
        let yaml = with_base(&config.map(|block| without_comments(block)).collect::<String>());
        let oracle =
            Config::read(&spelled_out(&yaml)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let engine = Engine::new(&yaml, &vec![1; oracle.sources.len()], 1);
        Self {
            name,
            blocks,
            engine,
            oracle,
            records: Records::default(),
            offset: 0,
            open: false,
            now: Timestamp::MIN,
            remembered: Remembered::default(),
        }
    }

    /// Plays it. Answers its text with the tables as they were found.
    pub(super) fn play(mut self) -> String {
        let blocks = std::mem::take(&mut self.blocks);
        let played: Vec<String> = blocks.iter().map(|block| self.block(block)).collect();
        played.join("\n\n") + "\n"
    }

    fn block(&mut self, block: &str) -> String {
        match keyword(block) {
            "changes" => {
                self.changes(block);
                block.to_owned()
            }
            "standings" | "flips" | "leaderboard" | "history" | "coaching" | "moves" => {
                self.table(block)
            }
            "config" | "" => block.to_owned(),
            other => panic!("{}: no kind of block: {other}", self.name),
        }
    }

    /// The first line of a block. A story goes forward: what came to be later has left its mark on the status.
    fn head(&mut self, block: &str) -> Head {
        let head = Head::read(content(block).next().unwrap_or_default());
        assert!(self.now <= head.instant, "{}: goes back to {}", self.name, head.instant);
        self.now = head.instant;
        head
    }

    fn changes(&mut self, block: &str) {
        let head = self.head(block);
        self.pass(head.instant);
        for line in content(block).skip(1) {
            self.take(line, head.instant);
        }
        self.engine.commit(0, head.instant);
        self.engine.follow(head.instant);
        if !std::mem::replace(&mut self.open, true) {
            self.engine.open(head.instant);
        }
        self.remember_revision();
    }

    /// Takes a message: `{…}`, or `null <key>` for one without a value. Where there are several topics, the name of
    /// one may come first; otherwise it is on the first. On the topics of reps and goals the key stands before the value.
    fn take(&mut self, line: &str, now: Timestamp) {
        if let Some(rest) = line.strip_prefix(&format!("{} ", self.engine.reps_topic)) {
            return self.tell_rep(rest.trim_start(), now);
        }
        if let Some(rest) = line.strip_prefix("paceline.goals ") {
            return self.edit_goal(rest.trim_start(), now);
        }
        let named = line.split_once(' ').and_then(|(topic, rest)| {
            let source = self.oracle.sources.iter().position(|source| source.topic == topic)?;
            Some((source, rest.trim_start()))
        });
        let (source, text) = named.unwrap_or((0, line));
        let deleted = text.strip_prefix("null ");
        let (key, value) =
            (deleted.map(str::as_bytes), deleted.is_none().then_some(text.as_bytes()));
        let (lane, _) = self.engine.send((source, 0), key, value, now);
        assert_eq!(self.engine.take(lane), [true], "{}: refused: {line}", self.name);
        let topic = self.oracle.sources[source].topic.clone();
        self.take_too(&topic, key, value, line, now);
    }

    fn tell_rep(&mut self, text: &str, now: Timestamp) {
        let (key, value) = match text.strip_prefix("null ") {
            Some(key) => (key, None),
            None => {
                let parts = text.split_once(' ');
                let (key, value) =
                    parts.unwrap_or_else(|| panic!("{}: no value: {text}", self.name));
                (key, Some(value.trim_start().as_bytes()))
            }
        };
        let accepted = self.engine.tell_rep(key.as_bytes(), value, now);
        assert!(accepted, "{}: refused: {text}", self.name);
        let topic = self.engine.reps_topic.clone();
        self.take_too(&topic, Some(key.as_bytes()), value, text, now);
    }

    /// Has the oracle take a message.
    fn take_too(
        &mut self,
        topic: &str,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        line: &str,
        now: Timestamp,
    ) {
        let message = Message { topic, offset: self.offset, timestamp: now, key, value };
        let taken = self.records.take(&self.oracle, message);
        taken.unwrap_or_else(|refused| panic!("{}: {refused:?}: {line}", self.name));
        self.offset += 1;
    }

    /// The block with the rows of its table as they are found.
    fn table(&mut self, block: &str) -> String {
        let head = self.head(block);
        let columns = block.lines().find(|line| line.starts_with('|'));
        let columns = columns.unwrap_or_else(|| panic!("{}: no columns:\n{block}", self.name));
        let mut table = Table::new(columns);
        match keyword(block) {
            "flips" => self.flips(&head, &mut table),
            "leaderboard" => self.leaderboard(block, &head, &mut table),
            "history" => self.history(&head, &mut table),
            "coaching" => self.coaching(&head, &mut table),
            "moves" => self.moves(block, &head, &mut table),
            _ => self.standings(&head, &mut table),
        }
        self.remember_revision();
        let before: Vec<&str> = block.lines().take_while(|line| !line.starts_with('|')).collect();
        format!("{}\n{table}", before.join("\n"))
    }

    /// Lets time pass. Where reps or rates become others on the way, the lanes follow at that instant.
    fn pass(&mut self, until: Timestamp) {
        while let Some(due) = self.engine.live.next_due().filter(|due| *due <= until) {
            self.pass_to(due);
        }
    }

    fn pass_to(&mut self, due: Timestamp) {
        self.engine.live.advance(due);
        self.engine.follow(due);
    }

    fn standings(&mut self, head: &Head, table: &mut Table) {
        self.pass(head.instant);
        let standings = self.engine.standings(head.on, head.instant);
        self.compare(head, &standings);
        for standing in standings.iter().filter(|standing| self.is_named(head, standing)) {
            table.add(&self.cells(standing));
        }
    }

    /// The oracle gives the same numbers.
    fn compare(&self, head: &Head, standings: &[Standing]) {
        let mut memory = StatusMemory::new();
        let rows = recompute::standings_on(
            &self.oracle,
            &self.records,
            head.instant,
            head.on,
            &mut memory,
        );
        assert_eq!(rows.len(), standings.len(), "{}", self.name);
        for standing in standings {
            let (scope, kpi, period) = self.engine.names(standing);
            let row = rows
                .iter()
                .find(|row| (&row.scope, &row.kpi, &row.period.name) == (&scope, &kpi, &period));
            let row = row.unwrap_or_else(|| {
                panic!("{}: the oracle has no {scope} {kpi} {period}", self.name)
            });
            let differences = compare::numbers(row, standing);
            assert!(differences.is_empty(), "{}: {scope} {kpi} {period}:{differences}", self.name);
        }
    }

    /// Lets time pass to the head's instant; each change of a status on the way is a row.
    fn flips(&mut self, head: &Head, table: &mut Table) {
        while let Some(due) = self.engine.live.next_due().filter(|due| *due <= head.instant) {
            let before = self.engine.standings(None, due - std::time::Duration::from_nanos(1));
            self.pass_to(due);
            for after in self.engine.standings(None, due) {
                let same =
                    |other: &&Standing| self.engine.names(other) == self.engine.names(&after);
                let Some(before) = before.iter().find(same).filter(|_| self.is_named(head, &after))
                else {
                    continue;
                };
                if before.status != after.status {
                    let from = format!("{:?}", before.status);
                    let mut cells = self.cells(&after);
                    cells.extend([
                        ("at", due.to_string()),
                        ("from", from),
                        ("to", format!("{:?}", after.status)),
                    ]);
                    table.add(&cells);
                }
            }
        }
        self.engine.live.advance(head.instant);
    }

    fn is_named(&self, head: &Head, standing: &Standing) -> bool {
        let (scope, kpi, _) = self.engine.names(standing);
        let kind = standing.key.period.kind.to_string();
        let model = self.engine.live.model();
        let is_scope = |name: &&String| self.engine.live.roster().named(name).is_some();
        let is_kpi = |name: &&String| model.kpi_named(name).is_some();
        let is_kind = |name: &&String| !is_scope(name) && !is_kpi(name);
        head.allows(&scope, is_scope) && head.allows(&kpi, is_kpi) && head.allows(&kind, is_kind)
    }

    fn cells(&self, standing: &Standing) -> Cells {
        let (scope, kpi, period) = self.engine.names(standing);
        let numbers = &standing.numbers;
        let text =
            |number: Option<Decimal>| number.map(|number| number.to_string()).unwrap_or_default();
        let share =
            |share: Option<f64>| share.map(|share| format!("{share:.6}")).unwrap_or_default();
        let doubt = standing.doubt;
        let next = standing.next_change.map(|next| next.to_string()).unwrap_or_default();
        Cells::from([
            ("scope", scope),
            ("kpi", kpi),
            ("period", period),
            ("first day", standing.key.period.start.to_string()),
            ("last day", standing.key.period.end.to_string()),
            ("actual", text(numbers.actual)),
            ("goal", text(numbers.goal)),
            ("expected", text(numbers.expected)),
            ("remaining", text(numbers.remaining)),
            ("projected", text(numbers.projected)),
            ("per day", text(numbers.required_per_day)),
            ("attainment", share(numbers.attainment)),
            ("pace", share(numbers.pace)),
            ("records", standing.sample.to_string()),
            ("status", format!("{:?}", standing.status)),
            ("since", standing.since.to_string()),
            ("next change", next),
            ("incomplete", doubt.incomplete.to_string()),
            ("missed changes", doubt.gap.to_string()),
        ])
    }
}

/// What the first line of a block says.
#[derive(Debug)]
struct Head {
    instant: Timestamp,
    on: Option<Date>,
    names: Vec<String>,
}

impl Head {
    fn read(line: &str) -> Self {
        let words: Vec<&str> = line.split_whitespace().collect();
        let after =
            |word: &str| words.iter().position(|other| *other == word).map(|at| words[at + 1]);
        let instant = after("at").or_else(|| after("until"));
        let of = words.iter().position(|word| *word == "of").map_or(words.len(), |at| at + 1);
        Self {
            instant: instant
                .and_then(|text| text.parse().ok())
                .unwrap_or_else(|| panic!("no instant: {line}")),
            on: after("on").map(|day| day.parse().unwrap_or_else(|_| panic!("no day: {line}"))),
            names: words[of..].iter().map(|word| (*word).to_owned()).collect(),
        }
    }

    /// Whether something is asked for, among the names that are of its sort. No names of a sort are all.
    fn allows(&self, name: &str, of_sort: impl Fn(&&String) -> bool) -> bool {
        let mut asked = self.names.iter().filter(of_sort).peekable();
        asked.peek().is_none() || asked.any(|asked| asked == name)
    }
}

/// The first word of a block's first line that is no comment.
fn keyword(block: &str) -> &str {
    content(block)
        .next()
        .and_then(|line| line.split_whitespace().next())
        .unwrap_or_default()
        .trim_end_matches(':')
}

fn content(block: &str) -> impl Iterator<Item = &str> {
    block
        .lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with('|') && !line.is_empty())
}

/// The YAML of a config block.
fn without_comments(block: &str) -> String {
    content(block).skip(1).fold(String::new(), |mut yaml, line| {
        writeln!(yaml, "{line}").expect("a string takes any text");
        yaml
    })
}

/// The config as the oracle reads it, who knows no preset: spelled out as `paceline config show` does for anyone.
fn spelled_out(yaml: &str) -> String {
    if !has_preset(yaml) {
        return yaml.to_owned();
    }
    config::spell_str(yaml, "test.yaml").unwrap_or_else(|errors| panic!("{errors}\n{yaml}"))
}

fn has_preset(yaml: &str) -> bool {
    yaml.lines().any(|line| line.starts_with("preset:"))
}

/// What the config leaves out of the base's top-level keys, and the config. A preset stands for the entities and
/// KPIs.
fn with_base(yaml: &str) -> String {
    let says = |line: &str| {
        let key = line.split_once(':').map_or("", |(key, _)| key);
        let by_preset = has_preset(yaml) && matches!(key, "entities" | "kpis");
        by_preset || yaml.lines().any(|own| own.split_once(':').is_some_and(|(own, _)| own == key))
    };
    let mut kept = false;
    let mut whole = String::new();
    for line in BASE.lines() {
        if !line.starts_with([' ', '#']) {
            kept = !says(line);
        }
        if kept {
            writeln!(whole, "{line}").expect("a string takes any text");
        }
    }
    whole + yaml
}
