//! How often a fleet of 1 to 10 000 processes logs in, with and without a store: in normal operation, and after an outage
//! of the server of ten minutes.
//!
//! Each process is a real session manager with a real login flow; time, randomness, server and store are simulated.
//! `cargo xtask fleet --simulate` runs it and writes the table and the plot of `docs/fleet.md`.
//!
//! ```sh
//! cargo run --release -p kaltura-tests --example fleet_simulation -- docs
//! ```

mod plot;
mod scenario;
mod server;
mod store;
mod table;

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use self::scenario::{Measured, Scenario};

/// The sizes of the fleets that are simulated.
const PROCESSES: [usize; 5] = [1, 10, 100, 1_000, 10_000];

fn main() -> Result<(), Box<dyn Error>> {
    let docs: PathBuf =
        std::env::args().nth(1).ok_or("usage: fleet_simulation <folder of the documents>")?.into();
    let mut all = Vec::new();
    for processes in PROCESSES {
        for shared in [false, true] {
            all.push(Measured::run(processes, shared, Scenario::Normal));
            all.push(Measured::run(processes, shared, Scenario::Outage));
        }
    }
    fs::write(docs.join("fleet.svg"), plot::draw(&all))?;
    let page = docs.join("fleet.md");
    let text = fs::read_to_string(&page)?;
    fs::write(page, table::replace(&text, &table::draw(&all))?)?;
    Ok(())
}
