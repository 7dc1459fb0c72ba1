//! What all clients of a run share: the record, which process of the service serves, and the tokens that were given.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use paceline_tests::history::{
    Place, Recorder,
    occurred::{Counts, add},
};
use tokio::sync::watch;

/// What all clients of a run share.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) record: Recorder,
    /// Which process of the service serves, counted from 0. It counts on between the end of one and the start of the next, so that
    /// who finds the same number before and after has talked to that process.
    server: AtomicU32,
    /// Whether everybody behaves well from now on.
    calm: AtomicBool,
    stop: watch::Sender<bool>,
    /// Plain mutexes: held for a look.
    tokens: Mutex<HashMap<usize, Token>>,
    stands: Mutex<HashMap<usize, (u32, u64)>>,
    did: Mutex<Counts>,
}

/// A token, and where it is from.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) place: Place,
    pub(super) bytes: Vec<u8>,
}

impl World {
    pub(super) fn server(&self) -> u32 {
        self.server.load(Ordering::SeqCst)
    }

    /// The process that served has ended.
    pub(super) fn next_server(&self) {
        self.server.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::SeqCst)
    }

    pub(super) fn calm_down(&self) {
        self.calm.store(true, Ordering::SeqCst);
    }

    /// Sends everybody home.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until everybody is sent home.
    pub(super) async fn stopped(&self) {
        // The sender lives as long as this does.
        drop(self.stop.subscribe().wait_for(|stop| *stop).await);
    }

    /// A client was given a token.
    pub(super) fn give(&self, client: usize, token: Token) {
        lock(&self.tokens).insert(client, token);
    }

    /// The token of another client.
    pub(super) fn token_of(&self, client: usize) -> Option<Token> {
        lock(&self.tokens).get(&client).cloned()
    }

    /// A client knows everything up to a revision of a process.
    pub(super) fn stands(&self, client: usize, server: u32, revision: u64) {
        lock(&self.stands).insert(client, (server, revision));
    }

    /// The clients that do not know everything up to a revision of the process that serves.
    pub(super) fn behind(&self, clients: usize, revision: u64) -> Vec<usize> {
        let (stands, server) = (lock(&self.stands), self.server());
        let there = |client: &usize| {
            stands.get(client).is_some_and(|(of, at)| *of == server && *at >= revision)
        };
        (0..clients).filter(|client| !there(client)).collect()
    }

    /// Something was done.
    pub(super) fn did(&self, what: &str) {
        add(&mut lock(&self.did), what, 1);
    }

    /// What was done so far.
    pub(super) fn done(&self) -> Counts {
        lock(&self.did).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
