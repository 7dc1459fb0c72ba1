//! A table in plain text, its columns as wide as they need to be.

use std::{collections::BTreeMap, fmt};

/// The cells of a row by the names of their columns.
pub(super) type Cells = BTreeMap<&'static str, String>;

/// A table.
pub(super) struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with the columns of a line such as `| scope | actual |`.
    pub(super) fn new(line: &str) -> Self {
        let columns = line.trim_matches('|').split('|').map(|name| name.trim().to_owned());
        Self { columns: columns.collect(), rows: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// When there is no cell for a column.
    pub(super) fn add(&mut self, cells: &Cells) {
        let cell = |name: &String| match cells.get(name.as_str()) {
            Some(cell) => cell.clone(),
            None => panic!("no column `{name}`; there are {:?}", cells.keys().collect::<Vec<_>>()),
        };
        self.rows.push(self.columns.iter().map(cell).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = || std::iter::once(&self.columns).chain(&self.rows);
        let width =
            |column: usize| lines().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        for (at, line) in lines().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            write!(f, "|")?;
            for (cell, width) in line.iter().zip(&widths) {
                write!(f, " {cell:<width$} |")?;
            }
        }
        Ok(())
    }
}
