//! Compiles the wire contract in `proto/` to Rust, and to the descriptors that reflection answers with.
//!
//! The compiler of the `.proto` files is a crate, so that a build needs no `protoc`.

use std::error::Error;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost::Message;

const PROTO: &str = "../../proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={PROTO}");
    let descriptors = protox::compile(files()?, [PROTO])?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(out.join("paceline.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}

fn files() -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(Path::new(PROTO).join("paceline/v1"))? {
        files.push(entry?.path());
    }
    files.retain(|path| path.extension() == Some(OsStr::new("proto")));
    files.sort();
    Ok(files)
}
