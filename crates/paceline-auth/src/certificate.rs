//! Certificates of clients: the name in one, and who has it.
//!
//! That it is genuine, not expired and its key proven is the handshake's to check. What is looked at here comes after that.

use std::collections::BTreeMap;

use jiff::Timestamp;
use paceline_grpc::{Principal, Unidentified};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

use crate::roles::{Service, person};
use crate::token::{expired, invalid};

/// Who certificates are issued by, in the place of a token's issuer.
const ISSUER: &str = "mtls";

/// Who has a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Somebody with a role, and the id of the rep that they are.
    Person {
        /// What they may do; no service.
        role: paceline_grpc::Role,
        /// The rep that they are.
        rep: Option<String>,
    },
    /// A program.
    Service(Service),
}

/// Who has which certificate, by the name in it: `spiffe://example.com/alerts` or `alerts.example.com`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identities(BTreeMap<String, Identity>);

impl FromIterator<(String, Identity)> for Identities {
    fn from_iter<I: IntoIterator<Item = (String, Identity)>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

impl Identities {
    /// Who has a certificate, in DER.
    ///
    /// # Errors
    /// It has expired since its connection was made, or nobody has its name.
    pub(crate) fn find(&self, der: &[u8], now: Timestamp) -> Result<Principal, Unidentified> {
        let (_, certificate) =
            X509Certificate::from_der(der).map_err(|_| invalid("certificate"))?;
        let expires = not_after(&certificate).ok_or_else(|| invalid("certificate"))?;
        if expires <= now {
            return Err(expired("certificate"));
        }
        let (name, identity) = self.known(&certificate)?;
        let (issuer, subject) = (ISSUER.to_owned(), name.to_owned());
        match identity {
            Identity::Service(service) => Ok(service.principal(issuer, subject, Some(expires))),
            Identity::Person { role, rep } => {
                person(issuer, subject, *role, rep.clone(), Some(expires))
                    .ok_or_else(|| invalid("rep"))
            }
        }
    }

    /// The one name of a certificate that somebody has. A certificate with a URI is known by that alone, as SPIFFE has it.
    fn known(&self, certificate: &X509Certificate<'_>) -> Result<(&str, &Identity), Unidentified> {
        let names = certificate.subject_alternative_name().ok().flatten();
        let names = names.map(|names| names.value.general_names.as_slice()).unwrap_or_default();
        let uris: Vec<&str> = names.iter().filter_map(uri).collect();
        let names = match uris.len() {
            0 => names.iter().filter_map(dns).collect(),
            1 => uris,
            _ => return Err(invalid("certificate_names")),
        };
        let mut known = names.into_iter().filter_map(|name| self.0.get_key_value(name));
        match (known.next(), known.next()) {
            (Some((name, identity)), None) => Ok((name, identity)),
            (None, _) => Err(invalid("certificate_unknown")),
            (Some(_), Some(_)) => Err(invalid("certificate_names")),
        }
    }
}

fn uri<'a>(name: &GeneralName<'a>) -> Option<&'a str> {
    if let GeneralName::URI(uri) = name { Some(uri) } else { None }
}

fn dns<'a>(name: &GeneralName<'a>) -> Option<&'a str> {
    if let GeneralName::DNSName(name) = name { Some(name) } else { None }
}

/// Until when a certificate holds.
pub(crate) fn not_after(certificate: &X509Certificate<'_>) -> Option<Timestamp> {
    Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()
}
