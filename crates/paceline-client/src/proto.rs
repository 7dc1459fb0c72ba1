//! The wire types and clients, generated from `proto/paceline/v1`, where their meaning is written.

#![expect(unused_qualifications, reason = "generated code takes no names for granted")]
#![expect(clippy::large_enum_variant, reason = "frames are handed on one at a time")]

tonic::include_proto!("paceline.v1");

/// The descriptors of all messages and services, encoded: what a library for protobuf needs to write messages as JSON.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/paceline.bin"));
