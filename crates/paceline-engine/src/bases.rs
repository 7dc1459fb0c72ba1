//! The versions of the basis: what records are folded by is replaced while lanes run, and each lane follows when it can.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use paceline_core::basis::{Basis, Difference};
use paceline_core::board::Revision;
use paceline_core::model::Model;
use paceline_core::moves::Origin;

use crate::freshness::{Cause, Freshness};

/// The newest basis, and how far lanes have followed.
#[derive(Debug)]
pub(crate) struct Bases {
    newest: AtomicU64,
    /// Only the lock of what is known to be missing is taken while this is held.
    kept: Mutex<Kept>,
}

/// A version of the basis.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) number: u64,
    pub(crate) basis: Arc<Basis>,
    /// Since when it holds.
    pub(crate) since: Timestamp,
}

/// Of how many versions it is remembered what they were made for.
const VERSIONS: usize = 1_024;

/// What versions of the basis were made for, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    known: VecDeque<(u64, For)>,
    /// The newest of those of which it is not remembered.
    forgotten: u64,
}

/// What a version was made for.
#[derive(Clone, Debug)]
pub(crate) enum For {
    /// Other rates, said there.
    Rates(Vec<Origin>),
    /// Another roster, of that revision of the board.
    Reps(Revision),
}

impl Versions {
    pub(crate) fn note(&mut self, number: u64, made_for: For) {
        self.known.push_back((number, made_for));
        if self.known.len() > VERSIONS {
            self.forgotten = self.known.pop_front().map_or(0, |(number, _)| number);
        }
    }

    /// Whether it is known of all versions after one what they were made for.
    pub(crate) fn are_known_after(&self, from: u64) -> bool {
        self.forgotten <= from
    }

    /// What the versions after one, up to another, were made for.
    pub(crate) fn between(&self, from: u64, to: u64) -> impl Iterator<Item = &For> {
        let between = self.known.iter().filter(move |(number, _)| from < *number && *number <= to);
        between.map(|(_, made_for)| made_for)
    }
}

#[derive(Debug)]
struct Kept {
    version: Version,
    /// The version that each lane folds by.
    lanes: Vec<u64>,
}

impl Kept {
    fn all_followed(&self) -> bool {
        self.lanes.iter().all(|lane| *lane == self.version.number)
    }
}

impl Bases {
    pub(crate) fn new(basis: Basis) -> Self {
        let version = Version { number: 0, basis: Arc::new(basis), since: Timestamp::MIN };
        Self { newest: AtomicU64::new(0), kept: Mutex::new(Kept { version, lanes: Vec::new() }) }
    }

    /// The number of the newest version: a look at it costs a lane nothing.
    pub(crate) fn newest(&self) -> u64 {
        self.newest.load(Ordering::Acquire)
    }

    pub(crate) fn current(&self) -> Version {
        self.kept().version.clone()
    }

    /// Adds a lane. Answers its number, and what it is to fold by.
    pub(crate) fn join(&self) -> (usize, Version) {
        let mut kept = self.kept();
        let number = kept.version.number;
        kept.lanes.push(number);
        (kept.lanes.len() - 1, kept.version.clone())
    }

    /// How many lanes there are.
    pub(crate) fn lanes(&self) -> usize {
        self.kept().lanes.len()
    }

    /// Puts another basis in the place of the newest. While lanes have to fold records anew for it, the numbers are not
    /// complete. Answers its number.
    pub(crate) fn publish(
        &self,
        basis: Basis,
        since: Timestamp,
        model: &Model,
        freshness: &Freshness,
    ) -> u64 {
        let mut kept = self.kept();
        let (former, basis) = (kept.version.clone(), Arc::new(basis));
        let number = former.number + 1;
        let concerned = Difference::new(&former.basis, &basis).concerns_any(model);
        kept.version = Version { number, basis, since };
        if !concerned {
            // Whoever folds by the former version comes to the same as by this one.
            let lanes = kept.lanes.iter_mut().filter(|lane| **lane == former.number);
            lanes.for_each(|lane| *lane = number);
        }
        if !kept.all_followed() {
            freshness.set_cause(Cause::Revaluing, true);
        }
        self.newest.store(number, Ordering::Release);
        number
    }

    /// Notes that what a lane has committed is folded by a version.
    pub(crate) fn followed(&self, lane: usize, number: u64, freshness: &Freshness) {
        let mut kept = self.kept();
        kept.lanes[lane] = kept.lanes[lane].max(number);
        if kept.all_followed() {
            freshness.set_cause(Cause::Revaluing, false);
        }
    }

    /// Whether all that lanes have committed is folded by the newest version.
    pub(crate) fn all_followed(&self) -> bool {
        self.kept().all_followed()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no change of the basis has panicked")
    }
}
