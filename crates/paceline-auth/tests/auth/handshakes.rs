//! The certificates that the server shows and asks for, as handshakes find them, while their files are replaced.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use paceline_auth::{Certificates, ClientAuth, TlsError, TlsFiles};
use paceline_grpc::Secured;
use rcgen::{Certificate, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::watch;
use tokio_rustls::{TlsAcceptor, TlsConnector, client::TlsStream};
use tokio_util::sync::CancellationToken;
use tracing::subscriber::DefaultGuard;

use crate::certificates::Authority;
use crate::idp::Hand;

type Pair = (Certificate, KeyPair);

/// Files of TLS in a folder of their own.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("permitted");
    }

    fn write_pair(&self, (certificate, key): &Pair) {
        self.write("key.pem", &key.serialize_pem());
        self.write("cert.pem", &certificate.pem());
    }

    fn files(&self, client: ClientAuth) -> TlsFiles {
        let path = |name: &str| self.0.path().join(name);
        let client_ca = (client != ClientAuth::None).then(|| path("ca.pem"));
        TlsFiles { cert: path("cert.pem"), key: path("key.pem"), client_ca, client }
    }

    fn read(&self, client: ClientAuth) -> Certificates {
        Certificates::read(self.files(client)).expect("good files")
    }

    fn refused(&self, client: ClientAuth) -> String {
        Certificates::read(self.files(client)).expect_err("bad files").to_string()
    }
}

/// What a client believes and shows.
fn client(believed: &Authority, shown: Option<&Pair>, protocol: &str) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let der = CertificateDer::from_pem_slice(believed.pem().as_bytes()).expect("a certificate");
    roots.add(der).expect("an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_root_certificates(roots);
    let mut config = match shown {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => config
            .with_client_auth_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
            )
            .expect("a pair"),
    };
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// Connects to a server that says one byte once it believes its client, and answers the stream and the server's certificate.
async fn connect(
    secured: &watch::Receiver<Secured>,
    client: &TlsConnector,
) -> io::Result<(TlsStream<DuplexStream>, Vec<u8>)> {
    let config = secured.borrow().grpc.clone();
    let (near, far) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        let Ok(mut stream) = TlsAcceptor::from(config).accept(far).await else { return };
        let mut byte = [1];
        // Says the same back, until the client is gone.
        while stream.write_all(&byte).await.is_ok() && stream.flush().await.is_ok() {
            if stream.read_exact(&mut byte).await.is_err() {
                return;
            }
        }
    });
    let host = ServerName::try_from("paceline.example.com").expect("a host");
    let mut stream = client.connect(host, near).await?;
    // Whether the server believes a client shows only with the first byte, in TLS 1.3.
    stream.read_u8().await?;
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let shown = shown.expect("the server shows one").to_vec();
    Ok((stream, shown))
}

#[tokio::test]
async fn a_client_that_believes_the_authority_is_connected_and_speaks_what_the_listener_does() {
    let (files, ca) = (Files::new(), Authority::new("ca"));
    let pair = ca.issue(&["paceline.example.com"], &[]);
    files.write_pair(&pair);
    let secured = files.read(ClientAuth::None).secured();
    let (stream, shown) = connect(&secured, &client(&ca, None, "h2")).await.expect("connected");
    assert_eq!(shown, pair.0.der().to_vec());
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    connect(&secured, &client(&ca, None, "http/1.1")).await.expect_err("gRPC needs HTTP/2");
    let stranger = Authority::new("ca");
    connect(&secured, &client(&stranger, None, "h2")).await.expect_err("not believed");
}

#[tokio::test]
async fn clients_show_certificates_as_the_config_asks() {
    let (files, ca, clients, strangers) =
        (Files::new(), Authority::new("ca"), Authority::new("clients"), Authority::new("clients"));
    files.write_pair(&ca.issue(&["paceline.example.com"], &[]));
    files.write("ca.pem", &clients.pem());
    let good = clients.issue(&["alerts.example.com"], &[]);
    let untrusted = strangers.issue(&["alerts.example.com"], &[]);
    let expired = clients.issue_until(&["alerts.example.com"], &[], 2001);
    for (asked, shown, is_let_in) in [
        (ClientAuth::None, None, true),
        (ClientAuth::None, Some(&untrusted), true),
        (ClientAuth::Optional, None, true),
        (ClientAuth::Optional, Some(&good), true),
        (ClientAuth::Optional, Some(&untrusted), false),
        (ClientAuth::Optional, Some(&expired), false),
        (ClientAuth::Required, None, false),
        (ClientAuth::Required, Some(&good), true),
        (ClientAuth::Required, Some(&untrusted), false),
        (ClientAuth::Required, Some(&expired), false),
    ] {
        let secured = files.read(asked).secured();
        let connected = connect(&secured, &client(&ca, shown, "h2")).await;
        assert_eq!(connected.is_ok(), is_let_in, "{asked:?}: {:?}", connected.err());
    }
}

/// Certificates that are looked after, until dropped.
struct Kept {
    secured: watch::Receiver<Secured>,
    stop: CancellationToken,
}

impl Kept {
    fn new(certificates: Certificates) -> Self {
        let (secured, stop) = (certificates.secured(), CancellationToken::new());
        let every = Duration::from_millis(20);
        tokio::spawn(certificates.keep(every, Hand::new().clock(), stop.clone()));
        Self { secured, stop }
    }

    /// Waits until something else is in use.
    async fn changed(&mut self) {
        let changed = tokio::time::timeout(Duration::from_secs(30), self.secured.changed());
        changed.await.expect("in time").expect("it is looked after");
    }

    /// Waits for long enough that a change would have been seen, and finds none.
    async fn unchanged(&mut self) {
        self.secured.borrow_and_update();
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert!(!self.secured.has_changed().expect("it is looked after"), "it has changed");
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[tokio::test]
async fn new_certificates_are_for_new_connections_and_old_ones_live_on() {
    let (files, old, new) = (Files::new(), Authority::new("old"), Authority::new("new"));
    files.write_pair(&old.issue(&["paceline.example.com"], &[]));
    let mut kept = Kept::new(files.read(ClientAuth::None));
    let (by_old, by_new) = (client(&old, None, "h2"), client(&new, None, "h2"));
    let (mut open, _) = connect(&kept.secured, &by_old).await.expect("connected");
    for round in 0..3 {
        files.write_pair(&new.issue(&["paceline.example.com"], &[]));
        kept.changed().await;
        connect(&kept.secured, &by_new).await.unwrap_or_else(|no| panic!("round {round}: {no}"));
        connect(&kept.secured, &by_old).await.expect_err("the old one is shown to nobody");
        open.write_u8(7).await.expect("still open");
        assert_eq!(open.read_u8().await.expect("still open"), 7);
    }
}

#[tokio::test]
async fn what_does_not_belong_together_changes_nothing() {
    let (files, ca) = (Files::new(), Authority::new("ca"));
    let first = ca.issue(&["paceline.example.com"], &[]);
    let second = ca.issue(&["paceline.example.com"], &[]);
    files.write_pair(&first);
    let mut kept = Kept::new(files.read(ClientAuth::None));
    let by_ca = client(&ca, None, "h2");
    let broken = second.0.pem().replace("END CERTIFICATE", "END");
    // Half of a pair, a part of a file, nothing, no file.
    files.write("cert.pem", &second.0.pem());
    kept.unchanged().await;
    files.write("cert.pem", &broken);
    kept.unchanged().await;
    files.write("cert.pem", "");
    kept.unchanged().await;
    fs::remove_file(files.0.path().join("key.pem")).expect("removed");
    kept.unchanged().await;
    let (_, shown) = connect(&kept.secured, &by_ca).await.expect("the last good pair");
    assert_eq!(shown, first.0.der().to_vec());
    files.write_pair(&second);
    kept.changed().await;
    let (_, shown) = connect(&kept.secured, &by_ca).await.expect("whole again");
    assert_eq!(shown, second.0.der().to_vec());
}

/// What is logged on this thread, until dropped.
struct Logged {
    folder: TempDir,
    _guard: DefaultGuard,
}

impl Logged {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = fs::File::create(folder.path().join("log")).expect("a file");
        let subscriber = tracing_subscriber::fmt().with_writer(Arc::new(file)).finish();
        Self { folder, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// Waits until a message was logged so many times.
    async fn times(&self, message: &str, times: usize) {
        let logged = async {
            while self.text().matches(message).count() < times {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(30), logged).await;
        assert!(in_time.is_ok(), "not {times} times {message:?}: {}", self.text());
        assert_eq!(self.text().matches(message).count(), times);
    }

    fn text(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).expect("a file")
    }
}

#[tokio::test]
async fn each_time_that_certificates_begin_to_be_unusable_is_logged_once() {
    const UNUSABLE: &str = "changed certificates cannot be used";
    let (logged, files, ca) = (Logged::new(), Files::new(), Authority::new("ca"));
    let pair = ca.issue(&["paceline.example.com"], &[]);
    files.write_pair(&pair);
    let mut kept = Kept::new(files.read(ClientAuth::None));
    for round in 1..=2 {
        files.write("cert.pem", "");
        kept.unchanged().await;
        logged.times(UNUSABLE, round).await;
        files.write_pair(&pair);
        logged.times("are in their files again", round).await;
    }
}

#[tokio::test]
async fn whom_clients_are_believed_of_changes_too() {
    let (files, ca) = (Files::new(), Authority::new("ca"));
    let (before, after) = (Authority::new("before"), Authority::new("after"));
    files.write_pair(&ca.issue(&["paceline.example.com"], &[]));
    files.write("ca.pem", &before.pem());
    let mut kept = Kept::new(files.read(ClientAuth::Required));
    let shows = |authority: &Authority| {
        let pair = authority.issue(&["alerts.example.com"], &[]);
        client(&ca, Some(&pair), "h2")
    };
    let (by_before, by_after) = (shows(&before), shows(&after));
    connect(&kept.secured, &by_before).await.expect("believed");
    connect(&kept.secured, &by_after).await.expect_err("not yet");
    files.write("ca.pem", &after.pem());
    kept.changed().await;
    connect(&kept.secured, &by_after).await.expect("believed");
    // Not even as one that is known from before.
    connect(&kept.secured, &by_before).await.expect_err("no longer");
}

#[test]
fn files_that_cannot_be_used_are_told_with_what_to_do() {
    let (files, ca) = (Files::new(), Authority::new("ca"));
    let missing = files.refused(ClientAuth::None);
    assert!(missing.contains("key.pem cannot be read"), "{missing}");
    let (first, second) = (ca.issue(&["a.b"], &[]), ca.issue(&["a.b"], &[]));
    files.write_pair(&(first.0, second.1));
    let mismatch = Certificates::read(files.files(ClientAuth::None)).expect_err("no pair");
    assert!(matches!(mismatch, TlsError::Mismatch { .. }), "{mismatch}");
    let pair = ca.issue(&["a.b"], &[]);
    files.write_pair(&pair);
    let readable = |mode: u32| {
        let key: &Path = &files.0.path().join("key.pem");
        fs::set_permissions(key, Permissions::from_mode(mode)).expect("permitted");
        Certificates::read(files.files(ClientAuth::None)).map_err(|error| error.to_string())
    };
    for mode in [0o644, 0o604, 0o666, 0o444] {
        let told = readable(mode).expect_err("everybody can read it");
        assert!(told.contains("can be read by everybody") && told.contains("chmod 600"), "{told}");
    }
    for mode in [0o600, 0o640, 0o400, 0o440] {
        readable(mode).expect("not everybody can read it");
    }
    files.write("ca.pem", "nothing");
    let empty = files.refused(ClientAuth::Optional);
    assert!(empty.contains("ca.pem holds no certificate"), "{empty}");
    files.write("key.pem", &pair.0.pem());
    let other = files.refused(ClientAuth::None);
    assert!(other.contains("key.pem holds no private key"), "{other}");
}
