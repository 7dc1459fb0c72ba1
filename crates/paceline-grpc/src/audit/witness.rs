//! Witnesses: a watch is opened also for what its client does not get, of which it is told as it is told of what is not there.
//! Whoever judges that for its first frame has the witness tell the log.

use std::sync::Arc;

use paceline_core::sight::Sight;
use tonic::{Extensions, Status};

use super::{AuditLog, Named, Refusal};
use crate::call::Call;
use crate::served::Served;
use crate::who::Principal;

/// Tells the audit log, once, what a watch names and its client does not get.
#[derive(Clone, Debug)]
pub(crate) struct Witness {
    log: Arc<dyn AuditLog>,
    call: Arc<Call>,
    who: Arc<Principal>,
}

impl Witness {
    /// That of a watch; nobody where there is no log, or nothing that is kept from whoever asks.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` and `INTERNAL` when nobody looked who asks or by which call.
    pub(crate) fn of(extensions: &Extensions, served: &Served) -> Result<Option<Self>, Status> {
        let who = Principal::of(extensions)?;
        let Some(log) = served.audit.clone().filter(|_| who.sight != Sight::All) else {
            return Ok(None);
        };
        Ok(Some(Self { log, call: Call::of(extensions)?, who: who.clone() }))
    }

    /// Tells of what is not there for the client. Which of it is there for others is for the log to find out.
    pub(crate) fn tell(self, named: Named) {
        if named.is_empty() {
            return;
        }
        self.log.refused(Refusal {
            call: self.call,
            who: Some(self.who),
            outcome: "OUT_OF_SCOPE",
            reason: String::new(),
            detail: None,
            named,
        });
    }
}
