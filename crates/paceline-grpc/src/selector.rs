//! Selectors: the part of the board that a request names.
//!
//! What is wrong with a selector is its writer's mistake and is refused, field by field. A scope that is unknown is no
//! such mistake: it may have been forbidden instead, or begin to exist, and a watch of several scopes goes on without it.
//! So scopes stay names until the board is asked, and mean what they mean then.

use paceline_core::board::Selection;
use paceline_core::kpi::KpiId;
use paceline_core::model::Model;
use paceline_core::period::PeriodKind;
use paceline_core::sight::Sight;
use paceline_core::suggest;
use sha2::{Digest, Sha256};
use tonic::Status;

use crate::errors::{invalid, selector_too_large};
use crate::proto;

/// The view of one caller: what of the board a selector names and the caller sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    /// The part of the board.
    pub(crate) selection: Selection,
    /// Stands for the selector and the sight, whatever their order, in a resume token.
    pub(crate) hash: Hash,
}

/// A hash of a selector, and of whose numbers are seen.
pub(crate) type Hash = [u8; 16];

impl View {
    /// Finds what a selector names for whoever has a sight.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT`, naming the field, for what cannot be a scope, a KPI or a kind of period.
    pub(crate) fn of(
        selector: &proto::Selector,
        model: &Model,
        sight: &Sight,
    ) -> Result<Self, Status> {
        check_size(selector)?;
        let kpis = each("kpis", &selector.kpis, |name| kpi(name, model))?;
        let kinds = each("periods", &selector.periods, |text| {
            text.parse::<PeriodKind>().map_err(|error| error.to_string())
        })?;
        each("scopes", &selector.scopes, scope)?;
        let hash = hash(selector, &kinds, sight);
        let proto::Selector { scopes, with_members, .. } = selector;
        let scopes = scopes.clone();
        let selection =
            Selection { sight: sight.clone(), scopes, with_members: *with_members, kpis, kinds };
        Ok(Self { selection, hash })
    }
}

/// The entries of a selector, of all its lists together.
const ENTRIES: usize = 5_000;
/// The bytes of one of them.
const ENTRY_BYTES: usize = 256;

/// Whether a selector may name much of the board, which takes long to tell.
pub(crate) fn is_wide(selector: &proto::Selector) -> bool {
    selector.scopes.is_empty() || selector.scopes.len() > FEW || selector.with_members
}

/// The scopes that are told soon.
pub(crate) const FEW: usize = 64;

/// Checks that a selector is not larger than any may be: what is looked for in it, and kept of it, grows with it.
fn check_size(selector: &proto::Selector) -> Result<(), Status> {
    let proto::Selector { scopes, kpis, periods, .. } = selector;
    let entries = scopes.len() + kpis.len() + periods.len();
    if entries > ENTRIES {
        let description = format!("has {entries} entries, and may have {ENTRIES}");
        return Err(selector_too_large("selector", description));
    }
    for (list, texts) in [("scopes", scopes), ("kpis", kpis), ("periods", periods)] {
        if let Some(at) = texts.iter().position(|text| text.len() > ENTRY_BYTES) {
            let description = format!("is longer than {ENTRY_BYTES} bytes");
            return Err(selector_too_large(&format!("selector.{list}[{at}]"), description));
        }
    }
    Ok(())
}

/// Reads each element of a list; an error names the element.
fn each<T>(
    list: &str,
    texts: &[String],
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, Status> {
    let read = |(at, text): (usize, &String)| {
        read(text).map_err(|description| {
            invalid(format!("selector.{list}[{at}]"), format!("`{text}`: {description}"))
        })
    };
    texts.iter().enumerate().map(read).collect()
}

/// Finds a KPI by its name.
pub(crate) fn kpi(name: &str, model: &Model) -> Result<KpiId, String> {
    model.kpi_named(name).ok_or_else(|| {
        let known = model.kpis.iter().map(|kpi| kpi.name.as_str());
        format!("no such KPI; {}", suggest::remedy(name, known, "the KPIs are"))
    })
}

/// Checks that a name may be that of a scope. No help may tell which ids exist.
pub(crate) fn scope(name: &str) -> Result<(), String> {
    let grammar = "a scope is `rep:<id>`, `team:<id of its manager>`, `org` or `unassigned`";
    match name.split_once(':') {
        Some(("rep" | "team", id)) if !id.is_empty() => Ok(()),
        Some(_) => Err(grammar.to_owned()),
        None if matches!(name, "org" | "unassigned") => Ok(()),
        None if name.is_empty() => Err(grammar.to_owned()),
        None => match suggest::closest(name, ["org", "unassigned"].into_iter()) {
            Some(close) => Err(format!("{grammar}; did you mean `{close}`?")),
            None => Err(format!("{grammar}; did you mean `rep:{name}` or `team:{name}`?")),
        },
    }
}

fn hash(selector: &proto::Selector, kinds: &[PeriodKind], sight: &Sight) -> Hash {
    let mut hasher = Sha256::new();
    let mut add = |texts: Vec<String>| {
        let mut texts = texts;
        texts.sort_unstable();
        texts.dedup();
        hasher.update((texts.len() as u64).to_be_bytes());
        for text in texts {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text);
        }
    };
    add(selector.scopes.clone());
    add(selector.kpis.clone());
    add(kinds.iter().map(ToString::to_string).collect());
    // Tokens of alerts outlive versions: for who sees all, it is what it was before there were sights.
    if let Some(roots) = sight.roots() {
        for with_members in [false, true] {
            let of = roots.iter().filter(|root| root.with_members == with_members);
            add(of.map(|root| root.scope.clone()).collect());
        }
    }
    hasher.update([u8::from(selector.with_members)]);
    let mut hash = Hash::default();
    hash.copy_from_slice(&hasher.finalize()[..size_of::<Hash>()]);
    hash
}
