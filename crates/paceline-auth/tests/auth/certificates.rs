//! Certificates of clients: whose they are, by the names in them.

use hyper::HeaderMap;
use paceline_auth::{Authenticator, Identities, Identity, MutualTls, Service};
use paceline_core::sight::Sight;
use paceline_grpc::{Credentials, Identify as _, Principal, Role, Unidentified};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
    SanType,
};

use crate::idp::{Hand, NOW};

/// Who issues certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for hosts and URIs.
    pub(crate) fn issue(&self, hosts: &[&str], uris: &[&str]) -> (Certificate, KeyPair) {
        self.issue_until(hosts, uris, 2100)
    }

    /// One that holds until a year begins.
    pub(crate) fn issue_until(
        &self,
        hosts: &[&str],
        uris: &[&str],
        year: i32,
    ) -> (Certificate, KeyPair) {
        let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        let mut params = CertificateParams::new(hosts).expect("names");
        let uris = uris.iter().map(|&uri| SanType::URI(uri.try_into().expect("ASCII")));
        params.subject_alt_names.extend(uris);
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().expect("a key");
        (params.signed_by(&key, &self.0).expect("a certificate"), key)
    }
}

fn authenticator(hand: &Hand) -> Authenticator {
    let board = Identity::Person { role: Role::Executive, rep: None };
    let lead = Identity::Person { role: Role::Manager, rep: Some("M1".to_owned()) };
    let service =
        Service { sees: vec!["team:M1".to_owned()], with_members: true, sets_goals: true };
    let identities: Identities = [
        ("spiffe://example.com/alerts".to_owned(), Identity::Service(service)),
        ("board.example.com".to_owned(), board),
        ("lead.example.com".to_owned(), lead),
    ]
    .into_iter()
    .collect();
    Authenticator::new(None, Some(MutualTls { identities }), hand.clock()).expect("no keys needed")
}

async fn show(
    authenticator: &Authenticator,
    certificate: &[u8],
) -> Result<Principal, Unidentified> {
    let headers = HeaderMap::new();
    let shown = Credentials { headers: &headers, certificate: Some(certificate) };
    authenticator.identify(shown).await
}

#[tokio::test]
async fn a_certificate_is_somebodys_by_its_uri_or_else_by_its_host() {
    let (authority, hand) = (Authority::new("ca"), Hand::new());
    let authenticator = authenticator(&hand);
    let of = |hosts: &[&str], uris: &[&str]| authority.issue(hosts, uris).0.der().to_vec();
    let service = show(&authenticator, &of(&["x.example.com"], &["spiffe://example.com/alerts"]));
    let service = service.await.expect("a service");
    assert_eq!((service.role, service.sets_goals), (Role::Service, true));
    assert_eq!(
        (service.issuer.as_str(), service.subject.as_str()),
        ("mtls", "spiffe://example.com/alerts")
    );
    let board = show(&authenticator, &of(&["x.example.com", "board.example.com"], &[])).await;
    let board = board.expect("an executive");
    assert_eq!((board.role, &board.sight), (Role::Executive, &Sight::All));
    assert_eq!(board.expires.expect("it expires").to_string(), "2100-01-01T00:00:00Z");
    let lead = show(&authenticator, &of(&["lead.example.com"], &[])).await.expect("a manager");
    assert_eq!(lead.sight, Sight::of_manager("M1"));
    for (hosts, uris, detail) in [
        (&["other.example.com"][..], &[][..], "certificate_unknown"),
        (&[], &[], "certificate_unknown"),
        (&["board.example.com"], &["spiffe://example.com/other"], "certificate_unknown"),
        (&[], &["spiffe://example.com/alerts/"], "certificate_unknown"),
        (&[], &["spiffe://example.com/alerts", "spiffe://example.com/x"], "certificate_names"),
        (&["board.example.com", "lead.example.com"], &[], "certificate_names"),
        (&["*.example.com"], &[], "certificate_unknown"),
        (&["BOARD.example.com"], &[], "certificate_unknown"),
    ] {
        let refused = show(&authenticator, &of(hosts, uris)).await.expect_err("nobody");
        assert_eq!(refused.detail, detail, "{hosts:?} {uris:?}");
    }
    let refused = show(&authenticator, b"no certificate").await.expect_err("nobody");
    assert_eq!(refused.detail, "certificate");
}

#[tokio::test]
async fn a_certificate_that_expired_on_its_connection_is_nobodys_any_more() {
    let (authority, hand) = (Authority::new("ca"), Hand::new());
    let authenticator = authenticator(&hand);
    let (certificate, _) = authority.issue_until(&["board.example.com"], &[], 2027);
    let until = show(&authenticator, certificate.der()).await.expect("it holds").expires;
    hand.forward(until.expect("it expires").as_second() - NOW);
    let refused = show(&authenticator, certificate.der()).await.expect_err("expired");
    assert_eq!(refused.reason, "CREDENTIALS_EXPIRED");
}
