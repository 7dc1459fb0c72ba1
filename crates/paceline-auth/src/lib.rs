//! Tokens, keys and certificates: who it is that shows them.
//!
//! A token is believed for its signature alone, by a key that the identity provider publishes and an algorithm that the config
//! names; what a token says of how to check it is not. A certificate has been checked by the handshake of its connection, and is
//! looked up by the name in it. What comes of either is a [`Principal`](paceline_grpc::Principal), and nothing here knows what
//! that may see of which numbers.
//!
//! The certificates that the server itself shows are here too, for they come from files that change while it runs, as keys do.

mod authenticator;
mod bearer;
mod certificate;
mod files;
mod keys;
mod metric;
mod ring_provider;
mod roles;
mod tls;
mod token;

pub use authenticator::{Authenticator, Error, MutualTls, Tokens};
pub use certificate::{Identities, Identity};
pub use keys::{Algorithm, KeySource, UrlError, check_url};
pub use metric::describe;
pub use roles::{Claims, Roles, Service};
pub use tls::{Certificates, ClientAuth, TlsError, TlsFiles};
