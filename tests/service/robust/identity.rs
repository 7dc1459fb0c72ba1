//! Who clients are: what their tokens claim, whose numbers they are shown for it, and for how long a token is good.
//!
//! Most see all, so that there is somebody to lay side by side for every clause. Managers are of every team, so that whoever moves
//! leaves the sight of one and comes into another's. Every other manager and some of those who see all have tokens that expire while
//! they watch, and come again with another.

use std::{ops::Range, sync::Arc, time::Duration};

use jiff::Timestamp;
use paceline_tests::{chance::Chance, history::Principal, issuer::Issuer};
use serde_json::{Value, json};

/// For how many seconds tokens are good: longer than any run, or for a part of one.
const LONG: Range<u64> = 3_600..3_601;
const SHORT: Range<u64> = 8..16;

/// The programs that may ask, as the config lists them: one sees everything below the org, one the totals of two teams.
pub(super) const SERVICES: &str = "[{subject: board, sees: [org], with_members: true}, {subject: sums, sees: [\"team:M2\", \"team:M3\"]}]";

/// Who a client is.
pub(super) struct Identity {
    issuer: Arc<Issuer>,
    subject: String,
    claims: Value,
    /// The scopes that they see, each with whether those below it are seen too; `None`: all are.
    sees: Option<Vec<(String, bool)>>,
    good: Range<u64>,
}

impl Identity {
    /// That of a client.
    pub(super) fn of(number: usize, issuer: Arc<Issuer>) -> Self {
        let subject = format!("client-{number}");
        let all = |good| (subject.clone(), json!({"role": "executive"}), None, good);
        let manager = |good| {
            let id = manager(number);
            let sees = vec![(format!("rep:{id}"), false), (format!("team:{id}"), true)];
            (subject.clone(), json!({"role": "manager", "rep": id}), Some(sees), good)
        };
        let (subject, claims, sees, good) = match number % 10 {
            3 => manager(LONG),
            6 => manager(SHORT),
            7 if number.is_multiple_of(3) => {
                let sees = ["team:M2", "team:M3"].map(|team| (team.to_owned(), false));
                ("sums".to_owned(), json!({}), Some(sees.to_vec()), LONG)
            }
            7 => ("board".to_owned(), json!({}), Some(vec![("org".to_owned(), true)]), LONG),
            8 => {
                let id = format!("U{}", 1 + number % 9);
                let sees = vec![(format!("rep:{id}"), false)];
                (subject.clone(), json!({"role": "rep", "rep": id}), Some(sees), LONG)
            }
            9 => all(SHORT),
            _ => all(LONG),
        };
        Self { issuer, subject, claims, sees, good }
    }

    /// Whether they watch whatever they see: of managers there are many who do, and lose sight of people.
    pub(super) fn watches_all(number: usize) -> bool {
        matches!(number % 20, 3 | 6)
    }

    /// A new token, and what it is good for.
    pub(super) fn show(&self, chance: &mut Chance) -> (String, Principal) {
        let good = Duration::from_secs(chance.between(self.good.start, self.good.end));
        let expires = (Timestamp::now() + good).as_second();
        let token = self.issuer.token_until(&self.subject, &self.claims, expires.unsigned_abs());
        let sees = self.sees.as_ref().map(|sees| sees.iter().cloned().collect());
        (token, Principal { sees, expires: Timestamp::from_second(expires).ok() })
    }
}

/// Which manager a client is, if it is one.
fn manager(number: usize) -> String {
    format!("M{}", 2 + number % 6)
}
