//! The board, driven by hand.
