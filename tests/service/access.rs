//! Who is let in: the real binary over TLS, with tokens and certificates that are replaced while it runs.

pub(crate) mod authority;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
    time::Duration,
};

use paceline_tests::{issuer::Issuer, kafka, process::Paceline, proxy::Proxy, wait};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::clients::{python, typescript};
use crate::small::{won, yaml};
use authority::Authority;

/// A service that asks who asks.
pub(crate) struct Guarded {
    pub(crate) process: Paceline,
    pub(crate) grpc: String,
    pub(crate) http: String,
    pub(crate) issuer: Issuer,
    pub(crate) folder: TempDir,
}

const AUTH: &str = "auth:
  tokens: {issuer: https://id.example.com, audience: paceline, keys: keys.json, algorithms: [EdDSA]}
  services: [{subject: alerts, sees: [org], with_members: true}]
";

impl Guarded {
    /// Starts one with a topic of its own, and the part of a config that says who is let in.
    fn start(topic: &str, auth: &str, prepare: impl FnOnce(&Path)) -> Self {
        Self::start_over("", topic, auth, prepare)
    }

    /// As [`Self::start`], with more of the config of the server.
    fn start_over(server: &str, topic: &str, auth: &str, prepare: impl FnOnce(&Path)) -> Self {
        let command = Paceline::command();
        Self::start_by(command, Issuer::new(), server, topic, auth, prepare)
    }

    /// As [`Self::start_over`], by a command that has no arguments yet, and with tokens of an issuer.
    pub(crate) fn start_by(
        mut command: Command,
        issuer: Issuer,
        server: &str,
        topic: &str,
        auth: &str,
        prepare: impl FnOnce(&Path),
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("keys.json"), issuer.keys()).expect("written");
        prepare(folder.path());
        let broker = kafka::shared();
        broker.create_topic(topic, 1, &[]);
        let config = folder.path().join("paceline.yaml");
        let own = format!(
            "topics: {{goals: {topic}.goals, reps: {topic}.reps, alerts: {topic}.alerts, status: {topic}.status, audit: {topic}.audit}}\n"
        );
        let text = yaml(broker.bootstrap(), topic, "paceline");
        let text = text.replace("server: {", &format!("server: {{{server}"));
        let text = [text, own, auth.to_owned()].concat();
        fs::write(&config, text).expect("written");
        let config = config.to_str().expect("temporary paths are UTF-8");
        command.args(["serve", "--config", config]);
        let mut process = Paceline::spawn(&command);
        let line: Value =
            serde_json::from_str(&process.wait_for_line("paceline serves")).expect("JSON");
        let field = |name: &str| line["fields"][name].as_str().expect("an address").to_owned();
        let (grpc, http) = (field("grpc"), field("http"));
        Self { process, grpc, http, issuer, folder }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Writes a token of an executive that holds for so many seconds.
    fn write_token(&self, seconds: u64) {
        let token =
            self.issuer.token("max", &json!({"role": "executive"}), Duration::from_secs(seconds));
        // As a whole: it may be read meanwhile.
        fs::write(self.path("token.new"), token).expect("written");
        fs::rename(self.path("token.new"), self.path("token")).expect("renamed");
    }

    /// Runs a command to its end, and answers whether it succeeded and what it said.
    fn ask(&self, arguments: &[&str]) -> (bool, String) {
        let mut process = Paceline::start(arguments);
        let succeeded = process.wait().success();
        (succeeded, [process.stdout(), process.stderr()].concat().join("\n"))
    }

    /// Lists goals of the server at an address, once it has caught up where it answers at all.
    fn goals(&self, address: &str, more: &[&str]) -> (bool, String) {
        wait::until("the service has caught up", || {
            let (succeeded, said) =
                self.ask(&[&["goals", "list", "--addr", address], more].concat());
            (!said.contains("not caught up")).then_some((succeeded, said))
        })
    }
}

#[test]
fn who_shows_nothing_is_refused_and_probes_are_not_asked() {
    let service = Guarded::start("access-probes", AUTH, |_| {});
    let (succeeded, said) = service.goals(&service.grpc, &[]);
    assert!(
        !succeeded && said.contains("no credentials") && said.contains("--token-file"),
        "{said}"
    );
    service.write_token(600);
    let (succeeded, said) = service.goals(&service.grpc, &["--token-file", &service.path("token")]);
    assert!(succeeded, "{said}");
    let forged = Issuer::new().token("max", &json!({"role": "admin"}), Duration::from_secs(600));
    fs::write(service.path("forged"), forged).expect("written");
    let (succeeded, said) =
        service.goals(&service.grpc, &["--token-file", &service.path("forged")]);
    assert!(!succeeded && said.contains("not accepted"), "{said}");
    let (succeeded, said) = service.goals(&service.grpc, &["--token-file", &service.path("none")]);
    assert!(!succeeded && said.contains("cannot be read"), "{said}");
    for path in ["/healthz", "/metrics", "/version"] {
        assert!(get(&service.http, path).starts_with("HTTP/1.1 200"), "{path}");
    }
    let metrics = get(&service.http, "/metrics");
    for line in [
        "paceline_auth_refused_total{detail=\"missing\"} ",
        "paceline_auth_refused_total{detail=\"signature\"} ",
        "paceline_auth_identified_total{by=\"token\"} ",
        "paceline_auth_keys 1",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    let page = ask_as_page(&service.http);
    assert!(
        page.to_lowercase().contains("grpc-status: 16") || page.contains("grpc-status:16"),
        "{page}"
    );
}

fn get(address: &str, path: &str) -> String {
    exchange(&mut plain(address), asked(path).as_bytes())
}

/// A page that is asked for over HTTP.
pub(crate) fn asked(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
}

/// Asks over gRPC-Web, without credentials.
fn ask_as_page(address: &str) -> String {
    exchange(&mut plain(address), &asked_by_page("CatalogService/ListKpis", "", &[]))
}

/// What a page asks over gRPC-Web, with a head that says who asks.
pub(crate) fn asked_by_page(method: &str, who: &str, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a message is small");
    let head = format!(
        "POST /paceline.v1.{method} HTTP/1.1\r\nhost: x\r\ncontent-type: application/grpc-web+proto\r\nx-grpc-web: 1\r\n{who}content-length: {}\r\nconnection: close\r\n\r\n",
        length + 5
    );
    [head.as_bytes(), &[0], &length.to_be_bytes(), message].concat()
}

fn plain(address: &str) -> TcpStream {
    TcpStream::connect(address).expect("HTTP is served")
}

pub(crate) fn exchange(stream: &mut (impl Read + Write), request: &[u8]) -> String {
    stream.write_all(request).expect("written");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).expect("read");
    String::from_utf8_lossy(&response).into_owned()
}

#[test]
fn a_watch_goes_on_with_the_token_that_is_there_when_its_own_has_expired() {
    let service = Guarded::start("access-watch", AUTH, |_| {});
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let proxy = runtime.block_on(Proxy::start(service.grpc.clone())).expect("a port");
    service.write_token(5);
    let expired = std::time::Instant::now() + Duration::from_secs(6);
    let address = proxy.address().to_string();
    let token = service.path("token");
    let mut watch = Paceline::start([
        "watch",
        "--addr",
        &address,
        "--token-file",
        &token,
        "--json",
        "--scope",
        "rep:U1",
        "--kpi",
        "bookings",
    ]);
    watch.wait_for_line("snapshot");
    std::thread::sleep(expired.saturating_duration_since(std::time::Instant::now()));
    proxy.cut();
    // What is refused now is taken later, when there is another token.
    let refused =
        || get(&service.http, "/metrics").contains("paceline_auth_refused_total{detail=\"exp\"}");
    wait::until("the old token is refused", || refused().then_some(()));
    assert_eq!(watch.ended(), None);
    service.write_token(600);
    kafka::shared().produce("access-watch", [won("D1", 1, "U1", 77)]);
    let update = watch.wait_for_line("update");
    assert!(update.contains("\"77\""), "{update}");
    let snapshots = watch.stdout().iter().filter(|line| line.contains("\"snapshot\"")).count();
    assert_eq!(snapshots, 1, "it goes on where it was");
}

const TLS: &str = "auth:
  tokens: {issuer: https://id.example.com, audience: paceline, keys: keys.json, algorithms: [EdDSA]}
  services: [{subject: alerts, sees: [org], with_members: true}]
  mtls: {identities: [{name: spiffe://example.com/alerts, service: alerts}]}
";

/// A service over TLS that asks for certificates, with its authority and that of its clients.
fn over_tls(topic: &str, client: &str) -> (Guarded, Authority, Authority) {
    let (own, clients) = (Authority::new("own"), Authority::new("clients"));
    let server = format!(
        "tls: {{cert: server.pem, key: server.key, client_ca: clients.pem, client: {client}, reload: 1s}}, "
    );
    let service = Guarded::start_over(&server, topic, TLS, |folder| {
        own.issue(folder, "server", None);
        own.write(&folder.join("ca.pem"));
        clients.write(&folder.join("clients.pem"));
    });
    (service, own, clients)
}

#[test]
fn a_certificate_lets_a_service_in_and_nobody_else() {
    let (service, own, clients) = over_tls("access-mtls", "optional");
    let mut silent = TcpStream::connect(&service.grpc).expect("it listens");
    let folder = service.folder.path();
    let address = format!("https://{}", service.grpc);
    let ca = service.path("ca.pem");
    service.write_token(600);
    let token = service.path("token");
    let (succeeded, said) = service.goals(&address, &["--ca", &ca, "--token-file", &token]);
    assert!(succeeded, "{said}");
    let show = |authority: &Authority, name: &str, uri: &str| {
        let (cert, key) = authority.issue(folder, name, Some(uri));
        let (cert, key) = (cert.display().to_string(), key.display().to_string());
        service.goals(&address, &["--ca", &ca, "--cert", &cert, "--key", &key])
    };
    let (succeeded, said) = show(&clients, "alerts", "spiffe://example.com/alerts");
    assert!(succeeded, "{said}");
    let (succeeded, said) = show(&clients, "other", "spiffe://example.com/other");
    assert!(!succeeded && said.contains("not accepted"), "{said}");
    let (succeeded, said) = show(&own, "stranger", "spiffe://example.com/alerts");
    assert!(!succeeded, "{said}");
    let (succeeded, said) = service.goals(&address, &["--ca", &ca]);
    assert!(!succeeded && said.contains("no credentials"), "{said}");
    // A bad token is no better with a good certificate.
    let (cert, key) = (service.path("alerts.pem"), service.path("alerts.key"));
    fs::write(service.path("bad"), "a.b.c").expect("written");
    let bad = service.path("bad");
    let more = ["--ca", &ca, "--cert", &cert, "--key", &key, "--token-file", &bad];
    let (succeeded, said) = service.goals(&address, &more);
    assert!(!succeeded && said.contains("not accepted"), "{said}");
    // Who does not believe the server, or speaks no TLS, gets nothing.
    let strangers = clients.write(&folder.join("strangers.pem")).display().to_string();
    let (succeeded, said) = service.goals(&address, &["--ca", &strangers, "--token-file", &token]);
    assert!(!succeeded && said.contains("UnknownIssuer"), "{said}");
    let (succeeded, _) = service.goals(&service.grpc, &["--token-file", &token]);
    assert!(!succeeded, "plain text is not understood");
    let (succeeded, said) = service.goals(&service.grpc, &["--ca", &ca]);
    assert!(!succeeded && said.contains("write https://"), "{said}");
    // One that says nothing is cut.
    silent.set_read_timeout(Some(wait::LIMIT)).expect("a socket takes a limit");
    assert_eq!(silent.read(&mut [0]).expect("it is cut, within its time"), 0);
}

#[test]
fn new_certificates_are_for_new_connections_while_old_streams_live_on() {
    let (service, _, clients) = over_tls("access-reload", "required");
    let folder = service.folder.path();
    let (address, ca) = (format!("https://{}", service.grpc), service.path("ca.pem"));
    clients.issue(folder, "alerts", Some("spiffe://example.com/alerts"));
    let (cert, key) = (service.path("alerts.pem"), service.path("alerts.key"));
    let shown = ["--ca", &ca, "--cert", &cert, "--key", &key];
    let watching =
        ["watch", "--addr", &address, "--json", "--scope", "rep:U1", "--kpi", "bookings"];
    let mut watch = Paceline::start([&watching[..], &shown[..]].concat());
    watch.wait_for_line("snapshot");
    let (succeeded, said) = service.goals(&address, &["--ca", &ca]);
    assert!(!succeeded, "a certificate is required: {said}");
    // Half of a new pair changes nothing.
    let next = Authority::new("next");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let (new_cert, new_key) = next.issue(elsewhere.path(), "server", None);
    fs::copy(&new_cert, folder.join("server.pem")).expect("copied");
    let failed = || service.process.stderr().iter().any(|line| line.contains("is not the key of"));
    wait::until("it is noticed", || failed().then_some(()));
    let (succeeded, said) = service.goals(&address, &shown);
    assert!(succeeded, "{said}");
    fs::copy(&new_key, folder.join("server.key")).expect("copied");
    let new_ca = next.write(&folder.join("next.pem")).display().to_string();
    let by_new = ["--ca", &new_ca, "--cert", &cert, "--key", &key];
    wait::until("the new one is shown", || service.goals(&address, &by_new).0.then_some(()));
    let (succeeded, said) = service.goals(&address, &shown);
    assert!(!succeeded && said.contains("UnknownIssuer"), "{said}");
    kafka::shared().produce("access-reload", [won("D1", 1, "U1", 77)]);
    let update = watch.wait_for_line("update");
    assert!(update.contains("\"77\""), "{update}");
    assert!(!watch.stdout().iter().any(|line| line.contains("lost")), "{:?}", watch.stdout());
}

#[test]
fn other_hosts_are_served_only_by_who_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let broker = kafka::shared();
    broker.create_topic("access-exposed", 1, &[]);
    let text = yaml(broker.bootstrap(), "access-exposed", "paceline");
    let text = text.replace("grpc: \"127.0.0.1:0\"", "grpc: \"0.0.0.0:0\"");
    let config = folder.path().join("paceline.yaml");
    fs::write(&config, text).expect("written");
    let config = config.to_str().expect("temporary paths are UTF-8");
    let mut refused = Paceline::start(["serve", "--config", config]);
    assert_eq!(refused.wait().code(), Some(2));
    let said = refused.stderr().join("\n");
    for part in ["paceline.yaml:", "server.grpc", "nobody is asked who they are", "--insecure"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let mut taken = Paceline::start(["serve", "--config", config, "--insecure"]);
    taken.wait_for_line("insecure, as asked for");
    taken.wait_for_line("paceline serves");
}

#[test]
fn a_key_that_everybody_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let (_, key) = Authority::new("own").issue(folder.path(), "server", None);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("permitted");
    let text = yaml("localhost:9092", "access-key", "paceline");
    let text = text.replace("server: {", "server: {tls: {cert: server.pem, key: server.key}, ");
    let config = folder.path().join("paceline.yaml");
    fs::write(&config, text).expect("written");
    let mut process =
        Paceline::start(["serve", "--config", config.to_str().expect("temporary paths are UTF-8")]);
    assert_eq!(process.wait().code(), Some(2));
    let said = process.stderr().join("\n");
    assert!(
        said.contains("server.key can be read by everybody") && said.contains("chmod 600"),
        "{said}"
    );
}

#[test]
fn the_worked_clients_speak_tls_and_show_tokens() {
    let (service, _, _) = over_tls("access-clients", "optional");
    service.write_token(600);
    let (ca, token) = (service.path("ca.pem"), service.path("token"));
    let asked = ["--token-file", &token, "--scope", "rep:U1", "--kpi", "bookings"];
    let mut command = python("standings.py");
    command.arg(&service.grpc).args(["--ca", &ca]).args(asked);
    Paceline::spawn(&command).wait_for_line("snapshot of 1 standings");
    let mut command = typescript("standings.js");
    command.arg(format!("https://{}", service.http)).args(asked).env("NODE_EXTRA_CA_CERTS", &ca);
    Paceline::spawn(&command).wait_for_line("snapshot of 1 standings");
}
