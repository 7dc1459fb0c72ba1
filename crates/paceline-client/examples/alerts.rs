//! Follows the alerts of a running paceline, keeping in a file how far it has come:
//!
//! ```text
//! cargo run -p paceline-client --example alerts -- 127.0.0.1:50051 alerts.token
//! ```
//!
//! An alert that was not acknowledged comes again: after a lost connection, and when this program is started again.

#![expect(clippy::print_stdout, reason = "an example talks")]

use std::error::Error;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::PathBuf;

use paceline_client::{AlertEvent, AlertOptions, Client};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:50051".to_owned());
    let file = arguments.next().unwrap_or_else(|| "alerts.token".to_owned());
    let client = Client::new(&address)?;
    let mut kept = Kept::open(file.into())?;
    let token = kept.token.clone();
    let mut alerts = client.watch_alerts(AlertOptions { token, ..AlertOptions::default() });
    loop {
        match alerts.next().await? {
            AlertEvent::Alert(alert) => {
                let status = alert.to().as_str_name().trim_start_matches("STATUS_");
                println!("{}: {} {} is {status}", alert.id, alert.scope, alert.kpi);
                // Here goes what is to be done about it. Only then it is acknowledged, and those before it.
                alerts.ack(&alert.id);
            }
            AlertEvent::Lost(loss) => println!("lost: {}", loss.reason),
            AlertEvent::Connected | AlertEvent::Bookmark => {}
        }
        kept.keep(alerts.token())?;
    }
}

/// A token in a file, which is replaced as a whole: one that a crash left empty would mean to begin with the next alert.
struct Kept {
    path: PathBuf,
    token: Vec<u8>,
}

impl Kept {
    fn open(path: PathBuf) -> Result<Self, Box<dyn Error>> {
        let shown = path.display();
        let token = match fs::read(&path) {
            Ok(token) if token.is_empty() => {
                let remedy = "remove it to begin with the next alert";
                return Err(format!("{shown} is empty, which is no token: {remedy}").into());
            }
            Ok(token) => token,
            // The next alert is the first.
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(format!("{shown} cannot be read: {error}").into()),
        };
        Ok(Self { path, token })
    }

    fn keep(&mut self, token: &[u8]) -> io::Result<()> {
        if token == self.token {
            return Ok(());
        }
        let mut new = OsString::from(&self.path);
        new.push(".new");
        let mut file = File::create(&new)?;
        file.write_all(token)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        self.token = token.to_vec();
        Ok(())
    }
}
