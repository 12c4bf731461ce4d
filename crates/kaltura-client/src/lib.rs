//! Authenticated calls of the Kaltura API, with a session that is renewed automatically.
//!
//! An application creates one [`Client`] (or [`blocking::Client`]) and shares it among all its tasks. The client logs
//! in, renews its session before it expires, and replaces a session that the server refuses.
//!
//! | to | use |
//! |---|---|
//! | call an action with types | [`Client::call`] with an action of [`kaltura_types`] |
//! | call any other action | [`RawAction`] |
//! | list all objects, whatever their number | [`Client::pages`] |
//! | upload a file of any size | [`Client::upload`], [`RawAction::file`] |
//! | send several calls in one request | [`Multirequest`] |
//! | set a timeout, act for another partner, send no KS | [`CallOptions`] |
//! | use one session for each user | [`Client::login_as`] |
//! | check that the session works | [`Client::verify_session`], [`Client::status`] |
//! | create, list, update and rotate app tokens | [`Client::app_tokens`] |
//! | configure retries | [`RetryPolicy`] |
//! | find out why a call failed, and what to do | [`Error`], [`ErrorKind`] |
//! | find out why a login does not work, step by step | [`diagnosis`] |
//! | call without async | [`blocking`] |
//!
//! # Actions
//!
//! These actions have a type; all others are called with [`RawAction`].
//!
//! | action | type | output |
//! |---|---|---|
//! | `appToken.add` | [`AddAppToken`](types::AddAppToken) | [`AppToken`](types::AppToken) |
//! | `appToken.delete` | [`DeleteAppToken`](types::DeleteAppToken) | `()` |
//! | `appToken.get` | [`GetAppToken`](types::GetAppToken) | [`AppToken`](types::AppToken) |
//! | `appToken.list` | [`ListAppTokens`](types::ListAppTokens) | [`AppTokenList`](types::AppTokenList) |
//! | `appToken.startSession` | [`StartAppTokenSession`](types::StartAppTokenSession) | [`SessionInfo`](types::SessionInfo) |
//! | `appToken.update` | [`UpdateAppToken`](types::UpdateAppToken) | [`AppToken`](types::AppToken) |
//! | `session.end` | [`EndSession`](types::EndSession) | `()` |
//! | `session.get` | [`GetSession`](types::GetSession) | [`SessionInfo`](types::SessionInfo) |
//! | `session.impersonate` | [`Impersonate`](types::Impersonate) | [`BareKs`](types::BareKs) |
//! | `session.start` | [`StartSession`](types::StartSession) | [`BareKs`](types::BareKs) |
//! | `session.startWidgetSession` | [`StartWidgetSession`](types::StartWidgetSession) | [`WidgetSession`](types::WidgetSession) |
//! | `uploadToken.add` | [`AddUploadToken`](types::AddUploadToken) | [`UploadToken`](types::UploadToken) |
//! | `uploadToken.delete` | [`DeleteUploadToken`](types::DeleteUploadToken) | `()` |
//! | `uploadToken.get` | [`GetUploadToken`](types::GetUploadToken) | [`UploadToken`](types::UploadToken) |
//! | `uploadToken.upload` | [`UploadChunk`](types::UploadChunk) | [`UploadToken`](types::UploadToken) |
//!
//! The client logs in by itself: a program seldom needs the actions that start a session.
//!
//! This crate contains no HTTP library and no async runtime: `kaltura-http` provides both.
//!
//! # Features
//!
//! `tracing`: each call is a span `kaltura.call` with the fields `service`, `action`, `status`, `server` (`X-Me`),
//! `request_id` (`X-Kaltura-Session`), `attempts` and `error`; session events have the target `kaltura::session`. Both
//! have the fields `service_url`, `partner_id`, `app_token_id` and `user_id`, which say whose session it is, as
//! configured. No field contains a secret.

pub mod app_tokens;
pub mod blocking;
mod client;
pub mod diagnosis;
mod error;
pub mod multirequest;
mod options;
pub mod pages;
mod raw_action;
mod request;
mod retry;
mod trace;
mod unfiltered;
pub mod upload;

pub use client::{Client, ClientBuilder};
pub use error::{CallError, Error, ErrorKind};
pub use kaltura_auth as auth;
pub use kaltura_types as types;
pub use multirequest::{Multirequest, MultirequestResults, Subrequest};
pub use options::CallOptions;
pub use pages::{List, Listing, Objects, Pages};
pub use raw_action::RawAction;
pub use request::RESERVED_PARAMETERS;
pub use retry::RetryPolicy;
pub use upload::{Upload, UploadError, UploadFailure, UploadProgress};
