//! Where the broker's jars and its Java are on this machine, and the commands to run them.
//!
//! The jars are fetched beforehand by `make kafka`, not by the tests: a download inside a test would make the first
//! run different from all others. The version is read from the same `pom.xml` that the fetch goes by.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The folder of this package, `tests/`.
const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// A command that runs a Kafka main class on the fetched jars.
pub(super) fn command(main_class: &str) -> Command {
    let mut command = Command::new(java());
    // A small heap and the quick compiler only: a test broker boots often and carries little.
    command.args(["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]);
    command.arg("-Djava.awt.headless=true");
    command.arg(format!("-Dlog4j2.configurationFile={HERE}/kafka/log4j2.properties"));
    command.arg("-cp").arg(jars().join("*")).arg(main_class);
    command
}

/// The folder with the jars.
///
/// # Panics
///
/// When it is missing.
fn jars() -> PathBuf {
    let folder = Path::new(HERE).join("../target/kafka").join(version());
    assert!(folder.is_dir(), "{} is missing: run `make kafka` to fetch it", folder.display());
    folder
}

/// The version of the broker, as `tests/kafka/pom.xml` says.
fn version() -> &'static str {
    let pom = include_str!("../../kafka/pom.xml");
    let (_, rest) = pom.split_once("<kafka.version>").expect("the pom names the version");
    rest.split_once('<').expect("the version ends with a tag").0
}

/// The Java that `JAVA_HOME` names, else the one on the path.
fn java() -> PathBuf {
    env::var_os("JAVA_HOME")
        .filter(|home| !home.is_empty())
        .map_or_else(|| PathBuf::from("java"), |home| Path::new(&home).join("bin/java"))
}
