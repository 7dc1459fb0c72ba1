//! The bearer token of a request: exactly one, or none.

use paceline_grpc::Unidentified;

use crate::token::invalid;

/// The longest token that is looked at, in bytes.
pub(crate) const TOKEN_BYTES: usize = 8 * 1024;

/// The token among the values of the `authorization` header, if there is a header.
///
/// Two are refused, even when they are the same: which of them somebody before us has looked at is not known.
///
/// # Errors
/// There are several, another scheme, or something that cannot be a token.
pub(crate) fn token<'a>(
    values: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Option<&'a str>, Unidentified> {
    let mut values = values.into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(invalid("several_headers"));
    }
    let value = std::str::from_utf8(value).map_err(|_| invalid("header"))?;
    let (scheme, token) = value.split_once(' ').ok_or_else(|| invalid("scheme"))?;
    // The scheme is compared without regard to case (RFC 9110).
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(invalid("scheme"));
    }
    if token.len() > TOKEN_BYTES {
        return Err(invalid("too_long"));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if token.is_empty() || !token.bytes().all(fits) {
        return Err(invalid("form"));
    }
    Ok(Some(token))
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn one_token_is_taken_and_two_are_refused() {
        assert_eq!(token([]), Ok(None));
        assert_eq!(token([&b"Bearer a.b.c"[..]]), Ok(Some("a.b.c")));
        assert_eq!(token([&b"bearer a.b.c"[..]]), Ok(Some("a.b.c")));
        for (values, detail) in [
            (&[&b"Bearer a.b.c"[..], b"Bearer a.b.c"][..], "several_headers"),
            (&[b"Bearer a.b.c, Bearer a.b.c"], "form"),
            (&[b"Bearer a.b.c "], "form"),
            (&[b"Bearer  a.b.c"], "form"),
            (&[b"Bearer "], "form"),
            (&[b"Bearer"], "scheme"),
            (&[b"Bearer\ta.b.c"], "scheme"),
            (&[b"Basic a.b.c"], "scheme"),
            (&[b"a.b.c"], "scheme"),
            (&[b""], "scheme"),
            (&[b"Bearer a.b.\xff"], "header"),
        ] {
            assert_eq!(token(values.iter().copied()).map_err(|no| no.detail), Err(detail));
        }
    }
}
