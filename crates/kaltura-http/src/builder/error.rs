//! Why a transport can not be set up.

use std::error::Error;

/// A setting of the transport that can not be used.
///
/// Neither the text nor the source of any of these holds a password or a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The user agent does not fit into a header.
    #[error("the user agent may hold printable characters only, and no line break")]
    UserAgent,
    /// The proxy is not given by a URL of http or https.
    #[error(
        "the proxy must be given like http://proxy.example.com:3128; special characters in a user name or \
         password are percent-encoded there"
    )]
    Proxy,
    /// No certificate can be read from what was given as root certificates.
    #[error("the root certificates must be in PEM form (-----BEGIN CERTIFICATE-----)")]
    RootCertificate,
    /// Only given root certificates are to be trusted, but there are none.
    #[error("no server would be trusted: give root_certificate_pem with only_these_roots")]
    NoRootCertificate,
    /// The client certificate or its key can not be read.
    #[error("the client certificate and its key must be in PEM form, the key as PKCS #8 and not encrypted")]
    ClientCertificate(#[source] Box<dyn Error + Send + Sync>),
    /// The feature `rustls-no-provider` leaves the cryptography to the program, which has installed none.
    #[error(
        "no cryptography for rustls: call rustls::crypto::CryptoProvider::install_default first, or use the \
         feature `rustls` of kaltura-http"
    )]
    NoCryptoProvider,
    /// The HTTP client does not take the settings.
    #[error("the HTTP client can not be set up")]
    Client(#[source] Box<dyn Error + Send + Sync>),
    /// The thread of a blocking transport can not be started.
    #[error("the thread of the transport can not be started")]
    Thread(#[source] std::io::Error),
}

impl BuildError {
    pub(crate) fn client(cause: reqwest::Error) -> Self {
        Self::Client(Box::new(cause.without_url()))
    }
}
