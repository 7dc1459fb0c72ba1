//! The records of the goals topic: one edit of a goal each, as JSON.
//!
//! The key is `goal_id/edit`, so that compaction drops no edit. The value is
//!
//! ```json
//! {"goal_id":"g-6f3c0a91d2b47e58","edit":2,"who":"ana@example.com","at":"2026-11-23T10:00:00Z",
//!  "old":{"kpi":"bookings","period":"month","target":"42000","for":{"rep":"U1"}},
//!  "new":{"kpi":"bookings","period":"quarter","target":"150000","for":{"rep":"U1"},"from":"2026-10-01","until":"2026-12-31",
//!         "ramp":[{"until_month":3,"share":"0.25"}],"presence":true,"curve":{"by":"month","shares":["0.25","0.3","0.45"]}}}
//! ```
//!
//! `old` is absent for a new goal, `new` for one that was deleted; terms are written as in a config, what is left out as
//! there. Fields that this version does not know are skipped, since a later one may have written them. A null value
//! withdraws the edit of its key.

use jiff::Timestamp;
use paceline_core::day::Day;
use paceline_core::decimal::Decimal;
use paceline_core::goal::{Curve, Draft, Edit, Step, Whose, curve};
use paceline_core::period::PeriodKind;
use paceline_crm::without_values;
use paceline_engine::Told;
use serde::{Deserialize, Serialize};

/// An edit as it is written.
#[derive(Serialize, Deserialize)]
struct Record {
    goal_id: String,
    edit: u64,
    who: String,
    at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    old: Option<Terms>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    new: Option<Terms>,
}

/// The terms of a goal as they are written.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Terms {
    kpi: String,
    period: String,
    target: String,
    #[serde(rename = "for")]
    whose: For,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ramp: Vec<RampStep>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    presence: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    curve: Option<Shares>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum For {
    Everyone,
    Rep(String),
    Role(String),
    EachOf(String),
    Team(String),
}

#[derive(Debug, Serialize, Deserialize)]
struct RampStep {
    until_month: u32,
    share: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Shares {
    by: String,
    shares: Vec<String>,
}

/// The key and the value of an edit.
///
/// # Errors
/// The edit cannot be written as JSON.
pub(super) fn encode(edit: &Edit) -> Result<(String, String), serde_json::Error> {
    let Edit { goal, number, who, at, old, new } = edit;
    let record = Record {
        goal_id: goal.clone(),
        edit: *number,
        who: who.clone(),
        at: at.to_string(),
        old: old.as_ref().map(terms),
        new: new.as_ref().map(terms),
    };
    Ok((key(goal, *number), serde_json::to_string(&record)?))
}

fn key(goal: &str, number: u64) -> String {
    format!("{goal}/{number}")
}

/// What a record says.
///
/// # Errors
/// In words, why it says nothing.
pub fn decode(raw_key: Option<&[u8]>, value: Option<&[u8]>) -> Result<Told, String> {
    let raw_key = raw_key.and_then(|key| std::str::from_utf8(key).ok());
    let parts = raw_key.and_then(|key| key.rsplit_once('/'));
    let parts = parts.and_then(|(goal, number)| Some((goal, number.parse::<u64>().ok()?)));
    let Some(value) = value else {
        let withdrawn =
            |(goal, number): (&str, u64)| Told::Withdrawn { goal: goal.to_owned(), number };
        return Ok(parts.map_or(Told::Nothing, withdrawn));
    };
    parts.ok_or("the key is not `goal_id/edit`")?;
    let record: Record = serde_json::from_slice(value).map_err(|error| without_values(&error))?;
    if raw_key != Some(key(&record.goal_id, record.edit).as_str()) {
        return Err("the key is that of another edit".to_owned());
    }
    let Record { goal_id, edit, who, at, old, new } = record;
    let draft = |terms: Option<Terms>, name: &str| {
        let draft = terms.map(Terms::draft).transpose();
        draft.map_err(|error| format!("{name}.{error}"))
    };
    let at = at.parse::<Timestamp>().map_err(|_| "at: no instant".to_owned())?;
    let (old, new) = (draft(old, "old")?, draft(new, "new")?);
    Ok(Told::Edit(Box::new(Edit { goal: goal_id, number: edit, who, at, old, new })))
}

/// The terms of a goal, to be written.
pub(crate) fn terms(draft: &Draft) -> Terms {
    let Draft { kpi, period, target, whose, from, until, ramp, presence, curve } = draft;
    let step =
        |step: &Step| RampStep { until_month: step.until_month, share: step.share.to_string() };
    let shares = |Curve { months, shares }: &Curve| Shares {
        by: curve::by(*months).to_owned(),
        shares: shares.iter().map(ToString::to_string).collect(),
    };
    Terms {
        kpi: kpi.clone(),
        period: period.to_string(),
        target: target.to_string(),
        whose: whose.clone().into(),
        from: from.map(|day| day.to_string()),
        until: until.map(|day| day.to_string()),
        ramp: ramp.iter().map(step).collect(),
        presence: *presence,
        curve: curve.as_ref().map(shares),
    }
}

impl Terms {
    fn draft(self) -> Result<Draft, String> {
        let ramp = self.ramp.into_iter().map(|RampStep { until_month, share }| {
            Ok(Step { until_month, share: decimal("ramp", &share)? })
        });
        Ok(Draft {
            period: self
                .period
                .parse::<PeriodKind>()
                .map_err(|error| format!("period: {error}"))?,
            target: decimal("target", &self.target)?,
            from: day("from", self.from)?,
            until: day("until", self.until)?,
            ramp: ramp.collect::<Result<_, String>>()?,
            curve: self.curve.map(Shares::compile).transpose()?,
            kpi: self.kpi,
            whose: self.whose.into(),
            presence: self.presence,
        })
    }
}

impl Shares {
    fn compile(self) -> Result<Curve, String> {
        let months = match self.by.as_str() {
            "month" => 1,
            "quarter" => 3,
            _ => return Err("curve.by: none of month, quarter".to_owned()),
        };
        let shares = self.shares.iter().map(|share| decimal("curve.shares", share));
        Ok(Curve { months, shares: shares.collect::<Result<_, _>>()? })
    }
}

impl From<Whose> for For {
    fn from(whose: Whose) -> Self {
        match whose {
            Whose::Rep(id) => Self::Rep(id),
            Whose::Role(role) => Self::Role(role),
            Whose::EachOf(id) => Self::EachOf(id),
            Whose::Everyone => Self::Everyone,
            Whose::Team(id) => Self::Team(id),
        }
    }
}

impl From<For> for Whose {
    fn from(whose: For) -> Self {
        match whose {
            For::Rep(id) => Self::Rep(id),
            For::Role(role) => Self::Role(role),
            For::EachOf(id) => Self::EachOf(id),
            For::Everyone => Self::Everyone,
            For::Team(id) => Self::Team(id),
        }
    }
}

fn decimal(field: &str, text: &str) -> Result<Decimal, String> {
    Decimal::exactly(text).map_err(|error| format!("{field}: {error}"))
}

fn day(field: &str, text: Option<String>) -> Result<Option<Day>, String> {
    let Some(text) = text else { return Ok(None) };
    Day::parse(&text).map(Some).ok_or_else(|| format!("{field}: no day, `YYYY-MM-DD`"))
}

#[cfg(test)]
mod tests {
    use super::{Draft, Edit, Told, decode, encode};
    use paceline_core::decimal::Decimal;
    use paceline_core::goal::{Curve, Step, Whose};
    use paceline_core::period::PeriodKind;

    fn draft(whose: Whose) -> Draft {
        let share = |text| Decimal::parse(text).expect("a share");
        Draft {
            kpi: "bookings".to_owned(),
            period: PeriodKind::Quarter,
            target: Decimal::parse("150000.25").expect("a target"),
            whose,
            from: paceline_core::day::Day::parse("2026-10-01"),
            until: None,
            ramp: vec![Step { until_month: 3, share: share("0.25") }],
            presence: true,
            curve: Some(Curve { months: 1, shares: vec![share("0.4"), share("0.6")] }),
        }
    }

    #[test]
    fn an_edit_reads_back_as_it_was_written() {
        let small =
            Draft { ramp: Vec::new(), presence: false, curve: None, ..draft(Whose::Everyone) };
        let whose = [
            Whose::Rep("U1".to_owned()),
            Whose::Role("ae".to_owned()),
            Whose::EachOf("M1".to_owned()),
            Whose::Team("M1".to_owned()),
        ];
        for new in whose.map(|whose| Some(draft(whose))).into_iter().chain([Some(small), None]) {
            let edit = Edit {
                goal: "g/1".to_owned(),
                number: 7,
                who: "ana".to_owned(),
                at: "2026-11-23T10:00:00Z".parse().expect("an instant"),
                old: Some(draft(Whose::Everyone)),
                new,
            };
            let (key, value) = encode(&edit).expect("it is written");
            assert_eq!(key, "g/1/7");
            let read = decode(Some(key.as_bytes()), Some(value.as_bytes()));
            assert_eq!(read, Ok(Told::Edit(Box::new(edit))));
        }
        let withdrawn = Told::Withdrawn { goal: "g/1".to_owned(), number: 7 };
        assert_eq!(decode(Some(b"g/1/7"), None), Ok(withdrawn));
    }

    #[test]
    fn what_cannot_be_understood_is_told_with_its_reason() {
        let value = |from: &str, to: &str| {
            let terms = r#"{"kpi":"bookings","period":"month","target":"1","for":{"rep":"U1"}}"#;
            let record = format!(
                r#"{{"goal_id":"g","edit":1,"who":"a","at":"2026-11-23T10:00:00Z","new":{terms}}}"#
            );
            assert!(decode(Some(b"g/1"), Some(record.as_bytes())).is_ok());
            record.replacen(from, to, 1)
        };
        for (key, value, reason) in [
            ("", "{}".to_owned(), "the key is not"),
            ("g", "{}".to_owned(), "the key is not"),
            ("g/one", "{}".to_owned(), "the key is not"),
            ("g/1", "{}".to_owned(), "missing field"),
            ("g/1", "nonsense".to_owned(), "expected"),
            ("g/2", value("", ""), "the key is that of another edit"),
            ("g/1", value("\"month\"", "\"fortnight\""), "new.period: not a kind of period"),
            ("g/1", value("\"target\":\"1\"", "\"target\":\"1,5\""), "new.target: not a"),
            ("g/1", value("rep", "reps"), "another word, expected"),
            ("g/1", value("\"kpi\"", "\"until\":\"soon\",\"kpi\""), "new.until: no day"),
        ] {
            let told = decode(Some(key.as_bytes()), Some(value.as_bytes()));
            let told = told.expect_err(&value);
            assert!(told.contains(reason), "{told}");
        }
    }
}
