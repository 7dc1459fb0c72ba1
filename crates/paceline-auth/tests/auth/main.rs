//! Who is let in and who is not, with real keys, a real identity provider's web server, and real handshakes.

mod bad;
mod certificates;
mod good;
mod handshakes;
mod idp;
mod rotation;
mod signer;
