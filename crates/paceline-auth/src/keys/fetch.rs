//! Fetching keys, once: within a time, up to a size, from exactly where the config says.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};

use super::jwk::KeySet;
use super::source::KeySource;
use crate::files::{self, FileError};

/// The most bytes that a set of keys may have.
const SET_BYTES: usize = 256 * 1024;
/// How long fetching may take in all.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{} cannot be read: {}", .0.display(), .1)]
    File(PathBuf, io::Error),
    #[error(transparent)]
    Ca(#[from] FileError),
    #[error("the system has no certificates of authorities; name some with `ca`")]
    NoRoots,
    #[error("TLS cannot be had: {0}")]
    Tls(rustls::Error),
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Late,
    #[error("no answer: {0}")]
    Unreachable(String),
    #[error("it answers {0}, and redirections are not followed")]
    Status(u16),
    #[error("its answer breaks off, or has more than {} KiB", SET_BYTES / 1024)]
    Body,
    #[error("it is no JSON Web Key Set")]
    Form,
    #[error("no key in it can check a token")]
    NoKey,
}

/// What fetches the keys.
#[derive(Debug)]
pub(crate) enum Fetch {
    File(PathBuf),
    Url { url: Uri, client: Box<Client<HttpsConnector<HttpConnector>, Empty<Bytes>>> },
}

impl Fetch {
    /// Gets ready to fetch from a source.
    pub(crate) fn new(source: &KeySource) -> Result<Self, Error> {
        Ok(match source {
            KeySource::File(path) => Self::File(path.clone()),
            KeySource::Url { url, ca } => {
                let client = Client::builder(TokioExecutor::new()).build(connector(ca.as_deref())?);
                Self::Url { url: url.clone(), client: Box::new(client) }
            }
        })
    }

    /// The keys as they are now.
    pub(crate) async fn keys(&self) -> Result<KeySet, Error> {
        let bytes = match self {
            Self::File(path) => read(path).await?,
            Self::Url { url, client } => {
                let answer = tokio::time::timeout(PATIENCE, get(client, url));
                answer.await.map_err(|_| Error::Late)??
            }
        };
        let keys = KeySet::read(&bytes).ok_or(Error::Form)?;
        if keys.len() == 0 { Err(Error::NoKey) } else { Ok(keys) }
    }
}

fn connector(ca: Option<&Path>) -> Result<HttpsConnector<HttpConnector>, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(Error::Tls)?.with_root_certificates(roots(ca)?);
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(config.with_no_client_auth())
        // Which of both is in the address, and has been checked.
        .https_or_http()
        .enable_http1();
    Ok(connector.build())
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, Error> {
    if let Some(ca) = ca {
        return Ok(files::roots(ca)?);
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(Error::NoRoots) } else { Ok(roots) }
}

async fn get(
    client: &Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    url: &Uri,
) -> Result<Bytes, Error> {
    let request = Request::get(url.clone()).header("accept", "application/json");
    let request = request.body(Empty::new()).map_err(|error| unreachable(&error))?;
    let answer = client.request(request).await.map_err(|error| unreachable(&error))?;
    if answer.status() != 200 {
        return Err(Error::Status(answer.status().as_u16()));
    }
    let body = Limited::new(answer.into_body(), SET_BYTES).collect().await;
    Ok(body.map_err(|_| Error::Body)?.to_bytes())
}

/// The last cause of an error is the one that helps.
fn unreachable(error: &dyn std::error::Error) -> Error {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    Error::Unreachable(cause.to_string())
}

async fn read(path: &Path) -> Result<Bytes, Error> {
    let file = path.to_owned();
    let read = tokio::task::spawn_blocking(move || files::bytes(&file, SET_BYTES)).await;
    let read = read.unwrap_or_else(|_| Err(io::ErrorKind::Interrupted.into()));
    read.map(Bytes::from).map_err(|error| Error::File(path.to_owned(), error))
}
