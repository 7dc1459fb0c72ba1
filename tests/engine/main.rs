//! The engine as a whole, in one process and without Kafka: messages in, standings out, every number compared.
//!
//! One module throws thousands of small invented worlds at it and recomputes them by definition; the other holds
//! cases that a sales analyst can check by hand.

mod compare;
mod engine;
mod golden;
mod property;
