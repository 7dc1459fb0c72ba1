//! A set of record numbers from which one can be drawn at random in constant time.
//!
//! A hash set would neither draw fairly nor iterate in a fixed order.

use crate::rng::Rng;

const ABSENT: u32 = u32::MAX;

/// Members in arbitrary but reproducible order, and where each stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool {
    members: Vec<u32>,
    places: Vec<u32>,
}

impl Pool {
    pub(super) fn insert(&mut self, number: u32) {
        let index = number as usize;
        if self.places.len() <= index {
            self.places.resize(index + 1, ABSENT);
        }
        if self.places[index] == ABSENT {
            self.places[index] = self.members.len() as u32;
            self.members.push(number);
        }
    }

    pub(super) fn remove(&mut self, number: u32) {
        let Some(place) = self.places.get_mut(number as usize).filter(|place| **place != ABSENT)
        else {
            return;
        };
        let place = std::mem::replace(place, ABSENT) as usize;
        self.members.swap_remove(place);
        if let Some(moved) = self.members.get(place) {
            self.places[*moved as usize] = place as u32;
        }
    }

    pub(super) fn members(&self) -> &[u32] {
        &self.members
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn draw(&self, rng: &mut Rng) -> Option<u32> {
        rng.pick(&self.members)
    }

    /// Members from a random place on, at most `limit` of them.
    pub(super) fn stroll(&self, limit: usize, rng: &mut Rng) -> impl Iterator<Item = u32> + '_ {
        let start = rng.below(self.members.len() as u32) as usize;
        self.members.iter().cycle().skip(start).take(limit.min(self.members.len())).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_and_go() {
        let mut pool = Pool::default();
        for number in [4, 1, 9, 4] {
            pool.insert(number);
        }
        pool.remove(4);
        pool.remove(4);
        pool.remove(70);
        let mut members = pool.members().to_vec();
        members.sort_unstable();
        assert_eq!(members, [1, 9]);
        assert_eq!(pool.stroll(10, &mut Rng::new(1)).count(), 2);
    }
}
