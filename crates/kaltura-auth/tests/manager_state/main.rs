//! The pure state of the session manager: it is told the time, and decides.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

mod deciding;
mod flights;
mod gates;
mod keeping;
mod lives;
mod making;
mod model;
mod random_walk;
mod steps;
