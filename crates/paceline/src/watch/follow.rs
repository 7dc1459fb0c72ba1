//! Following a server for a board: what changes of its standings, and what scopes and KPIs are called.
//!
//! A task of its own does it, so that a screen that is drawn ten times a second holds up neither.

use std::time::{Duration, Instant};

use paceline_client::{Client, Error, Event, View, WatchOptions};
use tokio::sync::mpsc;

use super::board::Names;
use crate::client;

/// After how long at least the names are asked for again, for reps come, go and move.
const NAMES: Duration = Duration::from_secs(5);

/// What following brings.
pub(super) enum News {
    /// What scopes and KPIs are called.
    Names(Box<Names>),
    /// Something happened to the standings, which are so now.
    Event(Event, View),
}

/// Follows standings until nobody takes the news any more. A refusal is the last of them.
pub(super) fn follow(
    client: Client,
    options: WatchOptions,
) -> mpsc::Receiver<anyhow::Result<News>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let ended = tell(client, options, &sender).await;
        if let Err(error) = ended {
            // Nobody hears it when nobody listens any more.
            sender.send(Err(client::refusal(error))).await.ok();
        }
    });
    receiver
}

async fn tell(
    client: Client,
    options: WatchOptions,
    sender: &mpsc::Sender<anyhow::Result<News>>,
) -> Result<(), Error> {
    let mut live = client.watch(options);
    let mut names_due = None;
    loop {
        let event = tokio::select! {
            event = live.next() => event?,
            () = sender.closed() => return Ok(()),
        };
        let now = Instant::now();
        match &event {
            // The sources are caught up, and it is known who there is.
            Event::Snapshot(_) => names_due = Some(now),
            Event::Update(_) => _ = names_due.get_or_insert(now + NAMES),
            _ => {}
        }
        if names_due.is_some_and(|due| due <= now) {
            // Where they cannot be told, the stream will be lost too.
            let names = names(&client).await;
            names_due = names.is_err().then_some(now + NAMES);
            if let Ok(names) = names {
                sender.send(Ok(News::Names(Box::new(names)))).await.ok();
            }
        }
        sender.send(Ok(News::Event(event, live.view()))).await.ok();
    }
}

async fn names(client: &Client) -> Result<Names, Error> {
    Ok(Names { scopes: client.scopes().await?, kpis: client.kpis().await? })
}
