//! The events of the whole, decoded, and what they are counted by.

use std::sync::Arc;

use jiff::Timestamp;
use paceline::config::Config;
use paceline_benches::config;
use paceline_benches::events::{Events, organisation};
use paceline_benches::feed::{as_read, decoder};
use paceline_core::basis::Basis;
use paceline_core::board::Batch;
use paceline_core::change::Change;
use paceline_core::entity::EntityId;
use paceline_core::entry::Entry;
use paceline_core::fold::Fold;
use paceline_core::model::Model;
use paceline_core::moves::Source;
use paceline_core::record::{Applied, Images, Scratch};
use paceline_core::symbol::Symbols;
use paceline_crm::Decoded;
use paceline_sim::format::Messages;

/// The only entity.
pub(crate) const OPPORTUNITY: EntityId = EntityId(0);

/// The config of the whole.
pub(crate) fn config() -> Config {
    config::load(&organisation()).expect("the bench's config is one")
}

/// The first `count` messages.
pub(crate) fn messages(count: usize) -> Messages {
    let mut messages = Messages::default();
    Events::default().next_into(&mut messages, count);
    messages
}

/// The changes that messages tell.
pub(crate) fn changes<'a>(config: &Config, messages: &'a Messages) -> Vec<Change<'a>> {
    let mut decoder = decoder(config);
    let change =
        |(offset, message)| match decoder.decode(&as_read(&message, offset)).expect("a message") {
            Decoded::Change(change) => Some(change),
            Decoded::Ignored(_) => None,
        };
    (0..).zip(messages.iter()).filter_map(change).collect()
}

/// Records and what they are folded by.
pub(crate) struct World {
    pub(crate) model: Arc<Model>,
    pub(crate) basis: Basis,
    images: Images,
    fold: Fold,
    symbols: Symbols,
    scratch: Scratch,
}

impl World {
    /// Without any records.
    pub(crate) fn new(config: &Config) -> Self {
        let model = Arc::new(config.model.clone());
        Self {
            images: Images::new(model.entity(OPPORTUNITY)),
            fold: Fold::new(&model, OPPORTUNITY),
            symbols: model.symbols.clone(),
            basis: Basis::new(
                &model.calendars,
                Arc::new(config.roster.clone()),
                Arc::new(config.rates.clone()),
            ),
            scratch: Scratch::default(),
            model,
        }
    }

    /// Merges a change and folds it into entries.
    pub(crate) fn take(&mut self, change: &Change<'_>, mut emit: impl FnMut(&Entry, Timestamp)) {
        let Self { images, fold, symbols, scratch, basis, .. } = self;
        for id in &change.ids {
            let place = images.place(id);
            let Applied::Changed(transition) = images.merge(place, change, symbols, scratch) else {
                continue;
            };
            fold.transition(transition, scratch, basis, symbols, |entry| emit(&entry, change.time));
        }
    }

    /// Merges a change, folds it into entries, and adds them to a batch that notes of which change they are, as a lane does.
    pub(crate) fn note(&mut self, change: &Change<'_>, batch: &mut Batch) {
        let of = batch.notes().next();
        let mut changed = false;
        self.take(change, |entry, time| {
            batch.add(entry, time);
            batch.notes().note(of, entry);
            changed = true;
        });
        if changed {
            let record = change.ids.first().map_or("", |id| &**id);
            let (time, entity) = (change.time, change.entity);
            let (source, partition, offset, actor) = (0, 0, 0, change.actor.as_deref());
            let source = Source { source, partition, offset, time, actor, entity, record };
            batch.notes().close(source);
        }
    }

    /// The batch of so many changes, noted as by a lane.
    pub(crate) fn noted(&mut self, changes: &[Change<'_>]) -> Batch {
        let mut batch = Batch::default();
        changes.iter().for_each(|change| self.note(change, &mut batch));
        batch
    }

    /// The batch of so many changes.
    pub(crate) fn batch(&mut self, changes: &[Change<'_>]) -> Batch {
        let mut batch = Batch::default();
        changes.iter().for_each(|change| self.take(change, |entry, time| batch.add(entry, time)));
        batch
    }
}
