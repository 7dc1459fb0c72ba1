//! Roles: from what a token claims, in the words of the identity provider, to whose numbers somebody may see.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use paceline_core::sight::{Root, Sight};
use paceline_grpc::{Principal, Role, Unidentified};
use serde_json::{Map, Value};

use crate::token::claims::Held;
use crate::token::invalid;

/// The longest id of a rep, in bytes.
const REP_BYTES: usize = 255;

/// Where in a token it stands what somebody is: the name of a claim, or names with dots between for one within another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The claim with the role: a text, or a list of texts.
    pub role: String,
    /// The claim with the id of the rep that they are.
    pub rep: String,
}

/// What the words of the identity provider mean here.
pub type Roles = BTreeMap<String, Role>;

/// A program, and what it may see and do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The scopes that it sees.
    pub sees: Vec<String>,
    /// Whether everything that is part of them is seen too.
    pub with_members: bool,
    /// Whether it may set and delete goals.
    pub sets_goals: bool,
}

impl Service {
    /// It as somebody who asks.
    pub(crate) fn principal(
        &self,
        issuer: String,
        subject: String,
        expires: Option<Timestamp>,
    ) -> Principal {
        let root = |scope: &String| Root { scope: scope.clone(), with_members: self.with_members };
        let sight = Sight::Of(self.sees.iter().map(root).collect::<Vec<_>>().into());
        let (role, sets_goals) = (Role::Service, self.sets_goals);
        Principal { issuer, subject, role, sight, rep: None, sets_goals, expires }
    }
}

/// Somebody with a role; `None` when it takes a rep's id, and there is none.
pub(crate) fn person(
    issuer: String,
    subject: String,
    role: Role,
    rep: Option<String>,
    expires: Option<Timestamp>,
) -> Option<Principal> {
    let sight = match (role, &rep) {
        (Role::Rep, Some(rep)) => Sight::of_rep(rep),
        (Role::Manager, Some(rep)) => Sight::of_manager(rep),
        (Role::Executive | Role::Admin, _) => Sight::All,
        (Role::Rep | Role::Manager, None) => return None,
        // Programs are seen to by the config alone.
        (Role::Service, _) => return None,
    };
    let sets_goals = role == Role::Admin;
    Some(Principal { issuer, subject, role, sight, rep, sets_goals, expires })
}

/// What is needed to tell what somebody may do.
#[derive(Clone, Debug)]
pub(crate) struct Duties {
    pub(crate) claims: Claims,
    pub(crate) roles: Roles,
    pub(crate) services: Arc<BTreeMap<String, Service>>,
}

impl Duties {
    /// Who it is that holds a token.
    ///
    /// A subject that the config calls a service is that, whatever else is claimed.
    ///
    /// # Errors
    /// It claims no role that is known, or lacks the id of the rep that the role is about.
    pub(crate) fn principal(
        &self,
        issuer: &str,
        held: Held,
        claims: &Map<String, Value>,
    ) -> Result<Principal, Unidentified> {
        let (issuer, Held { subject, expires }) = (issuer.to_owned(), held);
        if let Some(service) = self.services.get(&subject) {
            return Ok(service.principal(issuer, subject, Some(expires)));
        }
        let role = self.role(claims)?;
        let rep = self.rep(claims)?;
        person(issuer, subject, role, rep, Some(expires))
            .ok_or_else(|| invalid(if role == Role::Service { "service_unknown" } else { "rep" }))
    }

    /// The role that is claimed; of several that which may do most. A service is no person, and cannot be both.
    fn role(&self, claims: &Map<String, Value>) -> Result<Role, Unidentified> {
        let named = claim(claims, &self.claims.role).ok_or_else(|| invalid("role"))?;
        let words: Vec<&str> = match named {
            Value::String(word) => vec![word],
            Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
            _ => return Err(invalid("role")),
        };
        let roles = || words.iter().filter_map(|word| self.roles.get(*word).copied());
        let most = roles().max().ok_or_else(|| invalid("role"))?;
        if most == Role::Service && roles().any(|role| role != Role::Service) {
            return Err(invalid("role"));
        }
        Ok(most)
    }

    fn rep(&self, claims: &Map<String, Value>) -> Result<Option<String>, Unidentified> {
        let Some(rep) = claim(claims, &self.claims.rep).filter(|rep| !rep.is_null()) else {
            return Ok(None);
        };
        let rep = rep.as_str().filter(|rep| is_id(rep)).ok_or_else(|| invalid("rep"))?;
        Ok(Some(rep.to_owned()))
    }
}

/// A claim by its whole name, which may have dots, or by its path.
fn claim<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    rest.split('.').try_fold(claims.get(first)?, |value, key| value.get(key))
}

fn is_id(rep: &str) -> bool {
    !rep.is_empty() && rep.len() <= REP_BYTES && !rep.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use paceline_core::sight::Sight;
    use paceline_grpc::Role;
    use serde_json::json;

    use super::{Claims, Duties, Service};
    use crate::token::claims::Held;

    fn duties() -> Duties {
        let roles = [
            ("sales", Role::Rep),
            ("leads", Role::Manager),
            ("board", Role::Executive),
            ("ops", Role::Admin),
            ("bots", Role::Service),
        ];
        let alerts =
            Service { sees: vec!["team:M1".to_owned()], with_members: true, sets_goals: true };
        Duties {
            claims: Claims { role: "https://x.y/realm.roles".to_owned(), rep: "crm.id".to_owned() },
            roles: roles.map(|(word, role)| (word.to_owned(), role)).into(),
            services: Arc::new([("alerts".to_owned(), alerts)].into()),
        }
    }

    fn asked(subject: &str, claims: serde_json::Value) -> Result<paceline_grpc::Principal, &str> {
        let held = Held { subject: subject.to_owned(), expires: Timestamp::MAX };
        let claims = claims.as_object().expect("an object");
        duties().principal("idp", held, claims).map_err(|no| no.detail)
    }

    #[test]
    fn roles_come_from_claims_and_the_highest_counts() {
        for (claims, expected) in [
            (json!({"https://x.y/realm.roles": "sales", "crm": {"id": "U1"}}), Ok(Role::Rep)),
            (
                json!({"https://x.y/realm.roles": ["x", "leads", "sales"], "crm.id": "M1"}),
                Ok(Role::Manager),
            ),
            (
                json!({"https://x.y/realm.roles": ["board", "sales"], "crm": {"id": "U1"}}),
                Ok(Role::Executive),
            ),
            (json!({"https://x.y/realm.roles": ["ops", 7, "board"]}), Ok(Role::Admin)),
            (json!({"https://x": {"y/realm": {"roles": "ops"}}}), Ok(Role::Admin)),
            (json!({"https://x.y/realm.roles": "sales"}), Err("rep")),
            (json!({"https://x.y/realm.roles": "leads", "crm": {"id": null}}), Err("rep")),
            (json!({"https://x.y/realm.roles": "leads", "crm": {"id": ""}}), Err("rep")),
            (json!({"https://x.y/realm.roles": "leads", "crm": {"id": 7}}), Err("rep")),
            (json!({"https://x.y/realm.roles": "leads", "crm": {"id": "a\u{0}b"}}), Err("rep")),
            (json!({"https://x.y/realm.roles": "Sales", "crm": {"id": "U1"}}), Err("role")),
            (json!({"https://x.y/realm.roles": "rep", "crm": {"id": "U1"}}), Err("role")),
            (json!({"https://x.y/realm.roles": [], "crm": {"id": "U1"}}), Err("role")),
            (json!({"https://x.y/realm.roles": {"sales": true}}), Err("role")),
            (json!({"role": "ops"}), Err("role")),
            (json!({"https://x.y/realm.roles": "bots"}), Err("service_unknown")),
            (json!({"https://x.y/realm.roles": ["bots", "ops"]}), Err("role")),
        ] {
            let role = asked("somebody", claims.clone()).map(|principal| principal.role);
            assert_eq!(role, expected, "{claims}");
        }
    }

    #[test]
    fn what_somebody_sees_follows_from_their_role() {
        let of = |role, rep| {
            asked("s", json!({"https://x.y/realm.roles": role, "crm": {"id": rep}})).expect(role)
        };
        assert_eq!(of("sales", "U1").sight, Sight::of_rep("U1"));
        assert_eq!(of("leads", "M1").sight, Sight::of_manager("M1"));
        assert_eq!(of("board", "M1").sight, Sight::All);
        assert_eq!(
            ["sales", "leads", "board", "ops"].map(|role| of(role, "U1").sets_goals),
            [false, false, false, true]
        );
    }

    #[test]
    fn a_service_is_what_the_config_says_whatever_it_claims() {
        let service = asked("alerts", json!({"https://x.y/realm.roles": "ops"})).expect("known");
        assert_eq!((service.role, service.sets_goals, service.rep), (Role::Service, true, None));
        let Sight::Of(roots) = service.sight else { panic!("it sees all") };
        assert_eq!(
            (roots.len(), roots[0].scope.as_str(), roots[0].with_members),
            (1, "team:M1", true)
        );
    }
}
