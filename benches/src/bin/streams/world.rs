//! The organisation that is watched: reps in teams of ten, each with one deal whose amount is all that changes.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use paceline_benches::config::Addresses;
use paceline_tests::issuer::Issuer;

/// The topic of the deals.
pub(crate) const TOPIC: &str = "crm.opportunity";
/// Its partitions.
pub(crate) const PARTITIONS: i32 = 4;
/// Reps of a team.
const TEAM: usize = 10;
/// Teams of a director.
const TEAMS: usize = 100;

const MODEL: &str = r#"
entities:
  opportunity:
    fields:
      owner: {path: Owner, type: text}
      amount: {path: Amount, type: decimal}
kpis:
  - {name: pipeline, type: simple, entity: opportunity, agg: sum, expr: amount, credit: owner, goal_kind: hold, periods: [month]}
goals:
  - {kpi: pipeline, period: month, target: 60000000, for: everyone}
"#;

/// The organisation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) reps: usize,
}

impl World {
    /// How many teams there are.
    pub(crate) fn teams(self) -> usize {
        self.reps.div_ceil(TEAM)
    }

    /// The config of its service, which asks who somebody is if there are keys to find out.
    pub(crate) fn yaml(self, addresses: &Addresses, keys: Option<&Path>) -> String {
        let Addresses { brokers, grpc, http } = addresses;
        let mut text = format!(
            "kafka: {{brokers: \"{brokers}\"}}\n\
             sources: [{{topic: {TOPIC}, format: paceline, entity: opportunity}}]\n\
             server: {{grpc: \"{grpc}\", http: \"{http}\"}}\nreps:\n  list:\n"
        );
        if let Some(keys) = keys {
            text.insert_str(0, &format!("auth: {{{}}}\n", Issuer::config(keys)));
        }
        let directors = self.teams().div_ceil(TEAMS);
        let mut rep = |id: String, above: Option<String>| {
            let above = above.map(|above| format!(", manager: {above}")).unwrap_or_default();
            writeln!(text, "    - {{id: {id}, name: {id}{above}}}").expect("a text takes text");
        };
        (0..directors).for_each(|at| rep(format!("D{at}"), None));
        (0..self.teams()).for_each(|at| rep(format!("M{at}"), Some(format!("D{}", at / TEAMS))));
        (0..self.reps).for_each(|at| rep(format!("R{at}"), Some(format!("M{}", at / TEAM))));
        text + MODEL
    }

    /// The key and the value of the change by which a rep's deal gets an amount.
    pub(crate) fn change(rep: usize, amount: u64) -> (String, String) {
        let key = format!("O{rep}");
        let value = format!(
            "{{\"id\":\"{key}\",\"op\":\"upsert\",\"version\":{},\"set\":{{\"Owner\":\"R{rep}\",\"Amount\":{amount}}}}}",
            amount + 1
        );
        (key, value)
    }
}

/// Now, in microseconds since a base.
pub(crate) fn micros_since(base: u64) -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    (since.as_micros() as u64).saturating_sub(base)
}
