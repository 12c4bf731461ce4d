//! The drivers under a checker that decides, at each lock and each wait, which thread goes on.
//!
//! `shuttle` runs each scenario two thousand times: half of them by chance alone, half of them by probabilistic
//! concurrency testing, which finds what needs few switches, but those at the right places. Two threads are few
//! enough to be searched through to the end. A deadlock is a failure, and so is a waker that gets lost; it is told
//! with the schedule that leads to it.
//!
//! ```text
//! RUSTFLAGS='--cfg shuttle' cargo test -p kaltura-auth --lib interleavings --target-dir target/shuttle
//! ```

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod stage;
mod tasks;
mod threads;

/// How often a scenario is run, each way.
const RUNS: usize = 1000;

/// How many switches at the right places the search is after.
const DEPTH: usize = 3;

fn explore(scenario: fn()) {
    shuttle::check_random(scenario, RUNS);
    shuttle::check_pct(scenario, RUNS, DEPTH);
}
