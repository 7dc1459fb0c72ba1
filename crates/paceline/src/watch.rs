//! `paceline watch`: follows the standings of a server, as a live board, as lines, or as JSON.

mod follow;
mod lines;
mod screen;
mod table;
mod text;

use std::io::{IsTerminal, Write};
use std::time::Duration;

use paceline_grpc::proto;
use tokio_util::sync::CancellationToken;

use crate::json::Shape;
use follow::{Follower, News};
use table::Table;

/// What to follow, and how to show it.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The server, `host:port` or a URL.
    pub address: String,
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
    fn selector(&self) -> proto::Selector {
        proto::Selector {
            scopes: self.scopes.clone(),
            with_members: !self.scopes.is_empty(),
            kpis: self.kpis.clone(),
            periods: self.periods.clone(),
        }
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
    let follower = Follower::new(&options.address, options.selector())?;
    if options.json {
        return as_json(follower).await;
    }
    if std::io::stdout().is_terminal() {
        return screen::show(follower, &options.title, stop).await;
    }
    as_lines(follower, &options.title).await
}

async fn as_json(mut follower: Follower) -> anyhow::Result<()> {
    let shape = Shape::of("WatchStandingsResponse")?;
    loop {
        if let News::Frame(frame) = follower.next().await? {
            print(&format!("{}\n", shape.line(&frame)?))?;
        }
    }
}

async fn as_lines(mut follower: Follower, title: &str) -> anyhow::Result<()> {
    let mut table = Table::default();
    let mut printer = lines::Printer::new(title);
    loop {
        let text = match follower.next().await? {
            News::Names(names) => {
                table.name(*names);
                String::new()
            }
            News::Frame(frame) => {
                let changes = table.apply(*frame);
                printer.frame(&table, &changes)
            }
            News::Lost(reason) => format!("-- connection lost: {reason}; trying again\n"),
        };
        print(&text)?;
    }
}

/// Writes to standard output at once.
fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
