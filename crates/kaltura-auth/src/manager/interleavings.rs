//! Tests of the drivers under a checker that controls, at each lock and each wait, which thread continues.
//!
//! `shuttle` runs each scenario two thousand times: half of them with random schedules, half of them with
//! probabilistic concurrency testing, which finds bugs that need few thread switches at specific points. The
//! schedules of two threads are few enough to be searched exhaustively. A deadlock or a lost wake-up is a failure and
//! is reported with the schedule that leads to it.
//!
//! ```text
//! RUSTFLAGS='--cfg shuttle' cargo test -p kaltura-auth --lib interleavings --target-dir target/shuttle
//! ```

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod fixture;
mod shared;
mod tasks;
mod threads;

/// How often a scenario is run with each of the two schedulers.
const RUNS: usize = 1000;

/// The number of thread switches that probabilistic concurrency testing looks for.
const DEPTH: usize = 3;

fn explore(scenario: fn()) {
    shuttle::check_random(scenario, RUNS);
    shuttle::check_pct(scenario, RUNS, DEPTH);
}
