//! Decimals that are sent as bytes: base64 of the unscaled two's-complement big-endian integer.
//!
//! Kafka Connect writes `org.apache.kafka.connect.data.Decimal` so; Debezium uses it under
//! `decimal.handling.mode=precise`, and puts value and scale in an object when the column has no fixed scale.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use paceline_core::decimal::Decimal;
use serde::Deserialize;

use crate::error::Fault;

/// The decimal of base64 bytes and a scale.
pub(crate) fn base64(text: &str, scale: i32) -> Result<Decimal, Fault> {
    let mut buffer = [0; 48];
    let length = STANDARD.decode_slice(text, &mut buffer).map_err(|_| Fault::Base64)?;
    let unscaled = unscaled(&buffer[..length])?;
    Ok(Decimal::from_unscaled(unscaled, scale)?)
}

fn unscaled(bytes: &[u8]) -> Result<i128, Fault> {
    let first = bytes.first().ok_or(Fault::Base64)?;
    if bytes.len() > 16 {
        return Err(Fault::OutOfRange);
    }
    let sign = if first & 0x80 == 0 { 0 } else { 0xff };
    let mut extended = [sign; 16];
    extended[16 - bytes.len()..].copy_from_slice(bytes);
    Ok(i128::from_be_bytes(extended))
}

/// The decimal of `{"scale":2,"value":"EtaH"}` (`io.debezium.data.VariableScaleDecimal`).
pub(crate) fn variable_scale(raw: &str) -> Result<Decimal, Fault> {
    let parts: VariableScale<'_> = serde_json::from_str(raw).map_err(|_| Fault::Base64)?;
    base64(&parts.value, parts.scale)
}

#[derive(Deserialize)]
struct VariableScale<'a> {
    scale: i32,
    #[serde(borrow)]
    value: Cow<'a, str>,
}

#[cfg(test)]
mod tests {
    use super::{base64, variable_scale};
    use crate::error::Fault;

    #[test]
    fn reads_two_s_complement() {
        for (text, scale, shown) in [
            ("EtaH", 2, "12345.67"),
            ("/w==", 2, "-0.01"),
            ("AA==", 2, "0"),
            ("AfQ=", 2, "5"),
            ("APo=", 0, "250"),
            ("gA==", 0, "-128"),
            ("AQ==", -3, "1000"),
            ("DeC2s6dj//8=", 2, "9999999999999999.99"),
        ] {
            assert_eq!(base64(text, scale).map(|d| d.to_string()), Ok(shown.to_owned()), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_decimal() {
        assert_eq!(base64("", 2), Err(Fault::Base64));
        assert_eq!(base64("12345.67", 2), Err(Fault::Base64));
        assert_eq!(base64(&"A".repeat(400), 2), Err(Fault::Base64));
        assert_eq!(base64("AAAAAAAAAAAAAAAAAAAAAAAA", 2), Err(Fault::OutOfRange));
        assert!(base64("f////////////////////w==", 0).is_err());
    }

    #[test]
    fn reads_a_variable_scale() {
        let read = |raw| variable_scale(raw).map(|d| d.to_string());
        assert_eq!(read(r#"{"scale":3,"value":"AfQ="}"#), Ok("0.5".to_owned()));
        assert_eq!(read(r#"{"value":"AfQ="}"#), Err(Fault::Base64));
        assert_eq!(read(r#"{"scale":3,"value":5}"#), Err(Fault::Base64));
    }
}
