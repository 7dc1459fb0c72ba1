//! Names in expressions: fields of the record itself, fields of the record that one of them names, and sets of states.

use super::literal::exact_micros;
use super::refusal::{no_states, refuse, too_fine};
use super::{Checked, Checker, Operand};
use crate::entity::{Entity, FieldId, FieldType};
use crate::expr::syntax::{Kind, Node};
use crate::expr::{ExprError, Linked, Number, States, Test, Word};
use crate::extra::Link;
use crate::suggest;

/// The name before the sets of an entity's states.
const STATES: &str = "states";

/// A field as it is named.
struct Named<'a> {
    /// The name of the link and the link, for a field of the record that it names.
    link: Option<(&'a str, Link)>,
    field: FieldId,
    kind: FieldType,
}

impl Checker<'_> {
    pub(super) fn flag(&self, node: &Node) -> Checked<Test> {
        let (field, kind) = self.field(node)?;
        if kind == FieldType::Bool {
            return Ok(Test::Flag(field));
        }
        let name = shown(node);
        Err(refuse(
            node,
            format!("`{name}` is {kind}, and a condition must be true or false"),
            format!("compare it, as in `{name} == …`"),
        ))
    }

    pub(super) fn named_operand(&self, node: &Node) -> Checked<Operand> {
        let (field, kind) = self.field(node)?;
        Ok(match kind {
            FieldType::Int | FieldType::Decimal => Operand::Number(Number::Field(field)),
            FieldType::Text | FieldType::Bool | FieldType::Date | FieldType::Timestamp => {
                Operand::Word(kind, Word::Field(field))
            }
        })
    }

    pub(super) fn number_field(&self, node: &Node) -> Checked<Number> {
        let (field, kind) = self.field(node)?;
        match kind {
            FieldType::Int | FieldType::Decimal => Ok(Number::Field(field)),
            FieldType::Text | FieldType::Bool | FieldType::Date | FieldType::Timestamp => {
                Err(refuse(
                    node,
                    format!("`{}` is {kind}, not a number", shown(node)),
                    "use a field of type decimal or int".to_owned(),
                ))
            }
        }
    }

    /// The cell of a field and what it holds.
    pub(super) fn field(&self, node: &Node) -> Checked<(FieldId, FieldType)> {
        let named = self.named(node)?;
        Ok((self.cell(&named), named.kind))
    }

    fn cell(&self, named: &Named<'_>) -> FieldId {
        match named.link {
            Some((_, link)) => self.scope.look(link, named.field, named.kind),
            None => named.field,
        }
    }

    fn named(&self, node: &Node) -> Checked<Named<'_>> {
        match &node.kind {
            Kind::Name(name) => {
                let (field, kind) = field_of(node, self.scope.entity, name)?;
                Ok(Named { link: None, field, kind })
            }
            Kind::Select(operand, name) => self.named_across(node, operand, name),
            _ => Err(no_states(node, &self.scope.entity.name)),
        }
    }

    /// A field of the record that another field names.
    fn named_across(&self, node: &Node, operand: &Node, name: &str) -> Checked<Named<'_>> {
        let own = match &operand.kind {
            Kind::Name(own) if own != STATES => own,
            Kind::Select(..) => return Err(too_far(node)),
            _ => return Err(no_states(node, &self.scope.entity.name)),
        };
        let (own, linked) = self.linked(operand, own)?;
        if self.remembers {
            return Err(refuse(
                node,
                format!(
                    "`{}` is a field of another record, and only the record itself remembers",
                    shown(node)
                ),
                format!("use the fields of `{}` alone here", self.scope.entity.name),
            ));
        }
        let (field, kind) = field_of(node, linked.entity, name)?;
        let link = Link { field: own, entity: linked.id };
        let own = &self.scope.entity.fields[usize::from(own.0)].name;
        Ok(Named { link: Some((own, link)), field, kind })
    }

    /// The field of a name that names records of another entity, and that entity.
    pub(super) fn linked(&self, node: &Node, name: &str) -> Checked<(FieldId, Linked<'_>)> {
        let (field, _) = field_of(node, self.scope.entity, name)?;
        let linked = |at: usize| self.scope.links.get(at).copied().flatten();
        if let Some(linked) = linked(usize::from(field.0)) {
            return if linked.fed { Ok((field, linked)) } else { Err(unfed(node, linked.entity)) };
        }
        let fields = self.scope.entity.fields.iter().enumerate();
        let links = fields.filter(|(at, _)| linked(*at).is_some());
        let known: Vec<&str> = links.map(|(_, field)| field.name.as_str()).collect();
        let help = if known.is_empty() {
            format!(
                "say of which entity it holds the id: `{name}: {{path: …, type: text, entity: …}}`"
            )
        } else {
            suggest::remedy(name, known.into_iter(), "the fields that name a record are")
        };
        Err(refuse(node, format!("`{name}` does not name a record of another entity"), help))
    }

    pub(super) fn membership(&mut self, value: &Node, set: &Node) -> Checked<Test> {
        if !matches!(value.kind, Kind::Name(_) | Kind::Select(..)) {
            return Err(refuse(
                value,
                "the left side of `in` must be a field".to_owned(),
                "write `field in [\"a\", \"b\"]` or `stage in states.won`".to_owned(),
            ));
        }
        match &set.kind {
            Kind::List(elements) if elements.is_empty() => Err(refuse(
                set,
                "nothing is in an empty list".to_owned(),
                "write `in [\"a\", \"b\"]` or `in states.won`".to_owned(),
            )),
            Kind::List(elements) => {
                elements.iter().try_for_each(|element| self.check_state(value, element))?;
                let (field, kind) = self.field(value)?;
                self.one_of(field, kind, elements)
            }
            Kind::Select(operand, name) => self.state_set(value, operand, name),
            _ => Err(refuse(
                set,
                "the right side of `in` must be a list or a set of states".to_owned(),
                "write `in [\"a\", \"b\"]` or `in states.won`".to_owned(),
            )),
        }
    }

    fn one_of(&mut self, field: FieldId, kind: FieldType, elements: &[Node]) -> Checked<Test> {
        let members =
            elements.iter().map(|element| self.member(kind, element)).collect::<Checked<_>>()?;
        Ok(Test::OneOf { field, members })
    }

    fn member(&mut self, kind: FieldType, element: &Node) -> Checked<i128> {
        let numeric = matches!(kind, FieldType::Int | FieldType::Decimal);
        match self.operand(element)? {
            Operand::Word(found, Word::Const(value)) if found == kind => Ok(value),
            Operand::Number(Number::Const(value)) if numeric => {
                exact_micros(&value).ok_or_else(|| too_fine(element))
            }
            _ => Err(refuse(
                element,
                format!("this is no {kind} constant"),
                format!("list constants of type {kind} only"),
            )),
        }
    }

    fn state_set(&mut self, value: &Node, operand: &Node, set: &str) -> Checked<Test> {
        let named = self.named(value)?;
        let (link, entity, states) = self.states(operand)?;
        let Some(states) = states else { return Err(no_states(operand, &entity.name)) };
        let state_field = entity.field(&states.field).map(|(id, _)| id);
        let prefix = link.map(|link| format!("{link}.")).unwrap_or_default();
        let same = named.link.map(|(link, _)| link) == link && Some(named.field) == state_field;
        if named.kind != FieldType::Text || !same {
            let field = format!("{prefix}{}", states.field);
            return Err(refuse(
                value,
                format!("{prefix}states.{set} are values of `{field}`"),
                format!("write `{field} in {prefix}states.{set}`"),
            ));
        }
        let Some((_, members)) = states.sets.iter().find(|(name, _)| name == set) else {
            let known = states.sets.iter().map(|(name, _)| name.as_str());
            return Err(refuse(
                operand,
                format!("there is no set of states `{set}`"),
                suggest::remedy(set, known, "the sets are"),
            ));
        };
        let (field, members) = (self.cell(&named), members.clone());
        let symbol = |member: &String| i128::from(self.symbols.intern(member).0);
        Ok(Test::OneOf { field, members: members.iter().map(symbol).collect() })
    }

    /// The states that are named before a set of them: the entity's own, or those of the entity that a link leads to.
    fn states<'n>(
        &self,
        operand: &'n Node,
    ) -> Checked<(Option<&'n str>, &Entity, Option<&States>)> {
        match &operand.kind {
            Kind::Name(name) if name == STATES => Ok((None, self.scope.entity, self.scope.states)),
            Kind::Select(link, name) if name == STATES => {
                let Kind::Name(own) = &link.kind else { return Err(too_far(operand)) };
                let (_, linked) = self.linked(link, own)?;
                Ok((Some(own), linked.entity, linked.states))
            }
            _ => Err(no_states(operand, &self.scope.entity.name)),
        }
    }
}

fn unfed(node: &Node, entity: &Entity) -> ExprError {
    let message = format!("no source feeds `{}`", entity.name);
    refuse(node, message, suggest::source(&entity.name, "…"))
}

fn field_of(node: &Node, entity: &Entity, name: &str) -> Checked<(FieldId, FieldType)> {
    if let Some((id, field)) = entity.field(name) {
        return Ok((id, field.kind));
    }
    let known = entity.names();
    let help = match name {
        "today" | "now" => format!("write `{name}()`"),
        _ if suggest::closest(name, known.clone()).is_some() => {
            suggest::remedy(name, known, "its fields are")
        }
        _ => {
            let fields = suggest::remedy(name, known, "its fields are");
            format!("{fields}; text is in quotes: '{name}'")
        }
    };
    Err(refuse(node, format!("entity `{}` has no field `{name}`", entity.name), help))
}

fn too_far(node: &Node) -> ExprError {
    refuse(
        node,
        format!("`{}` looks further than one record", shown(node)),
        "name a field of the record that a field of this one names, as in `account.type`"
            .to_owned(),
    )
}

/// A name as it is written.
pub(super) fn shown(node: &Node) -> String {
    match &node.kind {
        Kind::Name(name) => name.clone(),
        Kind::Select(operand, name) => format!("{}.{name}", shown(operand)),
        _ => "…".to_owned(),
    }
}
