//! The methods of the services, as their descriptors that were compiled in have them.

use std::collections::HashSet;

use prost::Message as _;
use prost_types::FileDescriptorSet;

use crate::proto::DESCRIPTORS;

/// The descriptors of all that is served.
const SERVED: [&[u8]; 4] = [
    DESCRIPTORS,
    tonic_health::pb::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
];

/// What a call of something else is called.
const UNKNOWN: &str = "unknown";

/// A method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Method {
    /// The service and the method, `paceline.v1.GoalsService/SetGoal`.
    pub(crate) name: String,
    /// Whether it is answered by a stream.
    pub(crate) streams: bool,
}

/// The methods in descriptors.
pub(crate) fn methods(descriptors: &[u8]) -> Vec<Method> {
    let set = FileDescriptorSet::decode(descriptors).unwrap_or_default();
    let mut methods = Vec::new();
    for file in &set.file {
        for service in &file.service {
            methods.extend(service.method.iter().map(|method| Method {
                name: format!("{}.{}/{}", file.package(), service.name(), method.name()),
                streams: method.server_streaming(),
            }));
        }
    }
    methods
}

/// The names that calls have where they are told of: those of methods that there are. What a path says beside is its caller's to
/// choose, and as long as they like.
#[derive(Debug)]
pub(crate) struct Names(HashSet<String>);

impl Names {
    /// Those of all that is served.
    pub(crate) fn of_descriptors() -> Self {
        Self(SERVED.into_iter().flat_map(methods).map(|method| method.name).collect())
    }

    /// The name of the method that a path is of, `unknown` if there is no such method.
    pub(crate) fn of(&self, path: &str) -> &str {
        let name = path.strip_prefix('/').and_then(|name| self.0.get(name));
        name.map_or(UNKNOWN, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn calls_are_named_by_methods_that_there_are() {
        let names = Names::of_descriptors();
        for name in [
            "paceline.v1.GoalsService/SetGoal",
            "paceline.v1.StandingsService/WatchStandings",
            "grpc.health.v1.Health/Check",
            "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        ] {
            assert_eq!(names.of(&format!("/{name}")), name);
        }
        let long = format!("/{}", "x".repeat(16_000));
        for path in ["", "/", "/paceline.v1.GoalsService", "/paceline.v1.GoalsService/X", &long] {
            assert_eq!(names.of(path), "unknown", "{path}");
        }
    }
}
