//! What the status memory keeps until it is written.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use foldhash::fast::FixedState;
use paceline_core::alert::{Alert, Remembered};

use super::{About, Raised, Ready, Recalled, Waiting, Write};

/// The most alerts in one record, so that no topic refuses it as too large. Where a topic of alerts takes nothing for long, the
/// others wait: until they are written the status that they tell of is one that nothing was told of yet.
const ALERTS: usize = 128;

/// What is to be written, and what was read.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// What was read, until the board opens.
    recalled: HashMap<About, Recalled, FixedState>,
    pub(super) is_read: bool,
    is_open: bool,
    /// The standings of which something is to be written, is being written, or waits to be told.
    standings: HashMap<About, Standing, FixedState>,
    /// Those of which something is to be written, in their order.
    queue: VecDeque<About>,
    /// The alerts that the memory has for good, of each standing the oldest.
    ready: VecDeque<Ready>,
    alerts: usize,
}

/// What is to be written of one standing.
#[derive(Debug, Default)]
struct Standing {
    remembered: Option<Remembered>,
    /// In their order, those first that the memory has for good.
    raised: VecDeque<Arc<Raised>>,
    /// How many of them the memory has for good.
    durable: usize,
    is_queued: bool,
    is_being_written: bool,
    /// Whether one of its alerts is ready or under way. The next follows when that one stands on its topic, so that they stand
    /// there in their order whatever is refused.
    is_telling: bool,
}

impl Kept {
    pub(super) fn waiting(&self) -> Waiting {
        Waiting { standings: self.standings.len(), alerts: self.alerts }
    }

    /// Takes what a record says, as long as that may be of before the board opens.
    pub(super) fn read(&mut self, about: About, recalled: Option<Recalled>) {
        if self.is_open {
            return;
        }
        match recalled {
            Some(recalled) => self.recalled.insert(about, recalled),
            None => self.recalled.remove(&about),
        };
    }

    pub(super) fn open(&mut self) -> Vec<(About, Recalled)> {
        self.is_open = true;
        let recalled: Vec<_> = std::mem::take(&mut self.recalled).into_iter().collect();
        for (about, Recalled { remembered, alerts }) in &recalled {
            for text in alerts {
                self.recall(about, remembered.clone(), text.clone());
            }
            self.offer(about);
        }
        recalled
    }

    /// An alert that the memory has, and that may not stand on its topic.
    fn recall(&mut self, about: &About, remembered: Option<Remembered>, text: String) {
        let raised = Arc::new(Raised::written(text));
        let standing = self.standings.entry(about.clone()).or_default();
        standing.remembered = remembered;
        standing.raised.push_back(raised);
        standing.durable += 1;
        self.alerts += 1;
    }

    /// Has the oldest alert of a standing be ready, if the memory has it for good and none before it is to be told.
    fn offer(&mut self, about: &About) {
        let Some(standing) = self.standings.get_mut(about) else { return };
        if standing.is_telling || standing.durable == 0 {
            return;
        }
        let Some(raised) = standing.raised.front().cloned() else { return };
        standing.is_telling = true;
        self.ready.push_back(Ready { about: about.clone(), raised });
    }

    pub(super) fn raise(&mut self, about: About, raised: Raised) {
        let standing = self.standings.entry(about.clone()).or_default();
        standing.raised.push_back(Arc::new(raised));
        self.alerts += 1;
        self.enqueue(about);
    }

    pub(super) fn remember(&mut self, about: About, remembered: Option<Remembered>) {
        self.standings.entry(about.clone()).or_default().remembered = remembered;
        self.enqueue(about);
    }

    fn enqueue(&mut self, about: About) {
        let Some(standing) = self.standings.get_mut(&about) else { return };
        if !std::mem::replace(&mut standing.is_queued, true) && !standing.is_being_written {
            self.queue.push_back(about);
        }
    }

    pub(super) fn writes(&mut self, most: usize) -> Vec<Write> {
        let count = most.min(self.queue.len());
        let standings = &mut self.standings;
        let write = |about: About| {
            let standing = standings.get_mut(&about)?;
            (standing.is_queued, standing.is_being_written) = (false, true);
            let raised = standing.raised.iter().take(ALERTS).cloned().collect();
            Some(Write { about, remembered: standing.remembered(), raised })
        };
        self.queue.drain(..count).filter_map(write).collect()
    }

    pub(super) fn written(&mut self, Write { about, raised, .. }: &Write) {
        let Some(standing) = self.standings.get_mut(about) else { return };
        standing.is_being_written = false;
        // What was told meanwhile is no longer among them.
        let last = raised.last();
        let until =
            last.and_then(|last| standing.raised.iter().position(|at| Arc::ptr_eq(at, last)));
        let durable = until.map_or(0, |at| at + 1);
        standing.durable = standing.durable.max(durable);
        self.offer(about);
        self.rest(about);
    }

    pub(super) fn failed(&mut self, Write { about, .. }: &Write) {
        let Some(standing) = self.standings.get_mut(about) else { return };
        (standing.is_being_written, standing.is_queued) = (false, true);
        self.queue.push_front(about.clone());
    }

    pub(super) fn ready(&mut self, most: usize) -> Vec<Ready> {
        self.ready.drain(..most.min(self.ready.len())).collect()
    }

    pub(super) fn told(&mut self, Ready { about, raised }: &Ready) {
        let Some(standing) = self.standings.get_mut(about) else { return };
        let Some(at) = standing.raised.iter().position(|at| Arc::ptr_eq(at, raised)) else {
            return;
        };
        standing.raised.remove(at);
        standing.durable -= 1;
        standing.is_telling = false;
        self.alerts -= 1;
        self.offer(about);
        self.enqueue(about.clone());
    }

    pub(super) fn untold(&mut self, ready: Ready) {
        self.ready.push_front(ready);
    }

    /// Queues a standing of which something else is to be written by now, and lets go of one of which nothing is.
    fn rest(&mut self, about: &About) {
        let Some(standing) = self.standings.get(about) else { return };
        if standing.is_queued {
            self.queue.push_back(about.clone());
        } else if standing.raised.is_empty() {
            self.standings.remove(about);
        }
    }
}

impl Standing {
    /// What is to be remembered beside the alerts that fit a record.
    fn remembered(&self) -> Option<Remembered> {
        let first = self.raised.get(ALERTS).and_then(|raised| raised.alert.as_ref());
        let last = self.raised.back().and_then(|raised| raised.alert.as_ref());
        let (Some(first), Some(last)) = (first, last) else { return self.remembered.clone() };
        let remembered = self.remembered.clone().unwrap_or_else(|| of_period_that_is_over(last));
        Some(Remembered { settled: first.from, ..remembered })
    }
}

/// What is to be remembered of a period that is over, as long as its last alert is not written.
fn of_period_that_is_over(last: &Alert) -> Remembered {
    let Alert { standing, from, trigger, judged } = last;
    Remembered {
        status: standing.status,
        since: standing.since,
        had: [standing.status].into_iter().collect(),
        settled: *from,
        trigger: *trigger,
        judged: *judged,
        last_day: standing.key.period.end,
        is_over: true,
    }
}
