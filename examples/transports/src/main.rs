//! The HTTP client that a program has already, in place of reqwest: ureq, hyper, or a stack of tower.
//!
//! ```sh
//! kaltura emulate -- cargo run -p transports ureq   # or hyper, or tower
//! cargo test -p transports                          # the conformance suite
//! ```
//!
//! It comes without reqwest: see the features in `Cargo.toml`. A blocking client takes the clock of the system, an async
//! one the runtime of `runtime.rs`.

use std::error::Error;

use kaltura::{Client, RawAction, SystemClock, blocking};
use transports::runtime::TokioRuntime;
use transports::{hyper, tower, ureq};

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).unwrap_or_default();
    let list = RawAction::new("media", "list");
    let media = match name.as_str() {
        "ureq" => {
            let transport = ureq::UreqTransport::new();
            blocking::Client::builder(kaltura::from_env()?, transport, SystemClock::new())
                .build()
                .call(&list)?
        }
        "hyper" => {
            let runtime = tokio::runtime::Runtime::new()?;
            let transport = hyper::hyper_transport();
            let client = Client::builder(kaltura::from_env()?, transport, TokioRuntime::default()).build();
            runtime.block_on(client.call(&list))?
        }
        "tower" => {
            let runtime = tokio::runtime::Runtime::new()?;
            let client =
                Client::builder(kaltura::from_env()?, tower::tower_transport(8), TokioRuntime::default());
            runtime.block_on(client.build().call(&list))?
        }
        _ => return Err("usage: transports ureq | hyper | tower".into()),
    };
    println!("{name}: {} entries", media["totalCount"]);
    Ok(())
}
