//! Calling the Kaltura API with a session that stays alive.
//!
//! A service makes one [`Client`] (or [`BlockingClient`]), shares it among all its tasks, and never thinks of
//! sessions again.
//!
//! | to | use |
//! |---|---|
//! | call an action with types | [`Client::call`] with an action of [`kaltura_types`] |
//! | call any other action | [`RawAction`] |
//! | make several calls in one request | [`Multirequest`] |
//! | limit the time, act for another partner, send no KS | [`CallOptions`] |
//! | have one session for each user | [`Client::login_as`] |
//! | know whether the session works | [`Client::verify_session`], [`Client::status`] |
//! | make, list, change and replace app tokens | [`Client::app_tokens`] |
//! | decide how often to try again | [`RetryPolicy`] |
//! | know why a call failed, and what to do | [`Error`], [`ErrorKind`] |
//!
//! There is no HTTP library here and no async runtime: `kaltura-http` brings both.
//!
//! # Features
//!
//! `tracing`: each call is a span `kaltura.call` with the fields `service`, `action`, `status`, `server` (`X-Me`),
//! `request_id` (`X-Kaltura-Session`), `tries` and `error`; what happens to the session is an event of the target
//! `kaltura::session`. No field holds a secret.

pub mod app_tokens;
mod blocking;
mod builder;
mod call;
mod client;
mod error;
mod exchange;
pub mod multirequest;
mod options;
mod pool;
mod raw_action;
mod reserved;
mod retry;
mod sent_secrets;
mod trace;

pub use blocking::BlockingClient;
pub use builder::{AsyncParts, BlockingClientBuilder, BlockingParts, ClientBuilder};
pub use client::Client;
pub use error::{CallError, Error, ErrorKind};
pub use kaltura_auth as auth;
pub use kaltura_types as types;
pub use multirequest::{Multirequest, MultirequestResults, Subrequest};
pub use options::CallOptions;
pub use raw_action::RawAction;
pub use reserved::RESERVED_PARAMETERS;
pub use retry::RetryPolicy;
