//! Contributors: the records behind a standing, listed once and told page by page.

mod page;
mod queue;
mod shelf;
mod show;

use std::sync::Arc;
use std::time::Duration;

use paceline_core::board::Subject;
use paceline_core::day::Day;
use paceline_core::roster::Roster;
use paceline_core::sight::Sight;
use paceline_engine::{Listing, Unlisted};
use tokio::time::{Instant, sleep, timeout_at};
use tonic::{Request, Response, Status};

use crate::aside::Aside;
use crate::errors;
use crate::proto;
use crate::served::Served;
use crate::subject;
use crate::who::Principal;
use page::Page;
use queue::Queue;
use shelf::{Kept, Shelf};

/// The most contributors that are listed.
const MOST: usize = 100_000;
/// For how long lanes wait for one among them that does not answer; then they are asked again, after a pause in which they
/// commit, and wait twice as long: a lane with very many records takes its time.
const HOLD: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(50);

/// Lists contributors.
#[derive(Debug)]
pub(crate) struct Contributors {
    served: Served,
    queue: Queue,
    shelf: Shelf<Listing>,
    aside: Aside,
}

impl Contributors {
    pub(crate) fn new(served: Served, aside: Aside) -> Self {
        Self { served, queue: Queue::default(), shelf: Shelf::default(), aside }
    }

    /// Answers a request.
    pub(crate) async fn list(
        &self,
        request: Request<proto::ListContributorsRequest>,
    ) -> Result<Response<proto::ListContributorsResponse>, Status> {
        let principal = &Principal::of(request.extensions())?.clone();
        let sight = &principal.sight;
        let proto::ListContributorsRequest { scope, kpi, period, on, page_size, page_token } =
            request.into_inner();
        let live = &self.served.live;
        let subject = subject::subject(&scope, &kpi, &period, live.model(), sight)?;
        let on = subject::day(&on)?;
        let page = Page::read(page_size, &page_token)?;
        if !live.is_open() {
            return Err(errors::not_caught_up());
        }
        let seen = live.seen(&subject, (self.served.clock)());
        let roster = seen.ok_or_else(|| errors::unknown_scope(&scope))?;
        let kept = match page.listing {
            Some(id) => self.kept(id, (&subject, on), &roster)?,
            None => {
                let listing = self.listing(principal, &subject, on).await?;
                let contributors = listing.contributors.len();
                Arc::new(Kept::new(listing, contributors, &subject, on)?)
            }
        };
        let (from, to) = page.bounds(kept.listing.contributors.len())?;
        let mut answer = show::page(&kept.listing, live.model(), sight, from..to);
        if to < kept.listing.contributors.len() {
            answer.next_page_token = page::token(kept.id, to);
            self.shelf.keep(kept, std::time::Instant::now());
        }
        Ok(Response::new(answer))
    }

    /// A listing whose first page was told. It is of the reps of then: who may not see everyone gets no more of it once these are
    /// others, for it may be of somebody who is seen no longer.
    fn kept(
        &self,
        id: shelf::Id,
        about: (&Subject, Option<Day>),
        roster: &Arc<Roster>,
    ) -> Result<Arc<Kept<Listing>>, Status> {
        let kept = self.shelf.find(id, about, std::time::Instant::now())?;
        if about.0.sight != Sight::All && !Arc::ptr_eq(&kept.listing.roster, roster) {
            return Err(errors::list_gone());
        }
        Ok(kept)
    }

    async fn listing(
        &self,
        principal: &Principal,
        subject: &Subject,
        on: Option<Day>,
    ) -> Result<Listing, Status> {
        let until = Instant::now() + self.served.limits.listing;
        let place = self.queue.join(principal)?;
        let turn = timeout_at(until, place.turn()).await;
        let _turn = turn.map_err(|_| self.timed_out())?;
        let mut hold = HOLD;
        while Instant::now() < until {
            let now = (self.served.clock)();
            let question = self.served.live.ask(subject.clone(), on, MOST, now);
            let question = question.map_err(|why| self.not_listed(why, subject))?;
            let held = until.min(Instant::now() + hold);
            if timeout_at(held, question.answered()).await.is_ok() {
                let clock = self.served.clock.clone();
                let listing = self.aside.run(move || question.listing(clock())).await;
                match listing.map_err(|_| Status::internal("the listing could not be made"))? {
                    Ok(listing) => return Ok(listing),
                    Err(Unlisted::Moved) => {}
                    Err(why) => return Err(self.not_listed(why, subject)),
                }
            }
            hold *= 2;
            sleep(PAUSE).await;
        }
        Err(self.timed_out())
    }

    fn not_listed(&self, why: Unlisted, subject: &Subject) -> Status {
        match why {
            Unlisted::Unknown => errors::unknown_scope(&subject.scope),
            Unlisted::Moved => self.timed_out(),
            Unlisted::TooMany => errors::too_many_records(MOST),
        }
    }

    fn timed_out(&self) -> Status {
        errors::listing_timed_out(self.served.limits.listing)
    }
}
