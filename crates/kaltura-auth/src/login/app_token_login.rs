//! The parameters of a login with an app token.

use std::time::Duration;

use kaltura_types::{HashType, SessionRequest};

use crate::credentials::AppTokenCredentials;
use crate::service_url::ServiceUrl;
use crate::source::SessionIdentity;

/// The default of the parameter `clientTag`, by which the server's logs name the client: this library.
pub const CLIENT_TAG: &str = concat!("kaltura-rs:", env!("CARGO_PKG_VERSION"));

/// The default timeout of each request of a login.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Everything that a login needs except the transport: the server, the credentials, and what is requested.
///
/// ```
/// # use kaltura_auth::{AppTokenCredentials, AppTokenLogin, Error, ServiceUrl, SessionRequest, Transport};
/// # use kaltura_types::{HashType, Lifetime, PartnerId};
/// # async fn example(transport: impl Transport) -> Result<(), Error> {
/// let token = AppTokenCredentials::new(
///     PartnerId::new(1234567),
///     "0_7jh3eu10",
///     "3f786850e387550fdab836ed7e6dc881",
///     HashType::Sha256,
/// );
/// let login = AppTokenLogin::new(ServiceUrl::US, token)
///     .request(SessionRequest::new().user_id("nightly-import").lifetime(Lifetime::hours(1)));
///
/// let session = login.run(&transport).await?;
/// for adjustment in session.adjustments() {
///     eprintln!("note: {adjustment}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a login does nothing until it is run"]
pub struct AppTokenLogin {
    pub(crate) service_url: ServiceUrl,
    pub(crate) credentials: AppTokenCredentials,
    pub(crate) request: SessionRequest,
    pub(crate) client_tag: String,
    pub(crate) timeout: Duration,
}

impl AppTokenLogin {
    /// The size limit of each of the two responses, in bytes. A usual response has about one thousand.
    pub(crate) const MAX_RESPONSE_BYTES: u64 = 1 << 20;

    /// A login to this server with this token. It requests the token's defaults; each of the two calls has a timeout
    /// of 30 seconds.
    pub fn new(service_url: ServiceUrl, credentials: AppTokenCredentials) -> Self {
        Self {
            service_url,
            credentials,
            request: SessionRequest::new(),
            client_tag: CLIENT_TAG.to_owned(),
            timeout: DEFAULT_TIMEOUT,
        }
    }

    /// Sets what is requested: user, type, lifetime, privileges.
    pub fn request(mut self, request: SessionRequest) -> Self {
        self.request = request;
        self
    }

    /// Replaces [`CLIENT_TAG`], by which the server's logs name the client.
    pub fn client_tag(mut self, tag: impl Into<String>) -> Self {
        self.client_tag = tag.into();
        self
    }

    /// Sets the timeout of each of the two calls, from connecting to the last byte.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The credentials.
    #[must_use]
    pub const fn credentials(&self) -> &AppTokenCredentials {
        &self.credentials
    }

    /// The server.
    #[must_use]
    pub const fn service_url(&self) -> &ServiceUrl {
        &self.service_url
    }

    /// Server, partner, token id and requested user, for metrics and logs.
    #[must_use]
    pub fn identity(&self) -> SessionIdentity {
        SessionIdentity::new()
            .with_service_url(self.service_url.clone())
            .with_partner_id(self.credentials.partner_id())
            .with_app_token_id(self.credentials.id().clone())
            .with_requested_user(self.request.get_user_id())
    }

    /// The same login with another hash type.
    pub fn with_hash_type(mut self, hash_type: HashType) -> Self {
        self.credentials = self.credentials.with_hash_type(hash_type);
        self
    }
}
