//! Goals from a CSV file with the columns kpi, period, target, for, from, until, in any order.
//!
//! Every line is held against the same rules as the server's before the first is sent. A line whose KPI, period, people
//! and first day a goal is set for already edits that goal, so that a file can be imported again, in whole or after it
//! broke off.

use std::fmt::Display;

use paceline_client::proto;
use paceline_core::day::Day;
use paceline_core::decimal::Decimal;
use paceline_core::goal::{About, Draft, Whose};
use paceline_core::kpi::{Better, GoalKind};
use paceline_core::period::PeriodKind;
use paceline_core::suggest;

use super::Asker;
use crate::config::csv::{self, Cell};

const COLUMNS: [&str; 6] = ["kpi", "period", "target", "for", "from", "until"];
/// The columns that may be left out, or empty.
const OPTIONAL: [&str; 2] = ["from", "until"];

/// A line that can be sent.
#[derive(Debug)]
pub(super) struct Line {
    /// Its number in the file, from 1.
    pub(super) line: usize,
    draft: Draft,
}

/// What is wrong with a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    line: usize,
    message: String,
    remedy: String,
}

impl Mistake {
    /// The mistake in a file of this name.
    pub(super) fn told(&self, file: &str) -> String {
        let Self { line, message, remedy } = self;
        format!("{file}:{line}: {message}\n  remedy: {remedy}")
    }
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A new goal was set.
    New,
    /// A goal was edited.
    Edited,
    /// The goal was as the line says already.
    Unchanged,
}

/// Reads a file.
///
/// # Errors
/// All that is wrong with it.
pub(super) fn read(text: &str, kpis: &[proto::Kpi]) -> Result<Vec<Line>, Vec<Mistake>> {
    let mut reading = Reading { kpis, mistakes: Vec::new() };
    let rows = csv::rows(csv::without_mark(text));
    let mut rows = rows.into_iter().filter(|row| row.iter().any(|cell| !cell.text.is_empty()));
    let Some(header) = rows.next() else {
        reading.note(
            1,
            "the file is empty",
            "begin with the header kpi,period,target,for,from,until",
        );
        return Err(reading.mistakes);
    };
    reading.header(&header);
    if !reading.mistakes.is_empty() {
        return Err(reading.mistakes);
    }
    let mut lines: Vec<Line> = Vec::new();
    for row in rows {
        let Some(line) = reading.row(&header, &row) else { continue };
        if let Some(other) = lines.iter().find(|other| same_place(&other.draft, &line.draft)) {
            let message = format!("line {} has the same kpi, period, for and from", other.line);
            reading.note(line.line, message, "keep one of the two");
        }
        lines.push(line);
    }
    if reading.mistakes.is_empty() { Ok(lines) } else { Err(reading.mistakes) }
}

/// Whether one goal takes the place of another.
fn same_place(one: &Draft, other: &Draft) -> bool {
    (&one.kpi, one.period, &one.whose, one.from)
        == (&other.kpi, other.period, &other.whose, other.from)
}

struct Reading<'a> {
    kpis: &'a [proto::Kpi],
    mistakes: Vec<Mistake>,
}

impl Reading<'_> {
    fn note(&mut self, line: usize, message: impl Display, remedy: impl Display) {
        let (message, remedy) = (message.to_string(), remedy.to_string());
        self.mistakes.push(Mistake { line, message, remedy });
    }

    fn header(&mut self, header: &[Cell]) {
        let line = header[0].line;
        for (at, cell) in header.iter().enumerate() {
            let name = cell.text.as_str();
            if !COLUMNS.contains(&name) {
                let remedy = suggest::remedy(name, COLUMNS.into_iter(), "the columns are");
                self.note(line, format!("unknown column `{name}`"), remedy);
            } else if header[..at].iter().any(|other| other.text == name) {
                self.note(line, format!("two columns are called `{name}`"), "keep one of the two");
            }
        }
        let missing = |name: &&str| {
            !OPTIONAL.contains(name) && !header.iter().any(|cell| cell.text == **name)
        };
        for name in COLUMNS.into_iter().filter(missing) {
            self.note(line, format!("there is no column `{name}`"), "add it to the header");
        }
    }

    fn row(&mut self, header: &[Cell], row: &[Cell]) -> Option<Line> {
        let line = row.first()?.line;
        let before = self.mistakes.len();
        if row.len() > header.len() {
            let message = format!("the row has {} cells, the header {}", row.len(), header.len());
            self.note(line, message, "put cells that hold a comma in double quotes");
        }
        if row.iter().any(|cell| cell.open) {
            self.note(
                line,
                "a quote without an end",
                "close it; one within quotes is written twice",
            );
        }
        let cell = |name: &str| {
            let at = header.iter().position(|cell| cell.text == name);
            at.and_then(|at| row.get(at)).map_or("", |cell| cell.text.as_str())
        };
        let period = self.read(line, "period", cell("period").parse::<PeriodKind>());
        let target = self.read(line, "target", Decimal::exactly(cell("target")));
        let whose = self.read(line, "for", cell("for").parse::<Whose>());
        let from = self.day(line, "from", cell("from"));
        let until = self.day(line, "until", cell("until"));
        if self.mistakes.len() > before {
            return None;
        }
        let draft = Draft {
            kpi: cell("kpi").to_owned(),
            period: period?,
            target: target?,
            whose: whose?,
            from,
            until,
            ramp: Vec::new(),
            presence: false,
            curve: None,
        };
        self.check(line, &draft);
        (self.mistakes.len() == before).then_some(Line { line, draft })
    }

    fn read<T>(&mut self, line: usize, column: &str, read: Result<T, impl Display>) -> Option<T> {
        read.map_err(|error| self.note(line, format_args!("{column}: {error}"), remedy(column)))
            .ok()
    }

    fn day(&mut self, line: usize, column: &str, text: &str) -> Option<Day> {
        let day = Day::parse(text);
        if day.is_none() && !text.is_empty() {
            let message = format!("{column}: `{text}` is not a day of the calendar");
            self.note(line, message, remedy(column));
        }
        day
    }

    fn check(&mut self, line: usize, draft: &Draft) {
        let kpi = self.kpis.iter().find(|kpi| kpi.name == draft.kpi);
        let periods: Vec<PeriodKind> =
            kpi.iter().flat_map(|kpi| &kpi.periods).filter_map(|kind| kind.parse().ok()).collect();
        let about = kpi.map(|kpi| About {
            name: &kpi.name,
            periods: &periods,
            better: better(kpi),
            goal_kind: goal_kind(kpi),
        });
        let names = self.kpis.iter().map(|kpi| kpi.name.as_str());
        for misplaced in draft.mistakes(about.as_ref(), names) {
            self.note(line, &misplaced, misplaced.mistake.remedy());
        }
    }
}

fn remedy(column: &str) -> &'static str {
    match column {
        "period" => "write month, or another kind of period the KPI is shown for",
        "target" => "write a number such as 42000 or 0.95, without signs of thousands",
        "for" => "write rep:U1 for one rep, role:ae, each_of:M1, team:M1, or everyone",
        _ => "write it as YYYY-MM-DD: 2026-11-23, or leave it empty",
    }
}

fn better(kpi: &proto::Kpi) -> Better {
    match kpi.better() {
        proto::Better::Lower => Better::Lower,
        proto::Better::Higher | proto::Better::Unspecified => Better::Higher,
    }
}

fn goal_kind(kpi: &proto::Kpi) -> GoalKind {
    match kpi.goal_kind() {
        proto::GoalKind::Hold => GoalKind::Hold,
        proto::GoalKind::Rate => GoalKind::Rate,
        proto::GoalKind::Reach | proto::GoalKind::Unspecified => GoalKind::Reach,
    }
}

/// Sends a line, as an edit where a goal of its place is set already. What a file cannot say, such as a ramp, stays as
/// it was.
pub(super) async fn send(
    asker: &Asker,
    line: &Line,
    known: &[proto::Goal],
) -> anyhow::Result<Outcome> {
    let terms = terms(&line.draft);
    let Some((id, former)) = taking_place(&terms, known) else {
        asker.set(String::new(), terms).await?;
        return Ok(Outcome::New);
    };
    let proto::GoalTerms { ramp, presence, curve, .. } = former.clone();
    let terms = proto::GoalTerms { ramp, presence, curve, ..terms };
    if terms == former {
        return Ok(Outcome::Unchanged);
    }
    asker.set(id, terms).await?;
    Ok(Outcome::Edited)
}

/// The goal whose place terms take: of several the one that was edited last, which is the one in force.
fn taking_place(
    terms: &proto::GoalTerms,
    known: &[proto::Goal],
) -> Option<(String, proto::GoalTerms)> {
    let place = |terms: &proto::GoalTerms| {
        (terms.kpi.clone(), terms.period.clone(), terms.r#for.clone(), terms.from.clone())
    };
    let set = known.iter().filter(|goal| goal.origin() == proto::GoalOrigin::Set);
    let of_place = set.filter_map(|goal| Some((goal, goal.terms.clone()?)));
    let of_place = of_place.filter(|(_, other)| place(other) == place(terms));
    let edited = |goal: &proto::Goal| goal.edited_at.map(|at| (at.seconds, at.nanos));
    let last = of_place.max_by_key(|(goal, _)| edited(goal));
    last.map(|(goal, terms)| (goal.id.clone(), terms))
}

fn terms(draft: &Draft) -> proto::GoalTerms {
    let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    proto::GoalTerms {
        kpi: draft.kpi.clone(),
        period: draft.period.to_string(),
        target: draft.target.to_string(),
        r#for: draft.whose.to_string(),
        from: day(draft.from),
        until: day(draft.until),
        ..proto::GoalTerms::default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Mistake, proto, read};

    fn kpis() -> Vec<proto::Kpi> {
        vec![proto::Kpi {
            name: "bookings".to_owned(),
            periods: vec!["month".to_owned(), "quarter".to_owned()],
            ..proto::Kpi::default()
        }]
    }

    #[test]
    fn a_file_is_read_whatever_the_order_of_its_columns() {
        let text = "\u{feff}target,for,kpi,period,until\n42000,rep:U1,bookings,month,\n\n\
                    7,\"each_of:M1\",bookings,quarter,2026-12-31\r\n";
        let lines = read(text, &kpis()).expect("no mistake");
        let said: Vec<String> = lines
            .iter()
            .map(|line| {
                let draft = &line.draft;
                format!("{} {} {} {}", line.line, draft.target, draft.whose, draft.until.is_some())
            })
            .collect();
        assert_eq!(said, ["2 42000 rep:U1 false", "4 7 each_of:M1 true"]);
    }

    #[test]
    fn every_mistake_is_told_with_its_line_and_a_remedy() {
        for (text, expected) in [
            ("", &["1: the file is empty"][..]),
            (
                "kpi,period,goal,for\n",
                &["1: unknown column `goal`", "1: there is no column `target`"],
            ),
            ("kpi,kpi,period,target,for\n", &["1: two columns are called `kpi`"]),
            (
                "kpi,period,target,for,from,until\n\
                 boking,month,1,everyone,,\n\
                 bookings,weak,1.2345678,U1,2026-6-1,\n\
                 bookings,month,-1,everyone,2026-06-02,2026-06-01\n\
                 bookings,week,0,everyone,,,,\n\
                 bookings,month,1,everyone,,\n\
                 bookings,month,2,everyone,,\n",
                &[
                    "2: kpi: there is no KPI `boking`",
                    "3: period: not a kind of period: day, week, month, quarter, year or rolling-Nd with N \
                     from 1 to 1096",
                    "3: target: more than six places",
                    "3: for: write `rep:<id>`, `role:<role>`, `each_of:<manager>`, `team:<manager>` or \
                     `everyone`",
                    "3: from: `2026-6-1` is not a day of the calendar",
                    "4: target: a target cannot be negative",
                    "4: until: the last day is before the first, 2026-06-02",
                    "5: the row has 8 cells, the header 6",
                    "7: line 6 has the same kpi, period, for and from",
                ],
            ),
        ] {
            let mistakes = read(text, &kpis()).expect_err("mistakes");
            let said = |mistake: &Mistake| format!("{}: {}", mistake.line, mistake.message);
            assert_eq!(mistakes.iter().map(said).collect::<Vec<_>>(), expected);
            assert!(mistakes.iter().all(|mistake| !mistake.remedy.is_empty()));
        }
    }
}
