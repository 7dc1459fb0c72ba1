//! Sums by day in 16 bytes a cell.

use crate::day::Day;
use crate::decimal::Decimal;
use crate::entry::NO_DAY;

/// A sum and the number of records behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// The sum.
    pub amount: Decimal,
    /// The number of records.
    pub records: i64,
}

impl Sum {
    /// Adds another sum.
    pub fn add(&mut self, amount: Decimal, records: i64) {
        self.amount += amount;
        self.records += records;
    }
}

/// Sums by day, in the order of the days; [`NO_DAY`] is the first.
#[derive(Debug)]
pub struct Cells(Repr);

#[derive(Debug)]
enum Repr {
    /// All sums fit 64 bits of millionths.
    Narrow(Vec<Cell<i64>>),
    /// Some sum does not, or did not once.
    Wide(Vec<Cell<i128>>),
}

#[derive(Clone, Copy, Debug)]
struct Cell<T> {
    day: Day,
    records: i32,
    amount: T,
}

impl Default for Cells {
    fn default() -> Self {
        Self(Repr::Narrow(Vec::new()))
    }
}

impl Cells {
    /// Adds to a day's sum.
    pub fn add(&mut self, day: Day, amount: Decimal, records: i32) {
        let Repr::Narrow(cells) = &mut self.0 else { return self.add_wide(day, amount, records) };
        let Ok(amount) = i64::try_from(amount.micros()) else {
            return self.add_wide(day, amount, records);
        };
        let at = match cells.binary_search_by_key(&day, |cell| cell.day) {
            Ok(at) => at,
            Err(at) => return insert(cells, at, Cell { day, records, amount }),
        };
        let Some(sum) = cells[at].amount.checked_add(amount) else {
            return self.add_wide(day, Decimal::from_micros(amount.into()), records);
        };
        cells[at].amount = sum;
        cells[at].records += records;
        if sum == 0 && cells[at].records == 0 {
            cells.remove(at);
        }
    }

    /// The sum over the days from `start` to `end`, and what has no day.
    pub fn sum(&self, start: Day, end: Day) -> Sum {
        let mut sum = Sum::default();
        self.visit(start, end, |_, amount, records| sum.add(amount, records));
        sum
    }

    /// Visits the cells of the days from `start` to `end`, and the cell that has no day.
    pub fn visit(&self, start: Day, end: Day, mut visit: impl FnMut(Day, Decimal, i64)) {
        match &self.0 {
            Repr::Narrow(cells) => {
                for cell in range(cells, start, end) {
                    visit(cell.day, Decimal::from_micros(cell.amount.into()), cell.records.into());
                }
            }
            Repr::Wide(cells) => {
                for cell in range(cells, start, end) {
                    visit(cell.day, Decimal::from_micros(cell.amount), cell.records.into());
                }
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match &self.0 {
            Repr::Narrow(cells) => cells.is_empty(),
            Repr::Wide(cells) => cells.is_empty(),
        }
    }

    fn add_wide(&mut self, day: Day, amount: Decimal, records: i32) {
        let cells = self.widen();
        match cells.binary_search_by_key(&day, |cell| cell.day) {
            Err(at) => insert(cells, at, Cell { day, records, amount: amount.micros() }),
            Ok(at) => {
                cells[at].amount += amount.micros();
                cells[at].records += records;
                if cells[at].amount == 0 && cells[at].records == 0 {
                    cells.remove(at);
                }
            }
        }
    }

    fn widen(&mut self) -> &mut Vec<Cell<i128>> {
        if let Repr::Narrow(cells) = &self.0 {
            let wide = cells.iter().map(|cell| Cell {
                day: cell.day,
                records: cell.records,
                amount: cell.amount.into(),
            });
            self.0 = Repr::Wide(wide.collect());
        }
        match &mut self.0 {
            Repr::Wide(cells) => cells,
            Repr::Narrow(_) => unreachable!("widened above"),
        }
    }
}

/// Inserts a cell, growing by a quarter rather than by doubling: there are very many short runs.
fn insert<T>(cells: &mut Vec<Cell<T>>, at: usize, cell: Cell<T>) {
    if cells.len() == cells.capacity() {
        cells.reserve_exact(cells.len() / 4 + 1);
    }
    cells.insert(at, cell);
}

/// The cells of the days from `start` to `end`, and the one without a day, which is the first if there is one.
fn range<T>(cells: &[Cell<T>], start: Day, end: Day) -> impl Iterator<Item = &Cell<T>> {
    let undated = cells.first().filter(|cell| cell.day == NO_DAY && start != NO_DAY);
    let from = cells.partition_point(|cell| cell.day < start);
    let to = cells.partition_point(|cell| cell.day <= end);
    undated.into_iter().chain(cells.get(from..to).unwrap_or_default())
}
