//! Occurrences of values in their order, with the value of any rank at hand: what medians and percentiles are taken of.

/// The most distinct values of a block. A rank is found by walking over the blocks and then over one block, so for a
/// hundred thousand values this is a few hundred steps each.
const BLOCK_MAX: usize = 512;

/// How often each value occurs.
#[derive(Clone, Debug, Default)]
pub(in crate::board) struct Members {
    /// Runs of distinct values in ascending order, none of them empty.
    blocks: Vec<Block>,
}

/// Values and how often each occurs, apart so that neither is padded.
#[derive(Clone, Debug)]
struct Block {
    /// The occurrences of all its values.
    records: u64,
    values: Vec<i128>,
    counts: Vec<u32>,
}

impl Members {
    /// Whether nothing occurs.
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// How many distinct values there are.
    pub(super) fn distinct(&self) -> usize {
        self.blocks.iter().map(|block| block.values.len()).sum()
    }

    /// The least value.
    pub(super) fn first(&self) -> Option<i128> {
        self.blocks.first()?.values.first().copied()
    }

    /// The greatest value.
    pub(super) fn last(&self) -> Option<i128> {
        self.blocks.last()?.values.last().copied()
    }

    /// How many occurrences there are.
    pub(super) fn records(&self) -> u64 {
        self.blocks.iter().map(|block| block.records).sum()
    }

    /// The value of a rank among all occurrences, from 0.
    pub(super) fn nth(&self, mut rank: u64) -> Option<i128> {
        for block in &self.blocks {
            if rank < block.records {
                return block.nth(rank);
            }
            rank -= block.records;
        }
        None
    }

    /// All values with how often they occur.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i128, u32)> {
        self.blocks.iter().flat_map(Block::iter)
    }

    /// Adds to how often a value occurs; what occurs no more is removed.
    pub(super) fn count(&mut self, value: i128, records: i32) {
        if self.blocks.is_empty() {
            // Most have a few values at most, and there are very many of them.
            self.blocks.reserve_exact(1);
            self.blocks.push(Block { records: 0, values: Vec::new(), counts: Vec::new() });
        }
        let at = self.block_of(value);
        self.blocks[at].count(value, records);
        if self.blocks[at].values.is_empty() {
            self.blocks.remove(at);
        } else if self.blocks[at].values.len() > BLOCK_MAX {
            let upper = self.blocks[at].split();
            self.blocks.insert(at + 1, upper);
        }
    }

    /// The block that holds a value, or is to hold it.
    fn block_of(&self, value: i128) -> usize {
        let begins_by = |block: &Block| block.values.first().is_some_and(|first| *first <= value);
        self.blocks.partition_point(begins_by).saturating_sub(1)
    }
}

impl Block {
    fn iter(&self) -> impl Iterator<Item = (i128, u32)> {
        self.values.iter().copied().zip(self.counts.iter().copied())
    }

    fn nth(&self, mut rank: u64) -> Option<i128> {
        for (value, count) in self.iter() {
            if rank < u64::from(count) {
                return Some(value);
            }
            rank -= u64::from(count);
        }
        None
    }

    fn count(&mut self, value: i128, records: i32) {
        let at = match self.values.binary_search(&value) {
            Ok(at) => at,
            Err(at) => {
                self.values.insert(at, value);
                self.counts.insert(at, 0);
                at
            }
        };
        let before = self.counts[at];
        let after = before.saturating_add_signed(records);
        self.counts[at] = after;
        self.records = self.records - u64::from(before) + u64::from(after);
        if after == 0 {
            self.values.remove(at);
            self.counts.remove(at);
        }
    }

    /// Takes the upper half out.
    fn split(&mut self) -> Self {
        let half = self.values.len() / 2;
        let (values, counts) = (self.values.split_off(half), self.counts.split_off(half));
        let records = counts.iter().map(|count| u64::from(*count)).sum();
        self.records -= records;
        Self { records, values, counts }
    }
}

#[cfg(test)]
mod tests {
    use super::Members;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Ranks, ends and counts are those of a sorted list, also when blocks split and empty.
        #[test]
        fn members_equal_a_sorted_list(
            entries in prop::collection::vec((0i128..3_000, 1i32..3), 0..3_000),
            withdrawn in prop::collection::vec(any::<prop::sample::Index>(), 0..2_500),
        ) {
            let mut members = Members::default();
            let mut map: BTreeMap<i128, i32> = BTreeMap::new();
            for (value, records) in &entries {
                members.count(*value, *records);
                *map.entry(*value).or_default() += records;
            }
            for index in withdrawn.iter().filter(|_| !entries.is_empty()) {
                let (value, _) = entries[index.index(entries.len())];
                if let Some(count) = map.get_mut(&value).filter(|count| **count > 0) {
                    members.count(value, -1);
                    *count -= 1;
                }
            }
            map.retain(|_, count| *count > 0);
            let sorted: Vec<i128> =
                map.iter().flat_map(|(value, count)| vec![*value; *count as usize]).collect();
            prop_assert_eq!(members.records(), sorted.len() as u64);
            prop_assert_eq!(members.distinct(), map.len());
            let ends = (sorted.first().copied(), sorted.last().copied());
            prop_assert_eq!((members.first(), members.last()), ends);
            prop_assert_eq!(members.is_empty(), sorted.is_empty());
            for rank in (0..=sorted.len()).step_by(7) {
                prop_assert_eq!(members.nth(rank as u64), sorted.get(rank).copied());
            }
        }
    }
}
