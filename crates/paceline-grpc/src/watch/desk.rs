//! The desk: what is at hand where frames are handed out.

use std::sync::Arc;

use paceline_core::board::Revision;
use tokio::time::Instant;

use super::hub::Board;
use super::look::Look;
use super::stamp::Stamp;
use super::whole::{Maker, Whole};
use crate::selector::View;

/// What is at hand where the frames of a view are handed out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Desk<'a> {
    pub(super) board: &'a Board,
    pub(super) view: &'a View,
    /// The last look; none before the sources are caught up.
    pub(super) look: Option<&'a Look>,
    pub(super) now: Instant,
}

impl Desk<'_> {
    /// A bookmark with a stamp, which tells of a generation of causes.
    pub(super) fn bookmark(&self, stamp: &Stamp, heard: u64) -> Arc<Whole> {
        let Self { board, view, .. } = *self;
        Arc::new(Maker { board, view, stamp: stamp.clone(), heard }.bookmark())
    }

    /// The token of a position in the view.
    pub(super) fn token(&self, position: Revision) -> Vec<u8> {
        self.board.tokens.write(position, &self.view.hash)
    }
}
