//! Collects the mistakes of a config, so that all of them are told at once and none of them tells a secret.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;

use paceline_core::goal::Mistake;
use paceline_core::suggest;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::place::{At, Places};
use super::secret;

/// The mistakes found so far, and what is needed to show them.
#[derive(Default)]
pub(super) struct Report {
    pub(super) places: Places,
    /// Names whose values were refused or could not be read.
    lost: Vec<String>,
    /// Whether a whole file or section is missing, so that any name may be.
    lost_file: bool,
    /// The KPIs of the preset that are left out, each with the entity that no source feeds.
    left_out: Vec<(String, String)>,
    found: Vec<Found>,
    /// What is right, and may not be wanted.
    risks: Vec<Found>,
    secrets: Vec<Secret>,
    /// Where secrets came in, with the words they are made of: what is said there may quote a part of one.
    words: HashMap<At, Vec<String>>,
    /// Where nothing is written but references to secrets.
    references: HashSet<At>,
}

struct Found {
    diagnostic: Diagnostic,
    /// Where its file stands among the files.
    file: usize,
}

/// A text that must not be shown, and what is shown in its place.
struct Secret {
    text: String,
    shown: String,
}

impl Report {
    /// Notes a mistake.
    pub(super) fn error(&mut self, at: At, message: impl Display, remedy: impl Display) {
        let column = self.places.place(at).column;
        self.note(at, column, message.to_string(), remedy.to_string());
    }

    /// Notes what is no mistake, and lets others in than may be meant.
    pub(super) fn risk(&mut self, at: At, message: impl Display, remedy: impl Display) {
        let column = self.places.place(at).column;
        let found = self.found_at(at, column, message.to_string(), remedy.to_string());
        self.risks.push(found);
    }

    /// All of those.
    pub(super) fn risks(&self) -> Diagnostics {
        Diagnostics(self.risks.iter().map(|found| self.shown(&found.diagnostic)).collect())
    }

    /// Notes that a goal breaks a rule.
    pub(super) fn mistake(&mut self, at: At, mistake: &Mistake) {
        self.error(at, mistake, mistake.remedy());
    }

    /// Notes a mistake that may follow from another: one about a lost name is not worth telling.
    pub(super) fn unknown(&mut self, at: At, message: impl Display, remedy: impl Display) {
        let message = message.to_string();
        if !self.speaks_of_lost(&message) {
            let (message, remedy) = self.explained(message, remedy.to_string());
            self.error(at, message, remedy);
        }
    }

    /// Like [`Self::unknown`], at a byte of a scalar's value.
    pub(super) fn unknown_within(
        &mut self,
        at: At,
        value: &str,
        byte: usize,
        message: &str,
        remedy: &str,
    ) {
        if !self.speaks_of_lost(message) {
            let column = self.places.column_within(at, value, byte);
            let (message, remedy) = self.explained(message.to_owned(), remedy.to_owned());
            self.note(at, column, message, remedy);
        }
    }

    /// Remembers that nothing is known of a name, because what was said of it was refused.
    pub(super) fn lose(&mut self, name: &str) {
        self.lost.push(format!("`{name}`"));
    }

    /// Remembers that nothing is known of what a file or section would have said.
    pub(super) fn lose_file(&mut self) {
        self.lost_file = true;
    }

    /// Whether something was refused, or never read.
    pub(super) fn lost_any(&self) -> bool {
        self.lost_file || !self.lost.is_empty()
    }

    /// Remembers that a KPI of the preset is left out, because no source feeds an entity.
    pub(super) fn leave_out(&mut self, kpi: String, entity: String) {
        self.left_out.push((kpi, entity));
    }

    /// The KPIs that are left out, each with the entity that no source feeds.
    pub(super) fn left_out(&self) -> &[(String, String)] {
        &self.left_out
    }

    /// Why there is no KPI of a name, where that is known better than by whom it is missed.
    fn explained(&self, message: String, remedy: String) -> (String, String) {
        let mut left_out = self.left_out.iter();
        let Some((kpi, entity)) =
            left_out.find(|(kpi, _)| message == format!("there is no KPI `{kpi}`"))
        else {
            return (message, remedy);
        };
        (
            format!("KPI `{kpi}` of the preset is left out: no source feeds `{entity}`"),
            suggest::source(entity, "salesforce"),
        )
    }

    fn speaks_of_lost(&self, message: &str) -> bool {
        self.lost_file || self.lost.iter().any(|name| message.contains(name))
    }

    /// Notes a mistake of a file as a whole, or of its syntax.
    pub(super) fn error_in_file(
        &mut self,
        file: usize,
        line: usize,
        column: usize,
        message: &str,
        remedy: &str,
    ) {
        let diagnostic = Diagnostic {
            file: self.places.file_name(file).to_owned(),
            line,
            column,
            path: String::new(),
            message: message.to_owned(),
            remedy: remedy.to_owned(),
            // Of a file that cannot be read nobody knows which of its values are secrets.
            source: self
                .places
                .line(file, line)
                .filter(|line| !secret::is_name(line) && secret::in_url(line).is_none())
                .map(str::to_owned),
        };
        self.found.push(Found { diagnostic, file });
    }

    fn note(&mut self, at: At, column: usize, message: String, remedy: String) {
        let found = self.found_at(at, column, message, remedy);
        self.found.push(found);
    }

    fn found_at(&self, at: At, column: usize, message: String, remedy: String) -> Found {
        let message = self.without_words(at, message);
        let place = self.places.place(at);
        let diagnostic = Diagnostic {
            file: self.places.file_name(place.file).to_owned(),
            line: place.line,
            column,
            path: self.places.path(at),
            message,
            remedy,
            source: self.places.line(place.file, place.line).map(str::to_owned),
        };
        Found { diagnostic, file: place.file }
    }

    /// Keeps a text out of all that is shown.
    pub(super) fn hide(&mut self, text: &str, shown: &str) {
        if !text.is_empty() {
            self.secrets.push(Secret { text: text.to_owned(), shown: shown.to_owned() });
        }
    }

    /// Keeps a secret that came in at a place out of all that is shown, and its words out of what is said of that place.
    pub(super) fn hide_at(&mut self, at: At, text: &str, shown: &str) {
        self.hide(text, shown);
        let words = text.split(|c: char| !c.is_alphanumeric());
        let words = words.filter(|word| word.chars().count() > 2).map(str::to_owned);
        self.words.entry(at).or_default().extend(words);
    }

    /// Remembers that nothing is written at a place but references to secrets.
    pub(super) fn refer(&mut self, at: At) {
        self.references.insert(at);
    }

    /// Whether nothing is written at a place but references to secrets.
    pub(super) fn is_reference(&self, at: At) -> bool {
        self.references.contains(&at)
    }

    fn without_words(&self, at: At, text: String) -> String {
        let Some(words) = self.words.get(&at) else { return text };
        let text = self.without_secrets(&text);
        words.iter().fold(text, |text, word| text.replace(word, "…"))
    }

    /// Whether a mistake was found in what a mapping or list holds.
    pub(super) fn told_below(&self, at: At) -> bool {
        let path = format!("{}.", self.places.path(at));
        self.found.iter().any(|found| found.diagnostic.path.starts_with(&path))
    }

    /// How many mistakes were found.
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// All mistakes, or nothing when there are none.
    pub(super) fn finish(mut self) -> Result<(), Diagnostics> {
        self.found
            .sort_by_key(|found| (found.file, found.diagnostic.line, found.diagnostic.column));
        let mut all: Vec<Diagnostic> =
            self.found.iter().map(|found| self.shown(&found.diagnostic)).collect();
        all.dedup();
        if all.is_empty() { Ok(()) } else { Err(Diagnostics(all)) }
    }

    fn shown(&self, diagnostic: &Diagnostic) -> Diagnostic {
        let secret_line =
            |line: &String| self.secrets.iter().any(|secret| line.contains(&secret.text));
        Diagnostic {
            path: self.without_secrets(&diagnostic.path),
            message: self.without_secrets(&diagnostic.message),
            remedy: self.without_secrets(&diagnostic.remedy),
            source: diagnostic.source.clone().filter(|line| !secret_line(line)),
            ..diagnostic.clone()
        }
    }

    /// A text with the references in the place of the secrets. The longest secret is replaced first, for a shorter one may be
    /// part of it.
    pub(super) fn without_secrets(&self, text: &str) -> String {
        let mut secrets: Vec<&Secret> = self.secrets.iter().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.text.len()));
        secrets
            .into_iter()
            .fold(text.to_owned(), |text, secret| text.replace(&secret.text, &secret.shown))
    }
}
