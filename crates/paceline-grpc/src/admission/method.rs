//! Methods: which of them are answered at once, and which stream.

use std::collections::HashSet;

use crate::methods::methods;
use crate::proto::DESCRIPTORS;

/// How a method is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Once. What is no method at all is too.
    Call,
    /// By a stream that the service counts.
    Watch,
    /// By a stream that nobody counts: of health and reflection, where a client may stream too.
    Probe,
}

/// The methods that stream.
#[derive(Debug)]
pub(super) struct Methods {
    watches: HashSet<String>,
}

/// Those of others that stream: `Watch` of the health and all of reflection.
const PROBES: [&str; 2] = ["/grpc.health.v1.Health/Watch", "/grpc.reflection."];

impl Methods {
    /// Those of the services as they were compiled in.
    pub(super) fn of_descriptors() -> Self {
        let streams = methods(DESCRIPTORS).into_iter().filter(|method| method.streams);
        Self { watches: streams.map(|method| format!("/{}", method.name)).collect() }
    }

    pub(super) fn kind(&self, path: &str) -> Kind {
        if self.watches.contains(path) {
            Kind::Watch
        } else if PROBES.iter().any(|probe| path.starts_with(probe)) {
            Kind::Probe
        } else {
            Kind::Call
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Methods};

    #[test]
    fn methods_are_what_the_contract_says() {
        let methods = Methods::of_descriptors();
        let mut watches: Vec<&str> = methods.watches.iter().map(String::as_str).collect();
        watches.sort_unstable();
        let due = [
            "/paceline.v1.AlertsService/WatchAlerts",
            "/paceline.v1.StandingsService/WatchLeaderboard",
            "/paceline.v1.StandingsService/WatchStandings",
        ];
        assert_eq!(watches, due);
        for (path, kind) in [
            ("/paceline.v1.StandingsService/GetStandings", Kind::Call),
            ("/paceline.v1.StandingsService/Unheard", Kind::Call),
            ("/grpc.health.v1.Health/Check", Kind::Call),
            ("/grpc.health.v1.Health/Watch", Kind::Probe),
            ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Kind::Probe),
        ] {
            assert_eq!(methods.kind(path), kind, "{path}");
        }
    }
}
