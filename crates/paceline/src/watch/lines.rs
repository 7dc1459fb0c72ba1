//! The board as plain lines, for a pipe or a log: the whole board first and again from time to time, and in
//! between a line for each standing whose status changed and for the largest moves.

use std::fmt::Write;
use std::time::{Duration, Instant};

use paceline_client::{Change, Diff, Freshness, proto};

use super::board::{Board, Column, kind};
use super::text;

/// How often the whole board is printed.
const BOARD: Duration = Duration::from_secs(10);
/// The most lines of moves that change no status, for one update.
const MOVES: usize = 3;
/// The most columns of the board.
const COLUMNS: usize = 4;

pub(super) struct Printer {
    title: String,
    printed: Option<Instant>,
    moved: Instant,
}

impl Printer {
    pub(super) fn new(title: &str) -> Self {
        Self { title: title.to_owned(), printed: None, moved: Instant::now() }
    }

    /// All may be another: the whole board is printed next.
    pub(super) fn begin_anew(&mut self) {
        self.printed = None;
    }

    /// The lines for what has changed on the board.
    pub(super) fn show(&mut self, board: &Board, diff: &Diff) -> String {
        if board.view.freshness() != Freshness::Live {
            return String::new();
        }
        if self.printed.is_none_or(|printed| printed.elapsed() >= BOARD) {
            self.printed = Some(Instant::now());
            return self.board(board);
        }
        self.changes(board, &diff.changed)
    }

    fn board(&self, board: &Board) -> String {
        let columns: Vec<Column> = board.columns().into_iter().take(COLUMNS).collect();
        let (name, revision) = (&self.title, board.view.revision());
        let mut out = format!("\n{name} · revision {revision} · {}\n", completeness(board));
        line(&mut out, "", columns.iter().map(|column| column.title.clone()));
        for (depth, scope) in board.rows() {
            let cells = columns.iter().map(|column| {
                board.at(&scope.name, column).map_or_else(String::new, |standing| {
                    format!("{:<9} {}", text::status(standing), text::cell(standing))
                })
            });
            line(&mut out, &format!("{}{}", "  ".repeat(depth), title(scope)), cells);
        }
        let _infallible = writeln!(out, "{}", counts(board));
        out
    }

    fn changes(&mut self, board: &Board, changes: &[Change]) -> String {
        let mut out = String::new();
        let turned = |change: &&Change| {
            change.before.as_ref().is_some_and(|before| before.status != change.after.status)
        };
        for change in changes.iter().filter(turned) {
            out += &turn(board, change);
        }
        if self.moved.elapsed() >= Duration::from_secs(1) {
            let moved = changes
                .iter()
                .filter(|change| !turned(change) && change.after.scope.starts_with("rep:"));
            let lines: Vec<String> =
                moved.filter_map(|change| step(board, change)).take(MOVES).collect();
            if !lines.is_empty() {
                self.moved = Instant::now();
            }
            out += &lines.concat();
        }
        out
    }
}

fn line(out: &mut String, first: &str, cells: impl Iterator<Item = String>) {
    let cells = cells.fold(format!("{first:<28}"), |text, cell| format!("{text}  {cell:<30}"));
    out.push_str(cells.trim_end());
    out.push('\n');
}

fn title(scope: &proto::Scope) -> &str {
    if scope.title.is_empty() { &scope.name } else { &scope.title }
}

/// A status that changed, and from what to what.
fn turn(board: &Board, change: &Change) -> String {
    let Change { before, after } = change;
    let before = before.as_ref().map_or("", |before| text::status(before));
    format!("{}: {before} → {} at {}\n", about(board, after), text::status(after), standing(after))
}

/// A value that moved under the same status.
fn step(board: &Board, change: &Change) -> Option<String> {
    let before = change.before.as_ref()?;
    let after = &change.after;
    if before.actual == after.actual {
        return None;
    }
    let from = text::long(&before.actual);
    Some(format!(
        "{}: {from} → {} ({})\n",
        about(board, after),
        standing(after),
        text::status(after)
    ))
}

fn about(board: &Board, standing: &proto::Standing) -> String {
    format!("{} · {} ({})", board.title(&standing.scope), standing.kpi, kind(standing))
}

fn standing(standing: &proto::Standing) -> String {
    let actual = if standing.actual.is_empty() {
        "no value".to_owned()
    } else {
        text::long(&standing.actual)
    };
    if standing.goal.is_empty() {
        actual
    } else {
        format!("{actual} of {}", text::long(&standing.goal))
    }
}

fn completeness(board: &Board) -> String {
    if board.view.is_complete() {
        return "complete".to_owned();
    }
    let causes: Vec<String> = board.view.causes().iter().map(text::cause).collect();
    format!("INCOMPLETE: {}", causes.join("; "))
}

/// How many standings of reps have which status.
fn counts(board: &Board) -> String {
    let count = |status: proto::Status| {
        let of_reps = board.view.standings().filter(|standing| standing.scope.starts_with("rep:"));
        of_reps.filter(|standing| standing.status() == status).count()
    };
    format!(
        "of the reps' standings {} are ahead or achieved, {} on track, {} behind or missed",
        count(proto::Status::Ahead) + count(proto::Status::Achieved),
        count(proto::Status::OnTrack),
        count(proto::Status::Behind) + count(proto::Status::Missed),
    )
}
