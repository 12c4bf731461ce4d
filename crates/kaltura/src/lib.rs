//! Authentication for the [Kaltura](https://www.kaltura.com) video platform with **app tokens**, and calls of its
//! API: one dependency for all crates of the project.
//!
//! An app token is an id, a secret value and a hash type. A login sends a hash of the value, never the value
//! itself, and gets a KS (Kaltura Session), the string that authorises API calls. A [`Client`] logs in on its first
//! call, shares the session among all tasks, and renews it before it expires.
//!
//! The emulator stands in for the server here. With an account, use [`ServiceUrl::US`] (or another region) and
//! [`AppTokenCredentials::new`].
//!
#![cfg_attr(all(feature = "client", feature = "reqwest", feature = "server"), doc = "```")]
#![cfg_attr(not(all(feature = "client", feature = "reqwest", feature = "server")), doc = "```ignore")]
//! use kaltura::emulator::Emulator;
//! use kaltura::{AppTokenLogin, Lifetime, RawAction, SessionRequest};
//! use serde_json::json;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let server = Emulator::new().serve().await?;
//!     let login = AppTokenLogin::new(server.url().clone(), server.emulator().app_token().credentials())
//!         .request(SessionRequest::new().user_id("nightly-import").lifetime(Lifetime::hours(1)));
//!
//!     let client = kaltura::client(login)?;
//!     let list = RawAction::new("media", "list").param("pager", json!({ "pageSize": 2 }));
//!     let media = client.call(&list).await?;
//!     assert_eq!(media["objects"].as_array().map(Vec::len), Some(2));
//!     Ok(())
//! }
//! ```
//!
//! # What is where
//!
//! The crate root has the names that most programs need; the modules have everything.
//!
//! | module | crate | feature | contents |
//! |---|---|---|---|
//! | crate root | `kaltura-client` | `client` (default) | [`Client`], actions, pages, uploads, multirequests, retries, the errors of a call |
//! | [`auth`] | `kaltura-auth` | | login, session manager, transport and runtime traits, the errors of a login |
//! | [`types`] | `kaltura-types` | | ids, secrets, session and app-token objects, privileges, API errors |
//! | [`http`] | `kaltura-http` | `reqwest` (default) | the transport on reqwest, the runtime on tokio |
//! | [`blocking`] | | `blocking` | client, session manager and transports without an async runtime |
//! | [`ks`] | `kaltura-ks` | `local-signing` | opens and signs KS strings with the admin secret |
//! | [`emulator`] | `kaltura-emulator` | `emulator`, `server` | an emulated Kaltura server, in the process or over HTTP |
//! | [`store`] | `kaltura-store` | `store-file`, `store-redis` | sessions shared by processes and machines |
//! | [`testing`] | `kaltura-testing` | `testing` | mock transport, a runtime controlled by the test, conformance suites |
//!
//! # Features
//!
//! | feature | effect |
//! |---|---|
//! | `client` (default) | API calls with a session that is renewed automatically |
//! | `reqwest` (default) | [`http`]; without it the program provides a [`Transport`], see [below](#without-reqwest) |
//! | `rustls` (default) | TLS by rustls with aws-lc (needs a C compiler) and the system's certificates |
//! | `native-tls` | TLS by the library of the operating system; takes precedence over `rustls` |
//! | `rustls-no-provider` | TLS by rustls with the cryptography provider that the program installs |
//! | `blocking` | [`blocking`] |
//! | `local-signing` | [`ks`], and sessions signed with the admin secret, without a request |
//! | `tower` | `TowerTransport`: any tower service as a transport |
//! | `tracing` | spans for each call, events for each change of the session |
//! | `store-file` | [`store`]: one session for the processes of a user on one machine |
//! | `store-redis` | [`store`]: one session for all machines that reach a Redis or Valkey |
//! | `testing` | [`testing`] |
//! | `emulator` | [`emulator`] in the process |
//! | `server` | [`emulator`] over HTTP on the loopback interface |
//!
//! The TLS features have an effect only with `reqwest`. Without any of them only plain http to the loopback
//! interface works.
//!
//! # Without reqwest
//!
//! `default-features = false, features = ["client", "blocking"]` comes without an HTTP library and without an async runtime.
//! [`SystemClock`] is the clock of a blocking client, and the program's HTTP client is its transport:
//!
#![cfg_attr(all(feature = "client", feature = "blocking", feature = "emulator"), doc = "```")]
#![cfg_attr(not(all(feature = "client", feature = "blocking", feature = "emulator")), doc = "```ignore")]
//! use kaltura::blocking::{Client, transport_fn};
//! use kaltura::{AppTokenLogin, RawAction, ServiceUrl, SystemClock};
//! # use kaltura::blocking::Transport as _;
//!
//! # fn main() -> Result<(), kaltura::Error> {
//! # let emulator = kaltura::emulator::Emulator::new();
//! # let login = AppTokenLogin::new(ServiceUrl::US, emulator.app_token().credentials());
//! # let post = move |request| emulator.send(request);
//! let transport = transport_fn(move |request| post(request));
//! let client = Client::builder(login, transport, SystemClock::new()).build();
//! assert_eq!(client.call(&RawAction::new("media", "list"))?["totalCount"], 0);
//! # Ok(())
//! # }
//! ```
//!
//! An async [`Client`] needs a [`Runtime`](auth::runtime::Runtime), which also sleeps and spawns tasks: `http::TokioRuntime`
//! with the feature `reqwest`, otherwise a few lines over [`SystemClock`], as its documentation shows.

#[cfg(feature = "blocking")]
pub mod blocking;

pub use kaltura_auth as auth;
#[cfg(feature = "emulator")]
pub use kaltura_emulator as emulator;
#[cfg(feature = "reqwest")]
pub use kaltura_http as http;
#[cfg(feature = "local-signing")]
pub use kaltura_ks as ks;
#[cfg(any(feature = "store-file", feature = "store-redis"))]
pub use kaltura_store as store;
#[cfg(feature = "testing")]
pub use kaltura_testing as testing;
pub use kaltura_types as types;

#[cfg(feature = "tower")]
pub use kaltura_auth::TowerTransport;
pub use kaltura_auth::manager::{Observer, observer_fn};
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use kaltura_auth::runtime::SystemClock;
pub use kaltura_auth::{
    Adjustment, AppTokenCredentials, AppTokenFlow, AppTokenLogin, CredentialIssue, Error as LoginError,
    ErrorKind as LoginErrorKind, InvalidVariables, Region, Report, ServiceUrl, Session, SessionIdentity,
    SessionRequest, StoredSession, TokenHash, Transport, TransportError, TransportErrorKind, WireRequest,
    WireResponse, async_trait, transport_fn,
};
pub use kaltura_types::{
    Action, ApiError, AppTokenId, AppTokenValue, ErrorCode, FilePart, HashType, Ks, Lifetime, PartnerId,
    Privilege, Privileges, SessionType, UnixTime, UploadToken, UploadTokenId, UserId,
};

#[cfg(feature = "client")]
#[doc(inline)]
pub use kaltura_client::*;

#[cfg(all(feature = "client", feature = "reqwest"))]
#[doc(inline)]
pub use kaltura_http::{client, client_builder};

/// A login from the environment variables of this process, which are those of the command `kaltura`:
/// `KALTURA_PARTNER_ID`, `KALTURA_APP_TOKEN_ID`, `KALTURA_APP_TOKEN`, `KALTURA_APP_TOKEN_HASH_TYPE`, and those that may
/// be left out, see [`AppTokenLogin::from_vars`].
///
#[cfg_attr(all(feature = "client", feature = "reqwest"), doc = "```no_run")]
#[cfg_attr(not(all(feature = "client", feature = "reqwest")), doc = "```ignore")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = kaltura::client(kaltura::from_env()?)?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`InvalidVariables`] with all variables that are missing or not valid. It contains no value.
pub fn from_env() -> Result<AppTokenLogin, InvalidVariables> {
    AppTokenLogin::from_os_vars(|name| std::env::var_os(name))
}

/// Compiles the example of the crate's README.
#[cfg(all(doctest, feature = "client", feature = "reqwest"))]
#[doc = include_str!("../README.md")]
struct Readme;
