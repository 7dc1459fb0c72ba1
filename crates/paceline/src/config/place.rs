//! Where each value of the config was written: files, their lines, and the keys that lead to a value.

/// A place in a config, as an index into [`Places`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct At(pub(super) u32);

/// All files of a config and the places of the values in them.
#[derive(Default)]
pub(super) struct Places {
    files: Vec<File>,
    places: Vec<Place>,
}

struct File {
    name: String,
    text: String,
}

/// Where a value begins, and under which keys.
pub(super) struct Place {
    pub(super) file: usize,
    pub(super) line: usize,
    pub(super) column: usize,
    /// The bytes of the value in the file, quotes included.
    pub(super) span: std::ops::Range<usize>,
    pub(super) parent: Option<At>,
    /// The key, or `[n]` in a list.
    pub(super) label: String,
}

impl Places {
    /// Adds a file; its number is for [`Place::file`].
    pub(super) fn add_file(&mut self, name: &str, text: &str) -> usize {
        self.files.push(File { name: name.to_owned(), text: text.to_owned() });
        self.files.len() - 1
    }

    pub(super) fn add(&mut self, place: Place) -> At {
        self.places.push(place);
        At(self.places.len() as u32 - 1)
    }

    /// The place of a file as a whole.
    pub(super) fn top(&mut self, file: usize) -> At {
        self.add(Place { file, line: 1, column: 1, span: 0..0, parent: None, label: String::new() })
    }

    pub(super) fn place(&self, at: At) -> &Place {
        &self.places[at.0 as usize]
    }

    /// The place of the mapping or list that holds a place; at the top, the place itself.
    pub(super) fn above(&self, at: At) -> At {
        self.place(at).parent.unwrap_or(at)
    }

    /// Renames a place, once it is known what people call it.
    pub(super) fn relabel(&mut self, at: At, label: &str) {
        label.clone_into(&mut self.places[at.0 as usize].label);
    }

    pub(super) fn file_name(&self, file: usize) -> &str {
        &self.files[file].name
    }

    /// A line of a file, from 1.
    pub(super) fn line(&self, file: usize, line: usize) -> Option<&str> {
        self.files[file].text.lines().nth(line.checked_sub(1)?)
    }

    /// What was written at a place, quotes included.
    pub(super) fn written(&self, at: At) -> &str {
        let place = self.place(at);
        self.files[place.file].text.get(place.span.clone()).unwrap_or_default()
    }

    /// The keys that lead to a place, joined: `kpis.bookings.where`, `goals[0].target`.
    pub(super) fn path(&self, at: At) -> String {
        let mut path = String::new();
        for label in self.labels(at) {
            if !path.is_empty() && !label.starts_with('[') {
                path.push('.');
            }
            path.push_str(label);
        }
        path
    }

    /// The keys that lead to a place, from the top.
    pub(super) fn labels(&self, at: At) -> Vec<&str> {
        let above = |at: &At| self.place(*at).parent;
        let mut labels: Vec<&str> = std::iter::successors(Some(at), above)
            .map(|at| self.place(at).label.as_str())
            .collect();
        labels.retain(|label| !label.is_empty());
        labels.reverse();
        labels
    }

    /// `file:line:column` of a place.
    pub(super) fn shown(&self, at: At) -> String {
        let place = self.place(at);
        format!("{}:{}:{}", self.file_name(place.file), place.line, place.column)
    }

    /// The column of a byte of a scalar's value, where the scalar is plain or quoted, on one line and read as it
    /// is written; the scalar's own column otherwise.
    pub(super) fn column_within(&self, at: At, value: &str, byte: usize) -> usize {
        let start = self.place(at).column;
        let before = value.get(..byte).map_or(0, |before| before.chars().count());
        columns_of(self.written(at), value)
            .and_then(|columns| columns.get(before).copied())
            .map_or(start, |c| start + c)
    }
}

/// For each character of a scalar's value, and its end, how many characters after the scalar's start it is.
fn columns_of(written: &str, value: &str) -> Option<Vec<usize>> {
    if written.contains('\n') {
        return None;
    }
    let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''));
    let inner: Vec<char> = match quote {
        Some(quote) => written.strip_prefix(quote)?.strip_suffix(quote)?.chars().collect(),
        None => written.chars().collect(),
    };
    let lead = usize::from(quote.is_some());
    let mut columns = Vec::new();
    let mut next = 0;
    while next < inner.len() {
        columns.push(lead + next);
        next += width(quote, &inner[next..]);
    }
    columns.push(lead + next);
    (columns.len() == value.chars().count() + 1).then_some(columns)
}

/// How many characters of the file make the next character of the value.
fn width(quote: Option<char>, rest: &[char]) -> usize {
    match (quote, rest) {
        (Some('\''), ['\'', '\'', ..]) => 2,
        (Some('"'), ['\\', 'x', ..]) => 4,
        (Some('"'), ['\\', 'u', ..]) => 6,
        (Some('"'), ['\\', 'U', ..]) => 10,
        (Some('"'), ['\\', ..]) => 2,
        _ => 1,
    }
}
