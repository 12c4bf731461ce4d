//! The blocking client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::{BlockingSessionManager, InvalidReason, Moment, Observer, Policy, Status};
use kaltura_auth::runtime::Clock;
use kaltura_auth::source::{AppTokenSource, BlockingSessionSource};
use kaltura_auth::{AppTokenLogin, BlockingTransport, ServiceUrl, Session, SessionRequest};
use kaltura_types::Action;

use crate::call::{Call, Next, Settings, Tries};
use crate::error::{CallFailed, Called, Error};
use crate::options::CallOptions;
use crate::pool::Pool;
use crate::retry::RetryPolicy;

/// How long a thread sleeps: given from outside, like all time.
type Sleep = Arc<dyn Fn(Duration) + Send + Sync>;

/// Calls the API with a session that stays alive, holding the thread meanwhile.
///
/// One client serves a whole program: a clone is a handle on the same session, costs nothing, and can go to any
/// thread. Otherwise it is like [`Client`](crate::Client).
///
/// ```
/// # use kaltura_auth::{AppTokenLogin, BlockingTransport, runtime::Clock};
/// # use kaltura_client::{BlockingClient, Error, RawAction}; use serde_json::Value;
/// # fn example(
/// #     login: AppTokenLogin, transport: impl BlockingTransport + 'static, clock: impl Clock + 'static,
/// # ) -> Result<(), Error> {
/// let client = BlockingClient::builder(login, transport, clock).build();
/// let media: Value = client.call(&RawAction::new("media", "list"))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct BlockingClient(Arc<Inner>);

struct Inner {
    settings: Settings,
    transport: Arc<dyn BlockingTransport>,
    clock: Arc<dyn Clock>,
    sleep: Sleep,
    source: Arc<dyn BlockingSessionSource>,
    observer: Option<Arc<dyn Observer>>,
    policy: Policy,
    sessions: BlockingSessionManager,
    others: Pool<BlockingClient>,
}

/// How a blocking client is made.
#[must_use = "a builder does nothing until it is built"]
pub struct BlockingClientBuilder {
    settings: Settings,
    transport: Arc<dyn BlockingTransport>,
    clock: Arc<dyn Clock>,
    sleep: Sleep,
    source: Arc<dyn BlockingSessionSource>,
    observer: Option<Arc<dyn Observer>>,
    policy: Policy,
    pool_bound: usize,
}

impl BlockingClientBuilder {
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

    /// How a thread waits before it tries again; by default it sleeps.
    pub fn sleep(mut self, sleep: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.sleep = Arc::new(sleep);
        self
    }

    /// How long each request may take, from connecting to the last byte; 60 seconds if not said.
    pub const fn request_limit(mut self, limit: Duration) -> Self {
        self.settings.request_limit = limit;
        self
    }

    /// How the server's logs name this client, instead of [`CLIENT_TAG`](kaltura_auth::CLIENT_TAG).
    pub fn client_tag(mut self, tag: impl Into<String>) -> Self {
        self.settings.client_tag = tag.into();
        self
    }

    /// Whether to log in anew when a session has made as many calls as its `actionslimit` allows; yes if not said.
    pub const fn renew_when_actions_used_up(mut self, renew: bool) -> Self {
        self.settings.renew_when_actions_used_up = renew;
        self
    }

    /// How many sessions for other requests [`BlockingClient::login_as`] keeps; 256 if not said.
    pub const fn pool_bound(mut self, sessions: usize) -> Self {
        self.pool_bound = sessions;
        self
    }

    /// Makes it. Nothing is sent before the first call.
    #[must_use]
    pub fn build(self) -> BlockingClient {
        let mut sessions = BlockingSessionManager::builder(Arc::clone(&self.source), Arc::clone(&self.clock))
            .policy(self.policy.clone());
        if let Some(observer) = &self.observer {
            sessions = sessions.shared_observer(Arc::clone(observer));
        }
        BlockingClient(Arc::new(Inner {
            settings: self.settings,
            transport: self.transport,
            clock: self.clock,
            sleep: self.sleep,
            source: self.source,
            observer: self.observer,
            policy: self.policy,
            sessions: sessions.build(),
            others: Pool::new(self.pool_bound),
        }))
    }
}

impl fmt::Debug for BlockingClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingClientBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl BlockingClient {
    /// Begins a client that logs in with an app token.
    pub fn builder(
        login: AppTokenLogin,
        transport: impl BlockingTransport + 'static,
        clock: impl Clock + 'static,
    ) -> BlockingClientBuilder {
        let transport: Arc<dyn BlockingTransport> = Arc::new(transport);
        let service_url = login.service_url().clone();
        let source = AppTokenSource::new(login, Arc::clone(&transport));
        Self::builder_with_source(service_url, source, transport, clock)
    }

    /// Begins a client whose sessions come from any source.
    pub fn builder_with_source(
        service_url: ServiceUrl,
        source: impl BlockingSessionSource + 'static,
        transport: impl BlockingTransport + 'static,
        clock: impl Clock + 'static,
    ) -> BlockingClientBuilder {
        BlockingClientBuilder {
            settings: Settings::of(service_url),
            transport: Arc::new(transport),
            clock: Arc::new(clock),
            sleep: Arc::new(std::thread::sleep),
            source: Arc::new(source),
            observer: None,
            policy: Policy::default(),
            pool_bound: 256,
        }
    }

    /// Calls an action with the client's session.
    ///
    /// # Errors
    ///
    /// [`Error`], with what to do in [`Error::hint`].
    pub fn call<A: Action>(&self, action: &A) -> Result<A::Output, Error> {
        self.call_with(action, &CallOptions::new())
    }

    /// Calls an action with some things different from the client's other calls. A time limit bounds each request
    /// and the waits between them, not the login of another thread.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub fn call_with<A: Action>(&self, action: &A, options: &CallOptions) -> Result<A::Output, Error> {
        let inner = &*self.0;
        let call = Call::new(action, options, &inner.settings);
        let begun = self.now();
        let mut tries = Tries::new(&call, begun);
        loop {
            let session = if call.wants_session() {
                Some(inner.sessions.session().map_err(|error| Error::session(call.called(), error))?)
            } else {
                None
            };
            let outcome = inner.transport.send(call.request(session.as_deref()));
            let error = match call.read(outcome, session.as_deref()) {
                Ok(output) => return Ok(output),
                Err(error) => error,
            };
            let (dropped, next) = tries.failed(error, session.is_some(), self.now(), inner.clock.random());
            if let (Some(session), Some(reason)) = (&session, dropped) {
                inner.sessions.invalidate(session, reason);
            }
            match next {
                Next::Resend => {}
                Next::Wait(wait) => match call.time_limit() {
                    Some(limit) if self.now().since(begun).saturating_add(wait) > limit => {
                        return Err(Error::failed(call.called(), CallFailed::TimedOut { limit }));
                    }
                    _ => (inner.sleep)(wait),
                },
                Next::GiveUp(error) => return Err(error.or_group_ended(dropped, &inner.sessions.status())),
            }
        }
    }

    /// The session: who am I, until when, with which privileges. Logs in if there is none.
    ///
    /// # Errors
    ///
    /// The error of the login, or, for a while after it, the same one without a login.
    pub fn session(&self) -> Result<Arc<Session>, kaltura_auth::Error> {
        self.0.sessions.session()
    }

    /// A session that lives for `min` at least, for work that must not outlive its KS.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session), and at once if sessions never live that long.
    pub fn session_valid_for(&self, min: Duration) -> Result<Arc<Session>, kaltura_auth::Error> {
        self.0.sessions.session_valid_for(min)
    }

    /// Logs in now, so that the first call does not wait for it.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session).
    pub fn prefetch(&self) -> Result<(), kaltura_auth::Error> {
        self.0.sessions.prefetch()
    }

    /// How the session is doing, for health checks. Sends nothing.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.sessions.status()
    }

    /// Says that a session was refused where this client was not asked, such as in a request of your own.
    pub fn invalidate(&self, session: &Arc<Session>, reason: InvalidReason) -> bool {
        self.0.sessions.invalidate(session, reason)
    }

    /// Does what is due to keep the session fresh, and says when to come again: for a thread of its own. See
    /// [`BlockingSessionManager::tend`].
    #[must_use]
    pub fn tend(&self) -> Duration {
        self.0.sessions.tend()
    }

    /// The client of another session of the same token. See [`Client::login_as`](crate::Client::login_as).
    ///
    /// # Errors
    ///
    /// [`Error`] if the client's session source takes no requests, as one with a fixed KS.
    pub fn login_as(&self, request: SessionRequest) -> Result<Self, Error> {
        let inner = &self.0;
        inner.others.get_or_make(request.clone(), || {
            let source = inner
                .source
                .with_request(&request)
                .ok_or_else(|| Error::failed(Called::new("client", "login_as"), CallFailed::NoRequests))?;
            Ok(BlockingClientBuilder {
                settings: inner.settings.clone(),
                transport: Arc::clone(&inner.transport),
                clock: Arc::clone(&inner.clock),
                sleep: Arc::clone(&inner.sleep),
                source,
                observer: inner.observer.clone(),
                policy: inner.policy.clone(),
                pool_bound: 1,
            }
            .build())
        })
    }

    fn now(&self) -> Moment {
        Moment::read(&*self.0.clock)
    }
}

impl fmt::Debug for BlockingClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingClient")
            .field("service_url", &self.0.settings.service_url)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
