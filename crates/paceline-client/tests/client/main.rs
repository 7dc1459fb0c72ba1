//! The client against servers that do what real ones do now and then, each at the moment a test wants: break off within a
//! snapshot, fall silent, void what they sent, refuse a token.
//!
//! They implement the services as `paceline-grpc` generates them, behind a real connection. That client and real server go
//! together is shown by the tests of the whole program.

mod alerts;
mod credentials;
mod history;
mod live;
mod stage;
