//! The service of alerts: told from what stands on their topic, so that all who ask are told the same.

mod list;
mod token;
mod view;
mod watcher;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::admission::Admission;
use crate::aside::Aside;
use crate::driven::Driven;
use crate::open::Open;
use crate::proto;
use crate::proto::alerts_service_server::AlertsService;
use crate::served::Served;
use crate::watch::terms::Terms;
use crate::who::Principal;

use view::View;
use watcher::Watcher;

type Frames = Driven<proto::WatchAlertsResponse>;

/// The service of alerts.
#[derive(Debug)]
pub(crate) struct Alerts {
    served: Served,
    admission: Arc<Admission>,
    /// For lists: they look through all alerts, of whomever those are, and their reader is shown a few.
    long: Aside,
    shutdown: CancellationToken,
}

impl Alerts {
    pub(crate) fn new(
        served: Served,
        admission: Arc<Admission>,
        long: Aside,
        shutdown: CancellationToken,
    ) -> Self {
        Self { served, admission, long, shutdown }
    }

    /// Opens a watch. It is driven by a task of its own, which ends with the stream that is answered.
    fn open(&self, request: &Request<proto::WatchAlertsRequest>) -> Result<Frames, Status> {
        let asked = request.get_ref();
        let principal = Principal::of(request.extensions())?;
        let view = View::of(asked.selector.as_ref(), &self.served, principal)?;
        let terms = Terms::of(request, asked.heartbeat, None, &self.served)?;
        // What is wrong with a token is answered at once where it can be told.
        let alerts = self.served.live.alerts();
        if alerts.is_ready() {
            token::start(&asked.resume_token, &view, alerts)?;
        }
        let open = Open::new(self.admission.enter(request.extensions())?);
        let (sender, frames) = mpsc::channel(1);
        let (ender, end) = oneshot::channel();
        let token = asked.resume_token.clone();
        let watcher = Watcher::new(self.served.clone(), view, terms, token, sender);
        let shutdown = self.shutdown.clone();
        tokio::spawn(async move {
            watcher.run(shutdown, ender).await;
            drop(open);
        });
        Ok(Driven::new(frames, end))
    }
}

#[tonic::async_trait]
impl AlertsService for Alerts {
    type WatchAlertsStream = Frames;

    async fn watch_alerts(
        &self,
        request: Request<proto::WatchAlertsRequest>,
    ) -> Result<Response<Frames>, Status> {
        self.open(&request).map(Response::new)
    }

    async fn list_alerts(
        &self,
        request: Request<proto::ListAlertsRequest>,
    ) -> Result<Response<proto::ListAlertsResponse>, Status> {
        self.long.answer(&self.served, request, list::get).await
    }
}

#[cfg(test)]
pub(crate) mod tests;
