//! The session manager over real login flows: an emulated server, time that moves by hand, and a wire on which
//! anything can go wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

mod blocking;
mod clocks;
mod dropping;
mod hanging;
mod herd;
mod keeping;
mod panics;
mod renewal;
mod requests;
mod sources;
mod stage;
mod threads;
mod token_life;
mod users;
mod widget_session;
mod wire;
