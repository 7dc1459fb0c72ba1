//! Methods: of which kind each is, and what one of that kind needs to be let in.

use std::collections::HashSet;

use prost::Message as _;
use prost_types::FileDescriptorSet;

use super::ledger::Use;
use crate::proto::DESCRIPTORS;
use crate::who::HEALTH;

/// What a method asks of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One answer. What is no method at all is such a one too.
    Call,
    /// A stream that the service counts.
    Watch,
    /// One answer about the health, for which nobody has to be known.
    Check,
    /// A stream of the health, for which nobody has to be known.
    Probe,
    /// A stream both ways, of reflection.
    Talk,
}

impl Kind {
    /// What whoever asks for it is counted to have done, where they are known.
    pub(super) fn own_use(self) -> Option<Use> {
        match self {
            Self::Call => Some(Use::Call),
            Self::Watch | Self::Talk => Some(Use::Opening),
            Self::Check | Self::Probe => None,
        }
    }

    /// What all together are counted to have done: only what those who may ask for it do with what is everybody's.
    pub(super) fn use_of_all(self) -> Option<Use> {
        match self {
            Self::Call => Some(Use::Call),
            Self::Watch => Some(Use::Opening),
            // They have places of their own, which are few.
            Self::Check | Self::Probe | Self::Talk => None,
        }
    }
}

/// The methods that stream.
#[derive(Debug)]
pub(super) struct Methods {
    watches: HashSet<String>,
}

/// Where the services of reflection are, of whichever version.
const REFLECTION: &str = "/grpc.reflection.";

impl Methods {
    /// Those of the services as they were compiled in.
    pub(super) fn of_descriptors() -> Self {
        let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap_or_default();
        let mut watches = HashSet::new();
        for file in &set.file {
            for service in &file.service {
                let streams = service.method.iter().filter(|method| method.server_streaming());
                let path = |name: &str| format!("/{}.{}/{name}", file.package(), service.name());
                watches.extend(streams.map(|method| path(method.name())));
            }
        }
        Self { watches }
    }

    pub(super) fn kind(&self, path: &str) -> Kind {
        // Whatever is asked there may be asked by nobody known, also what is no method.
        match path.strip_prefix(HEALTH) {
            Some("Watch") => Kind::Probe,
            Some(_) => Kind::Check,
            None if self.watches.contains(path) => Kind::Watch,
            None if path.starts_with(REFLECTION) => Kind::Talk,
            None => Kind::Call,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Methods, Use};

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
            ("/grpc.health.v1.Health/Check", Kind::Check),
            ("/grpc.health.v1.Health/Unheard", Kind::Check),
            ("/grpc.health.v1.Health/Watch", Kind::Probe),
            ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Kind::Talk),
            ("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Kind::Talk),
        ] {
            assert_eq!(methods.kind(path), kind, "{path}");
        }
    }

    #[test]
    fn what_nobody_known_may_ask_for_takes_nothing_of_what_is_everybodys() {
        for (kind, own, of_all) in [
            (Kind::Call, Some(Use::Call), Some(Use::Call)),
            (Kind::Watch, Some(Use::Opening), Some(Use::Opening)),
            (Kind::Talk, Some(Use::Opening), None),
            (Kind::Check, None, None),
            (Kind::Probe, None, None),
        ] {
            assert_eq!((kind.own_use(), kind.use_of_all()), (own, of_all), "{kind:?}");
        }
    }
}
