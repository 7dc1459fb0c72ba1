//! The few JSON spellings the writers share, appended to a byte buffer.
//!
//! A general serializer would build a tree or need a type per message; these write straight from a row.

use crate::{
    Id, Value,
    calendar::{DAY_MS, civil},
};

pub(super) type Out = Vec<u8>;

pub(super) fn lit(out: &mut Out, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

pub(super) fn int(out: &mut Out, number: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

pub(super) fn quoted(out: &mut Out, write: impl FnOnce(&mut Out)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

/// `"name":`, after a comma unless it is the first of its object.
pub(super) fn name(out: &mut Out, name: &str) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    quoted(out, |out| lit(out, name));
    out.push(b':');
}

pub(super) fn id(out: &mut Out, id: Id) {
    quoted(out, |out| out.extend_from_slice(&id.bytes()));
}

/// An amount with two places.
pub(super) fn cents(out: &mut Out, cents: i64) {
    if cents < 0 {
        out.push(b'-');
    }
    int(out, cents.unsigned_abs() / 100);
    out.push(b'.');
    digits(out, cents.unsigned_abs() % 100, 2);
}

fn digits(out: &mut Out, number: u64, width: u32) {
    for place in (0..width).rev() {
        out.push(b'0' + (number / 10_u64.pow(place) % 10) as u8);
    }
}

/// `2026-11-23`, without quotes.
pub(super) fn date(out: &mut Out, day: i32) {
    let (year, month, day) = civil(day);
    digits(out, u64::from(year.unsigned_abs()), 4);
    out.push(b'-');
    digits(out, u64::from(month), 2);
    out.push(b'-');
    digits(out, u64::from(day), 2);
}

/// `2026-11-23T10:00:00.000Z` without quotes; `tail` is what follows the milliseconds.
pub(super) fn instant(out: &mut Out, ms: i64, tail: &str) {
    date(out, ms.div_euclid(DAY_MS) as i32);
    let of_day = ms.rem_euclid(DAY_MS) as u64;
    for (mark, number, width) in [
        (b'T', of_day / 3_600_000, 2),
        (b':', of_day / 60_000 % 60, 2),
        (b':', of_day / 1000 % 60, 2),
        (b'.', of_day % 1000, 3),
    ] {
        out.push(mark);
        digits(out, number, width);
    }
    lit(out, tail);
}

/// Texts, ids and null, which every format spells alike; other values are left to `special`.
pub(super) fn value(out: &mut Out, value: Value, special: impl FnOnce(&mut Out)) {
    match value {
        Value::Null => lit(out, "null"),
        Value::Text(text) => quoted(out, |out| lit(out, text)),
        Value::Phrase(words) => quoted(out, |out| phrase(out, words)),
        Value::Id(record) => id(out, record),
        Value::Percent(percent) => int(out, percent),
        Value::Cents(_) | Value::Day(_) | Value::Time(_) => special(out),
    }
}

fn phrase(out: &mut Out, words: [&'static str; 4]) {
    for (place, word) in words.iter().enumerate() {
        if place > 0 {
            out.push(b' ');
        }
        lit(out, word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let spelt = |write: &dyn Fn(&mut Out)| {
            let mut out = Vec::new();
            write(&mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(spelt(&|out| cents(out, -1)), "-0.01");
        assert_eq!(spelt(&|out| cents(out, 1_234_567)), "12345.67");
        assert_eq!(
            spelt(&|out| instant(out, 1_795_417_371_091, "000Z")),
            "2026-11-23T07:02:51.091000Z"
        );
        assert_eq!(spelt(&|out| date(out, -1)), "1969-12-31");
    }
}
