//! The reader of a single-purpose program: serde_json into borrowed structs of only the needed fields.

use anyhow::Context as _;
use serde::Deserialize;

use super::deal::cents;
use super::{Deal, Month, Said, Stage};

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    before: Option<Before<'a>>,
    #[serde(borrow)]
    after: Option<After<'a>>,
}

/// A delete tells the key of what is gone; other rows before a change are not needed.
#[derive(Deserialize)]
struct Before<'a> {
    id: &'a str,
}

/// Strings are plain `&str`: an escape in one of these would be an error and be seen, and there is none.
#[derive(Deserialize)]
struct After<'a> {
    id: &'a str,
    owner_id: Option<&'a str>,
    amount: Option<&'a str>,
    stage: &'a str,
    close_date: Option<i64>,
    created_at: Option<&'a str>,
}

/// What a message says; `None` for one that says nothing, such as the tombstone after a delete.
///
/// # Errors
/// The message is not one of Debezium's.
pub fn read(value: Option<&[u8]>) -> anyhow::Result<Option<Said<'_>>> {
    let Some(value) = value else { return Ok(None) };
    let event: Event<'_> = serde_json::from_slice(value)?;
    match (event.after, event.before) {
        (Some(after), _) => Ok(Some(Said { id: after.id, deal: Some(after.deal()?) })),
        (None, Some(before)) => Ok(Some(Said { id: before.id, deal: None })),
        (None, None) => Ok(None),
    }
}

impl<'a> After<'a> {
    fn deal(&self) -> anyhow::Result<Deal<'a>> {
        let cents =
            self.amount.map(|amount| cents(amount).context("an amount is none")).transpose()?;
        Ok(Deal {
            owner: self.owner_id.unwrap_or_default(),
            cents,
            stage: Stage::named(self.stage),
            close: self.close_date.map(Month::of_day),
            created: self.created_at.and_then(Month::of_text),
        })
    }
}
