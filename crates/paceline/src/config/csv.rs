//! CSV (RFC 4180): rows of cells, and tables of them, read into the same tree as a list in the config.

use super::node::{Entry, Node, Value};
use super::place::{At, Place};
use super::report::Report;
use paceline_core::suggest;

/// What a file of rows is about.
pub(super) struct Table {
    /// The columns it may have.
    pub(super) columns: &'static [&'static str],
    /// Those that it must have, each with what it holds.
    pub(super) needed: &'static [(&'static str, &'static str)],
    /// A header, to begin with.
    pub(super) header: &'static str,
    /// The column by which diagnostics call a row; without one they count the rows.
    pub(super) label: Option<&'static str>,
}

/// Reads the rows below a header as mappings; an empty cell is an absent key.
pub(super) fn read(
    table: &Table,
    text: &str,
    name: &str,
    parent: At,
    report: &mut Report,
) -> Vec<Node> {
    let text = without_mark(text);
    let mut reader = Reader { table, file: report.places.add_file(name, text), parent, report };
    let mut rows =
        rows(text).into_iter().filter(|row| row.iter().any(|cell| !cell.text.is_empty()));
    let Some(header) = rows.next() else {
        reader.report.error_in_file(
            reader.file,
            1,
            1,
            "the file is empty",
            &format!("begin with the header {}", table.header),
        );
        return Vec::new();
    };
    if !reader.header(&header) {
        reader.report.lose_file();
        return Vec::new();
    }
    rows.enumerate().map(|(index, row)| reader.row(&header, row, index)).collect()
}

/// A cell, and where it is written.
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    span: std::ops::Range<usize>,
    /// Whether it began with a quote that nothing closes.
    pub(crate) open: bool,
}

struct Reader<'a> {
    table: &'a Table,
    file: usize,
    parent: At,
    report: &'a mut Report,
}

impl Reader<'_> {
    /// Whether the header can be used.
    fn header(&mut self, header: &[Cell]) -> bool {
        let before = self.report.len();
        for (index, cell) in header.iter().enumerate() {
            let name = cell.text.as_str();
            if !self.table.columns.contains(&name) {
                let known = self.table.columns.iter().copied();
                let remedy = suggest::remedy(name, known, "the columns are");
                self.error(cell, &format!("unknown column `{name}`"), &remedy);
            } else if header[..index].iter().any(|other| other.text == name) {
                self.error(
                    cell,
                    &format!("two columns are called `{name}`"),
                    "keep one of the two",
                );
            }
        }
        let missing = |(column, _): &&(&str, &str)| !header.iter().any(|cell| cell.text == *column);
        if self.report.len() == before {
            for (column, meaning) in self.table.needed.iter().filter(missing) {
                let message = format!("there is no column `{column}`");
                let remedy = format!("add the column `{column}`, {meaning}");
                self.error(&header[0], &message, &remedy);
            }
        }
        self.report.len() == before
    }

    fn error(&mut self, cell: &Cell, message: &str, remedy: &str) {
        self.report.error_in_file(self.file, cell.line, cell.column, message, remedy);
    }

    fn row(&mut self, header: &[Cell], row: Vec<Cell>, index: usize) -> Node {
        if let Some(open) = row.iter().find(|cell| cell.open) {
            self.error(
                open,
                "a quote without an end",
                "close it; a quote within quotes is written twice",
            );
        }
        if let Some(extra) = row.get(header.len()) {
            let message = format!("the row has {} cells, the header {}", row.len(), header.len());
            self.error(extra, &message, "put cells that hold a comma in double quotes");
        }
        let id = header
            .iter()
            .zip(&row)
            .find(|(name, _)| Some(name.text.as_str()) == self.table.label)
            .map(|(_, cell)| cell.text.clone());
        let label = id.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("[{index}]"));
        let (line, column) = row.first().map_or((1, 1), |cell| (cell.line, cell.column));
        let at = self.place(self.parent, line, column, 0..0, &label);
        let filled = header.iter().zip(row).filter(|(_, cell)| !cell.text.is_empty());
        let entries = filled.map(|(name, cell)| self.entry(at, &name.text, cell)).collect();
        Node { at, value: Value::Map(entries) }
    }

    fn entry(&mut self, row: At, name: &str, cell: Cell) -> Entry {
        let at = self.place(row, cell.line, cell.column, cell.span, name);
        Entry {
            key: name.to_owned(),
            key_at: at,
            node: Node { at, value: Value::Scalar(cell.text) },
        }
    }

    fn place(
        &mut self,
        parent: At,
        line: usize,
        column: usize,
        span: std::ops::Range<usize>,
        label: &str,
    ) -> At {
        let (file, label) = (self.file, label.to_owned());
        self.report.places.add(Place { file, line, column, span, parent: Some(parent), label })
    }
}

/// A text without the mark that some programs begin a file with.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Splits a text into rows of cells; a cell in double quotes may hold commas, line ends and doubled quotes.
pub(crate) fn rows(text: &str) -> Vec<Vec<Cell>> {
    let mut scan = Scan { text, at: 0, line: 1, line_start: 0 };
    let mut rows = vec![Vec::new()];
    while scan.at < text.len() || rows.last().is_some_and(|row| !row.is_empty()) {
        let cell = scan.cell();
        if let Some(row) = rows.last_mut() {
            row.push(cell);
        }
        match scan.next() {
            Some(',') => {}
            Some(_) => rows.push(Vec::new()),
            None => break,
        }
    }
    rows
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    line_start: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        if next == '\n' {
            self.line += 1;
            self.line_start = self.at;
        }
        Some(next)
    }

    fn cell(&mut self) -> Cell {
        let (line, start) = (self.line, self.at);
        let column = self.text[self.line_start..start].chars().count() + 1;
        let mut text = String::new();
        let mut open = false;
        if self.peek() == Some('"') {
            self.next();
            open = !self.quoted(&mut text);
        }
        while let Some(c) = self.peek().filter(|c| !matches!(c, ',' | '\n')) {
            text.push(c);
            self.next();
        }
        Cell { text: text.trim().to_owned(), line, column, span: start..self.at, open }
    }

    /// Reads up to the closing quote, if there is one.
    fn quoted(&mut self, text: &mut String) -> bool {
        while let Some(c) = self.next() {
            match c {
                '"' if self.peek() == Some('"') => {
                    text.push('"');
                    self.next();
                }
                '"' => return true,
                c => text.push(c),
            }
        }
        false
    }
}
