//! Places: so many for all, and fewer for each, so that nobody has all of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Places, and who has how many of them.
#[derive(Debug)]
pub(crate) struct Places<Who> {
    all: usize,
    /// Held to count one up or down.
    taken: Mutex<Taken<Who>>,
}

#[derive(Debug)]
struct Taken<Who> {
    by_all: usize,
    by_each: HashMap<Who, usize>,
}

/// A place that somebody has, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place<Who: Copy + Eq + Hash> {
    places: Arc<Places<Who>>,
    who: Who,
}

impl<Who: Copy + Eq + Hash> Places<Who> {
    /// So many places.
    pub(crate) fn new(all: usize) -> Arc<Self> {
        let taken = Mutex::new(Taken { by_all: 0, by_each: HashMap::new() });
        Arc::new(Self { all, taken })
    }

    /// A place for somebody who may have so many; nothing if they have, or if all places are taken.
    pub(crate) fn take(self: &Arc<Self>, who: Who, most: usize) -> Option<Place<Who>> {
        let mut taken = self.taken();
        let own = taken.by_each.get(&who).copied().unwrap_or_default();
        if own >= most || taken.by_all >= self.all {
            return None;
        }
        taken.by_each.insert(who, own + 1);
        taken.by_all += 1;
        drop(taken);
        Some(Place { places: self.clone(), who })
    }

    fn taken(&self) -> MutexGuard<'_, Taken<Who>> {
        // Each change is made in one go.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Who: Copy + Eq + Hash> Drop for Place<Who> {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.by_all -= 1;
        match taken.by_each.get_mut(&self.who) {
            Some(own) if *own > 1 => *own -= 1,
            // Who has none takes no room.
            Some(_) | None => drop(taken.by_each.remove(&self.who)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn nobody_has_more_than_they_may_and_all_no_more_than_there_are() {
        let places = Places::new(5);
        let take = |who: char| places.take(who, 3);
        let of_one: Vec<_> = (0..4).filter_map(|_| take('a')).collect();
        assert_eq!(of_one.len(), 3, "one leaves places to others");
        let of_others: Vec<_> = "bcd".chars().filter_map(take).collect();
        assert_eq!(of_others.len(), 2, "there are no more");
        drop(of_one);
        assert!(take('d').is_some(), "there is room again");
        drop(of_others);
        let taken = places.taken();
        assert!(taken.by_all == 0 && taken.by_each.is_empty(), "{taken:?}");
    }
}
