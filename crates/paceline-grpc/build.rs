//! Compiles the wire contract in `proto/` to Rust, and to the descriptors that reflection answers with.
//!
//! The compiler of the `.proto` files is a crate, so that a build needs no `protoc`. Messages and clients are compiled as
//! usual; servers apart, so that what a watch streams there is a message that is encoded already.

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
    tonic_prost_build::configure().build_server(false).compile_fds(descriptors.clone())?;
    let servers = out.join("servers");
    fs::create_dir_all(&servers)?;
    tonic_prost_build::configure()
        .build_client(false)
        .out_dir(servers)
        .codec_path("crate::codec::Lean")
        .extern_path(".paceline.v1", "crate::proto")
        .extern_path(".paceline.v1.WatchStandingsResponse", "crate::codec::Encoded")
        .compile_fds(descriptors)?;
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
