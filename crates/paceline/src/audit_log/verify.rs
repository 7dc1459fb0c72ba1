//! `paceline log verify`: whether an audit log is as it was written.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use paceline_kafka::{Log, Settings, Topics};

use super::chain::{Check, Expected, Findings};

/// How long a poll waits for records.
const POLL: Duration = Duration::from_millis(100);
/// For how long nothing may come of a topic that is not read to its end.
const SILENCE: Duration = Duration::from_secs(30);

/// Where an audit log is read.
#[derive(Debug)]
pub enum Place {
    /// On a topic.
    Topic {
        /// How its brokers are reached.
        settings: Settings,
        /// Its name.
        topic: String,
    },
    /// In a file.
    File(PathBuf),
}

/// Checks a log.
///
/// # Errors
/// It cannot be read.
pub fn run(place: &Place, expected: Expected) -> anyhow::Result<Findings> {
    match place {
        Place::File(path) => of_file(path, Expected { in_file: true, ..expected }),
        Place::Topic { settings, topic } => of_topic(settings, topic, expected),
    }
}

fn of_file(path: &Path, expected: Expected) -> anyhow::Result<Findings> {
    let named = || format!("`{}` cannot be read", path.display());
    let mut lines = BufReader::new(File::open(path).with_context(named)?).split(b'\n');
    let mut check = Check::new(expected);
    let mut number = 0;
    while let Some(line) = lines.next().transpose().with_context(named)? {
        number += 1;
        check.take(number, &line);
    }
    Ok(check.finish())
}

fn of_topic(settings: &Settings, topic: &str, expected: Expected) -> anyhow::Result<Findings> {
    let offsets = Topics::new(settings)?.describe_log(topic)?;
    let mut log = Log::open(settings, topic, offsets)?;
    let (mut check, mut heard) = (Check::new(expected), Instant::now());
    while !log.is_read() {
        let errors = log.poll(POLL, |records| {
            heard = Instant::now();
            for record in records {
                check.take(record.offset as u64, record.value.unwrap_or_default());
            }
        });
        if let Some(error) = errors.first() {
            bail!("topic `{topic}` cannot be read: {error}");
        }
        if heard.elapsed() > SILENCE {
            bail!("topic `{topic}` was read up to offset {}, and no further", log.next_offset());
        }
    }
    Ok(check.finish())
}

/// What was found, for people.
pub fn told(findings: &Findings, name: &str) -> String {
    let Findings { records, chains, cut_off, last, faults } = findings;
    let mut told: String = faults.iter().map(|fault| format!("{name}: {fault}\n")).collect();
    let state = match faults.len() {
        0 => "unbroken".to_owned(),
        1 => "1 fault".to_owned(),
        many => format!("{many} faults"),
    };
    told.push_str(&format!("{name}: {records} records in {chains} chains: {state}\n"));
    if *cut_off > 0 {
        told.push_str(&format!(
            "{name}: {cut_off} lines were cut off by a crash while they were written\n"
        ));
    }
    if let Some(last) = last {
        told.push_str(&format!(
            "the last was written at {} and has the hash {}\n",
            last.time, last.hash
        ));
    }
    told
}
