//! The check of an audit log: whether its records are those that were written, all of them, in their order.
//!
//! Several services may write to one topic, each a chain of its own, so chains lie among each other. Within a chain nothing can be
//! missing between two records. What was written last, after which nothing refers to it, can be: that only shows to who has
//! kept a hash of it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;

use super::record::{CLOSED, Link, NONE_BEFORE, OPENED, read};

/// How many records back the first of a chain may refer, if not to the end of another: others may write while a service starts.
const BACK: usize = 65_536;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The offset of the record, or the number of its line; none for what is not there at all.
    pub place: Option<u64>,
    /// What is wrong with it.
    pub what: Wrong,
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// It cannot be read.
    #[error("is no record of an audit log")]
    Unreadable,
    /// Its bytes are not those that were written.
    #[error("was altered: its hash is not that of what it says")]
    Altered,
    /// Records of its chain are missing before it.
    #[error("{0} records of its chain are missing before it")]
    Missing(u64),
    /// It has a number that has been before.
    #[error("stands here again, or out of its order")]
    Repeated,
    /// It was written after another record than the one that is there.
    #[error(
        "does not follow from the record before it in its chain, which was altered or replaced"
    )]
    Unlinked,
    /// The beginning of its chain is missing.
    #[error("is amid a chain whose beginning is missing")]
    Headless,
    /// The record that was the last when its chain began is missing.
    #[error("its chain began after a record that is missing, with the hash {0}")]
    Rootless(String),
    /// Its chain had ended.
    #[error("comes after the end of its chain")]
    AfterEnd,
    /// A record that is known to have been written is not there.
    #[error("the record with the hash {0} is missing")]
    NotHeld(String),
}

/// What a check has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// How many records there are.
    pub records: u64,
    /// In how many chains.
    pub chains: usize,
    /// Lines that a crash cut off while they were written, before anything came of them.
    pub cut_off: u64,
    /// The last record.
    pub last: Option<Link>,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

/// What is to be checked beyond the records themselves.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The hash that the first record continues from, where what was before lies elsewhere.
    pub after: Option<String>,
    /// Hashes of records that are known to have been written.
    pub holds: Vec<String>,
    /// Whether it is a file: of one service alone, and a crash may have cut records off.
    pub in_file: bool,
}

/// How far a chain has come.
struct Head {
    seq: u64,
    hash: String,
    /// The hash before it. Of a last record nobody may know that it was taken: what its service began next refers to this one.
    before: String,
    has_ended: bool,
}

/// A check under way.
pub struct Check {
    expected: Expected,
    missing: HashSet<String>,
    heads: HashMap<String, Head>,
    /// The last two hashes of each chain, to which the next may refer however long ago that was.
    ends: HashSet<String>,
    /// The hashes of the last records, in their order and to look them up.
    recent: (VecDeque<String>, HashSet<String>),
    /// A line that cannot be read, and may have been cut off.
    unread: Option<u64>,
    found: Findings,
}

impl Check {
    /// A check that has seen nothing yet.
    pub fn new(expected: Expected) -> Self {
        let missing = expected.holds.iter().cloned().collect();
        let (heads, ends, recent) = (HashMap::new(), HashSet::new(), Default::default());
        Self { expected, missing, heads, ends, recent, unread: None, found: Findings::default() }
    }

    /// Takes the next record, from its offset or the number of its line.
    pub fn take(&mut self, place: u64, bytes: &[u8]) {
        let Some(link) = read(bytes) else {
            self.settle_unread(false);
            self.unread = Some(place);
            return;
        };
        self.settle_unread(link.what == OPENED);
        if link.hash != link.computed {
            self.wrong(place, Wrong::Altered);
        }
        if let Some(wrong) = self.misplaced(&link) {
            self.wrong(place, wrong);
        }
        self.remember(link);
    }

    /// What was found, when all records are taken.
    pub fn finish(mut self) -> Findings {
        self.settle_unread(false);
        let mut missing: Vec<String> = self.missing.into_iter().collect();
        missing.sort_unstable();
        let not_held =
            missing.into_iter().map(|hash| Fault { place: None, what: Wrong::NotHeld(hash) });
        self.found.faults.extend(not_held);
        self.found.chains = self.heads.len();
        self.found
    }

    fn wrong(&mut self, place: u64, what: Wrong) {
        self.found.faults.push(Fault { place: Some(place), what });
    }

    /// A crash cuts off the last line there is; the next that is written opens a chain.
    fn settle_unread(&mut self, is_opened_next: bool) {
        let Some(place) = self.unread.take() else { return };
        if is_opened_next && self.expected.in_file {
            self.found.cut_off += 1;
        } else {
            self.wrong(place, Wrong::Unreadable);
        }
    }

    fn misplaced(&self, link: &Link) -> Option<Wrong> {
        match self.heads.get(&link.chain) {
            None => self.misbegun(link),
            Some(head) if link.seq <= head.seq => Some(Wrong::Repeated),
            Some(head) if link.seq > head.seq + 1 => Some(Wrong::Missing(link.seq - head.seq - 1)),
            Some(head) if link.prev != head.hash => Some(Wrong::Unlinked),
            Some(head) if head.has_ended => Some(Wrong::AfterEnd),
            Some(_) => None,
        }
    }

    fn misbegun(&self, link: &Link) -> Option<Wrong> {
        // What was the last on the topic may be of another service, and is in the file of that.
        let in_file = link.prev_in_file.as_ref().filter(|_| self.expected.in_file);
        let prev = in_file.unwrap_or(&link.prev);
        if self.found.records == 0 && self.expected.after.as_ref() == Some(prev) {
            return None;
        }
        if link.seq != 0 || link.what != OPENED {
            return Some(Wrong::Headless);
        }
        let is_known =
            prev == NONE_BEFORE || self.recent.1.contains(prev) || self.ends.contains(prev);
        (!is_known).then(|| Wrong::Rootless(prev.clone()))
    }

    fn remember(&mut self, link: Link) {
        self.found.records += 1;
        self.missing.remove(&link.computed);
        let (order, known) = &mut self.recent;
        order.push_back(link.hash.clone());
        known.insert(link.hash.clone());
        if order.len() > BACK
            && let Some(old) = order.pop_front()
        {
            known.remove(&old);
        }
        let head = Head {
            seq: link.seq,
            hash: link.hash.clone(),
            before: link.prev.clone(),
            has_ended: link.what == CLOSED,
        };
        let known = self.heads.get(&link.chain);
        // Whatever stands in the wrong place does not make those that follow wrong.
        if known.is_none_or(|known| known.seq < head.seq) {
            self.ends.insert(head.hash.clone());
            let known = self.heads.insert(link.chain.clone(), head);
            if let Some(known) = known.filter(|known| known.seq > 0) {
                self.ends.remove(&known.before);
            }
        }
        self.found.last = Some(link);
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some(place) => write!(f, "{place}: {}", self.what),
            None => write!(f, "{}", self.what),
        }
    }
}

#[cfg(test)]
mod tests;
