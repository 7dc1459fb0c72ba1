//! Chance from a seed, for what a run draws besides its cases: who does what when, and what goes wrong.

/// A stream of draws that is the same for the same seed everywhere (splitmix64).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The draws of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Draws of its own for somebody, so that what others draw does not change them.
    #[must_use]
    pub fn of(seed: u64, who: u64) -> Self {
        Self(Self(seed ^ Self(who).bits()).bits())
    }

    /// A number of 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number from 0 up to and without `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }

    /// A number from `low` up to and without `high`, which is larger.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low)
    }

    /// True in so many of a hundred draws.
    pub fn percent(&mut self, of_hundred: u64) -> bool {
        self.below(100) < of_hundred
    }

    /// One of the items, of which there is at least one.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn a_seed_names_its_draws() {
        let draws = |mut chance: Chance| [(); 8].map(|()| chance.between(10, 1_000));
        assert_eq!(draws(Chance::of(1, 2)), draws(Chance::of(1, 2)));
        assert_ne!(draws(Chance::of(1, 2)), draws(Chance::of(1, 3)));
        assert_ne!(draws(Chance::of(1, 2)), draws(Chance::of(2, 2)));
        assert!(draws(Chance::new(5)).iter().all(|draw| (10..1_000).contains(draw)));
    }
}
