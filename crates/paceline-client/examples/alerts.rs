//! Follows the alerts of a running paceline, keeping in a file how far it has come:
//!
//! ```text
//! cargo run -p paceline-client --example alerts -- 127.0.0.1:50051 alerts.token
//! ```

#![expect(clippy::print_stdout, reason = "an example talks")]

use std::error::Error;
use std::fs;

use paceline_client::{AlertEvent, AlertOptions, Client};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:50051".to_owned());
    let file = arguments.next().unwrap_or_else(|| "alerts.token".to_owned());
    // A token that cannot be read is no token: the next alert is the first.
    let token = fs::read(&file).unwrap_or_default();
    let client = Client::new(&address)?;
    let mut alerts = client.watch_alerts(AlertOptions { token, ..AlertOptions::default() });
    loop {
        match alerts.next().await? {
            AlertEvent::Alert(alert) => {
                println!("{} {}: {}", alert.scope, alert.kpi, alert.to().as_str_name());
                // Here goes what is to be done about it. Only what is acknowledged does not come again.
                alerts.ack(&alert.id);
                fs::write(&file, alerts.token())?;
            }
            AlertEvent::Bookmark => fs::write(&file, alerts.token())?,
            AlertEvent::Lost(loss) => println!("lost: {}", loss.reason),
            AlertEvent::Connected => {}
        }
    }
}
