//! Configuration of a client, and its builder.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::{Observer, Policy};
use kaltura_auth::runtime::Runtime;
use kaltura_auth::source::SessionSource;
use kaltura_auth::store::{SessionStore, SharedSource};
use kaltura_auth::{CLIENT_TAG, ServiceUrl, SessionIdentity, SessionRequest, Transport};
use serde_json::Value;

use crate::error::{ActionName, CallError, Error};
use crate::retry::RetryPolicy;

const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

const DEFAULT_MAX_POOLED_SESSIONS: usize = 256;

/// The settings that an async and a blocking client share.
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) service_url: ServiceUrl,
    /// As the value of a parameter.
    pub(crate) client_tag: Value,
    pub(crate) request_timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) renew_on_actions_limit: bool,
    pub(crate) session_policy: Policy,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) max_pooled_sessions: usize,
}

impl Config {
    pub(crate) fn new(service_url: ServiceUrl) -> Self {
        Self {
            service_url,
            client_tag: CLIENT_TAG.into(),
            request_timeout: DEFAULT_REQUEST_TIMEOUT,
            retry: RetryPolicy::default(),
            renew_on_actions_limit: true,
            session_policy: Policy::default(),
            observer: None,
            max_pooled_sessions: DEFAULT_MAX_POOLED_SESSIONS,
        }
    }

    /// The identity of a source, with the server of the calls if the source knows none.
    pub(crate) fn identity(&self, of_source: SessionIdentity) -> SessionIdentity {
        match of_source.service_url() {
            Some(_) => of_source,
            None => of_source.with_service_url(self.service_url.clone()),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("service_url", &self.service_url)
            .field("client_tag", &self.client_tag)
            .field("request_timeout", &self.request_timeout)
            .field("retry", &self.retry)
            .field("renew_on_actions_limit", &self.renew_on_actions_limit)
            .finish_non_exhaustive()
    }
}

/// The setters of both builders. Each builder has a field `config: Arc<Config>`.
macro_rules! config_setters {
    () => {
        /// Sets the observer of session events, for metrics and logs.
        pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
            Arc::make_mut(&mut self.config).observer = Some(Arc::new(observer));
            self
        }

        /// Sets how early sessions are renewed, and the backoff after a failed login.
        pub fn session_policy(mut self, policy: Policy) -> Self {
            Arc::make_mut(&mut self.config).session_policy = policy;
            self
        }

        /// Sets when failed calls are retried.
        pub fn retry(mut self, policy: RetryPolicy) -> Self {
            Arc::make_mut(&mut self.config).retry = policy;
            self
        }

        /// Sets the timeout of each request, from connecting to the last byte. The default is 60 seconds.
        pub fn request_timeout(mut self, timeout: Duration) -> Self {
            Arc::make_mut(&mut self.config).request_timeout = timeout;
            self
        }

        /// Sets the name of this client in the server's logs. The default is
        /// [`CLIENT_TAG`](kaltura_auth::CLIENT_TAG).
        pub fn client_tag(mut self, tag: impl Into<String>) -> Self {
            Arc::make_mut(&mut self.config).client_tag = tag.into().into();
            self
        }

        /// Sets whether to log in again when a session has reached its `actionslimit`. The default is `true`.
        pub fn renew_on_actions_limit(mut self, renew: bool) -> Self {
            Arc::make_mut(&mut self.config).renew_on_actions_limit = renew;
            self
        }

        /// Sets how many sessions [`login_as`](crate::Client::login_as) keeps, at least one. The default is 256.
        pub fn max_pooled_sessions(mut self, sessions: usize) -> Self {
            Arc::make_mut(&mut self.config).max_pooled_sessions = sessions;
            self
        }
    };
}
pub(crate) use config_setters;

/// Configures a [`Client`](crate::Client). See [`Client::builder`](crate::Client::builder).
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    /// Shared by the clients of [`login_as`](crate::Client::login_as).
    pub(super) config: Arc<Config>,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) runtime: Arc<dyn Runtime>,
    pub(super) source: Arc<dyn SessionSource>,
}

impl ClientBuilder {
    config_setters!();

    /// Shares the session with other processes through this store: of all that use the same login, one logs in, and the
    /// others use its session. A store is a cache: without it, calls still work. See [`SharedSource`].
    ///
    /// The clients of [`login_as`](crate::Client::login_as) share their sessions, too.
    ///
    /// ```
    /// # use kaltura_auth::{AppTokenLogin, Transport, runtime::Runtime, store::SessionStore};
    /// # use kaltura_client::Client;
    /// # fn example(
    /// #     login: AppTokenLogin, transport: impl Transport + 'static,
    /// #     runtime: impl Runtime + 'static, store: impl SessionStore + 'static,
    /// # ) {
    /// let client = Client::builder(login, transport, runtime).store(store).build();
    /// # }
    /// ```
    pub fn store(mut self, store: impl SessionStore + 'static) -> Self {
        self.source = Arc::new(SharedSource::new(self.source, store, Arc::clone(&self.runtime)));
        self
    }

    /// The same settings with a session source for `request`.
    pub(super) fn with_request(&self, request: &SessionRequest) -> Result<Self, Error> {
        let source = self.source.with_request(request).ok_or_else(session_requests_unsupported)?;
        Ok(Self { source, ..self.clone() })
    }
}

pub(crate) fn session_requests_unsupported() -> Error {
    Error::call(ActionName::new("client", "login_as"), CallError::SessionRequestsUnsupported)
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}
