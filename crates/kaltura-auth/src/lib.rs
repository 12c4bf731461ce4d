//! Logging in to Kaltura with an app token, over any HTTP client.
//!
//! An app token is an id and a secret value. Its holder proves that he has the value without sending it, and
//! gets a KS, the string that authorises calls:
//!
//! 1. `session.startWidgetSession` gives anybody an unprivileged KS.
//! 2. [`TokenHash`]: the hash of that KS and the token value, made here. The value never leaves the process.
//! 3. `appToken.startSession` takes the hash and gives the [`Session`].
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
//! | log in | [`AppTokenLogin`] with a [`Transport`] or a [`BlockingTransport`] |
//! | wish for a user, a type, a lifetime, privileges | [`SessionRequest`] |
//! | see what was granted | [`Session`], [`Adjustment`] |
//! | bring an HTTP client of your own | [`transport_fn`], [`Transport`] |
//! | log in without any client, step by step | [`AppTokenFlow`] |
//! | find out why it failed | [`Error`], [`ErrorKind`], [`CredentialIssue`] |
//! | stay logged in, for many tasks or threads | [`SessionManager`](manager::SessionManager), [`BlockingSessionManager`](manager::BlockingSessionManager) |
//! | start sessions from a partner secret, a fixed KS, or anything else | [`source`] |
//!
//! There is no HTTP library here, no async runtime, no clock and no source of chance: `kaltura-http` brings a
//! transport on reqwest, `kaltura-testing` a mock and an emulator. All types are `Send` and `Sync`; any future
//! can be dropped at any point, and nothing is lost.

mod credentials;
mod diagnosis;
mod error;
mod fingerprint;
mod flow;
mod login;
pub mod manager;
mod maybe_send;
pub mod runtime;
pub mod service_url;
mod session;
pub mod source;
mod token_hash;
pub mod transport;
pub mod wire;

pub use async_trait::async_trait;
pub use kaltura_types as types;

pub use credentials::AppTokenCredentials;
pub use diagnosis::CredentialIssue;
pub use error::{Error, ErrorKind, LoginStep, ManagerError, UnusableGrant};
pub use fingerprint::{Fingerprint, KsLabel};
pub use flow::{AppTokenFlow, FlowStep};
pub use kaltura_types::SessionRequest;
pub use login::{AppTokenLogin, CLIENT_TAG, DetectedHashType};
pub use maybe_send::{MaybeSend, MaybeSync};
pub use service_url::{InvalidServiceUrl, Region, ServiceUrl, UnknownRegion};
pub use session::{Adjustment, Session};
pub use token_hash::TokenHash;
pub use transport::{
    BlockingTransport, BlockingTransportFn, Transport, TransportError, TransportErrorKind, TransportFn,
    blocking_transport_fn, transport_fn,
};
pub use wire::{ResponseMetadata, WireRequest, WireResponse};
