//! Tokens: JSON Web Tokens, checked as RFC 8725 advises.
//!
//! The way of a token: its form ([`form`]) → the key that its `kid` looks up → its signature → what it claims ([`claims`]).

pub(crate) mod claims;
pub(crate) mod form;
pub(crate) mod json;

use paceline_grpc::Unidentified;

/// Credentials that are not accepted, and never will be.
pub(crate) fn invalid(detail: &'static str) -> Unidentified {
    Unidentified { reason: "CREDENTIALS_INVALID", detail, wait: None }
}

/// Credentials that were good.
pub(crate) fn expired(detail: &'static str) -> Unidentified {
    Unidentified { reason: "CREDENTIALS_EXPIRED", detail, wait: None }
}
