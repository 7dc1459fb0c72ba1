//! The table of the golden cases names all of them.
//!
//! Whoever looks for a rule looks there. A case that is not in the table is not found, and written a second time.

use crate::{check, tree};

const FOLDER: &str = "tests/golden";

#[test]
fn every_golden_case_is_in_the_table() {
    let named = named();
    let missing = cases().filter(|case| !named.contains(case)).map(str::to_owned);
    check("tests/golden/README.md does not say what these cases are about", missing.collect());
}

#[test]
fn every_golden_case_of_the_table_exists() {
    let cases: Vec<&str> = cases().collect();
    let missing = named().into_iter().filter(|name| !cases.contains(name)).map(str::to_owned);
    check("tests/golden/README.md names cases that are not there", missing.collect());
}

#[test]
fn golden_cases_have_numbers_of_their_own() {
    let mut numbers: Vec<(&str, &str)> =
        cases().filter_map(|case| Some((case.split_once('-')?.0, case))).collect();
    numbers.sort_unstable();
    let same = numbers.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let same = same.map(|pair| pair[1].1.to_owned());
    check("two golden cases have the same number", same.collect());
}

/// The names of the cases' files.
fn cases() -> impl Iterator<Item = &'static str> {
    let in_folder = tree::files().iter().filter(|file| file.is_in(FOLDER));
    let names = in_folder.filter_map(|file| file.path.rsplit('/').next());
    names.filter(|name| name.ends_with(".txt"))
}

/// The cases to which the table links.
fn named() -> Vec<&'static str> {
    let readme = &tree::file("tests/golden/README.md").expect("the cases have a README.md").text;
    let links = readme.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    links.filter(|link| link.ends_with(".txt")).collect()
}
