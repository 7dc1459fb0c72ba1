//! The table of texts and of joint owners that all lanes share, so that one owner is one symbol in every partition.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use dashmap::DashMap;
use foldhash::fast::FixedState;
use paceline_core::joint::Joint;
use paceline_core::symbol::{Intern, Symbol, Symbols};

/// How many texts a lane remembers for itself, so that a table of ever new texts does not grow twice.
const CACHED: usize = 65_536;

/// The table of texts. Looking one up locks one of many parts of it for a moment.
#[derive(Debug)]
pub struct SharedSymbols {
    by_text: DashMap<Box<str>, Symbol, FixedState>,
    next: AtomicU32,
    by_joint: DashMap<Joint, Symbol, FixedState>,
    next_joint: AtomicU32,
}

impl SharedSymbols {
    /// A table that begins with the symbols of `first`.
    pub fn new(first: &Symbols) -> Self {
        let by_text = DashMap::with_hasher(FixedState::default());
        let mut next = 1;
        for text in first.texts() {
            by_text.insert(text.into(), Symbol(next));
            next += 1;
        }
        Self {
            by_text,
            next: AtomicU32::new(next),
            by_joint: DashMap::with_hasher(FixedState::default()),
            next_joint: AtomicU32::new(0),
        }
    }

    /// The texts of some symbols, which takes a look at all there are.
    pub(crate) fn texts(&self, symbols: &[Symbol]) -> HashMap<Symbol, Box<str>> {
        let wanted: HashSet<Symbol> = symbols.iter().copied().collect();
        if wanted.is_empty() {
            return HashMap::new();
        }
        let known = self.by_text.iter().filter(|known| wanted.contains(known.value()));
        known.map(|known| (*known.value(), known.key().clone())).collect()
    }

    fn joint(&self, joint: &Joint) -> Symbol {
        if let Some(symbol) = self.by_joint.get(joint) {
            return *symbol;
        }
        let next = || Symbol::joint(self.next_joint.fetch_add(1, Ordering::Relaxed) as usize);
        *self.by_joint.entry(joint.clone()).or_insert_with(next)
    }

    fn intern(&self, text: &str) -> Symbol {
        if let Some(symbol) = self.by_text.get(text) {
            return *symbol;
        }
        *self
            .by_text
            .entry(text.into())
            .or_insert_with(|| Symbol(self.next.fetch_add(1, Ordering::Relaxed)))
    }
}

/// A lane's view of the shared table: what it has met before costs no lock.
#[derive(Debug)]
pub(crate) struct LaneSymbols {
    shared: Arc<SharedSymbols>,
    cache: HashMap<Box<str>, Symbol, FixedState>,
    joints: HashMap<Joint, Symbol, FixedState>,
    /// The joint owners that it met first since they were last asked for. Another lane may have met them before, but the
    /// board may learn of them from this one first.
    met: Vec<(Symbol, Joint)>,
}

impl LaneSymbols {
    pub(crate) fn new(shared: Arc<SharedSymbols>) -> Self {
        Self { shared, cache: HashMap::default(), joints: HashMap::default(), met: Vec::new() }
    }

    /// The joint owners that it met first since the last call.
    pub(crate) fn met(&mut self) -> impl Iterator<Item = (Symbol, Joint)> {
        self.met.drain(..)
    }
}

impl Intern for LaneSymbols {
    fn intern(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.cache.get(text) {
            return *symbol;
        }
        let symbol = self.shared.intern(text);
        if self.cache.len() < CACHED {
            self.cache.insert(text.into(), symbol);
        }
        symbol
    }

    fn joint(&mut self, joint: &Joint) -> Symbol {
        if let Some(symbol) = self.joints.get(joint) {
            return *symbol;
        }
        let symbol = self.shared.joint(joint);
        if self.joints.len() < CACHED {
            self.joints.insert(joint.clone(), symbol);
        }
        self.met.push((symbol, joint.clone()));
        symbol
    }
}

#[cfg(test)]
mod tests {
    use super::{LaneSymbols, SharedSymbols};
    use paceline_core::joint::Joint;
    use paceline_core::symbol::{Intern, Symbols};
    use std::sync::Arc;

    #[test]
    fn lanes_agree_and_constants_keep_their_symbols() {
        let mut first = Symbols::default();
        let won = first.intern("Won");
        let shared = Arc::new(SharedSymbols::new(&first));
        let (mut one, mut other) = (LaneSymbols::new(shared.clone()), LaneSymbols::new(shared));
        assert_eq!(one.intern("Won"), won);
        let owner = one.intern("U1");
        assert_ne!(owner, won);
        assert_eq!(other.intern("U1"), owner);
    }

    #[test]
    fn each_lane_tells_of_the_joint_owners_it_meets() {
        let shared = Arc::new(SharedSymbols::new(&Symbols::default()));
        let (mut one, mut other) = (LaneSymbols::new(shared.clone()), LaneSymbols::new(shared));
        let both = Joint::AtLeast { count: 2, of: [one.intern("U1"), one.intern("U2")].into() };
        let symbol = one.joint(&both);
        assert_eq!((one.joint(&both), other.joint(&both)), (symbol, symbol));
        assert_eq!(one.met().collect::<Vec<_>>(), [(symbol, both.clone())]);
        assert_eq!(one.met().count(), 0);
        assert_eq!(other.met().collect::<Vec<_>>(), [(symbol, both)]);
    }
}
