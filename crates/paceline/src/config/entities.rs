//! `entities`: what of the CRM's records is read, and how their states are called.

mod states;

use paceline_core::entity::{Entity, EntityId, Field, FieldId, FieldType};
use paceline_core::expr::States;
use schemars::JsonSchema;
use serde::Deserialize;

use super::located::{Entries, Located, Text};
use super::place::At;
use super::report::Report;
use super::value;
use paceline_core::suggest;

use states::RawStates;

/// An entity with all fields that the config declares, of which KPIs may need only some.
pub(super) struct Declared {
    pub(super) entity: Entity,
    pub(super) names: Vec<String>,
    /// Beside [`Entity::fields`]: where each is read from.
    pub(super) sources: Vec<FieldSource>,
    /// Beside [`Entity::fields`]: the entity whose records each names, as an index.
    pub(super) links: Vec<Option<usize>>,
    pub(super) states: Option<States>,
    /// Whether some source feeds it.
    pub(super) fed: bool,
}

/// Where a field is read from.
#[derive(Clone)]
pub(super) struct FieldSource {
    pub(super) path: String,
    pub(super) scale: Option<i32>,
}

/// A kind of record of the CRM.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Entity")]
pub(super) struct RawEntity {
    /// Further names that messages use for it, such as `OpportunityChangeEvent`. Default: its own name only.
    names: Option<Vec<Text>>,
    /// Its fields, by the names that expressions use. Only those that some KPI needs are read. Required.
    fields: Entries<RawField>,
    /// Its ordered states, such as the stages of an opportunity. Default: none.
    states: Option<RawStates>,
}

/// A field of an entity.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Field")]
struct RawField {
    /// Where it is in a record, with dots into nested objects: `Amount`, `properties.amount.value`. Required.
    path: Text,
    /// What it holds. Required.
    #[serde(rename = "type")]
    kind: Kind,
    /// Decimal places of numbers that come as unscaled integers (Debezium's `precise` and `long` modes).
    /// Default: what the message says. Only for decimal and money.
    #[schemars(range(min = 0, max = 38))]
    scale: Option<Located<i32>>,
    /// Where the code of its currency is in a record: `CurrencyIsoCode`. KPIs convert what they aggregate to the currency of
    /// the org. Default: it is in that already. Only for money, and with the top-level key `currency`.
    currency: Option<Text>,
    /// The entity whose records it names by their ids, so that KPIs can look at them: `account.type`. Default: none.
    /// Only for text.
    entity: Option<Text>,
}

/// What a field holds: text; bool; int (64 bits); decimal (exact, six places); money (a decimal, of a currency);
/// date (a calendar day); timestamp (an instant).
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "FieldType")]
enum Kind {
    Text,
    Bool,
    Int,
    Decimal,
    Money,
    Date,
    Timestamp,
}

/// The most fields that one entity can declare.
const DECLARED_MAX: usize = 255;

/// Compiles all entities. `converts` says whether the config knows a currency of the org.
pub(super) fn compile(
    raw: &Located<Entries<RawEntity>>,
    converts: bool,
    report: &mut Report,
) -> Vec<Declared> {
    if raw.value.0.is_empty() && !report.lost_any() {
        report.error(raw.at, "there is no entity", "describe one, with its fields");
    }
    check_names(&raw.value.0, report);
    let names: Vec<&str> = raw.value.0.iter().map(|(name, _)| name.as_str()).collect();
    let entities = raw.value.0.iter();
    entities.map(|(name, entity)| entity.compile(name, &names, converts, report)).collect()
}

/// A message's name means one entity.
fn check_names(entities: &[(Text, RawEntity)], report: &mut Report) {
    let mut known: Vec<(String, At, &str)> = Vec::new();
    for (name, _) in entities {
        value::identifier(name, "an entity", report);
        known.push((name.value.to_lowercase(), name.at, name.as_str()));
    }
    for (entity, raw) in entities {
        for name in raw.names.iter().flatten() {
            value::not_empty(name, "a name", report);
            let lower = name.value.to_lowercase();
            match known.iter().find(|(other, ..)| *other == lower) {
                Some((_, at, owner)) if *owner != entity.as_str() => {
                    let place = report.places.shown(*at);
                    let message =
                        format!("`{}` is already a name of `{owner}` at {place}", name.as_str());
                    report.error(name.at, message, "give each name to one entity");
                }
                _ => known.push((lower, name.at, entity.as_str())),
            }
        }
    }
}

impl RawEntity {
    fn compile(
        &self,
        name: &Text,
        entities: &[&str],
        converts: bool,
        report: &mut Report,
    ) -> Declared {
        let (mut fields, sources) = self.fields(converts, report);
        if fields.len() > DECLARED_MAX {
            let extra = self.fields.0.get(DECLARED_MAX).or_else(|| self.fields.0.last());
            report.error(
                extra.map_or(name.at, |(name, _)| name.at),
                format_args!("more than {DECLARED_MAX} fields, those of currencies included"),
                "leave out those that no KPI needs",
            );
            fields.truncate(DECLARED_MAX);
            // Fields of currencies come last, and may be among those that are cut off.
            fields.iter_mut().for_each(|field| field.currency = None);
        }
        let links = self.links(name.as_str(), entities, sources.len(), report);
        let entity = Entity { name: name.value.clone(), fields, extras: Vec::new() };
        let states = self.states.as_ref().map(|states| states.compile(&entity, report));
        Declared {
            entity,
            names: self.names.iter().flatten().map(|name| name.value.clone()).collect(),
            sources,
            links,
            states,
            fed: true,
        }
    }

    /// Of each field the entity whose records it names, if any.
    fn links(
        &self,
        own: &str,
        entities: &[&str],
        fields: usize,
        report: &mut Report,
    ) -> Vec<Option<usize>> {
        let named = self.fields.0.iter();
        let mut links: Vec<_> = named.map(|(_, field)| field.link(own, entities, report)).collect();
        links.resize(fields, None);
        links
    }

    /// All fields that have a name, and behind them those that hold the codes of currencies.
    fn fields(&self, converts: bool, report: &mut Report) -> (Vec<Field>, Vec<FieldSource>) {
        let mut currencies = Currencies { paths: Vec::new(), first: self.fields.0.len() };
        let (mut fields, mut sources) = (Vec::new(), Vec::new());
        for (name, field) in &self.fields.0 {
            let currency = field.currency(converts, report).map(|path| currencies.field(path));
            fields.push(Field { currency, ..field.compile(name, report) });
            sources.push(field.source());
        }
        for path in currencies.paths {
            fields.push(Field { name: String::new(), kind: FieldType::Text, currency: None });
            sources.push(FieldSource { path: path.to_owned(), scale: None });
        }
        (fields, sources)
    }
}

/// The fields that hold the codes of currencies, one a path, behind all that have a name.
struct Currencies<'a> {
    paths: Vec<&'a str>,
    first: usize,
}

impl<'a> Currencies<'a> {
    fn field(&mut self, path: &'a str) -> FieldId {
        let known = self.paths.iter().position(|known| *known == path);
        let at = known.unwrap_or(self.paths.len());
        if known.is_none() {
            self.paths.push(path);
        }
        FieldId((self.first + at) as u8)
    }
}

impl RawField {
    fn compile(&self, name: &Text, report: &mut Report) -> Field {
        value::identifier(name, "a field", report);
        self.check_path(report);
        if let Some(scale) = self.scale {
            self.check_scale(scale, report);
        }
        Field { name: name.value.clone(), kind: self.kind.field_type(), currency: None }
    }

    /// Where the code of its currency is read from, if it can have one.
    fn currency(&self, converts: bool, report: &mut Report) -> Option<&str> {
        let path = self.currency.as_ref()?;
        if !matches!(self.kind, Kind::Money) {
            report.error(
                path.at,
                "only money has a currency",
                "leave it out, or use `type: money`",
            );
            return None;
        }
        value::not_empty(path, "the path", report);
        if !converts {
            report.unknown(
                path.at,
                "nothing says what money is converted to: there is no top-level `currency`",
                "add `currency: {org: EUR, rates: rates.csv}`, or leave this out: all is summed as it is",
            );
        }
        Some(path.as_str())
    }

    fn check_path(&self, report: &mut Report) {
        value::not_empty(&self.path, "the path", report);
        let path = self.path.as_str();
        let is_broken = |part: &str| part.is_empty() || part.trim() != part;
        if !path.trim().is_empty() && path.split('.').any(is_broken) {
            report.error(
                self.path.at,
                format_args!("`{path}` is no path: between its dots there are names"),
                "write it without spaces, as in `properties.amount.value`",
            );
        }
    }

    fn source(&self) -> FieldSource {
        FieldSource { path: self.path.value.clone(), scale: self.scale.map(|scale| scale.value) }
    }

    /// The entity whose records it names.
    fn link(&self, own: &str, entities: &[&str], report: &mut Report) -> Option<usize> {
        let name = self.entity.as_ref()?;
        if !matches!(self.kind, Kind::Text) {
            report.error(
                name.at,
                "only a text names a record, by its id",
                "leave `entity` out, or use `type: text`",
            );
            return None;
        }
        if name.as_str() == own {
            report.error(
                name.at,
                format_args!("a record of `{own}` cannot look at another of `{own}`"),
                "name another entity, or leave `entity` out",
            );
            return None;
        }
        let found = entities.iter().position(|entity| *entity == name.as_str());
        if found.is_none() {
            let known = entities.iter().copied().filter(|entity| *entity != own);
            let remedy = suggest::remedy(name.as_str(), known, "the other entities are");
            report.unknown(name.at, format_args!("there is no entity `{}`", name.as_str()), remedy);
        }
        found
    }

    fn check_scale(&self, scale: Located<i32>, report: &mut Report) {
        if !matches!(self.kind, Kind::Decimal | Kind::Money) {
            report.error(
                scale.at,
                "only decimals have a scale",
                "leave it out, or use `type: decimal`",
            );
        } else if !(0..=38).contains(&scale.value) {
            let message = format!("a scale of {} is not between 0 and 38", scale.value);
            report.error(scale.at, message, "write the number of decimal places");
        }
    }
}

impl Kind {
    const fn field_type(self) -> FieldType {
        match self {
            Self::Text => FieldType::Text,
            Self::Bool => FieldType::Bool,
            Self::Int => FieldType::Int,
            Self::Decimal | Self::Money => FieldType::Decimal,
            Self::Date => FieldType::Date,
            Self::Timestamp => FieldType::Timestamp,
        }
    }
}

/// The entity of a name, or a mistake. That it is not fed is one too: nothing would ever be known of its records.
pub(super) fn used(name: &Text, entities: &[Declared], report: &mut Report) -> Option<EntityId> {
    let id = named(name, entities, report)?;
    if !entities[usize::from(id.0)].fed {
        let message = format!("no source feeds `{}`", name.as_str());
        report.unknown(name.at, message, suggest::source(name.as_str(), "…"));
    }
    Some(id)
}

/// The entity of a name, or a mistake.
pub(super) fn named(name: &Text, entities: &[Declared], report: &mut Report) -> Option<EntityId> {
    let found = entities.iter().position(|declared| declared.entity.name == name.value);
    if found.is_none() {
        let known = entities.iter().map(|declared| declared.entity.name.as_str());
        let remedy = suggest::remedy(name.as_str(), known, "the entities are");
        report.unknown(name.at, format_args!("there is no entity `{}`", name.as_str()), remedy);
    }
    found.map(|at| EntityId(at as u16))
}

/// The field of a name, or a mistake.
pub(super) fn field<'a>(
    name: &Text,
    entity: &'a Entity,
    report: &mut Report,
) -> Option<(FieldId, &'a Field)> {
    let found = entity.field(name.as_str());
    if found.is_none() {
        let remedy = suggest::remedy(name.as_str(), entity.names(), "its fields are");
        let message = format!("entity `{}` has no field `{}`", entity.name, name.as_str());
        report.unknown(name.at, message, remedy);
    }
    found
}
