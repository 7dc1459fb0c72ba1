//! How a command reaches a server, and what the server's refusals mean to who typed it.

use std::path::{Path, PathBuf};

use paceline_client::{Client, Code, Error, Status, Tls};

/// A server, and what it is shown.
#[derive(Clone, Default)]
pub struct Access {
    /// The server, `host:port` or a URL.
    pub address: String,
    /// A file with a token, read for each request.
    pub token_file: Option<PathBuf>,
    /// A token, where there is no file.
    pub token: Option<String>,
    /// Whom the server's certificate is believed of, as a PEM file.
    pub ca: Option<PathBuf>,
    /// A certificate to show and its key, as PEM files.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Whether the token may go to another host in plain text.
    pub is_insecure: bool,
}

// The token is nobody's to see.
impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Access {
    /// A server that asks nobody who they are.
    pub fn of(address: String) -> Self {
        Self { address, ..Self::default() }
    }

    /// The server as a client asks it.
    ///
    /// # Errors
    /// [`Usage`]: a file cannot be read, or what was given cannot be used.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        let is_plain = !self.address.starts_with("https://");
        if is_plain && (self.ca.is_some() || self.certificate.is_some()) {
            let message = format!(
                "`{}` is asked in plain text, without certificates: write https://{0}",
                self.address
            );
            return Err(Usage(message).into());
        }
        let read = |path: &PathBuf| read(path).map_err(Usage);
        let identity = match &self.certificate {
            Some((certificate, key)) => Some((read(certificate)?, read(key)?)),
            None => None,
        };
        let tls = Tls { ca: self.ca.as_ref().map(read).transpose()?, identity };
        let client = Client::secured(&self.address, &tls).map_err(refusal)?;
        self.showing(if self.is_insecure { client.insecure() } else { client })
    }

    /// The client, with the token that there is.
    fn showing(&self, client: Client) -> anyhow::Result<Client> {
        let client = match (&self.token_file, &self.token) {
            (Some(path), _) => {
                token(path).map_err(Usage)?;
                let path = path.clone();
                client.with_token_from(move || token(&path))
            }
            (None, Some(token)) => client.with_token(token),
            (None, None) => Ok(client),
        };
        client.map_err(|error| match error {
            Error::PlainToken(_) => {
                let remedy = "or, in a network of trusted hosts alone, add --insecure";
                Usage(format!("{error}, {remedy}")).into()
            }
            error => refusal(error),
        })
    }
}

fn token(path: &Path) -> Result<String, String> {
    let text = String::from_utf8(read(path)?).unwrap_or_default().trim().to_owned();
    if text.is_empty() { Err(format!("{} holds no token", path.display())) } else { Ok(text) }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

/// What was asked for is wrong, whoever is asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// The answer is no.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// What a refusal means.
pub(crate) fn refusal(error: Error) -> anyhow::Error {
    match error.status() {
        Some(status) => by_code(status, &error),
        None => Usage(error.to_string()).into(),
    }
}

fn by_code(status: &Status, error: &Error) -> anyhow::Error {
    let message = error.to_string();
    match status.code() {
        Code::InvalidArgument => Usage(message).into(),
        Code::NotFound | Code::FailedPrecondition | Code::Aborted => Refused(message).into(),
        Code::Unauthenticated => Refused(format!("{message}{}", remedy(error))).into(),
        Code::PermissionDenied => Refused(message).into(),
        code => anyhow::anyhow!("{code:?}: {message}"),
    }
}

/// What to do about credentials that are missing or not accepted.
fn remedy(error: &Error) -> &'static str {
    match error.reason().as_deref() {
        Some("CREDENTIALS_MISSING") => {
            "; here: `--token-file`, PACELINE_TOKEN, or `--cert` with `--key`"
        }
        Some("CREDENTIALS_EXPIRED") => "; with `--token-file` the file is read again",
        _ => "; the server's log says why at level debug",
    }
}
