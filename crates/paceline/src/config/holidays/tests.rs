//! Holidays that everybody there knows, and the files that people have.

use paceline_core::day::Day;

use crate::config::{Config, Diagnostics, load_str, schema};

const BASE: &str = "
kafka: {brokers: localhost:9092}
sources: [{topic: crm.opportunity, format: salesforce}]
entities:
  opportunity: {fields: {owner: {path: OwnerId, type: text}}}
kpis: [{name: deals, type: simple, entity: opportunity, agg: count, credit: owner}]
";

fn load(holidays: &str) -> Result<Config, Diagnostics> {
    let text = format!("{BASE}calendars: {{default: {{holidays: {holidays}}}}}");
    load_str(&text, "tests/config/holidays.yaml")
}

fn config(holidays: &str) -> Config {
    load(holidays).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

fn is_holiday(config: &Config, day: &str) -> bool {
    config.model.calendars[0].holidays.contains(&Day::parse(day).expect("a day"))
}

#[test]
fn days_that_everybody_knows() {
    for (holidays, day, expected) in [
        ("[{country: US}]", "2026-11-26", true), // Thanksgiving
        ("[{country: US}]", "2026-11-27", false),
        ("[{country: US}]", "2026-07-03", true), // for Independence Day on a Saturday
        ("[{country: US, region: TX}]", "2026-11-27", true),
        ("[{country: CA}]", "2026-07-01", true), // Canada Day
        ("[{country: CA, region: QC}]", "2026-06-24", true), // Saint-Jean-Baptiste
        ("[{country: CA, region: ON}]", "2026-06-24", false),
        ("[{country: GB, region: ENG}]", "2026-04-03", true), // Good Friday
        ("[{country: GB, region: ENG}]", "2026-04-06", true), // Easter Monday
        ("[{country: GB, region: SCT}]", "2026-04-06", false),
        ("[{country: GB}]", "2026-04-06", false),
        ("[{country: GB, region: SCT}]", "2026-11-30", true), // Saint Andrew's Day
        ("[{country: GB, region: ENG}]", "2026-11-30", false),
        ("[{country: GB, region: NIR}]", "2026-03-17", true), // Saint Patrick's Day
        ("[{country: GB, region: ENG}]", "2026-12-28", true), // for Boxing Day on a Saturday
        ("[{country: GB}]", "2022-09-19", true),              // the Queen's funeral
        ("[{country: IE}]", "2027-02-01", true),              // Saint Brigid's Day
        ("[{country: DE}]", "2026-10-03", true),              // German Unity
        ("[{country: DE}]", "2026-04-03", true),
        ("[{country: DE}]", "2027-01-06", false),
        ("[{country: DE, region: BY}]", "2027-01-06", true), // Epiphany
        ("[{country: DE, region: BE}]", "2027-01-06", false),
        ("[{country: DE, region: BE}]", "2027-03-08", true), // Women's Day
        ("[{country: DE, region: BE}]", "2018-03-08", false),
        ("[{country: DE}]", "2017-10-31", true), // 500 years of the Reformation, that year everywhere
        ("[{country: DE}]", "2018-10-31", false),
        ("[{country: FR}]", "2026-07-14", true), // Bastille Day
        ("[{country: FR, region: '57'}]", "2026-12-26", true), // Moselle
        ("[{country: FR}]", "2026-12-26", false),
        ("[{country: ES}]", "2026-12-08", true), // the Immaculate Conception
        ("[{country: ES, region: CT}]", "2026-09-11", true), // Catalonia's day
        ("[{country: ES, region: MD}]", "2026-09-11", false),
        ("[{country: IT}]", "2026-04-25", true), // Liberation
        ("[{country: PT}]", "2026-06-10", true), // Portugal's day
        ("[{country: NL}]", "2026-04-27", true), // King's Day
        ("[{country: NL}]", "2025-04-26", true), // on the Saturday, as the 27th was a Sunday
        ("[{country: NL}]", "2025-04-27", false),
        ("[{country: BE}]", "2026-07-21", true),
        ("[{country: LU}]", "2026-06-23", true),
        ("[{country: AT}]", "2026-10-26", true),
        ("[{country: CH}]", "2026-08-01", true),
        ("[{country: CH, region: ZH}]", "2026-12-26", true),
        ("[{country: PL}]", "2026-11-11", true),
        ("[{country: PL}]", "2024-12-24", false),
        ("[{country: PL}]", "2025-12-24", true), // a holiday since that year
        ("[{country: CZ}]", "2026-10-28", true),
        ("[{country: SE}]", "2026-06-06", true),
        ("[{country: DK}]", "2023-05-05", true), // Great Prayer Day, for the last time
        ("[{country: DK}]", "2024-04-26", false),
        ("[{country: NO}]", "2026-05-17", true),
        ("[{country: FI}]", "2026-12-06", true),
        ("[{country: AU}]", "2026-01-26", true),
        ("[{country: AU, region: VIC}]", "2026-11-03", true), // Melbourne Cup
        ("[{country: AU, region: NSW}]", "2026-11-03", false),
        ("[{country: NZ}]", "2026-07-10", true), // Matariki
        ("[{country: JP}]", "2026-11-23", true), // Labour Thanksgiving
        ("[{country: JP}]", "2026-09-22", true), // between two holidays
        ("[{country: IN}]", "2026-08-15", true),
        ("[{country: BR}]", "2026-09-07", true),
        ("[{country: MX}]", "2026-09-16", true),
        ("[{country: SG}]", "2026-08-10", true), // for National Day on a Sunday
    ] {
        assert_eq!(is_holiday(&config(holidays), day), expected, "{holidays} {day}");
    }
}

#[test]
fn a_country_is_noted_with_the_years_that_are_known() {
    let holidays = "[2026-02-03, {country: ES, region: MD}, {country: SG}, {country: SG}]";
    let config = config(holidays);
    let notes = [
        "calendar `default`: the holidays of ES-MD are known from 2015 to 2035",
        "calendar `default`: the holidays of SG are known from 2015 to 2035; 46 of them are estimates until they are \
         announced",
    ];
    assert_eq!(config.notes, notes);
    let whole = load("[{country: GB}]").expect("no mistake").notes;
    let note = "calendar `default`: the holidays of GB, without those of its regions, are known from 2015 to 2035";
    assert_eq!(whole, [note]);
    assert!(is_holiday(&config, "2026-02-03") && is_holiday(&config, "2026-08-09"));
    assert!(is_holiday(&config, "2035-12-25") && !is_holiday(&config, "2036-12-25"));
}

#[test]
fn a_text_file_has_a_day_a_line() {
    let config = config("[{file: parts/holidays.txt}]");
    let days: Vec<String> =
        config.model.calendars[0].holidays.iter().map(ToString::to_string).collect();
    assert_eq!(days, ["2026-12-24", "2026-12-25", "2026-12-31", "2027-01-01"]);
    assert!(config.notes.is_empty());
}

#[test]
fn an_icalendar_file_has_an_event_for_each_holiday() {
    let config = config("[{file: parts/holidays.ics}]");
    let days: Vec<String> =
        config.model.calendars[0].holidays.iter().map(ToString::to_string).collect();
    assert_eq!(
        days,
        [
            "2026-08-17",
            "2026-08-18",
            "2026-12-24",
            "2026-12-25",
            "2026-12-26",
            "2026-12-31",
            "2027-01-01",
            "2027-01-06"
        ]
    );
    let note =
        "`parts/holidays.ics`: 1 event has a time of day and no effect: a holiday is a whole day";
    assert_eq!(config.notes, [note]);
}

#[test]
fn events_repeat_by_their_rules() {
    let config = config("[{file: parts/holidays_repeat.ics}]");
    let days: Vec<String> =
        config.model.calendars[0].holidays.iter().map(ToString::to_string).collect();
    assert_eq!(
        days,
        [
            "2026-03-02",
            "2026-09-04",
            "2026-11-26",
            "2026-12-25",
            "2026-12-26",
            "2027-01-05",
            "2027-12-25",
            "2027-12-26",
            "2028-01-05",
            "2028-11-23",
            "2028-12-25",
            "2028-12-26",
            "2029-11-22",
        ]
    );
    let note = "`parts/holidays_repeat.ics`: 1 event has a time of day and no effect: a holiday is a whole day";
    assert_eq!(config.notes, [note]);
}

#[test]
fn the_schema_tells_the_three_shapes() {
    let schema = serde_json::to_value(schema()).expect("JSON");
    let items = &schema["$defs"]["Calendar"]["properties"]["holidays"]["items"];
    assert_eq!(items["$ref"], "#/$defs/Holiday");
    let shapes = schema["$defs"]["Holiday"]["oneOf"].as_array().expect("shapes");
    let (day, country, file) = (&shapes[0], &shapes[1], &shapes[2]);
    assert_eq!((shapes.len(), &day["type"], &day["format"]), (3, &"string".into(), &"date".into()));
    let codes = country["properties"]["country"]["enum"].as_array().expect("codes");
    assert!(codes.len() >= 27 && codes.contains(&"ES".into()), "{codes:?}");
    for (shape, required) in [(country, "country"), (file, "file")] {
        assert_eq!(shape["required"], serde_json::json!([required]));
        assert_eq!(shape["additionalProperties"], false);
        let described = shape["properties"].as_object().expect("properties").values();
        assert!(described.into_iter().all(|property| property["description"].is_string()));
    }
}
