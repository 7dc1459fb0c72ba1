//! Record ids in the shape Salesforce gives them.
//!
//! An id is stored as a kind and a number, and spelt only when written: a million records then cost eight bytes each instead
//! of a million strings.

use std::fmt;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECK: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// What kind of record an id belongs to; decides its first three characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Account,
    User,
    Opportunity,
    Event,
    Task,
}

/// An 18-character record id: a 15-character case-sensitive id and its 3-character case checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    kind: Kind,
    number: u32,
}

impl Id {
    pub(crate) const fn new(kind: Kind, number: u32) -> Self {
        Self { kind, number }
    }

    /// The running number of this record among those of its kind.
    #[must_use]
    pub fn number(self) -> u32 {
        self.number
    }

    /// The 18 characters, all ASCII letters and digits.
    #[must_use]
    pub fn bytes(self) -> [u8; 18] {
        let mut out = *b"0001x0000000000AAA";
        out[..3].copy_from_slice(self.prefix());
        let mut rest = u64::from(self.number) + 1_000_000;
        for slot in out[9..15].iter_mut().rev() {
            *slot = BASE62[(rest % 62) as usize];
            rest /= 62;
        }
        for chunk in 0..3 {
            let upper = |i: usize| usize::from(out[chunk * 5 + i].is_ascii_uppercase()) << i;
            out[15 + chunk] = CHECK[(0..5).map(upper).sum::<usize>()];
        }
        out
    }

    fn prefix(self) -> &'static [u8; 3] {
        match self.kind {
            Kind::Account => b"001",
            Kind::User => b"005",
            Kind::Opportunity => b"006",
            Kind::Event => b"00U",
            Kind::Task => b"00T",
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes().iter().try_for_each(|b| fmt::Write::write_char(f, char::from(*b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinct_and_carry_the_checksum() {
        let a = Id::new(Kind::Opportunity, 0).to_string();
        assert_eq!(a.len(), 18);
        assert!(a.starts_with("006"));
        assert_ne!(a, Id::new(Kind::Opportunity, 1).to_string());
        // Four upper-case letters at places 1 to 4 of a chunk would give "P"; all lower-case and digits give "A".
        assert!(a.bytes().skip(15).all(|b| CHECK.contains(&b)));
    }
}
