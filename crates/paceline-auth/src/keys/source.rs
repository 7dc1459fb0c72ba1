//! Where keys come from: a file, or a place on the web that nobody can stand in for.

use std::net::IpAddr;
use std::path::PathBuf;

use hyper::Uri;

/// Where the keys of the identity provider come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file, which is read again when it has changed.
    File(PathBuf),
    /// An address, which is asked again now and then.
    Url {
        /// `https://`, or `http://` on this very host.
        url: Uri,
        /// Whom certificates are believed of, as a PEM file; those that the system believes otherwise.
        ca: Option<PathBuf>,
    },
}

/// Why keys cannot be had from an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is no address.
    #[error("is no URL of https")]
    Form,
    /// It has a user, and maybe a password, before its host.
    #[error("has a user before its host, and keys are asked for as nobody")]
    User,
    /// Anybody on the way could give other keys.
    #[error("is not https: anybody on the way could give other keys")]
    Plain,
}

/// Checks the address of keys.
///
/// # Errors
/// [`UrlError`]: keys cannot be had from there, or cannot be believed.
pub fn check_url(text: &str) -> Result<Uri, UrlError> {
    let url: Uri = text.parse().map_err(|_| UrlError::Form)?;
    let authority = url.authority().ok_or(UrlError::Form)?;
    if authority.as_str().contains('@') {
        return Err(UrlError::User);
    }
    // What is no port may be a part of a password.
    let has_port = authority.as_str().len() > authority.host().len();
    if has_port && authority.port_u16().is_none() {
        return Err(UrlError::Form);
    }
    match url.scheme_str() {
        Some("https") => Ok(url),
        Some("http") if is_here(authority.host()) => Ok(url),
        Some("http") => Err(UrlError::Plain),
        _ => Err(UrlError::Form),
    }
}

/// Whether a host is this one.
fn is_here(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{UrlError, check_url};

    #[test]
    fn keys_come_over_https_or_from_this_host() {
        for url in [
            "https://login.example.com/jwks",
            "http://127.0.0.1:8080/jwks",
            "http://localhost/jwks",
            "http://[::1]:9/jwks",
        ] {
            assert!(check_url(url).is_ok(), "{url}");
        }
        for (url, error) in [
            ("http://login.example.com/jwks", UrlError::Plain),
            ("http://127.0.0.1.example.com/", UrlError::Plain),
            ("http://10.0.0.1/jwks", UrlError::Plain),
            ("https://user@login.example.com/", UrlError::User),
            ("https://user:password@login.example.com/", UrlError::User),
            ("https://user:pass/word@login.example.com/", UrlError::Form),
            ("ftp://login.example.com/", UrlError::Form),
            ("login.example.com/jwks", UrlError::Form),
            ("/jwks", UrlError::Form),
            ("https://", UrlError::Form),
        ] {
            assert_eq!(check_url(url).err(), Some(error), "{url}");
        }
    }
}
