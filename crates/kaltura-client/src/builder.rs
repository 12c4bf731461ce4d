//! How a client is made, async or blocking: what both can be told stands here once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::{Observer, Policy};
use kaltura_auth::runtime::{Clock, Runtime};
use kaltura_auth::source::{BlockingSessionSource, SessionSource};
use kaltura_auth::{BlockingTransport, CLIENT_TAG, ServiceUrl, SessionRequest, Transport};

use crate::error::{CallError, Called, Error};
use crate::retry::RetryPolicy;

/// How many sessions [`login_as`](crate::Client::login_as) keeps if not said.
const POOL_BOUND: usize = 256;

/// How a client is made: [`Client`](crate::Client) from [`AsyncParts`], [`BlockingClient`](crate::BlockingClient)
/// from [`BlockingParts`].
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder<P = AsyncParts> {
    pub(crate) parts: P,
    pub(crate) settings: Settings,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) policy: Policy,
    pub(crate) pool_bound: usize,
}

/// How a blocking client is made.
pub type BlockingClientBuilder = ClientBuilder<BlockingParts>;

/// What all calls of a client have in common.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) service_url: ServiceUrl,
    pub(crate) client_tag: String,
    pub(crate) request_timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) renew_when_actions_used_up: bool,
}

impl<P> ClientBuilder<P> {
    pub(crate) fn new(service_url: ServiceUrl, parts: P) -> Self {
        let settings = Settings {
            service_url,
            client_tag: CLIENT_TAG.to_owned(),
            request_timeout: Duration::from_secs(60),
            retry: RetryPolicy::default(),
            renew_when_actions_used_up: true,
        };
        Self { parts, settings, observer: None, policy: Policy::default(), pool_bound: POOL_BOUND }
    }

    /// Who is told what happens to the session: for metrics and logs.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// How early sessions are renewed, and how long to wait after a failure.
    pub fn session_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// How often, how long and how soon failed calls are tried again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = policy;
        self
    }

    /// How long each request may take, from connecting to the last byte; 60 seconds if not said.
    pub const fn request_timeout(mut self, limit: Duration) -> Self {
        self.settings.request_timeout = limit;
        self
    }

    /// How the server's logs name this client, instead of [`CLIENT_TAG`].
    pub fn client_tag(mut self, tag: impl Into<String>) -> Self {
        self.settings.client_tag = tag.into();
        self
    }

    /// Whether to log in anew when a session has made as many calls as its `actionslimit` allows; yes if not said.
    pub const fn renew_when_actions_used_up(mut self, renew: bool) -> Self {
        self.settings.renew_when_actions_used_up = renew;
        self
    }

    /// How many sessions for other requests [`login_as`](crate::Client::login_as) keeps, one at least; 256 if not
    /// said.
    pub const fn pool_bound(mut self, sessions: usize) -> Self {
        self.pool_bound = sessions;
        self
    }
}

impl<P: Clone> ClientBuilder<P> {
    /// The same client of other parts: those for other wishes, if the session source takes any.
    pub(crate) fn for_wishes(&self, parts: Option<P>) -> Result<Self, Error> {
        let no_requests = || Error::failed(Called::new("client", "login_as"), CallError::NoRequests);
        Ok(Self { parts: parts.ok_or_else(no_requests)?, ..self.clone() })
    }
}

impl<P> fmt::Debug for ClientBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What an async client is made of: a transport, a runtime, and what starts sessions.
#[derive(Clone)]
pub struct AsyncParts {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) source: Arc<dyn SessionSource>,
}

impl AsyncParts {
    /// The same parts with a session source for other wishes; nothing if the source takes none.
    pub(crate) fn with_request(&self, request: &SessionRequest) -> Option<Self> {
        Some(Self { source: self.source.with_request(request)?, ..self.clone() })
    }
}

impl fmt::Debug for AsyncParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AsyncParts")
    }
}

/// How a thread waits: given from outside, like all time.
pub(crate) type Sleep = Arc<dyn Fn(Duration) + Send + Sync>;

/// What a blocking client is made of: a transport, a clock, a way to wait, and what starts sessions.
#[derive(Clone)]
pub struct BlockingParts {
    pub(crate) transport: Arc<dyn BlockingTransport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sleep: Sleep,
    pub(crate) source: Arc<dyn BlockingSessionSource>,
}

impl BlockingParts {
    /// As [`AsyncParts::with_request`].
    pub(crate) fn with_request(&self, request: &SessionRequest) -> Option<Self> {
        Some(Self { source: self.source.with_request(request)?, ..self.clone() })
    }
}

impl fmt::Debug for BlockingParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlockingParts")
    }
}

impl BlockingClientBuilder {
    /// How a thread waits before it tries again; by default it sleeps.
    pub fn sleep(mut self, sleep: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.parts.sleep = Arc::new(sleep);
        self
    }
}
