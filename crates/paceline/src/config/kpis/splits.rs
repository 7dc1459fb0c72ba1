//! `credit: {splits: …}`: several reps share in a record, as records of another entity say.

use paceline_core::entity::{EntityId, FieldId, FieldType};
use paceline_core::expr::Scope;
use paceline_core::extra::Splits;

use super::Agg;
use super::credit::{Measured, RawRule};
use crate::config::entities::{self, Declared};
use crate::config::located::Text;
use crate::config::place::At;
use crate::config::report::Report;

/// What a credit by splits says, nothing that is needed missing.
pub(super) struct Spelled<'a> {
    pub(super) splits: &'a Text,
    record: &'a Text,
    who: &'a Text,
    share: &'a Text,
    overlay: Option<&'a Text>,
}

impl RawRule {
    /// Its splits, if it has any; nothing after a mistake. Of its two spellings each has keys of its own.
    #[expect(clippy::option_option, reason = "a wrong rule, one without splits, and one with")]
    pub(super) fn splits(&self, at: At, report: &mut Report) -> Option<Option<Spelled<'_>>> {
        let Self { field, on_change, splits, record, who, share, overlay } = self;
        let of_splits = [("record", record), ("who", who), ("share", share), ("overlay", overlay)];
        let Some(splits) = splits else {
            let mut given = of_splits
                .iter()
                .filter_map(|(key, text)| Some((key, text.as_ref()?.at)))
                .peekable();
            if field.is_none() {
                let key = if given.peek().is_some() { "splits" } else { "field" };
                missing(key, at, report);
                return None;
            }
            let mut right = true;
            for (key, at) in given {
                right = false;
                let message =
                    format!("`{key}` says how a record is split, and `splits` is missing");
                report.unknown(
                    at,
                    message,
                    "leave it out, or write `splits: …` in place of `field`",
                );
            }
            return right.then_some(None);
        };
        let foreign = [
            ("field", field.as_ref().map(|field| field.at)),
            ("on_change", on_change.as_ref().map(|rule| rule.at)),
        ];
        let mut right = true;
        for (key, at) in foreign.into_iter().filter_map(|(key, at)| Some((key, at?))) {
            right = false;
            report.error(
                at,
                format_args!("splits know no `{key}`"),
                "leave it out, or leave `splits` out",
            );
        }
        for (key, text) in &of_splits[..3] {
            if text.is_none() {
                missing(key, at, report);
            }
        }
        let (record, who, share) = (record.as_ref()?, who.as_ref()?, share.as_ref()?);
        let spelled = Spelled { splits, record, who, share, overlay: overlay.as_ref() };
        right.then_some(Some(spelled))
    }
}

fn missing(key: &str, at: At, report: &mut Report) {
    // What is wrong with a key that is there may be why another seems to be missing.
    if !report.told_below(at) {
        report.error(at, format_args!("`{key}` is missing"), format_args!("add `{key}: …`"));
    }
}

impl Spelled<'_> {
    /// Compiles them to the cell that stands for them.
    pub(super) fn compile(
        &self,
        measured: &Measured<'_>,
        all: &[Declared],
        scope: Scope<'_>,
        report: &mut Report,
    ) -> Option<FieldId> {
        let adds_up = self.check_agg(measured, report);
        let entity = entities::used(self.splits, all, report)?;
        if entity == measured.id {
            report.error(
                self.splits.at,
                format_args!(
                    "a record of `{}` cannot split another of its own entity",
                    self.splits.as_str()
                ),
                "name the entity of the splits",
            );
            return None;
        }
        let declared = &all[usize::from(entity.0)];
        let number = [FieldType::Int, FieldType::Decimal];
        let mut field =
            |name: &Text, kinds: &[FieldType], of: &str| field(name, declared, kinds, of, report);
        let record = field(self.record, &[FieldType::Text], "the id of a record is text");
        let who = field(self.who, &[FieldType::Text], "a rep's id is text");
        let share = field(self.share, &number, "a share is a number of percent");
        let overlay = self.overlay.map(|name| {
            field(name, &[FieldType::Bool], "whether a share is overlay is true or false")
        });
        self.check_record(record?, declared, measured.id, all, report)?;
        // The others differ by what they hold.
        if who == record {
            let message = format!("`{}` is `record` already", self.who.as_str());
            report.error(self.who.at, message, "name the field that holds the rep's id");
        }
        let overlay = match overlay {
            None => None,
            Some(overlay) => Some(overlay?),
        };
        adds_up?;
        Some(scope.split(Splits { entity, record: record?, who: who?, share: share?, overlay }))
    }

    /// Only what adds up can be shared in.
    fn check_agg(&self, measured: &Measured<'_>, report: &mut Report) -> Option<()> {
        let agg = measured.agg?;
        if matches!(agg.value, Agg::Sum | Agg::Count) {
            return Some(());
        }
        report.error(
            self.splits.at,
            "only sums and counts can be shared in",
            "use `agg: sum` or `agg: count`, or name the one field that holds the rep's id: `credit: owner`",
        );
        None
    }

    /// The record that a split names is one of the KPI's.
    fn check_record(
        &self,
        record: FieldId,
        declared: &Declared,
        id: EntityId,
        all: &[Declared],
        report: &mut Report,
    ) -> Option<()> {
        let other = declared.links[usize::from(record.0)].filter(|link| *link != usize::from(id.0));
        let Some(other) = other else { return Some(()) };
        let (named, own) = (&all[other].entity.name, &all[usize::from(id.0)].entity.name);
        report.error(
            self.record.at,
            format_args!("`{}` names a record of `{named}`, not of `{own}`", self.record.as_str()),
            format_args!("name the field that holds the id of the `{own}`"),
        );
        None
    }
}

/// A field of the splits' entity that holds one of some types, or a mistake.
fn field(
    name: &Text,
    declared: &Declared,
    kinds: &[FieldType],
    must: &str,
    report: &mut Report,
) -> Option<FieldId> {
    let (id, field) = entities::field(name, &declared.entity, report)?;
    if kinds.contains(&field.kind) {
        return Some(id);
    }
    let known: Vec<String> = kinds.iter().map(FieldType::to_string).collect();
    report.error(
        name.at,
        format_args!("`{}` is {}, and {must}", field.name, field.kind),
        format_args!("name a field of type {}", known.join(" or ")),
    );
    None
}
