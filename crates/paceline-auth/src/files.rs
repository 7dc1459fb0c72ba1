//! Files of keys and certificates, in PEM.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The largest file of certificates; the bundles of whole systems have a quarter of it.
const PEM_BYTES: usize = 1024 * 1024;
/// The bit of a file's mode that lets everybody read it.
const READABLE_BY_ALL: u32 = 0o004;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("{} cannot be read: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Everybody on the machine can read it.
    #[error("{} can be read by everybody: make it the service's alone, with `chmod 600` (in Kubernetes, with `defaultMode: 0400`)", .0.display())]
    Readable(PathBuf),
    /// It does not hold what it should.
    #[error("{} holds no {what}: it has to be PEM, beginning with `-----BEGIN {begin}-----`", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is missing.
        what: &'static str,
        /// How that begins.
        begin: &'static str,
    },
}

/// Reads a file of at most so many bytes.
pub(crate) fn bytes(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(io::Error::other(format!("it has more than {} KiB", limit / 1024)));
    }
    Ok(bytes)
}

/// Reads a file in PEM.
pub(crate) fn pem(path: &Path) -> Result<Vec<u8>, FileError> {
    bytes(path, PEM_BYTES).map_err(|source| FileError::Read { path: path.to_owned(), source })
}

/// Reads a file in PEM that holds a secret.
pub(crate) fn secret_pem(path: &Path) -> Result<Vec<u8>, FileError> {
    let read = |source| FileError::Read { path: path.to_owned(), source };
    let mode = std::fs::metadata(path).map_err(read)?.permissions().mode();
    if mode & READABLE_BY_ALL != 0 {
        return Err(FileError::Readable(path.to_owned()));
    }
    pem(path)
}

/// The certificates in a PEM text, the own one first.
pub(crate) fn certificates(
    path: &Path,
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, FileError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let all = all.ok().filter(|all| !all.is_empty());
    all.ok_or_else(|| no_certificate(path))
}

/// The private key in a PEM text.
pub(crate) fn private_key(path: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, FileError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| FileError::Content {
        path: path.to_owned(),
        what: "private key",
        begin: "PRIVATE KEY",
    })
}

/// The authorities in a PEM file.
pub(crate) fn roots(path: &Path) -> Result<RootCertStore, FileError> {
    roots_in(path, &pem(path)?)
}

/// The authorities in a PEM text. All of them have to be usable: one that is not may be the one that counts.
pub(crate) fn roots_in(path: &Path, pem: &[u8]) -> Result<RootCertStore, FileError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, pem)? {
        roots.add(certificate).map_err(|_| no_certificate(path))?;
    }
    Ok(roots)
}

fn no_certificate(path: &Path) -> FileError {
    FileError::Content { path: path.to_owned(), what: "certificate", begin: "CERTIFICATE" }
}
