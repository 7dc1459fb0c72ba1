//! The schema part of a message, for the two things it alone knows: the scale of base64 decimals and the
//! unit of times that are numbers.
//!
//! It is several times as long as the payload and the same for all messages of a table, so what it says of
//! the bound columns is kept with its text.

use serde::Deserialize;

use super::envelope::Shape;
use crate::error::DecodeError;
use crate::plan::Plan;
use crate::scalar::Logical;
use crate::time::Unit;
use paceline_core::entity::EntityId;

/// Schemas met of late, and the shape of the last message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schemas {
    pub(super) shape: Shape,
    known: Vec<Known>,
    /// The schema of the message at hand.
    at: Option<usize>,
}

#[derive(Clone, Debug)]
struct Known {
    schema: Box<str>,
    /// What it says of the columns of an entity, by slot.
    columns: Option<(EntityId, Shape, Vec<Logical>)>,
}

/// As many as a topic of several tables has in use at a time.
const KNOWN_MAX: usize = 16;

impl Schemas {
    /// The message at hand has this raw schema, if any.
    pub(super) fn meet(&mut self, schema: Option<&str>) {
        self.at = schema.filter(|schema| schema.starts_with('{')).map(|schema| {
            let known = self.known.iter().position(|known| *known.schema == *schema);
            known.unwrap_or_else(|| {
                self.known.truncate(KNOWN_MAX - 1);
                self.known.insert(0, Known { schema: schema.into(), columns: None });
                0
            })
        });
    }

    /// What the schema at hand says of the plan's columns, by slot; empty without a schema.
    pub(super) fn columns(&mut self, plan: &Plan) -> Result<&[Logical], DecodeError> {
        let shape = self.shape;
        let Some(at) = self.at else { return Ok(&[]) };
        let known = &mut self.known[at];
        let fresh = known
            .columns
            .as_ref()
            .is_some_and(|(entity, of, _)| (*entity, *of) == (plan.entity, shape));
        if !fresh {
            let schema: Struct = serde_json::from_str(&known.schema)
                .map_err(|_| DecodeError::Missing { what: "a readable schema" })?;
            let row = if shape == Shape::Flat { Some(&schema) } else { schema.field("after") };
            let logical = |path: &str| row.map_or(Logical::Unknown, |row| row.logical(path));
            let columns = plan.paths.iter().map(|path| logical(path)).collect();
            known.columns = Some((plan.entity, shape, columns));
        }
        Ok(known.columns.as_ref().map_or(&[], |(_, _, columns)| columns))
    }
}

/// A schema as JsonConverter writes it.
#[derive(Deserialize)]
struct Struct {
    #[serde(default)]
    field: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    parameters: Option<Parameters>,
    #[serde(default)]
    fields: Vec<Self>,
}

#[derive(Deserialize)]
struct Parameters {
    #[serde(default)]
    scale: Option<String>,
}

impl Struct {
    fn field(&self, name: &str) -> Option<&Self> {
        self.fields.iter().find(|field| field.field.as_deref() == Some(name))
    }

    fn logical(&self, path: &str) -> Logical {
        let column = path.split('.').try_fold(self, |node, name| node.field(name));
        column.map_or(Logical::Unknown, Self::meaning)
    }

    /// From "Data type mappings" of Debezium's connectors, and Kafka Connect's own logical types.
    fn meaning(&self) -> Logical {
        match self.name.as_deref() {
            Some("org.apache.kafka.connect.data.Decimal") => Logical::Decimal(self.scale()),
            Some("io.debezium.time.Date" | "org.apache.kafka.connect.data.Date") => {
                Logical::Time(Unit::Days)
            }
            Some("io.debezium.time.Timestamp" | "org.apache.kafka.connect.data.Timestamp") => {
                Logical::Time(Unit::Millis)
            }
            Some("io.debezium.time.MicroTimestamp") => Logical::Time(Unit::Micros),
            Some("io.debezium.time.NanoTimestamp") => Logical::Time(Unit::Nanos),
            _ => Logical::Plain,
        }
    }

    /// Kafka Connect refuses a decimal schema without a scale.
    fn scale(&self) -> i32 {
        let scale = self.parameters.as_ref().and_then(|parameters| parameters.scale.as_deref());
        scale.and_then(|scale| scale.parse().ok()).unwrap_or(0)
    }
}
