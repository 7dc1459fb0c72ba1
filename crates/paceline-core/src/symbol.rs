//! Text as a number, so that the fold compares and hashes integers.

use std::collections::HashMap;

use crate::joint::Joint;

/// A text seen before. Equal symbols are equal texts, within one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub u32);

impl Symbol {
    /// No text at all: the credit of a record without an owner.
    pub const NONE: Self = Self(0);
    /// A text that was never seen: the credit of a record whose owner is unknown.
    pub const UNKNOWN: Self = Self(u32::MAX);

    /// The first of the symbols that stand for no text.
    const JOINT: u32 = 1 << 31;

    /// The symbol of the joint owner with a number, from 0.
    pub const fn joint(number: usize) -> Self {
        Self(Self::JOINT + number as u32)
    }

    /// The number of the joint owner it stands for, unless it stands for a text.
    pub fn joint_number(self) -> Option<usize> {
        let number = self.0.checked_sub(Self::JOINT).filter(|_| self != Self::UNKNOWN)?;
        Some(number as usize)
    }
}

/// Nobody.
impl Default for Symbol {
    fn default() -> Self {
        Self::NONE
    }
}

/// Gives texts their symbols. The engine shares one table between its lanes; tests and the compiler of
/// expressions use the plain [`Symbols`].
pub trait Intern {
    /// The symbol of `text`, the same for every call with the same text.
    fn intern(&mut self, text: &str) -> Symbol;

    /// The symbol of a joint owner, the same for every call with the same one, and of no text. Whoever adds up entries
    /// must be told what it stands for, see [`Batch::define`](crate::board::Batch::define).
    fn joint(&mut self, joint: &Joint) -> Symbol;
}

/// A plain table of symbols.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    by_text: HashMap<Box<str>, Symbol>,
    texts: Vec<Box<str>>,
    joints: HashMap<Joint, Symbol>,
}

impl Symbols {
    /// The text of a symbol of this table; [`Symbol::NONE`] has none.
    pub fn text(&self, symbol: Symbol) -> Option<&str> {
        self.texts.get((symbol.0 as usize).checked_sub(1)?).map(AsRef::as_ref)
    }

    /// The symbol of a text seen before.
    pub fn get(&self, text: &str) -> Option<Symbol> {
        self.by_text.get(text).copied()
    }

    /// The joint owners, in no order.
    pub fn joints(&self) -> impl Iterator<Item = (Symbol, &Joint)> {
        self.joints.iter().map(|(joint, symbol)| (*symbol, joint))
    }

    /// All texts, in the order of their symbols, the first being symbol 1.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(AsRef::as_ref)
    }
}

impl Intern for Symbols {
    fn intern(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.by_text.get(text) {
            return *symbol;
        }
        self.texts.push(text.into());
        let symbol = Symbol(self.texts.len() as u32);
        self.by_text.insert(text.into(), symbol);
        symbol
    }

    fn joint(&mut self, joint: &Joint) -> Symbol {
        let next = Symbol::joint(self.joints.len());
        *self.joints.entry(joint.clone()).or_insert(next)
    }
}
