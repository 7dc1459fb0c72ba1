//! Cases that a sales analyst can read and check by hand, in `tests/golden/*.txt`.
//!
//! A case is a story: a config, then blocks in the order in which things happen. What a config does not say is in
//! `base.yaml` beside the cases; `preset: salesforce` stands for that file's entities and KPIs. The blocks:
//!
//! - `changes at INSTANT`: messages of the native format, one a line, or `null ID` for one with a null value, committed
//!   together at that instant. With the first of them the board opens.
//! - `standings at INSTANT [on DAY] [of NAME …]`: what is answered then. Names are of scopes, KPIs or kinds of period.
//! - `leaderboard at INSTANT [on DAY] [by attainment|pace] of SCOPE KPI KIND`: the reps of the scope by rank, which is empty for
//!   one without a value; `next move` is when the clock alone may change the order.
//! - `history at INSTANT [on DAY] of SCOPE KPI KIND`: what the standing comes to when each day of its period is over.
//! - `coaching at INSTANT [of NAME …]`: what is behind, in the order in which to look at it; the rank is that among all of it.
//! - `contributors at INSTANT [on DAY] of SCOPE KPI KIND`: the records behind a standing, the greatest first. Several who share are
//!   credited with their percent and amount each.
//! - `pieces at INSTANT [on DAY] of SCOPE KPI KIND`: what its goal is made of, in fractions: the amount of a stretch of days is target times
//!   spread times ramp, and 0 of days on which the rep is not present; the goal is what these add up to.
//! - `moves at INSTANT since INSTANT of SCOPE KPI KIND`: what moved the standing since a block before, the newest first.
//! - `flips until INSTANT [of NAME …]`: the statuses that change by the clock alone on the way there.
//!
//! The first line of a table says which columns it has. `UPDATE_GOLDEN=1` writes the tables anew, to be checked by hand
//! before they are committed. The numbers are also compared with those of the recompute.

mod case;
mod table;

use std::{env, fs, path::PathBuf};

use case::Case;

#[test]
fn golden_cases() {
    let mut failures = Vec::new();
    let mut cases = 0;
    for path in paths() {
        cases += 1;
        let text = fs::read_to_string(&path).expect("a case can be read");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let played = Case::new(&name, &text).play();
        if played == text {
            continue;
        }
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &played).expect("a case can be written");
        } else {
            failures.push(format!("{name}:\n{}", first_difference(&text, &played)));
        }
    }
    assert!(cases >= 100, "only {cases} cases were found");
    assert!(
        failures.is_empty(),
        "{}\n(UPDATE_GOLDEN=1 writes what is found; check it by hand)",
        failures.join("\n")
    );
}

fn paths() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/golden");
    let entries = fs::read_dir(folder).expect("the folder of the cases can be read");
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "txt")).collect();
    paths.sort();
    paths
}

/// The first block in which two texts differ, in both forms.
fn first_difference(expected: &str, found: &str) -> String {
    let pairs = expected.split("\n\n").zip(found.split("\n\n"));
    let different = pairs.into_iter().find(|(expected, found)| expected != found);
    different.map_or_else(
        || "one ends before the other".to_owned(),
        |(expected, found)| format!("{found}\ninstead of\n{expected}\n"),
    )
}
