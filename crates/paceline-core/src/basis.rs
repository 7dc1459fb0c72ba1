//! The basis: what records are folded by besides the model, and what may become another while the engine runs.

use std::sync::Arc;

use crate::rates::Rates;
use crate::roster::Roster;

/// What records are folded by besides the model.
#[derive(Clone, Debug)]
pub struct Basis {
    /// The reps, whose time zones say on which day something is.
    pub roster: Arc<Roster>,
    /// The rates by which money becomes money of the org's currency.
    pub rates: Arc<Rates>,
}
