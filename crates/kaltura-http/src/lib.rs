//! HTTP for Kaltura App Token login: a [`Transport`](kaltura_auth::Transport) on reqwest, a
//! [`Runtime`](kaltura_auth::runtime::Runtime) on tokio.
//!
//! ```no_run
//! use kaltura_auth::types::{HashType, PartnerId};
//! use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl};
//! use kaltura_http::ReqwestTransport;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let transport = ReqwestTransport::builder().build()?;
//! let token = AppTokenCredentials::new(PartnerId::new(1234567), "0_abcdefgh", "token", HashType::Sha256);
//!
//! let session = AppTokenLogin::new(ServiceUrl::US, token).run(&transport).await?;
//! assert_eq!(session.partner_id(), PartnerId::new(1234567));
//! # Ok(()) }
//! ```
//!
//! # How a request is sent
//!
//! The body is posted byte for byte, with exactly the content type of the request. Every complete response is
//! returned, whatever its status. Redirects are not followed, and no proxy is used for loopback addresses. The
//! stricter of the transport's and the request's limits applies; the size of a response is counted after
//! decompression. An error tells whether the request may have reached the server. It contains neither the URL
//! nor anything that was sent or received.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `client` (default) | the function `client` and, with `blocking`, `blocking::client`: a client of `kaltura-client` in one call |
//! | `rustls` (default) | TLS by rustls with aws-lc, which needs a C compiler; trusts the system's root certificates |
//! | `native-tls` | TLS by the system's library (OpenSSL, SChannel, Secure Transport); takes precedence over `rustls` |
//! | `rustls-no-provider` | TLS by rustls with the crypto provider that the program installs before it builds a transport |
//! | `blocking` | the module `blocking`, for programs without an async runtime |
//!
//! Without a TLS feature only plain http works, for example to a server on loopback.

#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod classify;
mod runtime;
mod transport;

pub use self::builder::{BuildError, ReqwestTransportBuilder, no_proxy_names};
pub use self::runtime::TokioRuntime;
pub use self::transport::ReqwestTransport;
pub use kaltura_auth::runtime::SystemClock;

/// Creates a client that logs in with an app token, on reqwest and tokio, with default settings.
///
/// For another transport, policy or observer see [`Client::builder`](kaltura_client::Client::builder).
///
/// ```no_run
/// use kaltura_auth::types::{HashType, PartnerId};
/// use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl};
/// use kaltura_client::RawAction;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let token = AppTokenCredentials::new(PartnerId::new(1234567), "0_7jh3eu10", "the value", HashType::Sha256);
/// let client = kaltura_http::client(AppTokenLogin::new(ServiceUrl::US, token))?;
///
/// let media = client.call(&RawAction::new("media", "list")).await?;
/// println!("{} entries", media["totalCount"]);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// [`BuildError`] if the HTTP client cannot be built, for example because the program has installed no crypto provider.
/// A system without root certificates is an error of the first request over https.
#[cfg(feature = "client")]
pub fn client(login: kaltura_auth::AppTokenLogin) -> Result<kaltura_client::Client, BuildError> {
    Ok(client_builder(login)?.build())
}

/// Starts to configure a client that logs in with an app token, on reqwest and tokio.
///
/// ```no_run
/// # use kaltura_auth::{AppTokenLogin, store::SessionStore};
/// # fn example(login: AppTokenLogin, store: impl SessionStore + 'static) -> Result<(), kaltura_http::BuildError> {
/// // Shares the session with other processes.
/// let client = kaltura_http::client_builder(login)?.store(store).build();
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// As [`client`].
#[cfg(feature = "client")]
pub fn client_builder(
    login: kaltura_auth::AppTokenLogin,
) -> Result<kaltura_client::ClientBuilder, BuildError> {
    let transport = ReqwestTransport::builder().build()?;
    Ok(kaltura_client::Client::builder(login, transport, TokioRuntime::new()))
}
