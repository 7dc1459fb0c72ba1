//! Topics, entities and their fields: what is on a message.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A topic.
#[derive(Clone, Debug, Deserialize)]
pub struct Source {
    /// Its name.
    pub topic: String,
    /// The entity of all its messages; wins over the one they name.
    pub entity: Option<String>,
}

/// An entity of the CRM.
#[derive(Clone, Debug, Deserialize)]
pub struct Entity {
    /// Other names it has in messages.
    #[serde(default)]
    pub names: Vec<String>,
    /// The fields by name.
    pub fields: BTreeMap<String, Field>,
    /// The ordered states, where it has any.
    #[serde(default)]
    pub states: States,
    /// The sets of states of the entities whose records the fields name, as `link.set`.
    #[serde(skip)]
    pub states_across: BTreeMap<String, Vec<String>>,
}

/// A field of an entity.
#[derive(Clone, Debug, Deserialize)]
pub struct Field {
    /// Its key in messages.
    pub path: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// The entity of which it names a record by its id.
    pub entity: Option<String>,
    /// Of money, the key of its currency in messages; without one it is in the organisation's.
    pub currency: Option<String>,
}

impl Field {
    /// The name under which its currency is read as a field of its own, where it has one.
    #[must_use]
    pub fn currency_field(&self) -> Option<String> {
        // No field of a config has such a name.
        self.currency.as_ref().map(|path| format!("currency in {path}"))
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// Any text.
    Text,
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// A number with places.
    #[serde(alias = "money")]
    Decimal,
    /// A calendar day.
    Date,
    /// An instant.
    Timestamp,
}

impl Entity {
    /// Adds the currencies of the fields that have one to the fields that are read.
    pub(super) fn read_currencies(&mut self) {
        let of = |field: &Field| {
            let currency = Field {
                path: field.currency.clone()?,
                kind: FieldType::Text,
                entity: None,
                currency: None,
            };
            Some((field.currency_field()?, currency))
        };
        let currencies: Vec<(String, Field)> = self.fields.values().filter_map(of).collect();
        self.fields.extend(currencies);
    }
}

/// The ordered states and their named sets.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct States {
    /// The field that holds the state.
    #[serde(default)]
    pub field: String,
    /// All states, the first first.
    #[serde(default)]
    pub order: Vec<String>,
    /// `open`, `won` and so on.
    #[serde(default)]
    pub sets: BTreeMap<String, Vec<String>>,
}
