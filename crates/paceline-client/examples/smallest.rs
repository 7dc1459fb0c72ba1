//! The least that follows the standings of a running paceline:
//!
//! ```text
//! cargo run -p paceline-client --example smallest
//! ```

#![expect(clippy::print_stdout, reason = "an example talks")]

use paceline_client::{Client, Error, WatchOptions};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut live = Client::new("127.0.0.1:50051")?.watch(WatchOptions::default());
    loop {
        let event = live.next().await?;
        let view = live.view();
        println!("{event:?}; {} standings at revision {}", view.len(), view.revision());
    }
}
