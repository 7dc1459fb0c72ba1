//! The public holidays of countries, from the data in `crates/paceline/holidays`, whose README describes the format.

use paceline_core::day::Day;
use paceline_core::suggest;

/// The data of each country, in the order of their codes.
const DATA: [&str; 27] = [
    include_str!("../../../holidays/AT.txt"),
    include_str!("../../../holidays/AU.txt"),
    include_str!("../../../holidays/BE.txt"),
    include_str!("../../../holidays/BR.txt"),
    include_str!("../../../holidays/CA.txt"),
    include_str!("../../../holidays/CH.txt"),
    include_str!("../../../holidays/CZ.txt"),
    include_str!("../../../holidays/DE.txt"),
    include_str!("../../../holidays/DK.txt"),
    include_str!("../../../holidays/ES.txt"),
    include_str!("../../../holidays/FI.txt"),
    include_str!("../../../holidays/FR.txt"),
    include_str!("../../../holidays/GB.txt"),
    include_str!("../../../holidays/IE.txt"),
    include_str!("../../../holidays/IN.txt"),
    include_str!("../../../holidays/IT.txt"),
    include_str!("../../../holidays/JP.txt"),
    include_str!("../../../holidays/LU.txt"),
    include_str!("../../../holidays/MX.txt"),
    include_str!("../../../holidays/NL.txt"),
    include_str!("../../../holidays/NO.txt"),
    include_str!("../../../holidays/NZ.txt"),
    include_str!("../../../holidays/PL.txt"),
    include_str!("../../../holidays/PT.txt"),
    include_str!("../../../holidays/SE.txt"),
    include_str!("../../../holidays/SG.txt"),
    include_str!("../../../holidays/US.txt"),
];

/// What a code that many write for a country stands for.
const ALIASES: [(&str, &str); 1] = [("UK", "GB")];

/// A country and the lines of its data.
pub(super) struct Country {
    /// ISO 3166-1 alpha-2.
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    /// The first and last year of which anything is known.
    pub(super) years: (i16, i16),
    regions: Vec<Region>,
    rules: Vec<&'static str>,
}

struct Region {
    /// ISO 3166-2 without the country.
    code: &'static str,
    name: &'static str,
}

/// A day, and whether it is not sure yet.
pub(super) struct Holiday {
    pub(super) day: Day,
    pub(super) estimate: bool,
}

impl Country {
    /// All that are known, in the order of their codes. Each is read when it is asked for.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        DATA.iter().map(|text| Self::read(text))
    }

    pub(super) fn find(code: &str) -> Option<Self> {
        let head = format!("\ncountry {code} ");
        DATA.iter().find(|text| text.contains(&head)).map(|text| Self::read(text))
    }

    fn read(text: &'static str) -> Self {
        let (code, name, years) = ("", "", (0, 0));
        let mut country = Self { code, name, years, regions: Vec::new(), rules: Vec::new() };
        for line in text.lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let (first, others) = rest.split_once(' ').unwrap_or((rest, ""));
            match word {
                "" | "#" => {}
                "country" => (country.code, country.name) = (first, others),
                "years" => country.years = years_of(first).unwrap_or(years),
                "region" => country.regions.push(Region { code: first, name: others }),
                _ => country.rules.push(line),
            }
        }
        country
    }

    pub(super) fn has_region(&self, code: &str) -> bool {
        self.regions.iter().any(|region| region.code == code)
    }

    /// The holidays of a region, or of the country as such.
    pub(super) fn holidays(&self, region: Option<&str>) -> Vec<Holiday> {
        let rules = self.rules.iter().filter_map(|line| Rule::parse(line));
        rules.filter(|rule| rule.holds_in(region)).flat_map(|rule| rule.holidays()).collect()
    }

    /// What a person should know whose calendar has these holidays.
    pub(super) fn note(&self, calendar: &str, region: Option<&str>, estimates: usize) -> String {
        let place = match region {
            Some(region) => format!("{}-{region}", self.code),
            None if self.has_regional() => format!("{}, without those of its regions,", self.code),
            None => self.code.to_owned(),
        };
        let (first, last) = self.years;
        let unsure = match estimates {
            0 => String::new(),
            1 => "; one of them is an estimate until it is announced".to_owned(),
            count => format!("; {count} of them are estimates until they are announced"),
        };
        format!(
            "calendar `{calendar}`: the holidays of {place} are known from {first} to {last}{unsure}"
        )
    }

    /// Whether some day is a holiday in some of its regions only.
    fn has_regional(&self) -> bool {
        let mut rules = self.rules.iter().filter_map(|line| Rule::parse(line));
        rules.any(|rule| !rule.places.contains(&"*"))
    }

    /// What to write in place of a region that the country does not have.
    pub(super) fn region_remedy(&self, written: &str) -> String {
        if self.regions.is_empty() {
            return "leave `region` out: the holidays are those of the whole country".to_owned();
        }
        let code = match written.split_once('-') {
            Some((country, code)) if country.eq_ignore_ascii_case(self.code) => code,
            _ => written,
        };
        let known = self.regions.iter().map(|region| (region.code, region.name));
        let found = alike(code, known.clone());
        found.map_or_else(|| listed("the regions are", known, "leave `region` out"), did_you_mean)
    }
}

/// What to write in place of a country that is not known.
pub(super) fn remedy(written: &str) -> String {
    let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(written));
    let countries: Vec<Country> = Country::all().collect();
    let known = countries.iter().map(|country| (country.code, country.name));
    let found = alias.map(|(_, code)| *code).or_else(|| alike(written, known.clone()));
    let other = "list the days of another in a `file`";
    found.map_or_else(|| listed("the countries are", known, other), did_you_mean)
}

/// The code that was written in another case, or by its name. Codes that differ in a letter are another country's.
fn alike<'a>(
    written: &str,
    known: impl Iterator<Item = (&'a str, &'a str)> + Clone,
) -> Option<&'a str> {
    let same = known.clone().find(|(code, _)| code.eq_ignore_ascii_case(written));
    let by_name = || {
        let name = suggest::closest(written, known.clone().map(|(_, name)| name))?;
        known.clone().find(|(_, other)| *other == name && written.chars().count() > 3)
    };
    same.or_else(by_name).map(|(code, _)| code)
}

fn did_you_mean(code: &str) -> String {
    format!("did you mean `{code}`?")
}

fn listed<'a>(lead: &str, known: impl Iterator<Item = (&'a str, &'a str)>, other: &str) -> String {
    let codes: Vec<&str> = known.map(|(code, _)| code).collect();
    format!("{lead}: {}; or {other}", codes.join(", "))
}

/// A line of the data: days, and where they are holidays.
struct Rule {
    days: Vec<Day>,
    places: Vec<&'static str>,
}

impl Rule {
    fn parse(line: &'static str) -> Option<Self> {
        let mut words = line.split(' ');
        let when = words.next()?;
        let days = match Day::parse(when) {
            Some(day) => vec![day],
            None => yearly(when, years_of(words.next()?)?)?,
        };
        Some(Self { days, places: words.collect() })
    }

    fn holds_in(&self, region: Option<&str>) -> bool {
        let everywhere = self.places.contains(&"*");
        let Some(region) = region else { return everywhere };
        let excepted = self.places.iter().any(|place| place.strip_prefix('-') == Some(region));
        self.places.contains(&region) || (everywhere && !excepted)
    }

    fn holidays(self) -> impl Iterator<Item = Holiday> {
        let estimate = self.places.contains(&"~");
        self.days.into_iter().map(move |day| Holiday { day, estimate })
    }
}

/// `2015..2035`
fn years_of(text: &str) -> Option<(i16, i16)> {
    let (first, last) = text.split_once("..")?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// A month and day, `MM-DD`, in each of some years.
fn yearly(when: &str, (first, last): (i16, i16)) -> Option<Vec<Day>> {
    (first..=last).map(|year| Day::parse(&format!("{year:04}-{when}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_data_is_understood() {
        for country in Country::all() {
            let (first, last) = country.years;
            assert!((2015, 2035) == (first, last), "{}", country.code);
            for line in &country.rules {
                let rule = Rule::parse(line).unwrap_or_else(|| panic!("{}: {line}", country.code));
                let known = |place: &&&str| {
                    matches!(**place, "*" | "~")
                        || country.has_region(place.trim_start_matches('-'))
                };
                assert_eq!(rule.places.iter().filter(known).count(), rule.places.len(), "{line}");
                let within = |day: &Day| (first..=last).contains(&day.civil().year());
                assert!(!rule.places.is_empty() && rule.days.iter().all(within), "{line}");
            }
        }
    }

    #[test]
    fn every_file_of_the_data_is_here() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("holidays");
        let names = std::fs::read_dir(folder)
            .expect("the data")
            .map(|file| file.expect("a file").file_name());
        let mut names: Vec<String> =
            names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.retain(|name| name != "README.md");
        names.sort();
        let known: Vec<String> =
            Country::all().map(|country| format!("{}.txt", country.code)).collect();
        assert_eq!(known, names);
    }

    #[test]
    fn every_country_has_holidays_in_every_year() {
        for country in Country::all() {
            let days = country.holidays(None);
            for year in country.years.0..=country.years.1 {
                let count =
                    days.iter().filter(|holiday| holiday.day.civil().year() == year).count();
                assert!((4..=30).contains(&count), "{} {year}: {count}", country.code);
            }
        }
    }

    #[test]
    fn a_remedy_names_what_was_probably_meant() {
        for (written, help) in [
            ("es", "did you mean `ES`?"),
            ("UK", "did you mean `GB`?"),
            ("Germny", "did you mean `DE`?"),
        ] {
            assert_eq!(remedy(written), help);
        }
        assert!(remedy("XX").starts_with("the countries are: AT, AU, BE, "));
        let spain = Country::find("ES").expect("Spain");
        assert_eq!(spain.region_remedy("ES-MD"), "did you mean `MD`?");
        assert_eq!(spain.region_remedy("Madrid"), "did you mean `MD`?");
        assert!(spain.region_remedy("M").starts_with("the regions are: AN, AR, "));
    }
}
