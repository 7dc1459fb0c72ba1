//! Who names whom: from the texts in fields that name records to those records, and back.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::expr::Cell;
use crate::symbol::Symbol;

/// The records of an entity by the symbols of their ids. Held only where other records name them.
#[derive(Debug, Default)]
pub(super) struct Named {
    slots: HashMap<Symbol, u32, FixedState>,
    /// By slot; [`Symbol::NONE`] for what was never seen.
    symbols: Vec<Symbol>,
}

/// The records that have a symbol in some field, by that symbol: for each symbol a ring through the slots, so that a
/// record comes and goes in no time, however many have the same.
#[derive(Debug, Default)]
pub(super) struct Namers {
    first: HashMap<Symbol, u32, FixedState>,
    /// By slot the slots before and after it in its ring.
    around: Vec<[u32; 2]>,
}

/// The symbol that a field names, if it is known and names any.
pub(super) fn symbol(cell: Cell) -> Option<Symbol> {
    match cell {
        Cell::Known(symbol) => Some(Symbol(symbol as u32)),
        Cell::Null | Cell::Unknown => None,
    }
}

impl Named {
    /// The slot of a record that was seen.
    pub(super) fn slot(&self, symbol: Symbol) -> Option<u32> {
        self.slots.get(&symbol).copied()
    }

    /// The symbol of a record's id, which is asked for when the record is first seen.
    pub(super) fn symbol(&mut self, slot: u32, id: impl FnOnce() -> Symbol) -> Symbol {
        let at = slot as usize;
        if at >= self.symbols.len() {
            self.symbols.resize(at + 1, Symbol::NONE);
        }
        if self.symbols[at] == Symbol::NONE {
            self.symbols[at] = id();
            self.slots.insert(self.symbols[at], slot);
        }
        self.symbols[at]
    }

    /// The symbol of the id of a record that was seen.
    pub(super) fn known(&self, slot: u32) -> Option<Symbol> {
        self.symbols.get(slot as usize).copied().filter(|symbol| *symbol != Symbol::NONE)
    }
}

impl Namers {
    pub(super) fn insert(&mut self, slot: u32, symbol: Symbol) {
        let at = slot as usize;
        if at >= self.around.len() {
            self.around.resize(at + 1, [0; 2]);
        }
        let Some(first) = self.first.get(&symbol).copied() else {
            self.first.insert(symbol, slot);
            self.around[at] = [slot; 2];
            return;
        };
        let last = self.around[first as usize][0];
        self.around[at] = [last, first];
        self.around[last as usize][1] = slot;
        self.around[first as usize][0] = slot;
    }

    /// Removes a record that has the symbol.
    pub(super) fn remove(&mut self, slot: u32, symbol: Symbol) {
        let [before, after] = self.around[slot as usize];
        if after == slot {
            self.first.remove(&symbol);
            return;
        }
        self.around[before as usize][1] = after;
        self.around[after as usize][0] = before;
        self.first.insert(symbol, after);
    }

    /// The records that have the symbol, in no order.
    pub(super) fn of(&self, symbol: Symbol) -> impl Iterator<Item = u32> {
        let first = self.first.get(&symbol).copied();
        let after = move |slot: &u32| {
            let after = self.around[*slot as usize][1];
            (Some(after) != first).then_some(after)
        };
        std::iter::successors(first, after)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::Namers;
    use crate::symbol::Symbol;

    proptest! {
        /// Whoever comes and goes, a symbol has those that have it.
        #[test]
        fn rings_hold_who_has_the_symbol(steps in prop::collection::vec((0u32..12, 1u32..5), 0..80)) {
            let mut namers = Namers::default();
            let mut has: BTreeMap<u32, u32> = BTreeMap::new();
            for (slot, symbol) in steps {
                if let Some(former) = has.remove(&slot) {
                    namers.remove(slot, Symbol(former));
                }
                // The last symbol is none.
                if symbol < 4 {
                    namers.insert(slot, Symbol(symbol));
                    has.insert(slot, symbol);
                }
                for symbol in 1..4 {
                    let slots: Vec<u32> = namers.of(Symbol(symbol)).collect();
                    let expected: BTreeSet<u32> =
                        has.iter().filter(|(_, of)| **of == symbol).map(|(slot, _)| *slot).collect();
                    prop_assert_eq!(slots.len(), expected.len());
                    prop_assert_eq!(slots.into_iter().collect::<BTreeSet<_>>(), expected);
                }
            }
        }
    }
}
