//! Login to Kaltura with an app token, over any HTTP client.
//!
//! An app token is an id and a secret value. The login proves the possession of the value without sending it, and
//! returns a KS (Kaltura Session), the string that authorizes calls:
//!
//! 1. `session.startWidgetSession` returns an unprivileged KS.
//! 2. [`TokenHash`]: the hash of that KS and the token value, computed locally. The value never leaves the process.
//! 3. `appToken.startSession` takes the hash and returns the [`Session`].
//!
//! ```
//! use kaltura_auth::{AppTokenCredentials, AppTokenLogin, Error, ServiceUrl, Session, Transport};
//! use kaltura_types::{HashType, PartnerId};
//!
//! async fn log_in(transport: &dyn Transport) -> Result<Session, Error> {
//!     let token = AppTokenCredentials::new(
//!         PartnerId::new(1234567),
//!         "0_7jh3eu10",
//!         "3f786850e387550fdab836ed7e6dc881",
//!         HashType::Sha256,
//!     );
//!     AppTokenLogin::new(ServiceUrl::US, token).run(transport).await
//! }
//! ```
//!
//! | to | use |
//! |---|---|
//! | log in | [`AppTokenLogin`] with a [`Transport`] or a [`blocking::Transport`] |
//! | request a user, a type, a lifetime, privileges | [`SessionRequest`] |
//! | take credentials and request from environment variables | [`AppTokenLogin::from_vars`] |
//! | see what was granted | [`Session`], [`Adjustment`] |
//! | use another HTTP client | [`transport_fn`], [`Transport`] |
//! | log in step by step, without a transport | [`AppTokenFlow`] |
//! | find out why a login failed | [`Error`], [`ErrorKind`], [`CredentialIssue`] |
//! | share one session between many tasks or threads | [`SessionManager`](manager::SessionManager), [`blocking::SessionManager`] |
//! | share one session between many processes | [`store`] |
//! | get sessions from a partner secret, a fixed KS, or anything else | [`source`] |
//!
//! Features: `tower` adds `TowerTransport`, any tower service as a transport; `local-signing` adds
//! `source::LocalSigningSource`, sessions signed with the admin secret.
//!
//! This crate contains no HTTP client and no async runtime, and reads no clock but the one that it is given, such as
//! `runtime::SystemClock`. `kaltura-http` has a transport on reqwest and a runtime on tokio, `kaltura-testing` a mock
//! transport. All types are `Send` and `Sync`. Any future can be dropped at any
//! point, and nothing is lost.

pub mod blocking;
mod credentials;
mod error;
mod login;
pub mod manager;
pub mod runtime;
mod service_url;
mod session;
pub mod source;
pub mod store;
mod token_hash;
mod transport;
mod wire;

pub use async_trait::async_trait;
pub use kaltura_types as types;

pub use credentials::{AppTokenCredentials, CredentialIssue};
pub use error::{Error, ErrorKind, LoginStep, ManagerError, Report, UnusableSession};
pub use kaltura_types::SessionRequest;
pub use login::{AppTokenFlow, AppTokenLogin, CLIENT_TAG, DetectedHashType, FlowStep, InvalidVariables};
pub use runtime::maybe_send::{MaybeSend, MaybeSync};
pub use service_url::{InvalidServiceUrl, Region, ServiceUrl, UnknownRegion};
pub use session::{Adjustment, Fingerprint, KsLabel, Session, SessionId, StoredSession};
pub use source::SessionIdentity;
pub use token_hash::{TokenHash, TokenHashWarning};
#[cfg(feature = "tower")]
pub use transport::TowerTransport;
pub use transport::{Transport, TransportError, TransportErrorKind, TransportFn, transport_fn};
pub use wire::{ResponseMetadata, WireRequest, WireResponse};
