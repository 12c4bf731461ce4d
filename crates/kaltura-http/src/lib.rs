//! Kaltura App Token login over reqwest.
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
//! # What it does with a request
//!
//! It posts the bytes as they are, with exactly the content type that the request names, and gives back
//! whatever comes, be it an error page. It follows no redirect, asks no proxy for an address of this machine,
//! keeps to the stricter of its own limits and those of the request, and counts an answer's bytes after
//! decompression. An error says whether the request may have reached the server; it holds neither the URL
//! nor anything that was sent or received.
//!
//! # Features
//!
//! | feature | what it brings |
//! |---|---|
//! | `rustls` (on by default) | TLS by rustls with aws-lc, which needs a C compiler; trusts the system's certificates |
//! | `native-tls` | TLS by the system's library (OpenSSL, SChannel, Secure Transport); goes before rustls if both are on |
//! | `rustls-no-provider` | TLS by rustls with the cryptography that the program installs first |
//! | `blocking` | `BlockingReqwestTransport` |
//!
//! Without any TLS feature only plain http works, as to a server on this machine.

#[cfg(feature = "blocking")]
mod blocking;
mod body;
mod builder;
mod classify;
mod client;
mod clock;
mod request;
mod runtime;
mod transport;

#[cfg(feature = "blocking")]
pub use self::blocking::BlockingReqwestTransport;
pub use self::builder::{BuildError, ReqwestTransportBuilder};
#[cfg(feature = "blocking")]
pub use self::client::blocking_client;
pub use self::client::client;
pub use self::clock::SystemClock;
pub use self::runtime::TokioRuntime;
pub use self::transport::ReqwestTransport;
