//! The paper that is written on: the topic and the file, one record after the other, each with the hash of the one before.
//!
//! A record of which it is not known whether it was taken is not followed: what comes next begins a new chain, after the last
//! record that is known to be there. So a chain has no hole, whatever became of that one. If it told of a change, that was not made,
//! which the new chain begins with.

use anyhow::Context;
use jiff::Timestamp;
use metrics::counter;
use paceline_kafka::Appender;

use super::file::AuditFile;
use super::metric;
use crate::audit_log::record::{Record, Sealed, seal};

/// Where records are written.
pub(super) struct Paper {
    appender: Appender,
    file: Option<AuditFile>,
    /// None before the first record, and after one of which nobody knows whether it was taken.
    chain: Option<Chain>,
    /// The hash of the last record that was taken for sure.
    last: String,
    /// What takes a change back that may stand as accepted and was not made.
    not_made: Option<Record>,
}

struct Chain {
    id: String,
    next: u64,
}

impl Paper {
    /// Paper on which the record with the hash `last` stands last.
    pub(super) fn new(appender: Appender, file: Option<AuditFile>, last: String) -> Self {
        Self { appender, file, chain: None, last, not_made: None }
    }

    /// Begins a chain, which takes back what was written last before it if that was not made.
    ///
    /// # Errors
    /// Why it may not be begun.
    pub(super) async fn open(&mut self, now: Timestamp) -> anyhow::Result<()> {
        let id = getrandom::u64().context("no random bytes for the audit log")?;
        let id = format!("{id:016x}");
        let in_file = self.file.as_ref().and_then(AuditFile::last);
        self.put(&Record::opened(now, in_file), &id, 0).await?;
        let mut next = 1;
        if let Some(record) = self.not_made.take() {
            let put = self.put(&record, &id, next).await;
            // Until it stands there for sure.
            self.not_made = put.is_err().then_some(record);
            put?;
            next += 1;
        }
        self.chain = Some(Chain { id, next });
        Ok(())
    }

    /// Begins a chain if there is something to take back.
    ///
    /// # Errors
    /// Why it may not be begun.
    pub(super) async fn take_back(&mut self, now: Timestamp) -> anyhow::Result<()> {
        if self.not_made.is_none() {
            return Ok(());
        }
        self.open(now).await
    }

    /// Writes a record, in a new chain if there is none.
    ///
    /// # Errors
    /// Why it may not be written: it may stand there nonetheless.
    pub(super) async fn write(&mut self, record: &Record, now: Timestamp) -> anyhow::Result<()> {
        if self.chain.is_none() {
            self.open(now).await?;
        }
        let Some(Chain { id, next }) = self.chain.take() else { return Ok(()) };
        if let Err(error) = self.put(record, &id, next).await {
            self.not_made = record.not_made(now);
            return Err(error);
        }
        self.chain = Some(Chain { id, next: next + 1 });
        Ok(())
    }

    async fn put(&mut self, record: &Record, chain: &str, seq: u64) -> anyhow::Result<()> {
        let sealed = seal(record, (chain, seq, &self.last))?;
        self.add_to_file(&sealed).await?;
        self.appender.append(chain, &sealed.line).await?;
        self.last = sealed.hash;
        counter!(metric::RECORDS, "what" => record.what).increment(1);
        Ok(())
    }

    /// Adds to the file, if there is one. It comes first: what cannot be on the disk is on the topic neither.
    async fn add_to_file(&mut self, sealed: &Sealed) -> anyhow::Result<()> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let sealed = sealed.clone();
        let added = tokio::task::spawn_blocking(move || (file.add(&sealed), file)).await;
        let (added, file) = added.context("the writing of the audit log's file panicked")?;
        self.file = Some(file);
        added.context("the audit log's file does not take it")
    }
}
