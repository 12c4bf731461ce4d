//! Many processes, one store, one server: how often they log in, what they get, and what happens when the store, the
//! server, a process or a clock fails. Each process is a session manager of its own, with its own clocks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

mod clocks;
mod failures;
mod fixture;
mod herd;
mod holders;
mod random_walk;
mod refusals;
mod renewal;
mod store_trouble;
mod threads;
