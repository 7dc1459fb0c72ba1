//! The fields that KPIs can name: those of their entity, and those of the records that these name.

use std::cell::RefCell;

use paceline_core::entity::{EntityId, FieldId, FieldType};
use paceline_core::expr::{self, Linked, Scope};
use paceline_core::symbol::Symbols;

use super::simple::told;
use crate::config::entities::{self, Declared};
use crate::config::located::Text;
use crate::config::report::Report;

/// Lets `compile` see the fields of an entity, and of those whose records they name. What it asks for beside them is added
/// to the entity's extras.
pub(super) fn within<T>(
    entities: &mut [Declared],
    id: EntityId,
    compile: impl FnOnce(Scope<'_>, &[Declared]) -> T,
) -> T {
    let at = usize::from(id.0);
    let extras = RefCell::new(std::mem::take(&mut entities[at].entity.extras));
    let linked = |link: &Option<usize>| {
        let linked = &entities[(*link)?];
        let id = EntityId((*link)? as u16);
        let Declared { entity, states, fed, .. } = linked;
        Some(Linked { id, entity, states: states.as_ref(), fed: *fed })
    };
    let links: Vec<Option<Linked<'_>>> = entities[at].links.iter().map(linked).collect();
    let Declared { entity, states, .. } = &entities[at];
    let scope = Scope { entity, states: states.as_ref(), extras: &extras, links: &links };
    let compiled = compile(scope, entities);
    entities[at].entity.extras = extras.into_inner();
    compiled
}

/// The cell of a field and what it holds, or a mistake.
pub(super) fn field(
    name: &Text,
    scope: Scope<'_>,
    report: &mut Report,
) -> Option<(FieldId, FieldType)> {
    if !name.value.contains('.') {
        return entities::field(name, scope.entity, report).map(|(id, field)| (id, field.kind));
    }
    // A name has no text to be given a symbol.
    let symbols = &mut Symbols::default();
    told(name, expr::field(name.as_str(), scope, symbols), report)
}
