//! The shelf: listings that are kept for their next pages, a few of them and not for long.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use paceline_core::board::Subject;
use paceline_core::day::Day;
use tonic::Status;

use crate::errors;

/// What a shelf keeps.
#[derive(Clone, Copy, Debug)]
struct Room {
    /// How many listings.
    listings: usize,
    /// How many contributors in all of them: some hundred bytes each.
    contributors: usize,
    /// For how long after its last page was told.
    age: Duration,
}

const ROOM: Room = Room { listings: 16, contributors: 200_000, age: Duration::from_secs(300) };

/// What a listing is found by, which nobody can guess.
pub(super) type Id = [u8; 16];

/// A listing, and of what it is.
#[derive(Debug)]
pub(super) struct Kept<L> {
    pub(super) id: Id,
    pub(super) listing: L,
    contributors: usize,
    about: About,
}

/// What a listing is of, whoever asked.
type About = (String, u16, String, Option<Day>);

/// The listings that are kept, those that were used last behind.
#[derive(Debug)]
pub(super) struct Shelf<L> {
    room: Room,
    kept: Mutex<VecDeque<(Instant, Arc<Kept<L>>)>>,
}

impl<L> Kept<L> {
    /// A listing of so many contributors.
    pub(super) fn new(
        listing: L,
        contributors: usize,
        subject: &Subject,
        on: Option<Day>,
    ) -> Result<Self, Status> {
        let mut id = Id::default();
        getrandom::fill(&mut id).map_err(|_| Status::internal("there is no randomness"))?;
        Ok(Self { id, listing, contributors, about: about(subject, on) })
    }
}

impl<L> Default for Shelf<L> {
    fn default() -> Self {
        Self { room: ROOM, kept: Mutex::default() }
    }
}

impl<L> Shelf<L> {
    /// Keeps a listing whose page was told just now, and lets go of others where these are too many.
    pub(super) fn keep(&self, kept: Arc<Kept<L>>, now: Instant) {
        let mut all = self.kept.lock().expect("no look at the shelf panics");
        all.retain(|(since, other)| other.id != kept.id && self.is_young(*since, now));
        all.push_back((now, kept));
        let mut sum: usize = all.iter().map(|(_, kept)| kept.contributors).sum();
        while all.len() > self.room.listings || sum > self.room.contributors {
            let Some((_, oldest)) = all.pop_front() else { return };
            sum -= oldest.contributors;
        }
    }

    /// The listing of an id, which must be of what is asked about.
    pub(super) fn find(
        &self,
        id: Id,
        (subject, on): (&Subject, Option<Day>),
        now: Instant,
    ) -> Result<Arc<Kept<L>>, Status> {
        let all = self.kept.lock().expect("no look at the shelf panics");
        let mut young = all.iter().filter(|(since, _)| self.is_young(*since, now));
        let (_, kept) = young.find(|(_, kept)| kept.id == id).ok_or_else(errors::list_gone)?;
        if kept.about != about(subject, on) {
            return Err(errors::invalid("page_token", "it is of another request"));
        }
        Ok(kept.clone())
    }

    fn is_young(&self, since: Instant, now: Instant) -> bool {
        now.saturating_duration_since(since) < self.room.age
    }
}

fn about(subject: &Subject, on: Option<Day>) -> About {
    (subject.scope.clone(), subject.kpi.0, subject.kind.to_string(), on)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use paceline_core::board::Subject;
    use paceline_core::kpi::KpiId;
    use paceline_core::period::PeriodKind;
    use paceline_core::sight::Sight;
    use tonic::Code;

    use super::{Id, Kept, Room, Shelf};

    const MINUTE: Duration = Duration::from_secs(60);

    fn shelf() -> Shelf<()> {
        let room = Room { listings: 3, contributors: 100, age: MINUTE };
        Shelf { room, kept: Mutex::default() }
    }

    fn subject() -> Subject {
        let (sight, scope, kpi) = (Sight::All, "org".to_owned(), KpiId(0));
        Subject { sight, scope, kpi, kind: PeriodKind::Month }
    }

    fn listing(contributors: usize) -> Arc<Kept<()>> {
        Arc::new(Kept::new((), contributors, &subject(), None).expect("there is randomness"))
    }

    fn found(shelf: &Shelf<()>, id: Id, now: Instant) -> Result<(), Code> {
        let found = shelf.find(id, (&subject(), None), now);
        found.map(|_| ()).map_err(|status| status.code())
    }

    #[test]
    fn a_listing_goes_when_no_page_of_it_was_told_for_its_age() {
        let (shelf, begun) = (shelf(), Instant::now());
        let [first, second] = [listing(1), listing(1)];
        let just_before = |at: Instant| at + MINUTE - Duration::from_nanos(1);
        shelf.keep(first.clone(), begun);
        shelf.keep(second.clone(), begun);
        assert_eq!(found(&shelf, first.id, just_before(begun)), Ok(()));
        let later = begun + MINUTE / 2;
        shelf.keep(first.clone(), later);
        assert_eq!(found(&shelf, second.id, begun + MINUTE), Err(Code::Aborted));
        assert_eq!(found(&shelf, first.id, just_before(later)), Ok(()), "a page was told of it");
        assert_eq!(found(&shelf, first.id, later + MINUTE), Err(Code::Aborted));
        shelf.keep(listing(1), later + MINUTE);
        assert_eq!(shelf.kept.lock().expect("a shelf").len(), 1, "those of age take no room");
    }

    #[test]
    fn the_listings_that_were_used_longest_ago_go_when_there_are_too_many() {
        let (shelf, now) = (shelf(), Instant::now());
        let all: Vec<_> = (0..3).map(|_| listing(1)).collect();
        all.iter().for_each(|one| shelf.keep(one.clone(), now));
        shelf.keep(all[0].clone(), now);
        shelf.keep(listing(1), now);
        let found: Vec<_> = all.iter().map(|one| found(&shelf, one.id, now).is_ok()).collect();
        assert_eq!(found, [true, false, true]);
    }

    #[test]
    fn the_oldest_go_when_all_have_too_many_contributors() {
        let (shelf, now) = (shelf(), Instant::now());
        let [small, large, full] = [listing(20), listing(80), listing(81)];
        shelf.keep(small.clone(), now);
        shelf.keep(large.clone(), now);
        assert_eq!([&small, &large].map(|one| found(&shelf, one.id, now)), [Ok(()), Ok(())]);
        shelf.keep(listing(1), now);
        assert_eq!(found(&shelf, small.id, now), Err(Code::Aborted), "they are 101");
        assert_eq!(found(&shelf, large.id, now), Ok(()));
        shelf.keep(full.clone(), now);
        assert_eq!(found(&shelf, large.id, now), Err(Code::Aborted));
        assert_eq!(found(&shelf, full.id, now), Ok(()));
        let huge = listing(101);
        shelf.keep(huge.clone(), now);
        assert_eq!(found(&shelf, huge.id, now), Err(Code::Aborted), "it has no next page");
    }

    #[test]
    fn a_token_of_another_request_finds_nothing() {
        let (shelf, now, one) = (shelf(), Instant::now(), listing(1));
        shelf.keep(one.clone(), now);
        let other = Subject { kpi: KpiId(1), ..subject() };
        let refused = shelf.find(one.id, (&other, None), now).expect_err("another KPI");
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}
