//! The async client.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use kaltura_auth::manager::{InvalidReason, Moment, Observer, Policy, SessionManager, Status};
use kaltura_auth::runtime::Runtime;
use kaltura_auth::source::{AppTokenSource, SessionSource};
use kaltura_auth::{AppTokenLogin, MaybeSend, ServiceUrl, Session, SessionRequest, Transport};
use kaltura_types::Action;

use crate::call::{Call, Next, Settings, Tries};
use crate::error::{CallFailed, Called, Error};
use crate::options::CallOptions;
use crate::pool::Pool;
use crate::retry::RetryPolicy;

/// Calls the API with a session that stays alive.
///
/// One client serves a whole program: a clone is a handle on the same session, costs nothing, and can go to any
/// task. It logs in when first needed, renews the session before it ends, logs in anew when the server refuses it,
/// and sends again what can safely be sent again.
///
/// Any future can be dropped at any point: that gives up the call, and never a login that others wait for.
///
/// ```
/// # use kaltura_auth::{AppTokenLogin, Transport, runtime::Runtime};
/// # use kaltura_client::{Client, Error, RawAction}; use serde_json::{Value, json};
/// # async fn example(
/// #     login: AppTokenLogin, transport: impl Transport + 'static, runtime: impl Runtime + 'static,
/// # ) -> Result<(), Error> {
/// let client = Client::builder(login, transport, runtime).build();
///
/// let list = RawAction::new("media", "list").param("pager", json!({ "pageSize": 5 }));
/// let media: Value = client.call(&list).await?;
/// println!("{} entries", media["totalCount"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    settings: Settings,
    transport: Arc<dyn Transport>,
    runtime: Arc<dyn Runtime>,
    source: Arc<dyn SessionSource>,
    observer: Option<Arc<dyn Observer>>,
    policy: Policy,
    sessions: SessionManager,
    others: Pool<Client>,
}

/// How a client is made.
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    settings: Settings,
    transport: Arc<dyn Transport>,
    runtime: Arc<dyn Runtime>,
    source: Arc<dyn SessionSource>,
    observer: Option<Arc<dyn Observer>>,
    policy: Policy,
    pool_bound: usize,
}

impl ClientBuilder {
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

    /// How many sessions for other requests [`Client::login_as`] keeps; 256 if not said.
    pub const fn pool_bound(mut self, sessions: usize) -> Self {
        self.pool_bound = sessions;
        self
    }

    /// Makes it. Nothing is sent before the first call.
    #[must_use]
    pub fn build(self) -> Client {
        let mut sessions = SessionManager::builder(Arc::clone(&self.source), Arc::clone(&self.runtime))
            .policy(self.policy.clone());
        if let Some(observer) = &self.observer {
            sessions = sessions.shared_observer(Arc::clone(observer));
        }
        Client(Arc::new(Inner {
            settings: self.settings,
            transport: self.transport,
            runtime: self.runtime,
            source: self.source,
            observer: self.observer,
            policy: self.policy,
            sessions: sessions.build(),
            others: Pool::new(self.pool_bound),
        }))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Client {
    /// Begins a client that logs in with an app token.
    pub fn builder(
        login: AppTokenLogin,
        transport: impl Transport + 'static,
        runtime: impl Runtime + 'static,
    ) -> ClientBuilder {
        let transport: Arc<dyn Transport> = Arc::new(transport);
        let service_url = login.service_url().clone();
        let source = AppTokenSource::new(login, Arc::clone(&transport));
        Self::builder_with_source(service_url, source, transport, runtime)
    }

    /// Begins a client whose sessions come from any source.
    pub fn builder_with_source(
        service_url: ServiceUrl,
        source: impl SessionSource + 'static,
        transport: impl Transport + 'static,
        runtime: impl Runtime + 'static,
    ) -> ClientBuilder {
        ClientBuilder {
            settings: Settings::of(service_url),
            transport: Arc::new(transport),
            runtime: Arc::new(runtime),
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
    pub async fn call<A: Action>(&self, action: &A) -> Result<A::Output, Error> {
        self.call_with(action, &CallOptions::new()).await
    }

    /// Calls an action with some things different from the client's other calls.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub async fn call_with<A: Action>(&self, action: &A, options: &CallOptions) -> Result<A::Output, Error> {
        let call = Call::new(action, options, &self.0.settings);
        let Some(limit) = call.time_limit() else { return self.attend(&call).await };
        let attended = Box::pin(self.attend(&call));
        match select(attended, self.0.runtime.sleep(limit)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(Error::failed(call.called(), CallFailed::TimedOut { limit })),
        }
    }

    /// The session: who am I, until when, with which privileges. Logs in if there is none.
    ///
    /// # Errors
    ///
    /// The error of the login, or, for a while after it, the same one without a login.
    pub async fn session(&self) -> Result<Arc<Session>, kaltura_auth::Error> {
        self.0.sessions.session().await
    }

    /// A session that lives for `min` at least, for work that must not outlive its KS.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session), and at once if sessions never live that long.
    pub async fn session_valid_for(&self, min: Duration) -> Result<Arc<Session>, kaltura_auth::Error> {
        self.0.sessions.session_valid_for(min).await
    }

    /// Logs in now, so that the first call does not wait for it.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session).
    pub async fn prefetch(&self) -> Result<(), kaltura_auth::Error> {
        self.0.sessions.prefetch().await
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

    /// Keeps the session fresh for as long as a handle on this client exists. See
    /// [`SessionManager::maintain`].
    pub fn maintain(&self) -> impl Future<Output = ()> + MaybeSend + 'static {
        self.0.sessions.maintain()
    }

    /// The client of another session of the same token, such as one for each user of a web site.
    ///
    /// The same request gives the same client, with the same session, up to a bound
    /// ([`ClientBuilder::pool_bound`]); beyond it, the least recently used is let go. They share the transport and
    /// the widget session.
    ///
    /// ```
    /// # use kaltura_auth::SessionRequest; use kaltura_client::{Client, Error};
    /// # fn example(client: &Client) -> Result<(), Error> {
    /// let for_alice = client.login_as(SessionRequest::new().user_id("alice"))?;
    /// # Ok(())
    /// # }
    /// ```
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
            Ok(ClientBuilder {
                settings: inner.settings.clone(),
                transport: Arc::clone(&inner.transport),
                runtime: Arc::clone(&inner.runtime),
                source,
                observer: inner.observer.clone(),
                policy: inner.policy.clone(),
                pool_bound: 1,
            }
            .build())
        })
    }

    async fn attend<O: serde::de::DeserializeOwned>(&self, call: &Call<'_>) -> Result<O, Error> {
        let inner = &*self.0;
        let mut tries = Tries::new(call, self.now());
        loop {
            let session = if call.wants_session() {
                Some(inner.sessions.session().await.map_err(|error| Error::session(call.called(), error))?)
            } else {
                None
            };
            let outcome = inner.transport.send(call.request(session.as_deref())).await;
            let error = match call.read(outcome, session.as_deref()) {
                Ok(output) => return Ok(output),
                Err(error) => error,
            };
            let (dropped, next) = tries.failed(error, session.is_some(), self.now(), inner.runtime.random());
            if let (Some(session), Some(reason)) = (&session, dropped) {
                inner.sessions.invalidate(session, reason);
            }
            match next {
                Next::Resend => {}
                Next::Wait(wait) => inner.runtime.sleep(wait).await,
                Next::GiveUp(error) => return Err(error.or_group_ended(dropped, &inner.sessions.status())),
            }
        }
    }

    fn now(&self) -> Moment {
        Moment::read(&*self.0.runtime)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("service_url", &self.0.settings.service_url)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
