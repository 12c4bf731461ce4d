//! The session manager with real login flows: an emulated server, simulated time, and a simulated network that fails
//! as each test defines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

mod blocking;
mod cancellation;
mod clocks;
mod fixture;
mod network;
mod panics;
mod refresh_loop;
mod renewal;
mod requests;
mod shared_login;
mod sources;
mod stress;
mod timeouts;
mod token_lifecycle;
mod users;
mod widget_session;
