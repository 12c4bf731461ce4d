//! Which requests the clients send, and how they handle the responses. The server is scripted; the test moves the clock.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

mod app_tokens;
mod blocking;
mod clock;
mod error_kinds;
mod files;
mod filters;
mod fixture;
mod form;
mod identity;
mod ks_refusals;
mod login_as;
mod login_retries;
mod multirequest;
mod pages;
mod request_content;
mod retries;
mod secrets;
mod send_and_sync;
mod server;
mod timeouts;
#[cfg(feature = "tracing")]
mod tracing_output;
mod upload;
