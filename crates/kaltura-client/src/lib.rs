//! Calling the Kaltura API with a session that stays alive.
//!
//! A service makes one [`Client`] (or [`BlockingClient`]), shares it among all its tasks, and never thinks of
//! sessions again.
//!
//! | to | use |
//! |---|---|
//! | call an action with types | [`Client::call`] with an action of [`kaltura_types`] |
//! | call any other action | [`RawAction`] |
//! | limit the time, act for another partner, send no KS | [`CallOptions`] |
//! | have one session for each user | [`Client::login_as`] |
//! | decide how often to try again | [`RetryPolicy`] |
//! | know why a call failed, and what to do | [`Error`], [`ErrorKind`] |
//!
//! There is no HTTP library here and no async runtime: `kaltura-http` brings both.

mod blocking;
mod call;
mod client;
mod error;
mod options;
mod pool;
mod raw_action;
mod retry;

pub use blocking::{BlockingClient, BlockingClientBuilder};
pub use client::{Client, ClientBuilder};
pub use error::{CallFailed, Error, ErrorKind};
pub use kaltura_auth as auth;
pub use kaltura_types as types;
pub use options::CallOptions;
pub use raw_action::RawAction;
pub use retry::RetryPolicy;
