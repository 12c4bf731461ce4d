//! Settings of a transport: the same for async and blocking, and without a type of reqwest in the API.

mod no_proxy;
mod proxy;
#[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
mod tls;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{Client, ClientBuilder, redirect};

pub(crate) use self::no_proxy::NoProxyHosts;
pub use self::no_proxy::no_proxy_names;
use self::proxy::ProxySettings;
#[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
pub(crate) use self::tls::Tls;
#[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
use self::tls::TlsSettings;
#[cfg(feature = "blocking")]
use crate::blocking;
use crate::transport::{Clients, Limits, ReqwestTransport, WithoutProxy};

/// Builds a [`ReqwestTransport`] or a `blocking::ReqwestTransport`.
///
/// Fixed are: no redirects, gzip as the only content encoding, HTTP/1.1, TLS 1.2 or later, and no proxy for
/// loopback addresses.
///
/// `Debug` shows neither proxy credentials nor keys.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ReqwestTransportBuilder {
    connect_timeout: Option<Duration>,
    limits: Limits,
    user_agent: String,
    proxy: ProxySettings,
    #[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
    tls: TlsSettings,
}

impl ReqwestTransportBuilder {
    /// The default connect timeout: 10 seconds.
    pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

    /// The default timeout of a request: 60 seconds.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    pub(crate) fn new() -> Self {
        Self {
            connect_timeout: Some(Self::DEFAULT_CONNECT_TIMEOUT),
            limits: Limits { timeout: Some(Self::DEFAULT_TIMEOUT), max_response_bytes: None },
            user_agent: concat!("kaltura-rs/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxy: ProxySettings::default(),
            #[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
            tls: TlsSettings::default(),
        }
    }

    /// Limits the time for name resolution, connection and TLS handshake. `None`: only the timeout of the
    /// request applies.
    pub fn connect_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.connect_timeout = timeout.into();
        self
    }

    /// Limits the time of a request, from connecting to the last byte of the response. A shorter timeout of the
    /// request itself takes precedence. `None`: only the timeout of the request applies.
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.limits.timeout = timeout.into();
        self
    }

    /// Limits the size of a response body, in bytes after decompression. A smaller limit of the request itself
    /// takes precedence. `None`, the default: only the limit of the request applies.
    pub fn max_response_bytes(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.limits.max_response_bytes = bytes.into();
        self
    }

    /// Sets the `User-Agent` header; `kaltura-rs/<version>` by default.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Sends every request through this proxy, such as `http://proxy.example.com:3128`, instead of those of the
    /// environment. The URL may contain a percent-encoded user name and password;
    /// [`proxy_basic_auth`](Self::proxy_basic_auth) sets them unencoded.
    ///
    /// By default the proxies of the environment are used: `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY`, except
    /// for the hosts in `NO_PROXY` ([`no_proxy_for`](Self::no_proxy_for)).
    ///
    /// ```no_run
    /// use kaltura_http::ReqwestTransport;
    ///
    /// let transport = ReqwestTransport::builder()
    ///     .proxy("http://proxy.example.com:3128")
    ///     .proxy_basic_auth("build", "pass word")
    ///     .no_proxy_for("video.example.com, 10.0.0.0/8")
    ///     .build()?;
    /// # Ok::<(), kaltura_http::BuildError>(())
    /// ```
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy.custom().url = url.into();
        self
    }

    /// User name and password for the [`proxy`](Self::proxy), not percent-encoded.
    pub fn proxy_basic_auth(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.proxy.custom().basic_auth = Some((user.into(), password.into()));
        self
    }

    /// Hosts for which the [`proxy`](Self::proxy) is not used, in the form of the variable `NO_PROXY`: names, which
    /// include their subdomains, addresses, and networks such as `10.0.0.0/8`, separated by commas or blanks; `*` for
    /// all. They are read as by curl: without ports, and an IPv6 address without brackets.
    pub fn no_proxy_for(mut self, hosts: impl Into<String>) -> Self {
        self.proxy.custom().bypass = hosts.into();
        self
    }

    /// Uses no proxy, not even those of the environment.
    pub fn no_proxy(mut self) -> Self {
        self.proxy.disable();
        self
    }

    /// Builds an async transport.
    ///
    /// The certificates that were added are validated here. Those of the system are read with the first request over
    /// https, on systems where they are files; a system without any is an error of that request only.
    ///
    /// # Errors
    ///
    /// [`BuildError`] says which setting is invalid.
    pub fn build(&self) -> Result<ReqwestTransport, BuildError> {
        let tls = self.tls()?;
        let clients = self.clients(&tls, IdleConnections::Keep)?;
        Ok(ReqwestTransport::from_parts(clients, self.limits, self.clone(), tls))
    }

    /// Builds a transport that blocks the calling thread.
    ///
    /// # Errors
    ///
    /// [`BuildError`] says which setting is invalid, or that the transport's thread cannot be started.
    #[cfg(feature = "blocking")]
    pub fn build_blocking(&self) -> Result<blocking::ReqwestTransport, BuildError> {
        blocking::ReqwestTransport::from_async(self.build()?)
    }

    /// Validates the certificates.
    #[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
    pub(crate) fn tls(&self) -> Result<Tls, BuildError> {
        self.tls.prepare()
    }

    /// There is no TLS.
    #[cfg(not(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider")))]
    #[expect(clippy::unnecessary_wraps, reason = "with TLS it can fail")]
    pub(crate) const fn tls(&self) -> Result<Tls, BuildError> {
        Ok(Tls)
    }

    pub(crate) fn clients(&self, tls: &Tls, idle: IdleConnections) -> Result<Clients, BuildError> {
        let client = self.proxy.apply(self.client(tls, idle)?)?;
        let client = client.build().map_err(BuildError::http_client)?;
        let without_proxy = if self.proxy.applies() {
            let client = self.client(tls, idle)?.no_proxy().build().map_err(BuildError::http_client)?;
            Some(WithoutProxy { client, hosts: Arc::new(self.proxy.no_proxy_hosts()) })
        } else {
            None
        };
        Ok(Clients { client, without_proxy })
    }

    /// A client with all settings but those of the proxy.
    fn client(&self, tls: &Tls, idle: IdleConnections) -> Result<ClientBuilder, BuildError> {
        let user_agent = HeaderValue::try_from(&self.user_agent).map_err(|_| BuildError::InvalidUserAgent)?;
        let mut client = Client::builder()
            .user_agent(user_agent)
            .redirect(redirect::Policy::none())
            .referer(false)
            .http1_only();
        if idle == IdleConnections::Close {
            client = client.pool_max_idle_per_host(0);
        }
        if let Some(timeout) = self.connect_timeout {
            client = client.connect_timeout(timeout);
        }
        Ok(tls.apply(client))
    }
}

/// In a build without TLS.
#[cfg(not(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider")))]
#[derive(Clone)]
pub(crate) struct Tls;

#[cfg(not(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider")))]
impl Tls {
    #[expect(clippy::unused_self, reason = "with TLS it has settings")]
    fn apply(&self, client: ClientBuilder) -> ClientBuilder {
        client
    }
}

/// What a client does with a connection after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdleConnections {
    /// Keeps it for the next request.
    Keep,
    /// Closes it.
    Close,
}

/// Certificates. Available with any TLS feature.
#[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
impl ReqwestTransportBuilder {
    /// Trusts one or more root certificates in PEM form, in addition to those of the system. Can be called
    /// several times. With rustls on Linux, a certificate that a server signed itself may be among them, as
    /// `openssl req -x509` makes it.
    ///
    /// With rustls this works on Unix and Windows; on Apple's systems only together with
    /// [`disable_system_roots`](Self::disable_system_roots).
    pub fn add_root_certificates_pem(mut self, certificates: impl AsRef<[u8]>) -> Self {
        self.tls.add_roots(certificates.as_ref());
        self
    }

    /// Trusts only the certificates that [`add_root_certificates_pem`](Self::add_root_certificates_pem) added,
    /// not those of the system.
    pub fn disable_system_roots(mut self) -> Self {
        self.tls.disable_system_roots();
        self
    }

    /// Authenticates with this certificate where a server requests one. The certificates are in PEM form: the
    /// client's own first, then its issuers. The private key is PEM in PKCS #8 form (`BEGIN PRIVATE KEY`).
    pub fn client_certificate_pem(mut self, certificates: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        self.tls.set_identity(certificates.as_ref(), key.as_ref());
        self
    }
}

/// Why a transport cannot be built: which setting is invalid, or what is missing.
///
/// Neither the text nor the source contains a password or a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The user agent is not a valid header value.
    #[error("the user agent must consist of printable characters, without line breaks")]
    InvalidUserAgent,
    /// The proxy is not an http or https URL.
    #[error(
        "the proxy must be a URL such as http://proxy.example.com:3128; special characters in its user name \
         or password are percent-encoded"
    )]
    InvalidProxy,
    /// The given root certificates cannot be read.
    #[error("the root certificates must be in PEM form (-----BEGIN CERTIFICATE-----)")]
    InvalidRootCertificate,
    /// The system's root certificates are disabled, and no others were added.
    #[error("no server would be trusted: use disable_system_roots only with add_root_certificates_pem")]
    NoRootCertificates,
    /// The client certificate or its key cannot be read.
    #[error("the client certificate and its key must be in PEM form, the key as PKCS #8 and not encrypted")]
    InvalidClientCertificate(#[source] Box<dyn Error + Send + Sync>),
    /// With the feature `rustls-no-provider` the program must install a crypto provider, and has not.
    #[error(
        "rustls has no crypto provider: call rustls::crypto::CryptoProvider::install_default first, or enable \
         the feature `rustls` of kaltura-http"
    )]
    NoCryptoProvider,
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be built")]
    HttpClient(#[source] Box<dyn Error + Send + Sync>),
    /// The thread of a blocking transport cannot be started.
    #[error("the thread of the blocking transport cannot be started")]
    Thread(#[source] std::io::Error),
}

impl BuildError {
    fn http_client(cause: reqwest::Error) -> Self {
        Self::HttpClient(Box::new(cause.without_url()))
    }
}
