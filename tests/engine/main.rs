//! The engine as a whole, in one process and without Kafka: messages in, standings out, every number compared.
//!
//! One module throws thousands of small invented worlds at it and recomputes them by definition, another records that look
//! at each other in any order; a third holds cases that a sales analyst can check by hand; a fourth asks another calendar,
//! another has lanes follow each other, and a last one asks what moved a number.

mod across;
mod asking;
mod behind;
mod calendar;
mod compare;
mod engine;
mod golden;
mod moves;
mod property;
mod rates;
mod reps;
