//! Records that look at each other and share credit, told of in any order over several partitions: the numbers are those
//! of a recompute whenever they are asked for, and once all is told they do not depend on the order.

use std::fmt::Write as _;

use jiff::{Timestamp, ToSpan};
use paceline_core::board::Standing;
use paceline_tests::recompute::{
    self, StatusMemory, config,
    records::{Message, Records},
};
use proptest::{
    array::uniform5,
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner},
};

use crate::{compare, engine::Engine, property::number};

const CONFIG: &str = include_str!("across.yaml");
/// A Monday. In Auckland it is Tuesday already.
const NOW: &str = "2026-11-16T13:00:00Z";
/// Of opportunities, accounts and splits.
const PARTITIONS: [usize; 3] = [2, 1, 3];

/// One message about a record.
#[derive(Clone, Debug)]
struct Said {
    /// An opportunity, an account or a split.
    source: usize,
    record: u8,
    op: &'static str,
    /// What it says of each field: nothing, null, or a value.
    values: [u8; 5],
}

/// The fields of each entity with the values they may have.
const FIELDS: [&[(&str, &[&str])]; 3] = [
    &[
        ("AccountId", &["\"A0\"", "\"A1\"", "\"A2\""]),
        ("Amount", &["100", "0.000001", "33.33", "-7"]),
        ("CloseDate", &["\"2026-11-16\"", "\"2026-11-17\"", "\"2026-10-31\""]),
        (
            "ClosedAt",
            &["\"2026-11-16T09:30:00Z\"", "\"2026-11-16T12:00:00Z\"", "\"2026-10-31T11:30:00Z\""],
        ),
        ("Won", &["true", "true", "false"]),
    ],
    &[
        ("Type", &["\"Customer\"", "\"Customer\"", "\"Prospect\""]),
        ("OwnerId", &["\"U1\"", "\"U2\"", "\"x\""]),
        ("Since", &["\"2026-11-15T13:00:00Z\"", "\"2026-11-16T20:00:00Z\""]),
        ("Day", &["\"2026-11-16\"", "\"2026-11-17\""]),
        ("Partner", &["true", "false"]),
    ],
    &[
        ("OpportunityId", &["\"O0\"", "\"O0\"", "\"O1\"", "\"O2\""]),
        ("OwnerId", &["\"U1\"", "\"U2\"", "\"U3\"", "\"M2\"", "\"x\"", "\"y\""]),
        ("Percent", &["50", "100", "33.333333", "20", "66.666667"]),
        ("IsOverlay", &["false", "false", "true"]),
        ("Unused", &["1"]),
    ],
];

fn said() -> impl Strategy<Value = Said> {
    let op = prop_oneof![
        8 => Just("upsert"), 5 => Just("patch"), 1 => Just("delete"), 1 => Just("undelete"), 1 => Just("gap"),
    ];
    let place =
        prop_oneof![3 => (Just(0), 0..3_u8), 3 => (Just(1), 0..3_u8), 6 => (Just(2), 0..7_u8)];
    (place, op, uniform5(any::<u8>())).prop_map(|((source, record), op, values)| Said {
        source,
        record,
        op,
        values,
    })
}

impl Said {
    fn id(&self) -> String {
        format!("{}{}", ["O", "A", "S"][self.source], self.record)
    }

    fn json(&self, version: usize) -> String {
        let mut json = format!(r#"{{"id":"{}","op":"{}","version":{version}"#, self.id(), self.op);
        if !matches!(self.op, "delete" | "gap") {
            let fields = FIELDS[self.source].iter().zip(self.values);
            let (mut set, mut unset) = (Vec::new(), Vec::new());
            for ((path, values), drawn) in fields {
                match drawn % 16 {
                    0..3 => unset.push(format!(r#""{path}""#)),
                    3..5 => {}
                    _ => {
                        let value = values[usize::from(drawn / 16) % values.len()];
                        set.push(format!(r#""{path}":{value}"#));
                    }
                }
            }
            // A full image says null of what it leaves out.
            let unset = if self.op == "patch" { unset.join(",") } else { String::new() };
            write!(json, r#","set":{{{}}},"unset":[{unset}]"#, set.join(","))
                .expect("a string takes any text");
        }
        json + "}"
    }
}

/// An engine and what the recompute goes by.
struct Play {
    engine: Engine,
    oracle: config::Config,
    records: Records,
    offset: i64,
    open: bool,
}

impl Play {
    fn new(lanes: usize) -> Self {
        Self {
            engine: Engine::new(CONFIG, &PARTITIONS, lanes),
            oracle: config::Config::read(CONFIG).expect("a config"),
            records: Records::default(),
            offset: 0,
            open: false,
        }
    }

    /// Takes messages together, commits them, and opens the board with the first of them.
    fn take(&mut self, messages: &[(usize, Said)], now: Timestamp) {
        for (version, said) in messages {
            let (key, json) = (said.id(), said.json(*version));
            let partition = usize::from(said.record) % PARTITIONS[said.source];
            let (key, value) = (Some(key.as_bytes()), Some(json.as_bytes()));
            let (lane, _) = self.engine.send((said.source, partition), key, value, now);
            assert!(self.engine.take(lane).into_iter().all(|taken| taken), "refused: {json}");
            let topic = &self.oracle.sources[said.source].topic;
            let message = Message { topic, offset: self.offset, timestamp: now, key, value };
            self.records.take(&self.oracle, message).expect("the recompute takes it");
            self.offset += 1;
        }
        (0..self.engine.lanes()).for_each(|lane| self.engine.commit(lane, now));
        if !std::mem::replace(&mut self.open, true) {
            self.engine.open(now);
        }
    }

    /// The standings, after they were compared with the recompute's.
    fn look(&self, now: Timestamp) -> Result<Vec<Standing>, TestCaseError> {
        for on in [None, Some("2026-10-31".parse().expect("a day"))] {
            let standings = self.engine.standings(on, now);
            let memory = &mut StatusMemory::new();
            let rows = recompute::standings_on(&self.oracle, &self.records, now, on, memory);
            prop_assert_eq!(rows.len(), standings.len());
            for standing in &standings {
                let (scope, kpi, period) = self.engine.names(standing);
                let row = rows.iter().find(|row| {
                    (&row.scope, &row.kpi, &row.period.name) == (&scope, &kpi, &period)
                });
                let differences = compare::numbers(row.expect("a row"), standing);
                prop_assert!(differences.is_empty(), "{scope} {kpi} {period}:{differences}");
            }
        }
        Ok(self.engine.standings(None, now))
    }
}

/// What of a standing follows from the records alone.
fn numbers(standings: &[Standing]) -> String {
    standings.iter().fold(String::new(), |mut text, standing| {
        let Standing { key, numbers, sample, doubt, next_change, .. } = standing;
        writeln!(text, "{key:?} {numbers:?} {sample} {doubt:?} {next_change:?}")
            .expect("a string takes any text");
        text
    })
}

fn check(history: Vec<Said>, shuffled: &[usize], first: usize) -> TestCaseResult {
    let now: Timestamp = NOW.parse().expect("an instant");
    let history: Vec<(usize, Said)> = (1..).zip(history).collect();
    // All before the board opens, so that its tallies are handed over.
    let mut at_once = Play::new(1);
    at_once.take(&history, now);
    let expected = numbers(&at_once.look(now)?);
    // Some before, and each of the others committed by itself.
    let (before, after) = shuffled.split_at(first.min(shuffled.len()));
    let pick = |nth: &usize| history[*nth].clone();
    let mut one_by_one = Play::new(2);
    one_by_one.take(&before.iter().map(pick).collect::<Vec<_>>(), now);
    for message in after.iter().map(pick) {
        one_by_one.take(&[message], now);
        one_by_one.look(now)?;
    }
    prop_assert_eq!(numbers(&one_by_one.look(now)?), expected);
    for hours in [7, 11, 36] {
        let later = now + hours.hours();
        prop_assert_eq!(numbers(&at_once.look(later)?), numbers(&one_by_one.look(later)?));
    }
    Ok(())
}

/// How many cases a run has that does not say otherwise.
const CASES: u64 = 40;

/// As in [`crate::property`], a plain run plays the same cases every time.
#[test]
fn the_order_does_not_matter() {
    let cases = number("PACELINE_CASES").unwrap_or(CASES);
    let first = number("PACELINE_SEED").unwrap_or(0);
    let cases = (first..).take(cases as usize);
    let history = vec(said(), 1..30).prop_flat_map(|history| {
        let order: Vec<usize> = (0..history.len()).collect();
        (Just(history), Just(order).prop_shuffle())
    });
    let strategy = (history, 0..40_usize);
    for seed in cases {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let config = Config {
            cases: 1,
            failure_persistence: None,
            max_shrink_iters: 3_000,
            ..Config::default()
        };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let result = TestRunner::new_with_rng(config, rng)
            .run(&strategy, |((history, order), first)| check(history, &order, first));
        result.unwrap_or_else(|error| panic!("PACELINE_SEED={seed} PACELINE_CASES=1: {error}"));
    }
}
