//! Looks: how far it is known what has changed on the board, and who was woken for it.

use std::sync::Arc;

use paceline_core::board::Revision;

use super::stamp::Told;

/// A look at the board. Whoever is concerned by a change up to its revision was woken before it is known.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// Which look it is.
    pub(super) number: u64,
    /// Up to where it looked.
    pub(super) revision: Revision,
    /// What was known of the sources then.
    pub(super) told: Arc<Told>,
    /// Counts how often the causes became others.
    pub(super) generation: u64,
}
