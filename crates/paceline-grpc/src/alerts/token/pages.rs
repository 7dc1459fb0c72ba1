//! Tokens of pages: where the next page of a list begins, sealed.

use hmac::Mac as _;
use paceline_engine::Alerts;
use tonic::Status;

use super::super::view::View;
use super::{MAC, Secret, mac, mask, tag};
use crate::errors;
use crate::selector::Hash;

const VERSION: u8 = 0xA3;
const BODY: usize = 1 + 8 + 8 + 16;
/// What of a body is sealed.
const OFFSETS: std::ops::Range<usize> = 1..17;

/// Where a page begins, and where all of them end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::alerts) struct Pages {
    /// Before which offset it begins.
    pub(in crate::alerts) before: i64,
    /// The offset at which the first page ended, after which a watch goes on.
    pub(in crate::alerts) end: i64,
}

/// The token of a page of a view; none before the topic is read.
pub(in crate::alerts) fn page(pages: Pages, view: &View, alerts: &Alerts) -> String {
    let token = alerts.secret().map(|secret| write(pages, &view.hash, &secret)).unwrap_or_default();
    token.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The page of a view that a token is of.
///
/// # Errors
/// `INVALID_ARGUMENT` for what is no token of the same view.
pub(in crate::alerts) fn read(token: &str, view: &View, alerts: &Alerts) -> Result<Pages, Status> {
    let pages = || open(&bytes(token)?, &view.hash, &alerts.secret()?);
    // Of a topic that was made anew there may be less.
    let known = alerts.next();
    pages().filter(|pages| pages.end <= known).ok_or_else(|| {
        let description =
            "give the `next_page_token` of the page before, with the same selector as there";
        errors::invalid("page_token", description)
    })
}

fn write(pages: Pages, selector: &Hash, secret: &Secret) -> Vec<u8> {
    let mut token = Vec::with_capacity(BODY + MAC);
    token.push(VERSION);
    token.extend(pages.before.to_be_bytes());
    token.extend(pages.end.to_be_bytes());
    token.extend(selector);
    let tag = tag(&token, secret);
    mask(&mut token[OFFSETS], &tag, secret);
    token.extend(tag);
    token
}

fn open(token: &[u8], selector: &Hash, secret: &Secret) -> Option<Pages> {
    let (sealed, tag) = token.split_at_checked(BODY)?;
    let mut body = sealed.to_vec();
    mask(&mut body[OFFSETS], tag, secret);
    let is_ours = tag.len() == MAC && mac(&body, secret).verify_truncated_left(tag).is_ok();
    if !is_ours || body[0] != VERSION || body[17..] != *selector {
        return None;
    }
    let offset = |at: usize| body[at..at + 8].try_into().ok().map(i64::from_be_bytes);
    Some(Pages { before: offset(1)?, end: offset(9)? })
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let byte = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    };
    text.as_bytes().chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::{Pages, bytes, open, write};

    #[test]
    fn a_token_opens_to_its_page_for_the_same_view_and_in_one_piece() {
        let (selector, secret) = ([7; 16], [9; 32]);
        let pages = Pages { before: 5, end: 9 };
        let token = write(pages, &selector, &secret);
        assert_eq!(open(&token, &selector, &secret), Some(pages));
        assert_eq!(open(&token, &[8; 16], &secret), None);
        assert_eq!(open(&token, &selector, &[8; 32]), None);
        for bit in 0..token.len() * 8 {
            let mut forged = token.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&forged, &selector, &secret), None, "bit {bit}");
        }
        (0..token.len()).for_each(|at| assert_eq!(open(&token[..at], &selector, &secret), None));
    }

    #[test]
    fn only_digits_in_pairs_are_bytes() {
        assert_eq!(bytes("00fFa1"), Some(vec![0, 255, 0xA1]));
        for text in ["0", "0g", "+1", "é"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
