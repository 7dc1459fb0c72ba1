//! The live map: a view that is kept up to date, one whole update at a time.

use std::collections::VecDeque;

use tokio::sync::watch;

use super::frames::{Frames, News};
use super::pending::{Pending, Whole};
use super::view::{Diff, View};
use crate::error::Error;
use crate::following::Loss;
use crate::proto::watch_standings_response::Frame;
use crate::proto::{ResetReason, WatchStandingsResponse};

/// What happened to a live map.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A stream is open. The view is live as soon as something has come on it.
    Connected,
    /// The stream was lost, and is opened again. The view is stale until then.
    Lost(Loss),
    /// The server has voided the view. It stays as it was, and is stale, until the snapshot that follows has come as a
    /// whole.
    Reset(ResetReason),
    /// A snapshot has come as a whole, and is the view now. What is different from the view before; of the first snapshot
    /// everything.
    Snapshot(Diff),
    /// An update has come as a whole.
    Update(Diff),
    /// Nothing has changed: the view is all there is up to its revision.
    Bookmark,
    /// Whether the numbers are complete, or why not, is another than it was; the view says what.
    Completeness,
}

/// Standings that are kept up to date.
///
/// It does nothing by itself: whoever calls [`next`](Self::next) drives it, at the speed it can cope with. Others see the
/// view through [`views`](Self::views).
#[derive(Debug)]
pub struct LiveMap {
    frames: Frames,
    pending: Pending,
    /// The view, held nowhere else, so that what changes is copied only while somebody holds an older one.
    view: watch::Sender<View>,
    /// What has happened and was not told yet.
    events: VecDeque<Event>,
}

impl LiveMap {
    pub(crate) fn new(frames: Frames) -> Self {
        Self {
            frames,
            pending: Pending::default(),
            view: watch::Sender::default(),
            events: VecDeque::new(),
        }
    }

    /// The view as it is.
    pub fn view(&self) -> View {
        self.view.borrow().clone()
    }

    /// The view as it is and as it becomes, for other tasks: they see whole updates only, and can wait for the next.
    pub fn views(&self) -> watch::Receiver<View> {
        self.view.subscribe()
    }

    /// Waits for the next event, and answers it when the view shows it. Its future may be dropped at any time: nothing is
    /// lost by that.
    ///
    /// # Errors
    /// The server refuses, and would again: the selection is wrong, or the caller may not see it.
    pub async fn next(&mut self) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            let news = self.frames.next().await;
            if news.is_err() {
                self.void();
            }
            match news? {
                News::Connected => return Ok(Event::Connected),
                News::Frame(message) => self.take(*message),
                News::Lost(loss) => {
                    self.void();
                    return Ok(Event::Lost(loss));
                }
            }
        }
    }

    fn take(&mut self, mut message: WatchStandingsResponse) {
        match message.frame.take() {
            Some(Frame::Snapshot(chunk)) => {
                if let Some(whole) = self.pending.snapshot(chunk) {
                    self.show(Some(whole), message);
                }
            }
            Some(Frame::Update(chunk)) => {
                if let Some(whole) = self.pending.update(chunk) {
                    self.show(Some(whole), message);
                }
            }
            Some(Frame::Bookmark(_)) => self.show(None, message),
            Some(Frame::Reset(reset)) => {
                self.void();
                self.events.push_back(Event::Reset(reset.reason()));
            }
            // Of a later version, which sends it only to those who ask for it.
            None => {}
        }
    }

    /// Shows what has come as a whole.
    fn show(&mut self, whole: Option<Whole>, message: WatchStandingsResponse) {
        let event: fn(Diff) -> Event = match whole {
            Some(Whole::Snapshot(_)) => Event::Snapshot,
            Some(Whole::Update(..)) => Event::Update,
            None => |_| Event::Bookmark,
        };
        let (mut diff, mut turned) = (Diff::default(), false);
        self.view.send_modify(|view| {
            diff = whole.map(|whole| view.take(whole)).unwrap_or_default();
            turned = view.stamp(message);
        });
        self.events.push_back(event(diff));
        if turned {
            self.events.push_back(Event::Completeness);
        }
    }

    /// What has come of something that is not whole is void, and the view is no longer known to be live.
    fn void(&mut self) {
        self.pending.clear();
        self.view.send_modify(View::stale);
    }
}
