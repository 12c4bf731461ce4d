//! Tests of the pure state of the session manager.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

mod acquired;
mod backoff;
mod decisions;
mod fixtures;
mod lifetimes;
mod model;
mod random_walk;
mod refresh_loop;
mod shared_logins;
mod steps;
