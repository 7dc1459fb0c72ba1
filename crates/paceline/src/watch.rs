//! `paceline watch`: follows the standings of a server, as a live board, as lines, or as JSON.

mod board;
mod follow;
mod lines;
mod screen;
mod text;

use std::io::{IsTerminal, Write};
use std::time::Duration;

use anyhow::Context;
use paceline_client::{Client, Event, News as Frames, WatchOptions, proto};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::client::{self, Access};
use crate::json::Shape;
use board::Board;
use follow::{News, follow};

/// What to follow, and how to show it.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The server, and what it is shown.
    pub access: Access,
    /// The scopes, as selectors write them, with everyone below; none is all.
    pub scopes: Vec<String>,
    /// The KPIs; none is all.
    pub kpis: Vec<String>,
    /// The kinds of period; none is all.
    pub periods: Vec<String>,
    /// One JSON object a frame instead of a board.
    pub json: bool,
    /// How long to follow; until told to stop if absent.
    pub limit: Option<Duration>,
    /// What to call it.
    pub title: String,
}

impl Options {
    fn watch(&self) -> WatchOptions {
        let selector = proto::Selector {
            scopes: self.scopes.clone(),
            with_members: !self.scopes.is_empty(),
            kpis: self.kpis.clone(),
            periods: self.periods.clone(),
        };
        WatchOptions { selector, ..WatchOptions::default() }
    }
}

/// Follows until told to stop, or for as long as asked.
///
/// # Errors
/// The server refuses the selection, or the output cannot be written.
pub async fn run(options: Options, stop: CancellationToken) -> anyhow::Result<()> {
    let limit = options.limit;
    let over = async {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        () = over => Ok(()),
        shown = show(options, stop.clone()) => shown.or_else(unless_unread),
    }
}

/// A reader that stopped reading has read enough.
fn unless_unread(error: anyhow::Error) -> anyhow::Result<()> {
    let unread = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    if error.downcast_ref().is_some_and(unread) { Ok(()) } else { Err(error) }
}

async fn show(options: Options, stop: CancellationToken) -> anyhow::Result<()> {
    let client = options.access.client()?;
    if options.json {
        return as_json(&client, options.watch()).await;
    }
    let news = follow(client, options.watch());
    if std::io::stdout().is_terminal() {
        return screen::show(news, &options.title, stop).await;
    }
    as_lines(news, &options.title).await
}

async fn as_json(client: &Client, options: WatchOptions) -> anyhow::Result<()> {
    let shape = Shape::of("WatchStandingsResponse")?;
    let mut frames = client.watch_frames(options);
    loop {
        if let Frames::Frame(frame) = frames.next().await.map_err(client::refusal)? {
            print(&format!("{}\n", shape.line(&*frame)?))?;
        }
    }
}

async fn as_lines(
    mut following: mpsc::Receiver<anyhow::Result<News>>,
    title: &str,
) -> anyhow::Result<()> {
    let mut board = Board::default();
    let mut printer = lines::Printer::new(title);
    loop {
        let news = following.recv().await.context("the following ended")??;
        match &news {
            News::Event(Event::Lost(loss), _) => {
                print(&format!("-- connection lost: {}; trying again\n", loss.reason))?;
            }
            News::Event(Event::Snapshot(_), _) => printer.begin_anew(),
            News::Event(..) | News::Names(_) => {}
        }
        if let Some(diff) = board.take(news) {
            print(&printer.show(&board, &diff))?;
        }
    }
}

/// Writes to standard output at once.
fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
