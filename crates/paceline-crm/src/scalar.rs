//! One JSON value of a row as a value of its field's type. The rules are those of the table in
//! [`FieldBinding`](crate::FieldBinding); the dialects are what the source formats write differently.

use jiff::Timestamp;
use paceline_core::change::{Mention, Value};
use paceline_core::day::Day;
use paceline_core::decimal::Decimal;
use paceline_core::entity::FieldType;

use crate::error::Fault;
use crate::number;
use crate::piece::Piece;
use crate::time::{self, Unit};

/// Whose JSON it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Paceline,
    Salesforce,
    Debezium(Logical),
}

/// What Debezium's schema says of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logical {
    /// There is no schema, or the column is not in it.
    Unknown,
    /// The schema gives it no meaning beyond its JSON type.
    Plain,
    /// Base64 of an unscaled integer of this scale.
    Decimal(i32),
    /// A number of this unit since 1970.
    Time(Unit),
}

/// Reads a JSON value as a field's type.
pub(crate) fn read<'a>(
    piece: &Piece<'a>,
    kind: FieldType,
    scale: Option<i32>,
    dialect: Dialect,
) -> Result<Mention<'a>, Fault> {
    match piece {
        Piece::Null => return Ok(Mention::Null),
        Piece::BadText => return Err(Fault::Escape),
        Piece::Text(text) => {
            if let Some(mention) = stand_in(text, kind, dialect) {
                return Ok(mention);
            }
        }
        Piece::Bool(_) | Piece::Int(_) | Piece::Number(_) | Piece::Nested(_) => {}
    }
    let value = match kind {
        FieldType::Text => piece.scalar_text().map(Value::Text),
        FieldType::Bool => boolean(piece, dialect).map(Value::Bool),
        FieldType::Int => integer(piece).map(Value::Int),
        FieldType::Decimal => {
            return Ok(or_null(decimal(piece, scale, dialect)?.map(Value::Decimal)));
        }
        FieldType::Date => return Ok(or_null(date(piece, dialect)?.map(Value::Date))),
        FieldType::Timestamp => {
            return Ok(or_null(timestamp(piece, dialect)?.map(Value::Timestamp)));
        }
    };
    value.map(Mention::Set).ok_or(Fault::Expected(kind))
}

fn or_null(value: Option<Value<'_>>) -> Mention<'_> {
    value.map_or(Mention::Null, Mention::Set)
}

/// Debezium writes this for a value that Postgres stores out of line (TOAST) and did not change; a column of
/// bytes holds its base64. From the property `unavailable.value.placeholder`.
const UNAVAILABLE: &str = "__debezium_unavailable_value";
const UNAVAILABLE_BASE64: &str = "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==";

/// Texts that stand for something else than a value.
fn stand_in<'a>(text: &str, kind: FieldType, dialect: Dialect) -> Option<Mention<'a>> {
    match dialect {
        Dialect::Salesforce if text.is_empty() && kind != FieldType::Text => Some(Mention::Null),
        Dialect::Debezium(_) if text == UNAVAILABLE => Some(Mention::Kept),
        Dialect::Debezium(_) if kind == FieldType::Decimal && text == UNAVAILABLE_BASE64 => {
            Some(Mention::Kept)
        }
        Dialect::Debezium(_) if kind != FieldType::Text && is_infinity(text) => Some(Mention::Null),
        Dialect::Paceline | Dialect::Salesforce | Dialect::Debezium(_) => None,
    }
}

fn boolean(piece: &Piece<'_>, dialect: Dialect) -> Option<bool> {
    match (piece, dialect) {
        (Piece::Bool(value), _) => Some(*value),
        (Piece::Text(text), _) => text.parse().ok(),
        // TINYINT(1) and BIT(1) of MySQL, NUMBER(1) of Oracle.
        (Piece::Int(0) | Piece::Number("0"), Dialect::Debezium(_)) => Some(false),
        (Piece::Int(1) | Piece::Number("1"), Dialect::Debezium(_)) => Some(true),
        _ => None,
    }
}

fn integer(piece: &Piece<'_>) -> Option<i64> {
    piece.integer().or_else(|| match piece {
        Piece::Number(text) => whole(text)?.parse().ok(),
        Piece::Text(text) => whole(text)?.parse().ok(),
        _ => None,
    })
}

/// The part before the point when only zeros are behind it: Salesforce writes whole numbers as `40.0`.
fn whole(text: &str) -> Option<&str> {
    let (whole, fraction) = text.split_once('.')?;
    (!fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0')).then_some(whole)
}

fn decimal(
    piece: &Piece<'_>,
    scale: Option<i32>,
    dialect: Dialect,
) -> Result<Option<Decimal>, Fault> {
    match piece {
        Piece::Int(number) => Ok(Some(Decimal::from_int(*number))),
        Piece::Number(text) => Ok(Some(Decimal::parse(text)?)),
        Piece::Text(text) if text.eq_ignore_ascii_case("nan") => Ok(None),
        Piece::Text(text) => match base64_scale(scale, dialect) {
            Some(scale) => number::base64(text, scale).map(Some),
            None => Ok(Some(Decimal::parse(text)?)),
        },
        Piece::Nested(raw) if raw.starts_with('{') && matches!(dialect, Dialect::Debezium(_)) => {
            number::variable_scale(raw).map(Some)
        }
        _ => Err(Fault::Expected(FieldType::Decimal)),
    }
}

fn base64_scale(bound: Option<i32>, dialect: Dialect) -> Option<i32> {
    match dialect {
        Dialect::Debezium(Logical::Decimal(scale)) => Some(scale),
        Dialect::Debezium(Logical::Unknown) => bound,
        Dialect::Debezium(Logical::Plain | Logical::Time(_))
        | Dialect::Paceline
        | Dialect::Salesforce => None,
    }
}

fn date(piece: &Piece<'_>, dialect: Dialect) -> Result<Option<Day>, Fault> {
    let expected = Fault::Expected(FieldType::Date);
    match piece {
        Piece::Text(text) => time::day(text)?.map(Some).ok_or(expected),
        Piece::Int(_) | Piece::Number(_) => {
            let number = piece.integer().ok_or(expected)?;
            let unit = match dialect {
                Dialect::Paceline => return Err(expected),
                Dialect::Salesforce => Unit::Millis,
                Dialect::Debezium(_) if INFINITE_DAYS.contains(&number) => return Ok(None),
                Dialect::Debezium(Logical::Time(unit)) => unit,
                Dialect::Debezium(_) => Unit::Days,
            };
            time::day_of(number, unit).map(Some)
        }
        _ => Err(expected),
    }
}

fn timestamp(piece: &Piece<'_>, dialect: Dialect) -> Result<Option<Timestamp>, Fault> {
    let expected = Fault::Expected(FieldType::Timestamp);
    match piece {
        Piece::Text(text) => time::instant(text).map(Some).ok_or(expected),
        Piece::Int(_) | Piece::Number(_) => {
            let number = piece.integer().ok_or(expected)?;
            let unit = match dialect {
                Dialect::Paceline => return Err(expected),
                Dialect::Salesforce => Unit::Millis,
                Dialect::Debezium(_) if INFINITE_INSTANTS.contains(&number) => return Ok(None),
                Dialect::Debezium(Logical::Time(unit)) => unit,
                Dialect::Debezium(_) => Unit::of_magnitude(number),
            };
            time::instant_of(number, unit).map(Some)
        }
        _ => Err(expected),
    }
}

/// Postgres dates of `infinity` and `-infinity`: the ends of its own day count, wrapped around when shifted
/// from 2000 to 1970.
const INFINITE_DAYS: [i64; 2] = [-2_147_472_692, -2_147_472_691];
/// Postgres timestamps of `infinity` and `-infinity`, as its JDBC driver numbers them.
const INFINITE_INSTANTS: [i64; 2] = [9_223_372_036_825_200_000, -9_223_372_036_832_400_000];

/// The infinities as text: spelled out, and the two days above as `isostring`.
fn is_infinity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    unsigned.eq_ignore_ascii_case("infinity")
        || matches!(text, "-5877611-06-21Z" | "-5877611-06-22Z")
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Logical};
    use crate::error::Fault;
    use crate::json::Care;
    use crate::piece::Piece;
    use crate::time::Unit;
    use paceline_core::change::{Mention, Value};
    use paceline_core::day::Day;
    use paceline_core::decimal::{Decimal, ParseDecimalError};
    use paceline_core::entity::FieldType::{self, Bool, Date, Int, Text, Timestamp};
    use serde::de::DeserializeSeed as _;

    const PACELINE: Dialect = Dialect::Paceline;
    const SALESFORCE: Dialect = Dialect::Salesforce;
    const SCHEMALESS: Dialect = Dialect::Debezium(Logical::Unknown);
    const PLAIN: Dialect = Dialect::Debezium(Logical::Plain);
    const ALL: [Dialect; 3] = [PACELINE, SALESFORCE, SCHEMALESS];

    /// Reads with either care, which must tell the same.
    fn read(
        raw: &str,
        kind: FieldType,
        scale: Option<i32>,
        dialect: Dialect,
    ) -> Result<Mention<'_>, Fault> {
        let exact = super::read(&Piece::of(raw), kind, scale, dialect);
        let quick = Care::Quick.deserialize(&mut serde_json::Deserializer::from_str(raw));
        if let Ok(quick) = quick {
            assert_eq!(super::read(&quick, kind, scale, dialect), exact, "{raw}");
        }
        exact
    }

    fn check(
        dialects: &[Dialect],
        kind: FieldType,
        raw: &str,
        expected: Result<Mention<'_>, Fault>,
    ) {
        for dialect in dialects {
            assert_eq!(read(raw, kind, None, *dialect), expected, "{raw} as {kind} of {dialect:?}");
        }
    }

    fn set(value: Value<'_>) -> Result<Mention<'_>, Fault> {
        Ok(Mention::Set(value))
    }

    fn decimal(text: &str) -> Result<Mention<'static>, Fault> {
        set(Value::Decimal(Decimal::parse(text).expect("a decimal")))
    }

    fn instant(text: &str) -> Result<Mention<'static>, Fault> {
        set(Value::Timestamp(text.parse().expect("an instant")))
    }

    #[test]
    fn null_is_null_for_every_type() {
        for kind in [Text, Bool, Int, FieldType::Decimal, Date, Timestamp] {
            check(&ALL, kind, "null", Ok(Mention::Null));
            check(&ALL, kind, "[1]", Err(Fault::Expected(kind)));
        }
    }

    #[test]
    fn texts() {
        check(&ALL, Text, r#""Größe""#, set(Value::Text("Größe".into())));
        check(&ALL, Text, r#""""#, set(Value::Text("".into())));
        check(&ALL, Text, "4711", set(Value::Text("4711".into())));
        check(&ALL, Text, "1.50", set(Value::Text("1.50".into())));
        check(&ALL, Text, "true", set(Value::Text("true".into())));
        check(&ALL, Text, r#"{"a":1}"#, Err(Fault::Expected(Text)));
        check(&ALL, Text, r#""\udc00""#, Err(Fault::Escape));
        check(&[SCHEMALESS, PLAIN], Text, r#""__debezium_unavailable_value""#, Ok(Mention::Kept));
        check(&[SCHEMALESS], Text, r#""infinity""#, set(Value::Text("infinity".into())));
    }

    #[test]
    fn bools_and_ints() {
        check(&ALL, Bool, "true", set(Value::Bool(true)));
        check(&ALL, Bool, r#""false""#, set(Value::Bool(false)));
        check(&ALL, Bool, r#""yes""#, Err(Fault::Expected(Bool)));
        check(&[SCHEMALESS], Bool, "1", set(Value::Bool(true)));
        check(&[PACELINE, SALESFORCE], Bool, "1", Err(Fault::Expected(Bool)));
        check(&ALL, Int, "-40", set(Value::Int(-40)));
        check(&ALL, Int, r#""9223372036854775807""#, set(Value::Int(i64::MAX)));
        check(&ALL, Int, "40.0", set(Value::Int(40)));
        check(&ALL, Int, "40.5", Err(Fault::Expected(Int)));
        check(&ALL, Int, "9223372036854775808", Err(Fault::Expected(Int)));
        check(&[PACELINE, SCHEMALESS], Int, r#""""#, Err(Fault::Expected(Int)));
        check(&[SALESFORCE], Int, r#""""#, Ok(Mention::Null));
    }

    #[test]
    fn decimals() {
        let kind = FieldType::Decimal;
        check(&ALL, kind, "1200.50", decimal("1200.5"));
        check(&ALL, kind, r#""-0.01""#, decimal("-0.01"));
        check(&ALL, kind, "9999999999999999.99", decimal("9999999999999999.99"));
        check(&ALL, kind, "1.0E16", decimal("10000000000000000"));
        check(&ALL, kind, r#""NAN""#, Ok(Mention::Null));
        check(&ALL, kind, r#""NaN""#, Ok(Mention::Null));
        check(&ALL, kind, "true", Err(Fault::Expected(kind)));
        check(&ALL, kind, "1e25", Err(Fault::Decimal(ParseDecimalError::OutOfRange)));
        check(&ALL, kind, r#""1,50""#, Err(Fault::Decimal(ParseDecimalError::Malformed)));
        check(
            &[PACELINE, SCHEMALESS],
            kind,
            r#""""#,
            Err(Fault::Decimal(ParseDecimalError::Malformed)),
        );
        check(
            &[PACELINE],
            kind,
            r#""infinity""#,
            Err(Fault::Decimal(ParseDecimalError::Malformed)),
        );
        check(&[SCHEMALESS], kind, r#""-Infinity""#, Ok(Mention::Null));
        check(&[Dialect::Debezium(Logical::Decimal(2))], kind, r#""EtaH""#, decimal("12345.67"));
        check(&[PLAIN], kind, r#""EtaH""#, Err(Fault::Decimal(ParseDecimalError::Malformed)));
        check(&[SCHEMALESS, PLAIN], kind, r#"{"scale":1,"value":"AfQ="}"#, decimal("50"));
        assert_eq!(read(r#""/w==""#, kind, Some(2), SCHEMALESS), decimal("-0.01"));
        assert_eq!(read(r#""12.50""#, kind, Some(2), PLAIN), decimal("12.5"), "the schema wins");
        assert_eq!(
            read(r#""12.50""#, kind, Some(2), PACELINE),
            decimal("12.5"),
            "base64 is Debezium's"
        );
    }

    #[test]
    fn dates() {
        let day = |text| set(Value::Date(Day::parse(text).expect("a day")));
        check(&ALL, Date, r#""2026-06-30""#, day("2026-06-30"));
        check(&ALL, Date, r#""2026-06-30Z""#, day("2026-06-30"));
        check(&ALL, Date, r#""2026-02-30""#, Err(Fault::Expected(Date)));
        check(&ALL, Date, r#""2026-06-30T09:00:00Z""#, Err(Fault::TimeOfDay));
        check(&[PACELINE], Date, "20634", Err(Fault::Expected(Date)));
        check(&[SCHEMALESS, PLAIN], Date, "20634", day("2026-06-30"));
        check(&[SCHEMALESS], Date, "-2147472692", Ok(Mention::Null));
        check(&[SCHEMALESS], Date, r#""-5877611-06-21Z""#, Ok(Mention::Null));
        check(&[SCHEMALESS], Date, "2147483647", Err(Fault::OutOfRange));
        check(&[SALESFORCE], Date, "1782777600000", day("2026-06-30"));
        check(&[SALESFORCE], Date, "1782777600001", Err(Fault::TimeOfDay));
        check(
            &[Dialect::Debezium(Logical::Time(Unit::Micros))],
            Date,
            "1782777600000000",
            day("2026-06-30"),
        );
        check(&[SCHEMALESS], Date, "1.5", Err(Fault::Expected(Date)));
    }

    #[test]
    fn timestamps() {
        check(
            &ALL,
            Timestamp,
            r#""2026-02-01T08:00:00.5+0200""#,
            instant("2026-02-01T06:00:00.5Z"),
        );
        check(&ALL, Timestamp, r#""2026-02-01""#, Err(Fault::Expected(Timestamp)));
        check(&[PACELINE], Timestamp, "1655997704000", Err(Fault::Expected(Timestamp)));
        check(
            &[SALESFORCE, SCHEMALESS],
            Timestamp,
            "1655997704000",
            instant("2022-06-23T15:21:44Z"),
        );
        check(&[SCHEMALESS], Timestamp, "1655997704000000", instant("2022-06-23T15:21:44Z"));
        check(&[SCHEMALESS], Timestamp, r#""infinity""#, Ok(Mention::Null));
        check(&[SCHEMALESS], Timestamp, "9223372036825200000", Ok(Mention::Null));
        check(
            &[Dialect::Debezium(Logical::Time(Unit::Micros))],
            Timestamp,
            "1",
            instant("1970-01-01T00:00:00.000001Z"),
        );
        check(&[SALESFORCE], Timestamp, "9223372036854775807", Err(Fault::OutOfRange));
    }
}
