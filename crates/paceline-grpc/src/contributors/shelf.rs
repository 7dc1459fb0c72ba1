//! The shelf: listings that are kept for their next pages, a few of them and not for long.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use paceline_core::board::Subject;
use paceline_core::day::Day;
use paceline_engine::Listing;
use tonic::Status;

use crate::errors;

/// How many listings are kept, and how many contributors in all of them: some hundred bytes each.
const LISTINGS: usize = 16;
const CONTRIBUTORS: usize = 200_000;
/// For how long after its last page was told.
const AGE: Duration = Duration::from_secs(300);

/// What a listing is found by, which nobody can guess.
pub(super) type Id = [u8; 16];

/// A listing, and of what it is.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) id: Id,
    pub(super) listing: Listing,
    about: About,
}

/// What a listing is of, whoever asked.
type About = (String, u16, String, Option<Day>);

/// The listings that are kept, those that were used last behind.
#[derive(Debug, Default)]
pub(super) struct Shelf(Mutex<VecDeque<(Instant, Arc<Kept>)>>);

impl Kept {
    pub(super) fn new(
        listing: Listing,
        subject: &Subject,
        on: Option<Day>,
    ) -> Result<Self, Status> {
        let mut id = Id::default();
        getrandom::fill(&mut id).map_err(|_| Status::internal("there is no randomness"))?;
        Ok(Self { id, listing, about: about(subject, on) })
    }
}

impl Shelf {
    /// Keeps a listing, and lets go of others where these are too many.
    pub(super) fn keep(&self, kept: Arc<Kept>) {
        self.keep_at(kept, Instant::now());
    }

    fn keep_at(&self, kept: Arc<Kept>, now: Instant) {
        let mut all = self.0.lock().expect("no look at the shelf panics");
        all.retain(|(since, other)| {
            other.id != kept.id && now.saturating_duration_since(*since) < AGE
        });
        all.push_back((now, kept));
        let contributors = |(_, kept): &(Instant, Arc<Kept>)| kept.listing.contributors.len();
        let mut sum: usize = all.iter().map(contributors).sum();
        while all.len() > LISTINGS || sum > CONTRIBUTORS {
            let Some(oldest) = all.pop_front() else { return };
            sum -= contributors(&oldest);
        }
    }

    /// The listing of an id, which must be of what is asked about.
    pub(super) fn find(
        &self,
        id: Id,
        subject: &Subject,
        on: Option<Day>,
    ) -> Result<Arc<Kept>, Status> {
        let all = self.0.lock().expect("no look at the shelf panics");
        let of_id = |(since, kept): &&(Instant, Arc<Kept>)| kept.id == id && since.elapsed() < AGE;
        let (_, kept) = all.iter().find(of_id).ok_or_else(errors::list_gone)?;
        if kept.about != about(subject, on) {
            return Err(errors::invalid("page_token", "it is of another request"));
        }
        Ok(kept.clone())
    }
}

fn about(subject: &Subject, on: Option<Day>) -> About {
    (subject.scope.clone(), subject.kpi.0, subject.kind.to_string(), on)
}
