//! The live board on a terminal: a row for each scope, a column for each KPI with goals, and the latest
//! changes of status below.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::Context;
use paceline_client::{Change, Event as Happening, Freshness, proto};
use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Cell, Paragraph, Row, Table as Grid, TableState};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::board::{Board, Column, kind};
use super::follow::News;
use super::text;

/// How many changes of status are shown.
const RECENT: usize = 6;
/// The screen is drawn at most so often, whatever comes.
const FRAME: Duration = Duration::from_millis(100);
const NAME_WIDTH: u16 = 26;
const CELL_WIDTH: u16 = 30;

/// What is on the screen.
struct Screen {
    title: String,
    board: Board,
    recent: VecDeque<String>,
    lost: Option<String>,
    scroll: TableState,
}

/// Shows the board until told to stop, by `q`, Escape or Ctrl-C among others.
pub(super) async fn show(
    mut following: mpsc::Receiver<anyhow::Result<News>>,
    title: &str,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let _restore = Restore;
    let mut keys = keys(stop.clone());
    let mut screen = Screen {
        title: title.to_owned(),
        board: Board::default(),
        recent: VecDeque::new(),
        lost: None,
        scroll: TableState::default().with_selected(0),
    };
    let mut clock = tokio::time::interval(FRAME);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            news = following.recv() => screen.take(news.context("the following ended")??),
            Some(key) = keys.recv() => screen.key(key, &stop),
            _ = clock.tick() => {
                terminal.draw(|frame| screen.draw(frame))?;
            }
        }
    }
}

/// Gives the terminal back however the screen ends.
struct Restore;

impl Drop for Restore {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Reads keys on a thread of its own: there is no asynchronous way without a further library.
fn keys(stop: CancellationToken) -> mpsc::Receiver<event::KeyEvent> {
    let (sender, receiver) = mpsc::channel(8);
    tokio::task::spawn_blocking(move || {
        while !stop.is_cancelled() && !sender.is_closed() {
            if !event::poll(FRAME).unwrap_or(false) {
                continue;
            }
            if let Ok(Event::Key(key)) = event::read()
                && key.kind == KeyEventKind::Press
                && sender.blocking_send(key).is_err()
            {
                return;
            }
        }
    });
    receiver
}

impl Screen {
    fn take(&mut self, news: News) {
        match &news {
            News::Event(Happening::Connected, _) => self.lost = None,
            News::Event(Happening::Lost(loss), _) => self.lost = Some(loss.reason.clone()),
            News::Event(..) | News::Names(_) => {}
        }
        let diff = self.board.take(news).unwrap_or_default();
        diff.changed.iter().for_each(|change| self.remember(change));
    }

    fn remember(&mut self, Change { before, after }: &Change) {
        let Some(before) = before.as_ref().filter(|before| before.status != after.status) else {
            return;
        };
        let about = format!("{} · {} ({})", self.board.title(&after.scope), after.kpi, kind(after));
        self.recent.push_front(format!(
            "{about}: {} → {}",
            text::status(before),
            text::status(after)
        ));
        self.recent.truncate(RECENT);
    }

    fn key(&mut self, key: event::KeyEvent, stop: &CancellationToken) {
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => stop.cancel(),
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => stop.cancel(),
            KeyCode::Down => self.scroll.scroll_down_by(1),
            KeyCode::Up => self.scroll.scroll_up_by(1),
            KeyCode::PageDown => self.scroll.scroll_down_by(20),
            KeyCode::PageUp => self.scroll.scroll_up_by(20),
            _ => {}
        }
    }

    fn draw(&mut self, frame: &mut Frame<'_>) {
        let heights =
            [Constraint::Length(1), Constraint::Fill(1), Constraint::Length(RECENT as u16 + 1)];
        let [head, body, foot] = Layout::vertical(heights).areas(frame.area());
        frame.render_widget(self.head(), head);
        let columns = usize::from(body.width.saturating_sub(NAME_WIDTH) / (CELL_WIDTH + 1));
        let columns: Vec<Column> = self.board.columns().into_iter().take(columns).collect();
        let grid = self.grid(&columns);
        frame.render_stateful_widget(grid, body, &mut self.scroll);
        let recent: Vec<Line<'_>> =
            self.recent.iter().map(|line| Line::raw(line.as_str())).collect();
        let title = " latest changes of status · arrows scroll · q ends ";
        frame.render_widget(
            Paragraph::new(recent)
                .block(Block::new().borders(ratatui::widgets::Borders::TOP).title(title)),
            foot,
        );
    }

    fn head(&self) -> Line<'_> {
        let state = match &self.lost {
            Some(reason) => Span::from(format!("connection lost: {reason}")).red().bold(),
            None if self.board.view.freshness() == Freshness::Awaited => {
                Span::from("catching up").yellow()
            }
            None if self.board.view.freshness() == Freshness::Stale => {
                Span::from("reading anew").yellow()
            }
            None if self.board.view.is_complete() => Span::from("complete").green(),
            None => {
                let causes = self.board.view.causes().iter().map(text::cause);
                Span::from(causes.collect::<Vec<_>>().join("; ")).yellow()
            }
        };
        let (revision, updates) = (self.board.view.revision(), self.board.updates);
        let counts = format!(" · revision {revision} · {updates} updates · ");
        Line::from(vec![Span::from(self.title.as_str()).bold(), Span::from(counts), state])
    }

    fn grid<'a>(&self, columns: &[Column]) -> Grid<'a> {
        let header = columns.iter().map(|column| Cell::from(column.title.clone()));
        let header = Row::new([Cell::from("")].into_iter().chain(header))
            .style(Style::new().add_modifier(Modifier::BOLD));
        let rows =
            self.board.rows().into_iter().map(|(depth, scope)| self.row(depth, scope, columns));
        let widths = [NAME_WIDTH].into_iter().chain(columns.iter().map(|_| CELL_WIDTH));
        Grid::new(rows.collect::<Vec<_>>(), widths.map(Constraint::Length)).header(header)
    }

    fn row<'a>(&self, depth: usize, scope: &proto::Scope, columns: &[Column]) -> Row<'a> {
        let name = format!("{}{}", "  ".repeat(depth), self.board.title(&scope.name));
        let cells = columns.iter().map(|column| {
            self.board.at(&scope.name, column).map_or_else(Cell::default, |standing| cell(standing))
        });
        let row = Row::new([Cell::from(name)].into_iter().chain(cells));
        if scope.kind() == proto::ScopeKind::Rep {
            row
        } else {
            row.style(Style::new().add_modifier(Modifier::BOLD))
        }
    }
}

fn cell<'a>(standing: &proto::Standing) -> Cell<'a> {
    let status = format!("{:<9} ", text::status(standing));
    let doubt = if standing.in_doubt { " ?" } else { "" };
    let numbers = format!("{}{doubt}", text::cell(standing));
    Cell::from(Line::from(vec![Span::styled(status, color(standing.status())), Span::raw(numbers)]))
}

fn color(status: proto::Status) -> Color {
    match status {
        proto::Status::Ahead | proto::Status::Achieved => Color::Green,
        proto::Status::Behind | proto::Status::Missed => Color::Red,
        proto::Status::OnTrack => Color::Cyan,
        proto::Status::Unspecified
        | proto::Status::NoGoal
        | proto::Status::NotEnoughData
        | proto::Status::TooEarly => Color::DarkGray,
    }
}
