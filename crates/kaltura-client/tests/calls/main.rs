//! What clients send, and what they make of the answers: against a server of a few lines, on a clock that the test
//! moves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

mod app_token_draft;
mod batch;
mod blocking;
mod clock;
mod limits;
mod pool;
mod refusals;
mod retries;
mod scene;
mod secrets;
mod send_and_sync;
mod server;
#[cfg(feature = "tracing")]
mod spans;
mod told_apart;
mod wire;
