//! What a server is shown, and what it is believed by: tokens, certificates, authorities.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use tonic::Status;
use tonic::codegen::http::Uri;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

/// What TLS is made with. The default is what the system believes, and no certificate of one's own.
#[derive(Clone, Default)]
pub struct Tls {
    /// Whom the server's certificate is believed of, in PEM, in the place of whom the system believes.
    pub ca: Option<Vec<u8>>,
    /// A certificate to show and its private key, both in PEM.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

impl Tls {
    pub(crate) fn config(&self) -> ClientTlsConfig {
        let config = match &self.ca {
            Some(ca) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        match &self.identity {
            Some((certificate, key)) => config.identity(Identity::from_pem(certificate, key)),
            None => config,
        }
    }
}

// The key is nobody's to see.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ca, identity) = (self.ca.is_some(), self.identity.is_some());
        f.debug_struct("Tls").field("ca", &ca).field("identity", &identity).finish()
    }
}

/// Where the token of each request comes from.
#[derive(Clone)]
pub(crate) enum Token {
    /// It is always the same.
    Fixed(AsciiMetadataValue),
    /// It is asked for each time, and may be another.
    From(Arc<dyn Fn() -> Result<String, String> + Send + Sync>),
}

impl Token {
    /// The value of the `authorization` header.
    ///
    /// # Errors
    /// There is no token just now, or none that can be sent.
    pub(crate) fn header(&self) -> Result<AsciiMetadataValue, Status> {
        match self {
            Self::Fixed(header) => Ok(header.clone()),
            Self::From(source) => {
                let told = |why| Status::unavailable(format!("there is no token: {why}"));
                let token = source().map_err(told)?;
                bearer(&token).ok_or_else(|| told("it has characters that no token has".to_owned()))
            }
        }
    }

    /// Whether there may be another later.
    pub(crate) fn renews(&self) -> bool {
        matches!(self, Self::From(_))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Whether what goes to an address can be read by nobody on the way: it goes over TLS, or stays on this host.
pub(crate) fn is_private(address: &Uri) -> bool {
    let host = address.host().unwrap_or_default();
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_here = host == "localhost" || ip.is_ok_and(|ip| ip.to_canonical().is_loopback());
    is_here || address.scheme_str() == Some("https")
}

/// A token as it is sent. Logs leave it out.
pub(crate) fn bearer(token: &str) -> Option<AsciiMetadataValue> {
    let mut header: AsciiMetadataValue = format!("Bearer {}", token.trim()).parse().ok()?;
    header.set_sensitive(true);
    Some(header)
}
