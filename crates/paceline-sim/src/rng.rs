//! A splitmix64 generator: the only source of chance in this crate.
//!
//! It is our own because the output has to stay the same across platforms and library versions, which general-purpose
//! generators do not promise. All draws are integers, so no result depends on a floating-point library.

/// A deterministic stream of draws.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

/// Mixes a number into an unrelated-looking one; one step of splitmix64.
pub(crate) fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    pub(crate) fn bits(&mut self) -> u64 {
        let bits = mix(self.0);
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        bits
    }

    /// A number from 0 up to and without `end`; 0 when `end` is 0.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        (((self.bits() >> 32) * u64::from(end)) >> 32) as u32
    }

    /// A number from `low` up to and without `high`.
    pub(crate) fn range(&mut self, low: i32, high: i32) -> i32 {
        low + self.below(high.saturating_sub(low).max(0) as u32) as i32
    }

    /// A triangular draw with the given mean, between 0 and twice the mean.
    pub(crate) fn around(&mut self, mean: u32) -> u32 {
        self.below(mean + 1) + self.below(mean + 1)
    }

    /// True in `per_mille` of 1000 draws.
    pub(crate) fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < per_mille
    }

    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        items.get(self.below(items.len() as u32) as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_fixed() {
        let mut rng = Rng::new(1);
        let draws: Vec<u32> = (0..4).map(|_| rng.below(1000)).collect();
        let mut again = Rng::new(1);
        assert_eq!(draws, (0..4).map(|_| again.below(1000)).collect::<Vec<_>>());
        assert_ne!(draws, (0..4).map(|_| again.below(1000)).collect::<Vec<_>>());
    }
}
