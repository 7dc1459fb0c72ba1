//! Ties: of which other records the cells of an entity's records are made, and of whose cells theirs are.

use super::named::{Named, Namers};
use crate::entity::{EntityId, FieldId};
use crate::extra::{Extra, Link, Splits};
use crate::model::Model;

/// What ties the records of one entity to those of others.
#[derive(Debug, Default)]
pub(super) struct Ties {
    /// The fields by which its records name others.
    pub(super) links: Vec<Tie>,
    /// By which links of which entities its records are looked at.
    pub(super) borrowers: Vec<(usize, usize)>,
    /// The fields that are looked at, as a bit mask.
    pub(super) borrowed: u64,
    /// How its records are split.
    pub(super) splits: Vec<SplitTie>,
    /// The entities whose records it splits, each with the index among the splits of that entity.
    pub(super) splits_of: Vec<(usize, usize)>,
    /// Where its records are found by their ids' symbols, if any others name them.
    pub(super) named: Option<Named>,
}

/// A link, and what is made of the records it names.
#[derive(Debug)]
pub(super) struct Tie {
    pub(super) link: Link,
    /// The cell that says whether the named record is in doubt.
    pub(super) doubt: Option<FieldId>,
    /// The borrowed cells, each with the field it is borrowed from.
    pub(super) cells: Vec<(FieldId, FieldId)>,
    pub(super) namers: Namers,
}

/// How records are split.
#[derive(Clone, Copy, Debug)]
pub(super) struct SplitTie {
    /// The cell that stands for the splits.
    pub(super) cell: FieldId,
    pub(super) splits: Splits,
    /// The index of the link from the splits to their records.
    pub(super) link: usize,
}

/// The ties of all entities of a model; none for those that have none.
pub(super) fn ties(model: &Model) -> Vec<Option<Box<Ties>>> {
    let mut ties: Vec<Ties> = model.entities.iter().map(|_| Ties::default()).collect();
    for (at, entity) in model.entities.iter().enumerate() {
        for (cell, extra) in entity.extra_cells() {
            match extra {
                Extra::Moment(_) => {}
                Extra::Doubt(link) => tie(&mut ties[at], *link).1.doubt = Some(cell),
                Extra::Borrowed { link, field, .. } => {
                    let (nth, tie) = tie(&mut ties[at], *link);
                    tie.cells.push((cell, *field));
                    let named = &mut ties[usize::from(link.entity.0)];
                    named.borrowed |= field.bit();
                    if !named.borrowers.contains(&(at, nth)) {
                        named.borrowers.push((at, nth));
                    }
                }
                Extra::Splits(splits) => split(&mut ties, at, cell, *splits),
            }
        }
    }
    let named: Vec<usize> = ties
        .iter()
        .flat_map(|ties| ties.links.iter().map(|tie| usize::from(tie.link.entity.0)))
        .collect();
    named.into_iter().for_each(|at| ties[at].named = Some(Named::default()));
    ties.into_iter().map(|ties| (!ties.are_none()).then(|| Box::new(ties))).collect()
}

fn split(ties: &mut [Ties], at: usize, cell: FieldId, splits: Splits) {
    let by = usize::from(splits.entity.0);
    let link = Link { field: splits.record, entity: EntityId(at as u16) };
    let (link, _) = tie(&mut ties[by], link);
    ties[by].splits_of.push((at, ties[at].splits.len()));
    ties[at].splits.push(SplitTie { cell, splits, link });
}

/// The tie of a link and its index.
fn tie(ties: &mut Ties, link: Link) -> (usize, &mut Tie) {
    let known = ties.links.iter().position(|tie| tie.link == link);
    let at = known.unwrap_or(ties.links.len());
    if known.is_none() {
        ties.links.push(Tie { link, doubt: None, cells: Vec::new(), namers: Namers::default() });
    }
    (at, &mut ties.links[at])
}

impl Ties {
    fn are_none(&self) -> bool {
        self.links.is_empty() && self.named.is_none()
    }
}
