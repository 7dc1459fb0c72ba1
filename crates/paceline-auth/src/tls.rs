//! The certificates that the server shows, and those that it asks of clients: from files that are replaced while it runs.
//!
//! Certificate and key are two files, and nothing replaces two files at once. So what is read is taken only when it was the
//! same twice and its parts belong together; until then the last that was good stays.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use metrics::{counter, gauge};
use paceline_grpc::{Clock, Secured};
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use crate::certificate::not_after;
use crate::files::{self, FileError};
use crate::metric;

/// How long files have to stay the same before they are taken.
const SETTLED: Duration = Duration::from_millis(200);
const DAY_SECONDS: f64 = 86_400.0;

/// Whether clients show certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// They are not asked.
    #[default]
    None,
    /// They may; one that is shown has to be good.
    Optional,
    /// Connections without one are refused.
    Required,
}

/// The files of TLS, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, followed by those between it and its authority.
    pub cert: PathBuf,
    /// Its private key, which not everybody may read.
    pub key: PathBuf,
    /// The authorities of clients' certificates.
    pub client_ca: Option<PathBuf>,
    /// Whether clients show certificates.
    pub client: ClientAuth,
}

/// Why connections cannot be secured.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// Certificate and key are not of each other.
    #[error("{} is not the key of {}", .key.display(), .cert.display())]
    Mismatch {
        /// The certificate.
        cert: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// What the files hold cannot be used.
    #[error("{} cannot be used: {why}", .cert.display())]
    Unusable {
        /// The certificate.
        cert: PathBuf,
        /// Why.
        why: String,
    },
}

/// The certificates as they are now.
#[derive(Debug)]
pub struct Certificates {
    files: TlsFiles,
    /// What was taken last.
    taken: Contents,
    /// Until when the server's holds.
    expires: Timestamp,
    secured: watch::Sender<Secured>,
}

/// What is in the files.
#[derive(PartialEq, Eq)]
struct Contents {
    cert: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

/// What a look at the files has found.
enum Found {
    /// What is in use.
    Same,
    /// Somebody is at it; the next look finds what comes of that.
    Unsettled,
    /// Something else, which is in use now.
    Changed,
}

impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contents").finish_non_exhaustive()
    }
}

impl Certificates {
    /// Reads the files.
    ///
    /// # Errors
    /// One cannot be read, everybody can read the key, or they do not belong together.
    pub fn read(files: TlsFiles) -> Result<Self, TlsError> {
        let taken = files.contents()?;
        let (secured, expires) = files.secure(&taken)?;
        Ok(Self { files, taken, expires, secured: watch::Sender::new(secured) })
    }

    /// How connections are secured, now and later.
    pub fn secured(&self) -> watch::Receiver<Secured> {
        self.secured.subscribe()
    }

    /// Reads the files again now and then, until told to stop. Connections that are open keep what they began with.
    pub async fn keep(mut self, every: Duration, wall: Clock, stop: CancellationToken) {
        let mut is_failing = false;
        loop {
            gauge!(metric::CERTIFICATE_DAYS).set(days_between(wall(), self.expires));
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(every) => {}
            }
            match self.renew().await {
                Ok(Found::Unsettled) => {}
                Ok(Found::Same) => {
                    if is_failing {
                        tracing::info!("the certificates that are in use are in their files again");
                    }
                    is_failing = false;
                }
                Ok(Found::Changed) => {
                    counter!(metric::RELOADS, "outcome" => "ok").increment(1);
                    tracing::info!(expires = %self.expires, "changed certificates are in use");
                    is_failing = false;
                }
                Err(error) => {
                    counter!(metric::RELOADS, "outcome" => "failed").increment(1);
                    if !is_failing {
                        tracing::warn!(%error, "changed certificates cannot be used; the last good ones stay");
                    }
                    is_failing = true;
                }
            }
        }
    }

    /// Takes the files if they have changed, and answers whether they have.
    async fn renew(&mut self) -> Result<Found, TlsError> {
        let found = self.files.contents()?;
        if found == self.taken {
            return Ok(Found::Same);
        }
        sleep(SETTLED).await;
        if self.files.contents()? != found {
            return Ok(Found::Unsettled);
        }
        let (secured, expires) = self.files.secure(&found)?;
        (self.taken, self.expires) = (found, expires);
        self.secured.send_replace(secured);
        Ok(Found::Changed)
    }
}

impl TlsFiles {
    fn contents(&self) -> Result<Contents, FileError> {
        let client_ca = self.client_ca.as_deref().map(files::pem).transpose()?;
        let key = files::secret_pem(&self.key)?;
        Ok(Contents { cert: files::pem(&self.cert)?, key, client_ca })
    }

    fn secure(&self, contents: &Contents) -> Result<(Secured, Timestamp), TlsError> {
        let chain = files::certificates(&self.cert, &contents.cert)?;
        let expires =
            X509Certificate::from_der(&chain[0]).ok().and_then(|(_, own)| not_after(&own));
        let expires = expires.ok_or_else(|| self.unusable("it is no X.509 certificate"))?;
        let key = files::private_key(&self.key, &contents.key)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| self.unusable(error))?;
        let config = match self.verifier(contents, provider)? {
            Some(verifier) => config.with_client_cert_verifier(verifier),
            None => config.with_no_client_auth(),
        };
        let config = config.with_single_cert(chain, key).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => self.mismatch(),
            error => self.unusable(error),
        })?;
        Ok((
            Secured { grpc: speaking(&config, b"h2"), web: speaking(&config, b"http/1.1") },
            expires,
        ))
    }

    /// What checks the certificates of clients, if they are asked for any.
    fn verifier(
        &self,
        contents: &Contents,
        provider: Arc<rustls::crypto::CryptoProvider>,
    ) -> Result<Option<Arc<dyn ClientCertVerifier>>, TlsError> {
        let (Some(path), Some(pem)) = (&self.client_ca, &contents.client_ca) else {
            return Ok(None);
        };
        let roots = Arc::new(files::roots_in(path, pem)?);
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
        let verifier = match self.client {
            ClientAuth::None => return Ok(None),
            ClientAuth::Optional => verifier.allow_unauthenticated(),
            ClientAuth::Required => verifier,
        };
        verifier.build().map(Some).map_err(|error| self.unusable(error))
    }

    fn mismatch(&self) -> TlsError {
        TlsError::Mismatch { cert: self.cert.clone(), key: self.key.clone() }
    }

    fn unusable(&self, why: impl ToString) -> TlsError {
        TlsError::Unusable { cert: self.cert.clone(), why: why.to_string() }
    }
}

fn speaking(config: &ServerConfig, protocol: &[u8]) -> Arc<ServerConfig> {
    let mut config = config.clone();
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config)
}

fn days_between(now: Timestamp, then: Timestamp) -> f64 {
    then.duration_since(now).as_secs_f64() / DAY_SECONDS
}
