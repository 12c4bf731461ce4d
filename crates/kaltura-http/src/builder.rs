//! How a transport is set up: the same for async and blocking, and without a word of reqwest.

mod error;
mod proxy;
#[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
mod tls;

use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{Client, ClientBuilder, redirect};

pub use self::error::BuildError;
use self::proxy::Proxies;
#[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
use self::tls::Tls;
#[cfg(feature = "blocking")]
use crate::blocking::BlockingReqwestTransport;
use crate::transport::{Limits, ReqwestTransport};

/// Sets up a [`ReqwestTransport`] or a `BlockingReqwestTransport`.
///
/// What can not be changed: redirects are not followed, answers may be compressed with gzip, HTTP is 1.1,
/// TLS is at least 1.2, and no proxy is asked for an address of this machine.
///
/// `Debug` shows neither the credentials of a proxy nor a key.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ReqwestTransportBuilder {
    connect_timeout: Option<Duration>,
    limits: Limits,
    user_agent: String,
    proxies: Proxies,
    #[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
    tls: Tls,
}

impl ReqwestTransportBuilder {
    /// How long it may take to connect, unless it is said otherwise: 10 seconds.
    pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

    /// How long a request may take, unless it is said otherwise: 60 seconds.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    pub(crate) fn new() -> Self {
        Self {
            connect_timeout: Some(Self::DEFAULT_CONNECT_TIMEOUT),
            limits: Limits { time: Some(Self::DEFAULT_TIMEOUT), response_bytes: None },
            user_agent: concat!("kaltura-rs/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxies: Proxies::default(),
            #[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
            tls: Tls::default(),
        }
    }

    /// How long it may take to find the server, to connect to it and to agree on TLS; `None` for as long as
    /// the request may take.
    pub fn connect_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.connect_timeout = limit.into();
        self
    }

    /// How long a request may take, from connecting to the last byte of the answer. The request's own limit
    /// holds if it is shorter. `None` leaves it to the request alone.
    pub fn timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.time = limit.into();
        self
    }

    /// How many bytes an answer may have at most, after decompression. The request's own limit holds if it
    /// is smaller. `None`, the default, leaves it to the request alone.
    pub fn max_response_bytes(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.limits.response_bytes = bytes.into();
        self
    }

    /// What the transport calls itself; `kaltura-rs/<version>` unless it is said otherwise.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// Sends everything through this proxy, such as `http://proxy.example.com:3128`, and not through those
    /// of the environment. User name and password may stand in the URL, percent-encoded, or be given by
    /// [`proxy_credentials`](Self::proxy_credentials).
    ///
    /// Without a word about proxies those of the environment are taken: `HTTPS_PROXY`, `HTTP_PROXY`,
    /// `ALL_PROXY`, except for the hosts in `NO_PROXY`.
    ///
    /// ```no_run
    /// use kaltura_http::ReqwestTransport;
    ///
    /// let transport = ReqwestTransport::builder()
    ///     .proxy("http://proxy.example.com:3128")
    ///     .proxy_credentials("build", "pass word")
    ///     .proxy_exceptions("video.example.com, 10.0.0.0/8")
    ///     .build()?;
    /// # Ok::<(), kaltura_http::BuildError>(())
    /// ```
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxies.given().url = url.into();
        self
    }

    /// User name and password for the [`proxy`](Self::proxy), as they are.
    pub fn proxy_credentials(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.proxies.given().credentials = Some((user.into(), password.into()));
        self
    }

    /// Hosts that are reached without the [`proxy`](Self::proxy), separated by commas: names, which stand
    /// for their subdomains too, addresses, and networks such as `10.0.0.0/8`.
    pub fn proxy_exceptions(mut self, hosts: impl Into<String>) -> Self {
        self.proxies.given().exceptions = hosts.into();
        self
    }

    /// Uses no proxy, not even those of the environment.
    pub fn no_proxy(mut self) -> Self {
        self.proxies.switch_off();
        self
    }

    /// Sets the transport up.
    ///
    /// # Errors
    ///
    /// [`BuildError`] says which of the settings can not be used.
    pub fn build(&self) -> Result<ReqwestTransport, BuildError> {
        let client = self.proxies.apply(self.client()?)?;
        let client = client.build().map_err(BuildError::client)?;
        let direct = if self.proxies.switched_off() {
            None
        } else {
            Some(self.client()?.no_proxy().build().map_err(BuildError::client)?)
        };
        Ok(ReqwestTransport::from_parts(client, direct, self.limits))
    }

    /// Sets up a transport that holds the thread while it sends.
    ///
    /// # Errors
    ///
    /// [`BuildError`] says which of the settings can not be used, or that no thread can be had.
    #[cfg(feature = "blocking")]
    pub fn build_blocking(&self) -> Result<BlockingReqwestTransport, BuildError> {
        BlockingReqwestTransport::over(self.build()?)
    }

    /// A client with all settings but those about proxies.
    fn client(&self) -> Result<ClientBuilder, BuildError> {
        let user_agent = HeaderValue::try_from(&self.user_agent).map_err(|_| BuildError::UserAgent)?;
        let mut client = Client::builder()
            .user_agent(user_agent)
            .redirect(redirect::Policy::none())
            .referer(false)
            .http1_only();
        if let Some(limit) = self.connect_timeout {
            client = client.connect_timeout(limit);
        }
        #[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
        let client = self.tls.apply(client)?;
        Ok(client)
    }
}

/// Certificates. These exist where the crate is built with TLS.
#[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
impl ReqwestTransportBuilder {
    /// Trusts these certificates besides those of the system: one or several in PEM form. Can be called
    /// several times.
    ///
    /// With rustls this works on Unix and Windows, and on Apple's systems only together with
    /// [`only_these_roots`](Self::only_these_roots).
    pub fn root_certificate_pem(mut self, certificates: impl AsRef<[u8]>) -> Self {
        self.tls.add_roots(certificates.as_ref());
        self
    }

    /// Trusts only the certificates that were given by [`root_certificate_pem`](Self::root_certificate_pem),
    /// not those of the system.
    pub fn only_these_roots(mut self) -> Self {
        self.tls.trust_only_given_roots();
        self
    }

    /// Shows this certificate to a server that asks for one: PEM, the client's own first, then those that it
    /// was issued by; and its private key, PEM in the form PKCS #8 (`BEGIN PRIVATE KEY`).
    pub fn client_certificate_pem(mut self, certificates: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        self.tls.set_identity(certificates.as_ref(), key.as_ref());
        self
    }
}
