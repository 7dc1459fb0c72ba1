//! How many refusals are written down: so many a second of one caller, and of all together.

use std::collections::HashMap;

use jiff::Timestamp;
use paceline_grpc::Refusal;

/// The most records a second of one caller: a person who is refused is refused once or twice.
const OF_ONE: u32 = 10;
/// The most records a second of all callers: some 4 GiB a day at worst, as long as somebody keeps at it.
const OF_ALL: u32 = 100;

/// Counts what is written in the running second.
#[derive(Debug, Default)]
pub(super) struct Flood {
    second: i64,
    all: u32,
    /// By caller. Only who is let through is in it, so that it has as many entries as `all` at most.
    by_caller: HashMap<String, u32>,
}

impl Flood {
    /// Whether one more refusal of a caller is written down.
    pub(super) fn admits(&mut self, caller: &str, now: Timestamp) -> bool {
        if now.as_second() != self.second {
            *self = Self { second: now.as_second(), ..Self::default() };
        }
        let of_caller = self.by_caller.get(caller).copied().unwrap_or(0);
        if self.all >= OF_ALL || of_caller >= OF_ONE {
            return false;
        }
        self.all += 1;
        self.by_caller.insert(caller.to_owned(), of_caller + 1);
        true
    }
}

/// Who is refused: a principal, and of those whom nobody knows the host they come from.
pub(super) fn caller(refusal: &Refusal) -> String {
    match &refusal.who {
        Some(who) => format!("{}\n{}", who.issuer, who.subject),
        None => refusal.call.peer.map(|peer| peer.ip().to_string()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Flood, OF_ALL, OF_ONE};
    use jiff::Timestamp;

    #[test]
    fn each_and_all_have_their_share_of_a_second() {
        let mut flood = Flood::default();
        for second in [5, 6] {
            let now = Timestamp::from_second(second).expect("an instant");
            let mut admitted =
                |caller: &str| (0..1_000).filter(|_| flood.admits(caller, now)).count();
            assert_eq!(admitted("ana"), OF_ONE as usize);
            assert_eq!(admitted("max"), OF_ONE as usize);
            let others: usize = (0..1_000).map(|other| admitted(&other.to_string())).sum();
            assert_eq!(others, (OF_ALL - 2 * OF_ONE) as usize);
            assert!(flood.by_caller.len() <= OF_ALL as usize);
        }
    }
}
