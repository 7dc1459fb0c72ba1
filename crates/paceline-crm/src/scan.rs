//! A JSON scanner that keeps nothing: it checks the grammar and says where values begin and end.
//!
//! Every byte of every message passes here. A deserializer hands each value to a visitor, also those nobody
//! reads; walking the text directly measured a quarter less for the whole of decoding. Grammar: RFC 8259. What
//! is accepted is compared with `serde_json` in the tests.

use crate::error::{DecodeError, Part, Problem};

/// Why a text is not the JSON that is wanted. Small, because each step of the scan returns one perhaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    at: u32,
    problem: Problem,
}

impl Malformed {
    /// The error, for a place in `text`.
    #[cold]
    pub(crate) fn within(self, text: &str, part: Part) -> DecodeError {
        let before = &text.as_bytes()[..text.len().min(self.at as usize)];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
        DecodeError::Json { part, line, column, problem: self.problem }
    }
}

/// Deeper nesting than any row has; the bound on the scanner's recursion.
const DEPTH_MAX: u16 = 128;

/// A place in a JSON text.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    depth: u16,
}

/// A key as written, without its quotes.
pub(crate) struct Name<'a> {
    pub(crate) text: &'a str,
    pub(crate) escaped: bool,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// The first byte of what comes next.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    /// Steps into an object or array whose bracket is next; true when it is empty and left again.
    pub(crate) fn open(&mut self, close: u8) -> Result<bool, Malformed> {
        if self.depth == DEPTH_MAX {
            return Err(self.malformed(Problem::Depth));
        }
        self.at += 1;
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(true);
        }
        self.depth += 1;
        Ok(false)
    }

    /// Steps over the comma to the next element or over the closing bracket; true when that was it.
    #[inline]
    pub(crate) fn close(&mut self, close: u8) -> Result<bool, Malformed> {
        let next = self.peek();
        if next == Some(b',') {
            self.at += 1;
            return Ok(false);
        }
        if next != Some(close) {
            return Err(self.malformed(Problem::Comma));
        }
        self.at += 1;
        self.depth -= 1;
        Ok(true)
    }

    /// Takes a key and its colon.
    #[inline]
    pub(crate) fn name(&mut self) -> Result<Name<'a>, Malformed> {
        if self.peek() != Some(b'"') {
            return Err(self.malformed(Problem::Key));
        }
        let start = self.at + 1;
        let escaped = self.string()?;
        let text = &self.text[start..self.at - 1];
        if self.peek() != Some(b':') {
            return Err(self.malformed(Problem::Colon));
        }
        self.at += 1;
        Ok(Name { text, escaped })
    }

    /// Takes a value as written.
    #[inline]
    pub(crate) fn raw(&mut self) -> Result<&'a str, Malformed> {
        self.peek();
        let start = self.at;
        self.skip()?;
        Ok(&self.text[start..self.at])
    }

    /// Steps over a value.
    #[inline]
    pub(crate) fn skip(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'n') => self.literal("null"),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            _ => Err(self.malformed(Problem::Value)),
        }
    }

    /// Checks that nothing follows.
    pub(crate) fn end(&mut self) -> Result<(), Malformed> {
        if self.peek().is_some() { Err(self.malformed(Problem::End)) } else { Ok(()) }
    }

    /// Something is wrong here.
    #[cold]
    pub(crate) fn malformed(&self, problem: Problem) -> Malformed {
        Malformed { at: self.at as u32, problem }
    }

    fn object(&mut self) -> Result<(), Malformed> {
        if self.open(b'}')? {
            return Ok(());
        }
        loop {
            self.name()?;
            self.skip()?;
            if self.close(b'}')? {
                return Ok(());
            }
        }
    }

    fn array(&mut self) -> Result<(), Malformed> {
        if self.open(b']')? {
            return Ok(());
        }
        loop {
            self.skip()?;
            if self.close(b']')? {
                return Ok(());
            }
        }
    }

    fn literal(&mut self, word: &str) -> Result<(), Malformed> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.malformed(Problem::Value));
        }
        self.at += word.len();
        Ok(())
    }

    /// Steps over a string whose quote is next; answers whether it holds escapes.
    #[inline]
    fn string(&mut self) -> Result<bool, Malformed> {
        self.at += 1;
        let mut escaped = false;
        loop {
            self.at = special(self.text.as_bytes(), self.at);
            match self.text.as_bytes().get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(self.malformed(Problem::Control)),
                None => return Err(self.malformed(Problem::Unclosed)),
            }
        }
        self.at += 1;
        Ok(escaped)
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        let digits = match self.text.as_bytes().get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
            Some(b'u') => 4,
            _ => return Err(self.malformed(Problem::Escape)),
        };
        let hex = self.text.as_bytes().get(self.at + 2..self.at + 2 + digits);
        if !hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
            return Err(self.malformed(Problem::Escape));
        }
        self.at += 2 + digits;
        Ok(())
    }

    fn number(&mut self) -> Result<(), Malformed> {
        self.at += usize::from(self.byte() == Some(b'-'));
        let start = self.at;
        self.digits()?;
        if self.at > start + 1 && self.text.as_bytes()[start] == b'0' {
            return Err(self.malformed(Problem::LeadingZero));
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    #[inline]
    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.byte() {
            self.at += 1;
        }
        if self.at == start { Err(self.malformed(Problem::Digit)) } else { Ok(()) }
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

/// The first quote, backslash or control character at or behind `at`, eight bytes at a time ("determine if
/// a word has a byte less than n" and "… equal to n" of Bit Twiddling Hacks). The lowest marked byte is exact; only
/// bytes above it may be marked in error.
#[inline]
pub(crate) fn special(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::MAX / 255;
    while let Some(word) = bytes.get(at..at + 8).and_then(|word| <[u8; 8]>::try_from(word).ok()) {
        let word = u64::from_le_bytes(word);
        let (quote, backslash) = (word ^ (ONES * b'"' as u64), word ^ (ONES * b'\\' as u64));
        let marked = (word.wrapping_sub(ONES * 0x20) & !word)
            | (quote.wrapping_sub(ONES) & !quote)
            | (backslash.wrapping_sub(ONES) & !backslash);
        let marked = marked & (ONES << 7);
        if marked != 0 {
            return at + (marked.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let rest = bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
    rest.map_or(bytes.len(), |rest| at + rest)
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Malformed, Problem};
    use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};
    use serde::de::IgnoredAny;

    fn scan(text: &str) -> Result<&str, Malformed> {
        let mut cursor = Cursor::new(text);
        let raw = cursor.raw()?;
        cursor.end()?;
        Ok(raw)
    }

    /// Texts of JSON's own pieces, well-formed now and then.
    fn nearly_json() -> impl Strategy<Value = String> {
        let pieces = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\"a\"",
            "\"a\":",
            "\\",
            "\\u00e4",
            "\\n",
            "\\x",
            "1",
            "-",
            "0",
            ".5",
            "e+1",
            "null",
            "true",
            "fals",
            " ",
            "\n",
            "\u{1}",
            "ä",
            "12345678",
            "\"1234567890\"",
        ];
        let piece = prop_oneof![
            proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned),
            any::<String>(),
            Just(String::new())
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
            any::<f64>().prop_map(|number| serde_json::Value::from(number).to_string()),
            any::<i64>().prop_map(|number| number.to_string()),
            Just(" null ".to_owned()),
        ];
        leaf.prop_recursive(5, 40, 6, |inner| {
            let members = proptest::collection::vec((any::<String>(), inner.clone()), 0..6);
            prop_oneof![
                proptest::collection::vec(inner, 0..6)
                    .prop_map(|elements| format!("[{}]", elements.join(","))),
                members.prop_map(|members| {
                    let members = members.iter().map(|(name, value)| {
                        format!("{} : {value}", serde_json::Value::from(&**name))
                    });
                    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn accepts_what_serde_json_accepts(text in prop_oneof![nearly_json(), json(), any::<String>()]) {
            prop_assert_eq!(scan(&text).is_ok(), serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{}", text);
        }

        #[test]
        fn takes_values_whole(text in json()) {
            prop_assert_eq!(scan(&text), Ok(text.trim_matches(' ')));
        }

        #[test]
        fn damage_is_judged_alike(text in json(), at in any::<proptest::sample::Index>(), with in any::<char>()) {
            let mut chars: Vec<char> = text.chars().collect();
            let at = at.index(chars.len());
            chars[at] = with;
            let text: String = chars.into_iter().collect();
            prop_assert_eq!(scan(&text).is_ok(), serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn numbers_and_strings_to_the_letter() {
        for text in [
            "0",
            "-0",
            "10",
            "0.5",
            "1e5",
            "1E+05",
            "-1.5e-3",
            "\"\"",
            "\"\\u00E4\"",
            "[]",
            "{ }",
            " [1 , 2 ] ",
        ] {
            assert!(scan(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "\"",
            "\"\\",
            "\"\\u00\"",
            "\"\t\"",
            "[1,]",
            "{\"a\"}",
            "{,}",
            "nul",
            "nulll",
            "[1 2]",
            "1 2",
        ] {
            assert!(scan(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bounds_its_recursion() {
        assert!(scan(&format!("{}1{}", "[".repeat(128), "]".repeat(128))).is_ok());
        assert_eq!(
            scan(&"[".repeat(1_000_000)).map_err(|error| error.problem),
            Err(Problem::Depth)
        );
        assert_eq!(
            scan(&"{\"a\":".repeat(1_000_000)).map_err(|error| error.problem),
            Err(Problem::Depth)
        );
    }
}
