//! Asking lanes: who wants to know of records has to ask all lanes, for each has its own, and all for what they were at one
//! revision.
//!
//! A lane answers when it has committed, and from then on takes changes but commits none until all have answered: so what they
//! say together is what the board has added up. Nobody stands still for it, only the newest numbers wait. Who asks is not waited
//! for: when they go, lanes commit again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use paceline_core::board::{Board, Reading, Revision, Standing, Subject};
use paceline_core::contributor::{Contribution, Contributor, Sought};
use paceline_core::day::Day;
use paceline_core::entity::FieldType;
use paceline_core::kpi::{Aggregate, KpiId};
use paceline_core::model::Model;
use paceline_core::roster::Roster;
use paceline_core::symbol::Symbol;
use tokio::sync::watch;

use crate::live::Live;

/// The records behind a standing, all of them at one revision.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The standing.
    pub standing: Standing,
    /// What the simple KPIs come to that it is made of.
    pub parts: Vec<(KpiId, Standing)>,
    /// The records: those of one simple KPI after those of another, and each [in their order](Contributor::order).
    pub contributors: Vec<Contributor>,
    /// The texts of the symbols in them that are no owners.
    pub texts: HashMap<Symbol, Box<str>>,
    /// The reps of then.
    pub roster: Arc<Roster>,
    /// The revision.
    pub revision: Revision,
    /// The instant at which they contribute that.
    pub as_of: Timestamp,
}

/// Why there is no listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlisted {
    /// There is no such scope, or it is not seen.
    Unknown,
    /// Something else was to be counted by meanwhile: ask again.
    Moved,
    /// There are more records than asked for.
    TooMany,
}

/// What the lanes are asked just now.
#[derive(Debug, Default)]
pub(crate) struct Asking {
    newest: AtomicU64,
    /// Held for a look only.
    current: Mutex<Option<Arc<Asked>>>,
}

/// What all lanes are asked.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) sought: Sought,
    /// How many records a lane needs not exceed.
    pub(crate) most: usize,
    answers: Mutex<Vec<Option<Answer>>>,
    missing: watch::Sender<usize>,
    is_over: AtomicBool,
}

/// What one lane answers.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The version of the basis that it folds by.
    pub(crate) version: u64,
    pub(crate) contributions: Vec<Contribution>,
}

/// A question to all lanes, which are kept from committing once they have answered, until it is dropped.
#[derive(Debug)]
pub struct Question {
    live: Arc<Live>,
    subject: Subject,
    on: Option<Day>,
    asked: Arc<Asked>,
}

impl Asking {
    /// The number of the newest question: a look at it costs a lane nothing.
    pub(crate) fn newest(&self) -> u64 {
        self.newest.load(Ordering::Acquire)
    }

    pub(crate) fn current(&self) -> Option<Arc<Asked>> {
        self.kept().clone()
    }

    fn ask(&self, asked: Arc<Asked>) {
        if let Some(former) = self.kept().replace(asked) {
            former.end();
        }
        self.newest.fetch_add(1, Ordering::Release);
    }

    fn kept(&self) -> MutexGuard<'_, Option<Arc<Asked>>> {
        self.current.lock().expect("no look at the question panics")
    }
}

impl Asked {
    /// Whether it is waited for others to answer.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    /// Takes what a lane says.
    pub(crate) fn answer(&self, lane: usize, answer: Answer) {
        let mut answers = self.answers();
        answers[lane] = Some(answer);
        let missing = answers.iter().filter(|answer| answer.is_none()).count();
        self.missing.send_replace(missing);
    }

    fn end(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    fn answers(&self) -> MutexGuard<'_, Vec<Option<Answer>>> {
        self.answers.lock().expect("no answer of a lane panics")
    }
}

impl Live {
    /// Asks all lanes for the records behind a standing, of which there may be at most so many. Whoever asked before gets no
    /// answer any longer.
    ///
    /// # Errors
    /// [`Unlisted::Unknown`].
    pub fn ask(
        self: &Arc<Self>,
        subject: Subject,
        on: Option<Day>,
        most: usize,
        now: Timestamp,
    ) -> Result<Question, Unlisted> {
        let (sought, _) = self.read(now, |board| board.sought(&subject, on));
        let sought = sought.ok_or(Unlisted::Unknown)?;
        let lanes = self.bases().lanes();
        let asked = Arc::new(Asked {
            sought,
            most,
            answers: Mutex::new((0..lanes).map(|_| None).collect()),
            missing: watch::Sender::new(lanes),
            is_over: AtomicBool::new(false),
        });
        self.asking().ask(asked.clone());
        Ok(Question { live: self.clone(), subject, on, asked })
    }
}

impl Question {
    /// Waits until all lanes have answered.
    pub async fn answered(&self) {
        let mut missing = self.asked.missing.subscribe();
        // The sender is held here, so there is always an end to wait for.
        if missing.wait_for(|missing| *missing == 0).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// What the lanes have answered, as it is at an instant. As long as one of them has not, it is no listing.
    ///
    /// # Errors
    /// [`Unlisted`].
    pub fn listing(self, now: Timestamp) -> Result<Listing, Unlisted> {
        let found = self.found(now)?;
        let Found { mut listing, contributions } = found;
        // From here on lanes may commit.
        let live = self.live.clone();
        let (leaves, most) = (self.asked.sought.leaves.clone(), self.asked.most);
        drop(self);
        let as_of = listing.as_of;
        listing.contributors =
            contributions.into_iter().flat_map(|contribution| contribution.at(as_of)).collect();
        if listing.contributors.len() > most {
            return Err(Unlisted::TooMany);
        }
        let place = |kpi: KpiId| leaves.iter().position(|leaf| *leaf == kpi);
        listing.contributors.sort_by_cached_key(|one| (place(one.kpi), one.order()));
        listing.texts = live.symbols().texts(&named(&listing.contributors, live.model()));
        Ok(listing)
    }

    fn found(&self, now: Timestamp) -> Result<Found, Unlisted> {
        let Self { live, subject, on, asked } = self;
        let look = |board: &mut Board| {
            let sought = board.sought(subject, *on).ok_or(Unlisted::Unknown)?;
            let newest = live.bases().newest();
            let is_newest = |answer: &Option<Answer>| {
                answer.as_ref().is_some_and(|answer| answer.version == newest)
            };
            if sought != asked.sought || !asked.answers().iter().all(is_newest) {
                return Err(Unlisted::Moved);
            }
            let as_of = board.clock();
            let kpis = sought.leaves.iter().chain([&sought.kpi]).copied();
            let readings = board.found(&sought, kpis, *on, as_of);
            let found = |kpi| {
                let found = readings.iter().find(|reading| reading.key().kpi == kpi);
                found.cloned().ok_or(Unlisted::Unknown)
            };
            let reading = found(sought.kpi)?;
            let parts = sought.leaves.iter().map(|leaf| Ok((*leaf, found(*leaf)?)));
            let parts = parts.collect::<Result<Vec<(KpiId, Reading)>, Unlisted>>()?;
            Ok((reading, parts, board.roster().clone(), as_of))
        };
        let (seen, revision) = live.read(now, look);
        let (reading, parts, roster, as_of) = seen?;
        let answers = std::mem::take(&mut *asked.answers());
        let contributions: Vec<Contribution> =
            answers.into_iter().flatten().flat_map(|answer| answer.contributions).collect();
        if contributions.len() > asked.most {
            return Err(Unlisted::TooMany);
        }
        let parts = parts.into_iter().map(|(kpi, reading)| (kpi, reading.at(as_of))).collect();
        let listing = Listing {
            standing: reading.at(as_of),
            parts,
            contributors: Vec::new(),
            texts: HashMap::new(),
            roster,
            revision,
            as_of,
        };
        Ok(Found { listing, contributions })
    }
}

/// A listing without its contributors, and what these contribute over time.
struct Found {
    listing: Listing,
    contributions: Vec<Contribution>,
}

impl Drop for Question {
    fn drop(&mut self) {
        self.asked.end();
        let mut current = self.live.asking().kept();
        if current.as_ref().is_some_and(|asked| Arc::ptr_eq(asked, &self.asked)) {
            *current = None;
        }
    }
}

/// The symbols whose texts are told.
fn named(contributors: &[Contributor], model: &Model) -> Vec<Symbol> {
    let is_text = |kpi: KpiId| {
        model.kpi(kpi).simple().is_some_and(|simple| {
            matches!(simple.aggregate, Aggregate::CountDistinct(_, FieldType::Text))
        })
    };
    let of = |one: &Contributor| {
        let value = one.part.value.filter(|_| is_text(one.kpi)).map(|cell| Symbol(cell as u32));
        value.into_iter().chain(one.part.money.as_ref().map(|money| money.currency))
    };
    contributors.iter().flat_map(of).collect()
}
