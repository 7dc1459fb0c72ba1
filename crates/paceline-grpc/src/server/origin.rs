//! Origins: which pages of other hosts may ask from a browser.

use std::str::FromStr;

use axum::http::HeaderValue;

/// The origin of a page, as browsers send it: `https://app.example.com`, with a port unless it is the usual one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// Why a text is no origin that a browser sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// It stands for more than one.
    #[error("stands for any page, and each has to be named")]
    Wildcard,
    /// It is neither `http` nor `https`.
    #[error("does not begin with http:// or https://")]
    Scheme,
    /// Something follows the host and port.
    #[error("goes on after the host")]
    Path,
    /// Browsers write it in lower case.
    #[error("has capital letters, which browsers do not send")]
    Case,
    /// Browsers leave it out.
    #[error("names the usual port, which browsers leave out")]
    UsualPort,
    /// It has no host, or one that cannot be, or a port that is none.
    #[error("names no host and port that can be")]
    Host,
}

impl Origin {
    pub(super) fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        if text.contains('*') {
            return Err(OriginError::Wildcard);
        }
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(OriginError::Case);
        }
        let (scheme, rest) = text.split_once("://").ok_or(OriginError::Scheme)?;
        let usual = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return Err(OriginError::Scheme),
        };
        if rest.contains(['/', '?', '#']) {
            return Err(OriginError::Path);
        }
        check_host(rest, usual)?;
        HeaderValue::from_str(text).map(Self).map_err(|_| OriginError::Host)
    }
}

fn check_host(authority: &str, usual: u16) -> Result<(), OriginError> {
    let (host, port) = match authority.rsplit_once(':') {
        // The colons of an IPv6 address are within brackets.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    if !is_host(host) {
        return Err(OriginError::Host);
    }
    match port.map(str::parse::<u16>) {
        None => Ok(()),
        Some(Ok(port)) if port == usual => Err(OriginError::UsualPort),
        Some(Ok(1..)) => Ok(()),
        Some(Ok(0) | Err(_)) => Err(OriginError::Host),
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']');
        return address.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
    }
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    host.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::{Origin, OriginError};

    #[test]
    fn origins_are_as_browsers_send_them() {
        for text in [
            "https://app.example.com",
            "http://localhost:5173",
            "https://10.0.0.7:8443",
            "http://[::1]:3000",
            "http://app:443",
        ] {
            assert!(text.parse::<Origin>().is_ok(), "{text}");
        }
        for (text, error) in [
            ("*", OriginError::Wildcard),
            ("https://*.example.com", OriginError::Wildcard),
            ("null", OriginError::Scheme),
            ("app.example.com", OriginError::Scheme),
            ("ftp://app.example.com", OriginError::Scheme),
            ("https://app.example.com/", OriginError::Path),
            ("https://app.example.com/board", OriginError::Path),
            ("https://App.example.com", OriginError::Case),
            ("https://app.example.com:443", OriginError::UsualPort),
            ("http://app.example.com:80", OriginError::UsualPort),
            ("https://", OriginError::Host),
            ("https://a..b", OriginError::Host),
            ("https://app:0", OriginError::Host),
            ("https://app:x", OriginError::Host),
            ("https://me@app", OriginError::Host),
            ("https://a pp", OriginError::Host),
            ("http://[::g]", OriginError::Host),
        ] {
            assert_eq!(text.parse::<Origin>(), Err(error), "{text}");
        }
    }
}
