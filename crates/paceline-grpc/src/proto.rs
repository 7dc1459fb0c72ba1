//! The wire types and services, generated from `proto/paceline/v1`, where their meaning is written.

#![expect(unused_qualifications, reason = "generated code takes no names for granted")]
#![expect(clippy::large_enum_variant, reason = "what is large is what is mostly sent")]

tonic::include_proto!("paceline.v1");
include!(concat!(env!("OUT_DIR"), "/servers/paceline.v1.rs"));

/// The descriptors of all messages and services, encoded, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/paceline.bin"));
