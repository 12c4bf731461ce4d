//! A login with an app token, ready to run.

mod detection;

use std::time::Duration;

use kaltura_types::HashType;

use self::detection::{Detection, DetectionStep};

pub use self::detection::DetectedHashType;

use crate::credentials::AppTokenCredentials;
use crate::error::Error;
use crate::flow::{AppTokenFlow, FlowStep};
use crate::service_url::ServiceUrl;
use crate::session::Session;
use crate::transport::{BlockingTransport, Transport};
use kaltura_types::SessionRequest;

/// How this library names itself in the server's logs, unless told otherwise: the parameter `clientTag`.
pub const CLIENT_TAG: &str = concat!("kaltura-rs:", env!("CARGO_PKG_VERSION"));

/// Everything that one login needs but the transport: where, who, and what is wished.
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
#[derive(Clone, Debug)]
#[must_use = "a login does nothing until it is run"]
pub struct AppTokenLogin {
    pub(crate) service_url: ServiceUrl,
    pub(crate) credentials: AppTokenCredentials,
    pub(crate) request: SessionRequest,
    pub(crate) client_tag: String,
    pub(crate) timeout: Duration,
}

impl AppTokenLogin {
    /// How many bytes each of the two answers may have. They have about one thousand.
    pub const MAX_RESPONSE_BYTES: u64 = 1 << 20;

    /// A login at this server with this token, without wishes. Each of the two calls may take 30 seconds.
    pub fn new(service_url: ServiceUrl, credentials: AppTokenCredentials) -> Self {
        Self {
            service_url,
            credentials,
            request: SessionRequest::new(),
            client_tag: CLIENT_TAG.to_owned(),
            timeout: Duration::from_secs(30),
        }
    }

    /// What is wished of the session.
    pub fn request(mut self, request: SessionRequest) -> Self {
        self.request = request;
        self
    }

    /// Replaces [`CLIENT_TAG`], by which the server's logs name the client.
    pub fn client_tag(mut self, tag: impl Into<String>) -> Self {
        self.client_tag = tag.into();
        self
    }

    /// How long each of the two calls may take, from connecting to the last byte.
    pub const fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// The token that logs in.
    #[must_use]
    pub const fn credentials(&self) -> &AppTokenCredentials {
        &self.credentials
    }

    /// The server.
    #[must_use]
    pub const fn service_url(&self) -> &ServiceUrl {
        &self.service_url
    }

    /// Logs in. Two requests, a third if the server's cache gave a dead widget session.
    ///
    /// Dropping the future gives the login up; at worst the server has made a session that nobody uses.
    ///
    /// # Errors
    ///
    /// [`Error`], with what to do in [`Error::hint`].
    pub async fn run<T: Transport + ?Sized>(&self, transport: &T) -> Result<Session, Error> {
        let mut step = AppTokenFlow::start(self);
        loop {
            match step {
                FlowStep::Send(request, flow) => step = flow.receive(transport.send(request).await)?,
                FlowStep::Done(session) => return Ok(session),
            }
        }
    }

    /// Logs in, holding the thread meanwhile. Otherwise like [`run`](Self::run).
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_blocking<T: BlockingTransport + ?Sized>(&self, transport: &T) -> Result<Session, Error> {
        let mut step = AppTokenFlow::start(self);
        loop {
            match step {
                FlowStep::Send(request, flow) => step = flow.receive(transport.send(request))?,
                FlowStep::Done(session) => return Ok(session),
            }
        }
    }

    /// Logs in, and finds the hash type out if the given one is wrong.
    ///
    /// If, and only if, the server refuses the hash (`INVALID_APP_TOKEN_HASH`), each of the other hash types is
    /// tried once, on the same widget session: three more requests at most. Servers limit the rate of
    /// refused logins; so keep the answer, and do not call this for each login.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run). If no hash type fits, the error of the first one.
    pub async fn detect_hash_type<T: Transport + ?Sized>(
        &self,
        transport: &T,
    ) -> Result<DetectedHashType, Error> {
        let mut step = Detection::start(self);
        loop {
            match step {
                DetectionStep::Send(request, detection) => {
                    step = detection.receive(transport.send(request).await)?;
                }
                DetectionStep::Done(detected) => return Ok(detected),
            }
        }
    }

    /// Like [`detect_hash_type`](Self::detect_hash_type), holding the thread meanwhile.
    ///
    /// # Errors
    ///
    /// As [`detect_hash_type`](Self::detect_hash_type).
    pub fn detect_hash_type_blocking<T: BlockingTransport + ?Sized>(
        &self,
        transport: &T,
    ) -> Result<DetectedHashType, Error> {
        let mut step = Detection::start(self);
        loop {
            match step {
                DetectionStep::Send(request, detection) => {
                    step = detection.receive(transport.send(request))?;
                }
                DetectionStep::Done(detected) => return Ok(detected),
            }
        }
    }

    fn hash_type(mut self, hash_type: HashType) -> Self {
        self.credentials = self.credentials.with_hash_type(hash_type);
        self
    }
}
