//! `reps.from`: the records of an entity as reps.

use std::cell::RefCell;
use std::collections::BTreeSet;

use paceline_core::entity::{Entity, FieldId, FieldType};
use paceline_core::expr::{self, Scope, Test};
use paceline_core::facts::FromEntity;
use paceline_core::symbol::Symbols;

use crate::config::entities::{self, Declared};
use crate::config::located::Text;
use crate::config::report::Report;

/// Compiles which records are reps, and which fields say what of them.
pub(super) fn compile(
    name: &Text,
    filter: Option<&Text>,
    all: &[Declared],
    symbols: &mut Symbols,
    report: &mut Report,
) -> Option<FromEntity> {
    let id = entities::used(name, all, report)?;
    let declared = &all[usize::from(id.0)];
    let filter = match filter {
        Some(text) => self::filter(text, declared, symbols, report),
        None => Some(Test::Const(true)),
    };
    let entity = &declared.entity;
    let mut text = |word: &str| field(word, FieldType::Text, entity, name, report);
    let (rep_name, manager, role) = (text("name"), text("manager"), text("role"));
    let (time_zone, calendar) = (text("time_zone"), text("calendar"));
    let mut date = |word: &str| field(word, FieldType::Date, entity, name, report);
    let (start, end) = (date("start"), date("end"));
    let filter = filter?;
    Some(FromEntity {
        entity: id,
        filter,
        name: rep_name,
        manager,
        role,
        start,
        end,
        time_zone,
        calendar,
    })
}

fn filter(
    text: &Text,
    declared: &Declared,
    symbols: &mut Symbols,
    report: &mut Report,
) -> Option<Test> {
    let extras = RefCell::default();
    let Declared { entity, states, .. } = declared;
    let scope = Scope { entity, states: states.as_ref(), extras: &extras, links: &[] };
    let test = match expr::test(text.as_str(), scope, symbols) {
        Ok(test) => test,
        Err(error) => {
            report.unknown_within(text.at, text.as_str(), error.at, &error.message, &error.help);
            return None;
        }
    };
    if test.is_timed() {
        let remedy = "leave the clock out: `start`, `end` and rows with `from` say when";
        report.error(text.at, "which records are reps must not change by the clock", remedy);
        return None;
    }
    if !extras.borrow().is_empty() {
        let remedy = "leave first(…) and since(…) out, and name fields of the record alone";
        report.error(text.at, "which records are reps follows from what they say now", remedy);
        return None;
    }
    Some(test)
}

/// The field of a name, if the entity has one.
fn field(
    word: &str,
    kind: FieldType,
    entity: &Entity,
    name: &Text,
    report: &mut Report,
) -> Option<FieldId> {
    let (id, field) = entity.field(word)?;
    if field.kind != kind {
        let message =
            format!("`{word}` of `{}` is {}, and of a rep it is {kind}", name.as_str(), field.kind);
        let remedy = format!("read it as `type: {kind}`, or call the field otherwise");
        report.error(name.at, message, remedy);
        return None;
    }
    Some(id)
}

/// The fields that say something of reps.
pub(super) fn fields(from: &FromEntity) -> BTreeSet<usize> {
    let FromEntity { filter, name, manager, role, start, end, time_zone, calendar, .. } = from;
    let named = [name, manager, role, start, end, time_zone, calendar];
    let mut fields: BTreeSet<usize> =
        named.into_iter().flatten().map(|field| usize::from(field.0)).collect();
    filter.for_each_field(&mut |field| {
        fields.insert(usize::from(field.0));
    });
    fields
}
