//! Which keys of a row are bound, laid out for quick lookup, and the row read into slots.
//!
//! The slots only hold JSON values. They become values of a type later, when the whole message is known: the
//! operation, the entity and the schema may stand behind the row.

use paceline_core::change::Fields;
use paceline_core::entity::{EntityId, FieldId, FieldType};
use serde::de::MapAccess;
use smallvec::SmallVec;

use crate::binding::EntityBinding;
use crate::error::DecodeError;
use crate::json::{Care, Member, Object, Other};
use crate::piece::Piece;
use crate::scalar::{self, Dialect};

/// The JSON value of each bound path, `None` where the row does not have it.
pub(crate) type Slots<'a> = SmallVec<[Option<Piece<'a>>; 16]>;

/// How the rows of one entity are read.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) entity: EntityId,
    pub(crate) names: Vec<String>,
    pub(crate) fields: Vec<Bound>,
    /// One path per slot; two fields may share one.
    pub(crate) paths: Vec<Box<str>>,
    /// How each slot is read, as far as its last values tell.
    cares: Vec<Care>,
    root: Node,
}

/// A bound field.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) id: FieldId,
    pub(crate) kind: FieldType,
    pub(crate) scale: Option<i32>,
    pub(crate) slot: usize,
}

impl Plan {
    pub(crate) fn new(binding: EntityBinding) -> Self {
        let mut plan = Self {
            entity: binding.entity,
            names: binding.names,
            fields: Vec::with_capacity(binding.fields.len()),
            paths: Vec::new(),
            cares: Vec::new(),
            root: Node::default(),
        };
        for field in binding.fields {
            let slot = plan.slot(&field.path);
            plan.fields.push(Bound { id: field.id, kind: field.kind, scale: field.scale, slot });
        }
        plan.root.finish();
        plan
    }

    /// The reader of a row; `slots` are emptied.
    pub(crate) fn row<'p, 's, 'a>(&'p self, slots: &'s mut Slots<'a>) -> Row<'p, 's, 'a> {
        self.empty(slots);
        Row { node: &self.root, cares: &self.cares, slots }
    }

    /// Makes one empty slot for each path.
    pub(crate) fn empty(&self, slots: &mut Slots<'_>) {
        slots.clear();
        slots.resize_with(self.paths.len(), || None);
    }

    /// The bound key of a name at the top of a row, for [`Self::take`].
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.root.find(name)
    }

    /// Takes the value of a bound key at the top of a row that is being read by another reader.
    pub(crate) fn take<'a, M: MapAccess<'a>>(
        &self,
        slots: &mut Slots<'a>,
        key: usize,
        member: Member<'_, M>,
    ) -> Result<(), M::Error> {
        Row { node: &self.root, cares: &self.cares, slots }.value(key, member)
    }

    /// Reads such values with care at once from now on, so that messages are not read twice.
    pub(crate) fn learn(&mut self, read: Care, slots: &Slots<'_>) {
        if read == Care::Quick {
            return;
        }
        for (care, slot) in self.cares.iter_mut().zip(slots) {
            if slot.as_ref().is_some_and(Piece::needs_care) {
                *care = Care::Exact;
            }
        }
    }

    /// Adds the values of the slots, in the order of the bindings. Into `fields`, because they are large.
    pub(crate) fn read<'a>(
        &self,
        slots: &Slots<'a>,
        dialect: impl Fn(usize) -> Dialect,
        fields: &mut Fields<'a>,
    ) -> Result<(), DecodeError> {
        for bound in &self.fields {
            let Some(Some(piece)) = slots.get(bound.slot) else { continue };
            let mention =
                scalar::read(piece, bound.kind, bound.scale, dialect(bound.slot)).map_err(
                    |fault| DecodeError::Field { path: self.paths[bound.slot].clone(), fault },
                )?;
            fields.push((bound.id, mention));
        }
        Ok(())
    }

    fn slot(&mut self, path: &str) -> usize {
        if let Some(slot) = self.paths.iter().position(|known| **known == *path) {
            return slot;
        }
        self.paths.push(path.into());
        self.cares.push(Care::Quick);
        self.root.bind(path, self.paths.len() - 1);
        self.paths.len() - 1
    }
}

/// The bound keys of one object.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// By length of name.
    keys: Vec<Key>,
    /// Where in `keys` the names of each length start; the last bucket holds all longer ones.
    starts: [u16; BUCKETS + 1],
}

const BUCKETS: usize = 32;

/// Stands for what is not there: a value of no field type.
const NO_OBJECT: Piece<'_> = Piece::Nested("[]");

#[derive(Clone, Debug)]
struct Key {
    name: Box<str>,
    slot: Option<usize>,
    child: Option<Box<Node>>,
}

impl Default for Node {
    fn default() -> Self {
        Self { keys: Vec::new(), starts: [0; BUCKETS + 1] }
    }
}

impl Node {
    fn bind(&mut self, path: &str, slot: usize) {
        let (name, rest) =
            path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let at = self.keys.iter().position(|key| *key.name == *name).unwrap_or_else(|| {
            self.keys.push(Key { name: name.into(), slot: None, child: None });
            self.keys.len() - 1
        });
        let key = &mut self.keys[at];
        match rest {
            None => key.slot = Some(slot),
            Some(rest) => key.child.get_or_insert_default().bind(rest, slot),
        }
    }

    fn finish(&mut self) {
        self.keys.sort_by_key(|key| key.name.len());
        for (bucket, start) in self.starts.iter_mut().enumerate() {
            *start =
                self.keys.partition_point(|key| key.name.len().min(BUCKETS - 1) < bucket) as u16;
        }
        for child in self.keys.iter_mut().filter_map(|key| key.child.as_mut()) {
            child.finish();
        }
    }

    fn find(&self, name: &str) -> Option<usize> {
        let bucket = name.len().min(BUCKETS - 1);
        let (from, to) = (usize::from(self.starts[bucket]), usize::from(self.starts[bucket + 1]));
        self.keys[from..to].iter().position(|key| *key.name == *name).map(|at| from + at)
    }

    /// Gives every slot at or below this node the same value.
    fn fill<'a>(&self, slots: &mut Slots<'a>, piece: &Option<Piece<'a>>) {
        for key in &self.keys {
            if let Some(slot) = key.slot {
                slots[slot].clone_from(piece);
            }
            if let Some(child) = &key.child {
                child.fill(slots, piece);
            }
        }
    }
}

/// A row being read.
pub(crate) struct Row<'p, 's, 'a> {
    node: &'p Node,
    cares: &'p [Care],
    slots: &'s mut Slots<'a>,
}

impl<'a> Object<'a> for Row<'_, '_, 'a> {
    type Key = usize;
    const NOT_AN_OBJECT: &'static str = "the row is not an object";

    #[inline]
    fn key(&mut self, name: &str) -> Option<usize> {
        self.node.find(name)
    }

    #[inline]
    fn value<M: MapAccess<'a>>(
        &mut self,
        key: usize,
        member: Member<'_, M>,
    ) -> Result<(), M::Error> {
        let key = &self.node.keys[key];
        let Some(child) = &key.child else {
            if let Some(slot) = key.slot {
                self.slots[slot] = Some(member.piece_with(self.cares[slot])?);
            }
            return Ok(());
        };
        let (node, cares) = (&**child, self.cares);
        let mut nested = Nested(Row { node, cares, slots: self.slots });
        match key.slot {
            None => member.maybe_object(&mut nested),
            Some(slot) => {
                let piece = member.piece_and_object(&mut nested)?;
                self.slots[slot] = Some(piece);
                Ok(())
            }
        }
    }
}

/// An object inside a row. Where it is null, so is all that is bound below it. Where it is something else,
/// that is the fault of the fields below it and found when they become values: the row may be of another
/// entity than the plan.
struct Nested<'p, 's, 'a>(Row<'p, 's, 'a>);

impl<'a> Object<'a> for Nested<'_, '_, 'a> {
    type Key = usize;
    const NOT_AN_OBJECT: &'static str = "an object of the row is none";

    fn key(&mut self, name: &str) -> Option<usize> {
        self.0.key(name)
    }

    fn value<M: MapAccess<'a>>(
        &mut self,
        key: usize,
        member: Member<'_, M>,
    ) -> Result<(), M::Error> {
        self.0.value(key, member)
    }

    fn begin(&mut self) {
        self.0.node.fill(self.0.slots, &None);
    }

    fn otherwise(&mut self, other: Other) -> bool {
        let piece = if other == Other::Null { Piece::Null } else { NO_OBJECT };
        self.0.node.fill(self.0.slots, &Some(piece));
        true
    }
}
