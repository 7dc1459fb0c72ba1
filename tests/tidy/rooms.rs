//! What each crate may name: every part of the outside world has one room that knows it.
//!
//! A crate that cannot name a thing cannot come to depend on it by accident. Manifests are looked at as well as
//! sources: an unused dependency is compiled, and is soon used.

use crate::{
    check,
    tree::{self, File},
};

/// A part of the outside world and the folders whose code may name it.
struct Room {
    crates: &'static [&'static str],
    folders: &'static [&'static str],
    reason: &'static str,
}

const KAFKA: Room = Room {
    crates: &["rdkafka", "rdkafka-sys"],
    folders: &["crates/paceline-kafka", "tests", "benches"],
    reason: "only paceline-kafka, tests and benches name rdkafka: all else is built and tested without librdkafka",
};

const GRPC: Room = Room {
    crates: &[
        "tonic",
        "tonic-health",
        "tonic-prost",
        "tonic-prost-build",
        "tonic-reflection",
        "tonic-types",
        "tonic-web",
    ],
    folders: &["crates/paceline-grpc", "crates/paceline-client", "tests", "benches"],
    reason: "only paceline-grpc, paceline-client, tests and benches name tonic: the wire stays at the wall",
};

const MAPS: Room = Room {
    crates: &["dashmap"],
    folders: &["crates/paceline-engine"],
    reason: "only paceline-engine names dashmap: it owns all shared state",
};

/// Reading the environment or the clock, which makes a result depend on where and when it was computed.
const SURROUNDINGS: [&str; 7] = [
    "std::env",
    "env::var",
    "env::var_os",
    "env::args",
    "Timestamp::now",
    "Zoned::now",
    "SystemTime::now",
];

/// What would make the core anything but a function of its arguments.
const IMPURE: [&str; 12] = [
    "SystemTime",
    "std::time::Instant",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::system",
    "async fn",
    "Mutex",
    "RwLock",
    "std::fs",
    "std::net",
    "std::thread",
];

#[test]
fn only_the_kafka_room_names_rdkafka() {
    check_room(&KAFKA);
}

#[test]
fn only_the_grpc_room_names_tonic() {
    check_room(&GRPC);
}

#[test]
fn only_the_engine_names_dashmap() {
    check_room(&MAPS);
}

#[test]
fn the_core_depends_on_nothing_of_the_outside() {
    let foreign = ["tokio", "serde", "serde_json", "dashmap", "rdkafka", "tonic", "prost"];
    let manifest = tree::file("crates/paceline-core/Cargo.toml").expect("the core has a manifest");
    check(
        "paceline-core knows no runtime, no wire and no shared map: data comes in as arguments",
        dependencies(manifest).filter(|name| foreign.contains(name)).map(str::to_owned).collect(),
    );
}

#[test]
fn the_core_is_pure() {
    let core = tree::rust().filter(|file| file.is_in("crates/paceline-core"));
    check(
        "paceline-core reads no clock, does no I/O, takes no lock and awaits nothing: `now` is an argument",
        core.flat_map(|file| file.says(&IMPURE)).collect(),
    );
}

#[test]
fn only_the_binary_reads_the_environment_and_the_clock() {
    let libraries = tree::rust().filter(|file| {
        file.is_in("crates") && !file.is_in("crates/paceline") && file.path.contains("/src/")
    });
    check(
        "only crates/paceline reads the environment and the clock: a test gives a library any of both",
        libraries.flat_map(|file| file.says(&SURROUNDINGS)).collect(),
    );
}

/// Holds every manifest and every source outside the room's folders to not naming its crates.
fn check_room(room: &Room) {
    let outside = |file: &&File| !room.folders.iter().any(|folder| file.is_in(folder));
    let manifests = tree::manifests().filter(outside).flat_map(|manifest| {
        let foreign = dependencies(manifest).filter(|name| room.crates.contains(name));
        foreign.map(|name| format!("{}: {name}", manifest.path))
    });
    let paths: Vec<String> =
        room.crates.iter().map(|name| format!("{}::", name.replace('-', "_"))).collect();
    let sources = tree::rust().filter(outside).flat_map(|file| names_any(file, &paths));
    check(room.reason, manifests.chain(sources).collect());
}

/// The places where the code says a path into any of these crates.
fn names_any(file: &File, paths: &[String]) -> Vec<String> {
    // This file has to name what it looks for.
    if file.is_in("tests/tidy") {
        return Vec::new();
    }
    let starts = |line: &str, path: &str| {
        tree::names(line, path.trim_end_matches(':')) && line.contains(path)
    };
    file.code()
        .filter(|(_, line)| paths.iter().any(|path| starts(line, path)))
        .map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim()))
        .collect()
}

/// The names of all dependencies in a manifest, for building and testing too.
fn dependencies(manifest: &File) -> impl Iterator<Item = &str> {
    let mut listed = false;
    manifest.text.lines().filter_map(move |line| {
        if let Some(section) = line.trim().strip_prefix('[') {
            let section = section.trim_end_matches(']');
            listed = section.ends_with("dependencies");
            return section.split_once("dependencies.").map(|(_, name)| name);
        }
        let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
        (listed && !name.is_empty() && !name.starts_with('#')).then_some(name)
    })
}

#[test]
fn dependencies_are_found_in_every_form() {
    let text = "[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\n# c = 1\n\n[dev-dependencies.d]\nversion = \"1\"\n[build-dependencies]\ne = \"1\"\n";
    let manifest = File { path: String::new(), text: text.to_owned() };
    assert_eq!(dependencies(&manifest).collect::<Vec<_>>(), ["b", "d", "e"]);
}
