//! How many refusals are written down: so many a second of one caller, and of all together.

use std::collections::HashMap;

use jiff::Timestamp;
use paceline_grpc::{Network, Refusal};

/// The most records a second of one caller: a person who is refused is refused once or twice.
const OF_ONE: u32 = 10;
/// The most records a second of all callers: some 12 GiB a day at worst, as long as somebody keeps at it with as many names as a record
/// holds, of ids as they are in a CRM; some 5 GiB without.
const OF_ALL: u32 = 100;

/// Counts what is written in the running second.
#[derive(Debug, Default)]
pub(super) struct Flood {
    second: i64,
    all: u32,
    /// By caller. Only those are in it of whom something is written, so that it has as many entries as `all` at most.
    by_caller: HashMap<Caller, u32>,
}

/// Who is refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Caller {
    /// A principal.
    Known {
        /// Who says who it is.
        issuer: String,
        /// Who it is.
        subject: String,
    },
    /// Somebody of whom it is only known where they come from, if that is.
    Nobody(Option<Network>),
}

impl Flood {
    /// Whether one more refusal of a caller may be written down.
    pub(super) fn admits(&mut self, caller: &Caller, now: Timestamp) -> bool {
        if now.as_second() != self.second {
            *self = Self { second: now.as_second(), ..Self::default() };
        }
        let of_caller = self.by_caller.get(caller).copied().unwrap_or(0);
        self.all < OF_ALL && of_caller < OF_ONE
    }

    /// Counts one that is written down.
    pub(super) fn count(&mut self, caller: Caller) {
        self.all += 1;
        *self.by_caller.entry(caller).or_default() += 1;
    }
}

impl Caller {
    /// Who is refused by a refusal.
    pub(super) fn of(refusal: &Refusal) -> Self {
        match &refusal.who {
            Some(who) => Self::Known { issuer: who.issuer.clone(), subject: who.subject.clone() },
            None => Self::Nobody(refusal.call.peer.map(|peer| Network::of(peer.ip()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Caller, Flood, OF_ALL, OF_ONE};
    use jiff::Timestamp;
    use paceline_grpc::{Call, Named, Refusal};

    #[test]
    fn each_and_all_have_their_share_of_a_second() {
        let mut flood = Flood::default();
        for second in [5, 6] {
            let now = Timestamp::from_second(second).expect("an instant");
            let mut admitted = |name: &str| {
                let caller = Caller::Known { issuer: String::new(), subject: name.to_owned() };
                let mut admits = |_: &u32| {
                    let admits = flood.admits(&caller, now);
                    if admits {
                        flood.count(caller.clone());
                    }
                    admits
                };
                (0..1_000).filter(|nth| admits(nth)).count()
            };
            assert_eq!(admitted("ana"), OF_ONE as usize);
            assert_eq!(admitted("max"), OF_ONE as usize);
            let others: usize = (0..1_000).map(|other| admitted(&other.to_string())).sum();
            assert_eq!(others, (OF_ALL - 2 * OF_ONE) as usize);
            assert!(flood.by_caller.len() <= OF_ALL as usize);
        }
    }

    #[test]
    fn callers_whom_nobody_knows_are_told_apart_by_their_networks() {
        let of = |peer: &str| {
            let call = Call {
                method: "unknown".to_owned(),
                request_id: "1".to_owned(),
                peer: peer.parse().ok(),
            };
            Caller::of(&Refusal {
                call: Arc::new(call),
                who: None,
                outcome: "UNAUTHENTICATED",
                reason: String::new(),
                detail: None,
                named: Named::default(),
            })
        };
        assert_eq!(of("192.0.2.1:1"), of("[::ffff:192.0.2.1]:2"));
        assert_ne!(of("192.0.2.1:1"), of("192.0.2.2:1"));
        assert_eq!(of("[2001:db8::1]:1"), of("[2001:db8::2:0:0:1]:1"), "one network");
        assert_ne!(of("[2001:db8::1]:1"), of("[2001:db8:0:1::1]:1"));
    }
}
