//! What is wrong with a config, told to the person who wrote it: where, which rule, and what to do about it.

use std::fmt;

/// One mistake in a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, as it was named on the command line or by the including file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The key it is about, from the top: `kpis.bookings.where`. Empty for the file as a whole.
    pub path: String,
    /// The rule that is broken.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// The line of the file, unless there is none or it holds a secret.
    pub source: Option<String>,
}

/// All mistakes that were found, in the order of their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl std::error::Error for Diagnostics {}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{diagnostic}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        writeln!(f, "{}", self.message)?;
        if let Some(source) = &self.source {
            let (shown, before) = excerpt(source, self.column - 1);
            writeln!(f, "{:>5} | {shown}", self.line)?;
            writeln!(f, "      | {before}^")?;
        }
        writeln!(f, "  remedy: {}", self.remedy)
    }
}

/// The longest part of a line that is shown.
const SHOWN_MAX: usize = 120;
/// How much of a long line is shown before the place.
const SHOWN_BEFORE: usize = 60;

/// The part of a line around a column, and the white space that moves a caret below that column.
fn excerpt(line: &str, column: usize) -> (String, String) {
    let characters: Vec<char> = line.chars().collect();
    let start = if characters.len() <= SHOWN_MAX { 0 } else { column.saturating_sub(SHOWN_BEFORE) };
    let end = characters.len().min(start + SHOWN_MAX);
    let lead = if start == 0 { "" } else { "…" };
    let tail = if end == characters.len() { "" } else { "…" };
    let middle: String = characters[start..end].iter().collect();
    let before = characters[start..column.clamp(start, end)]
        .iter()
        .map(|c| if *c == '\t' { '\t' } else { ' ' });
    let before: String = lead.chars().map(|_| ' ').chain(before).collect();
    (format!("{lead}{middle}{tail}"), before)
}
