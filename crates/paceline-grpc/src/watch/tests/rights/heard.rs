//! Alerts in the play: each is told by the tree of the moment at which it was made, and by that to everybody who sees whom it is of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use paceline_core::sight::Sight;
use tonic::{Code, Request, Status};

use super::cast::{principal, selectors, sights};
use super::tree::{self, Eyes, Tree};
use super::{LONG, Play, VISITORS};
use crate::alerts::tests::Reader;
use crate::proto::alerts_service_server::AlertsService as _;
use crate::proto::watch_alerts_response::Frame;
use crate::proto::{Selector, WatchAlertsRequest, WatchAlertsResponse};

/// Somebody who watches alerts.
pub(super) struct Listener {
    reader: Reader<WatchAlertsResponse>,
    sight: Sight,
    selector: Selector,
    eyes: Eyes,
    /// The token of the last frame.
    token: Vec<u8>,
    stalls: bool,
}

impl Listener {
    /// Takes what there is. Answers whether there was any, and adds whose alerts it told.
    fn take(&mut self, trees: &BTreeMap<u64, Tree>, heard: &mut Vec<String>) -> bool {
        let mut any = false;
        while let Some(message) = self.reader.take() {
            any = true;
            self.token = message.resume_token;
            let Some(Frame::Alert(alert)) = message.frame else { continue };
            let scope = alert.scope;
            let revision = message.emitted_at.expect("a stamp").seconds as u64;
            let hears = self.eyes.hears(&scope, tree::at(trees, revision));
            assert!(hears, "{scope} at {revision} is not seen by {:?}", self.eyes);
            heard.push(scope);
        }
        any
    }
}

impl Play {
    /// Somebody begins to watch alerts, stops, stalls or reads on.
    pub(super) async fn change_listeners(&mut self) {
        match self.dice.roll(4) {
            0..=1 if self.listeners.len() < 8 => self.listen().await,
            2 if self.listeners.len() > 4 => self.stop_listening().await,
            3 => {
                let at = self.dice.roll(self.listeners.len() as u64) as usize;
                self.listeners[at].stalls ^= true;
            }
            _ => {}
        }
    }

    /// Somebody begins to watch alerts.
    pub(super) async fn listen(&mut self) {
        let sight = self.dice.pick(&sights());
        let selector = self.dice.pick(&selectors(&sight));
        self.listen_as(sight, selector, Vec::new()).await.expect("a watch of alerts");
    }

    async fn listen_as(
        &mut self,
        sight: Sight,
        selector: Selector,
        token: Vec<u8>,
    ) -> Result<(), Status> {
        let mut request = Request::new(WatchAlertsRequest {
            selector: Some(selector.clone()),
            resume_token: token.clone(),
            heartbeat: Some(LONG.try_into().expect("a duration")),
        });
        request.extensions_mut().insert(Arc::new(principal(&sight)));
        let reader = Reader(self.alerts.watch_alerts(request).await?.into_inner());
        let eyes = Eyes::new(&sight, &selector);
        self.listeners.push(Listener { reader, sight, selector, eyes, token, stalls: false });
        Ok(())
    }

    /// Somebody goes, and comes again; or somebody else does with the same token.
    async fn stop_listening(&mut self) {
        let at = self.dice.roll(self.listeners.len() as u64) as usize;
        let Listener { sight, selector, token, .. } = self.listeners.swap_remove(at);
        let other = self.dice.pick(&sights());
        if !token.is_empty() && other != sight && self.dice.roll(5) == 0 {
            let refused = self.listen_as(other, selector, token).await.expect_err("another's");
            assert_eq!(refused.code(), Code::OutOfRange);
            return self.count("token of alerts of another");
        }
        self.count("resumed alerts");
        self.listen_as(sight, selector, token).await.expect("a token of their own");
    }

    /// An alert comes. Who had all there was has it at once, or never.
    pub(super) async fn alert(&mut self) {
        let reps: BTreeSet<String> =
            self.tree.reps().into_iter().chain(VISITORS.map(str::to_owned)).collect();
        let scopes = reps.iter().flat_map(|rep| [format!("rep:{rep}"), format!("team:{rep}")]);
        let scopes: Vec<String> = scopes.chain(["org".to_owned()]).collect();
        let scope = self.dice.pick(&scopes);
        if self.dice.roll(2) == 0 {
            return self.topic.put(&scope);
        }
        self.hear().await;
        self.topic.put(&scope);
        let heard = self.hear().await;
        for (at, heard) in heard {
            let listener = &self.listeners[at];
            let hears = listener.eyes.hears(&scope, &self.tree);
            let due = if hears { vec![scope.clone()] } else { Vec::new() };
            assert_eq!(heard, due, "of {:?}", listener.eyes);
            self.count(if hears { "alert told" } else { "alert of another" });
        }
    }

    /// Those who do not stall take all there is. Answers what each was told.
    async fn hear(&mut self) -> Vec<(usize, Vec<String>)> {
        let listening = (0..self.listeners.len()).filter(|at| !self.listeners[*at].stalls);
        let mut all: Vec<(usize, Vec<String>)> = listening.map(|at| (at, Vec::new())).collect();
        loop {
            self.house.run().await;
            let mut any = false;
            for (at, heard) in &mut all {
                any |= self.listeners[*at].take(&self.trees, heard);
            }
            if !any {
                return all;
            }
        }
    }

    /// Nobody stalls any longer, and all take all there is.
    pub(super) async fn hear_all(&mut self) {
        self.listeners.iter_mut().for_each(|it| it.stalls = false);
        self.hear().await;
    }

    /// Those who do not stall take what is ready.
    pub(super) fn take_alerts(&mut self) {
        for at in 0..self.listeners.len() {
            let (mut heard, listener) = (Vec::new(), &mut self.listeners[at]);
            if listener.stalls {
                continue;
            }
            listener.take(&self.trees, &mut heard);
            let eyes = &self.listeners[at].eyes;
            let of_before = |scope: &&String| !eyes.hears(scope, &self.tree);
            let count = heard.iter().filter(of_before).count();
            *self.counts.entry("alert of before a move").or_default() += count;
        }
    }
}
