//! The `paceline` program: one binary whose commands read a config, run the service and show its numbers.

mod cli;

use std::process::ExitCode;

use clap::Parser;

/// Millions of small record ids are allocated and never freed: a general allocator fragments over them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(cli::Cli::parse())
}
