//! A text file of holidays, one a line, because that is what people without a calendar program write.

use paceline_core::day::Day;

use super::Lines;

/// Reads one `YYYY-MM-DD` a line. Text behind it, empty lines and lines that begin with `#` are left aside.
pub(super) fn read(text: &str, file: &mut Lines<'_>) -> Vec<Day> {
    let mut days = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let said = line.trim();
        if said.is_empty() || said.starts_with('#') {
            continue;
        }
        match Day::parse(first_word(said)) {
            Some(day) => days.push(day),
            None => {
                let column = line.chars().take_while(|c| c.is_whitespace()).count() + 1;
                refuse(first_word(said), index + 1, column, file);
            }
        }
    }
    days
}

/// What stands before the text behind a day, which a comma or semicolon may part from it, as in a table.
fn first_word(said: &str) -> &str {
    said.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';')).next().unwrap_or_default()
}

fn refuse(word: &str, line: usize, column: usize, file: &mut Lines<'_>) {
    let remedy = if word.to_ascii_uppercase().starts_with("BEGIN:") {
        "let the name of an iCalendar file end in `.ics`"
    } else {
        "begin the line with YYYY-MM-DD, as in `2026-12-25 Christmas`, or with `#`"
    };
    file.error(line, column, &format!("`{word}` is not a day of the calendar"), remedy);
}
