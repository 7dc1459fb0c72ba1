//! The records of the reps topic: what is told of a rep from a day on, as JSON.
//!
//! The key names the record, in any text: the newest record of a key counts, and a null value takes it back. The value is
//!
//! ```json
//! {"id":"U1","from":"2026-12-01","manager":"M2","role":null,"time_off":[{"from":"2026-12-21","to":"2026-12-31"}]}
//! ```
//!
//! with the keys of a row of the config's reps: only `id` is required. What is not mentioned stays as it is without the
//! record; null clears it. Without `from` it holds since ever. Keys that no row has are a mistake, for a name that is
//! misspelt would otherwise clear or change nothing, unseen.

use paceline_core::day::Day;
use paceline_core::facts::{Row, Said, Told};
use paceline_crm::without_values;
use serde::{Deserialize, Deserializer};

/// A row as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    id: String,
    from: Option<String>,
    #[serde(default, deserialize_with = "mentioned")]
    name: Option<Option<String>>,
    #[serde(default, deserialize_with = "mentioned")]
    manager: Option<Option<String>>,
    #[serde(default, deserialize_with = "mentioned")]
    role: Option<Option<String>>,
    #[serde(default, deserialize_with = "mentioned")]
    start: Option<Option<String>>,
    #[serde(default, deserialize_with = "mentioned")]
    end: Option<Option<String>>,
    #[serde(default, deserialize_with = "mentioned")]
    time_zone: Option<Option<String>>,
    #[serde(default, deserialize_with = "mentioned")]
    calendar: Option<Option<String>>,
    #[serde(default, deserialize_with = "mentioned")]
    time_off: Option<Option<Vec<TimeOff>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimeOff {
    from: String,
    to: Option<String>,
}

/// A key that is there, be it null.
#[expect(clippy::option_option, reason = "what is not mentioned and what is cleared differ")]
fn mentioned<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// What the value of a record says.
///
/// # Errors
/// In words, why it says nothing.
pub fn decode(value: Option<&[u8]>) -> Result<Told, String> {
    let Some(value) = value else { return Ok(Told::Withdrawn) };
    let record: Record = serde_json::from_slice(value).map_err(|error| without_values(&error))?;
    Ok(Told::Row(Box::new(record.row()?)))
}

impl Record {
    fn row(self) -> Result<Row, String> {
        if self.id.is_empty() {
            return Err("id: is empty".to_owned());
        }
        let said = Said {
            name: self.name,
            manager: self.manager,
            role: self.role,
            start: self.start.map(|day| self::day("start", day)).transpose()?,
            end: self.end.map(|day| self::day("end", day)).transpose()?,
            time_zone: self.time_zone,
            calendar: self.calendar,
            time_off: self.time_off.map(|off| time_off(off.unwrap_or_default())).transpose()?,
        };
        Ok(Row { id: self.id, from: day("from", self.from)?, said })
    }
}

fn time_off(off: Vec<TimeOff>) -> Result<Vec<(Day, Day)>, String> {
    let days = off.into_iter().map(|TimeOff { from, to }| {
        let first = some_day("time_off.from", &from)?;
        let last = day("time_off.to", to)?.unwrap_or(first);
        if last < first {
            Err(format!("time_off.to: {last} is before {first}"))
        } else {
            Ok((first, last))
        }
    });
    days.collect()
}

fn day(field: &str, text: Option<String>) -> Result<Option<Day>, String> {
    text.map(|text| some_day(field, &text)).transpose()
}

fn some_day(field: &str, text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| format!("{field}: no day, `YYYY-MM-DD`"))
}

#[cfg(test)]
mod tests {
    use super::{Day, Row, Said, Told, decode};

    #[test]
    fn a_row_says_what_it_mentions() {
        let day = |text| Day::parse(text).expect("a day");
        let value = br#"{"id":"U1","from":"2026-12-01","manager":"M2","role":null,
            "start":"2026-02-01","time_off":[{"from":"2026-12-21","to":"2026-12-31"},{"from":"2027-02-01"}]}"#;
        let said = Said {
            manager: Some(Some("M2".to_owned())),
            role: Some(None),
            start: Some(Some(day("2026-02-01"))),
            time_off: Some(vec![
                (day("2026-12-21"), day("2026-12-31")),
                (day("2027-02-01"), day("2027-02-01")),
            ]),
            ..Said::default()
        };
        let row = Row { id: "U1".to_owned(), from: Some(day("2026-12-01")), said };
        assert_eq!(decode(Some(value)), Ok(Told::Row(Box::new(row))));
        let bare = Row { id: "U1".to_owned(), from: None, said: Said::default() };
        assert_eq!(decode(Some(br#"{"id":"U1"}"#)), Ok(Told::Row(Box::new(bare.clone()))));
        let cleared = Said { time_off: Some(Vec::new()), ..Said::default() };
        let cleared = Told::Row(Box::new(Row { said: cleared, ..bare }));
        assert_eq!(decode(Some(br#"{"id":"U1","time_off":null}"#)), Ok(cleared));
        assert_eq!(decode(None), Ok(Told::Withdrawn));
    }

    #[test]
    fn what_cannot_be_understood_is_told_with_its_reason() {
        for (value, reason) in [
            ("", "EOF"),
            ("{}", "missing field `id`"),
            (r#"{"id":""}"#, "id: is empty"),
            (r#"{"id":"U1","manger":"M1"}"#, "unknown field `manger`"),
            (r#"{"id":"U1","manager":7}"#, "another type of value, expected a string"),
            (r#"{"id":"U1","from":"soon"}"#, "from: no day"),
            (r#"{"id":"U1","end":"2026-02-30"}"#, "end: no day"),
            (r#"{"id":"U1","time_off":[{"from":"2026-02-02","to":"2026-02-01"}]}"#, "time_off.to:"),
        ] {
            let told = decode(Some(value.as_bytes())).expect_err(value);
            assert!(told.contains(reason), "{told}");
        }
    }
}
