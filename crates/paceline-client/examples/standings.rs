//! Follows the standings of a running paceline, and says what changes:
//!
//! ```text
//! cargo run -p paceline-client --example standings -- 127.0.0.1:50051 team:M1
//! ```

#![expect(clippy::print_stdout, reason = "an example talks")]

use paceline_client::proto::Selector;
use paceline_client::{Client, Error, Event, WatchOptions};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:50051".to_owned());
    let scopes: Vec<String> = arguments.collect();
    let selector = Selector { with_members: !scopes.is_empty(), scopes, ..Selector::default() };
    let client = Client::new(&address)?;
    let mut live = client.watch(WatchOptions { selector, ..WatchOptions::default() });
    loop {
        match live.next().await? {
            Event::Connected => println!("connected"),
            Event::Lost(loss) => println!("lost: {}; again in {:?}", loss.reason, loss.again_in),
            Event::Reset(reason) => println!("begins anew: {}", reason.as_str_name()),
            Event::Snapshot(diff) | Event::Update(diff) => {
                for change in diff.changed {
                    let standing = change.after;
                    let status = standing.status().as_str_name();
                    println!("{} {}: {} {status}", standing.scope, standing.kpi, standing.actual);
                }
            }
            Event::Completeness if live.view().is_complete() => println!("complete"),
            Event::Completeness => println!("incomplete: {:?}", live.view().causes()),
            Event::Bookmark => {}
        }
    }
}
