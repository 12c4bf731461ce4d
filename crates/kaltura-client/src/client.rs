//! The async client.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use kaltura_auth::manager::{InvalidReason, Moment, SessionManager, Status};
use kaltura_auth::runtime::Runtime;
use kaltura_auth::source::{AppTokenSource, SessionSource};
use kaltura_auth::{AppTokenLogin, MaybeSend, ServiceUrl, Session, SessionRequest, Transport};
use kaltura_types::Action;

use crate::app_tokens::{AppTokens, proof};
use crate::builder::{AsyncParts, ClientBuilder};
use crate::call::Call;
use crate::error::{CallError, Error};
use crate::exchange::{Exchange, Next, Tries, read};
use crate::multirequest::{Batch, Multirequest, MultirequestResults};
use crate::options::CallOptions;
use crate::pool::Pool;
use crate::trace::{self, CallSpan};

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
    made_by: ClientBuilder,
    sessions: SessionManager,
    others: Pool<Client>,
}

impl ClientBuilder {
    /// Makes it. Nothing is sent before the first call.
    #[must_use]
    pub fn build(self) -> Client {
        let AsyncParts { source, runtime, .. } = self.parts.clone();
        let mut sessions = SessionManager::builder(source, runtime).policy(self.policy.clone());
        if let Some(observer) = trace::observer(self.observer.clone()) {
            sessions = sessions.shared_observer(observer);
        }
        let others = Pool::new(self.pool_bound);
        Client(Arc::new(Inner { made_by: self, sessions: sessions.build(), others }))
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
        let parts = AsyncParts {
            transport: Arc::new(transport),
            runtime: Arc::new(runtime),
            source: Arc::new(source),
        };
        ClientBuilder::new(service_url, parts)
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
        self.conduct(&Call::new(action, options, &self.0.made_by.settings)?).await
    }

    /// Sends several calls in one HTTP request; each has a result of its own. See [`Multirequest`].
    ///
    /// # Errors
    ///
    /// [`Error`] if there are no results: no session, no answer, or a mistake in the batch, which is told before
    /// anything is sent. An error of one call is not one of the whole.
    pub async fn multirequest(&self, batch: Multirequest) -> Result<MultirequestResults, Error> {
        self.multirequest_with(batch, &CallOptions::new()).await
    }

    /// Sends several calls in one HTTP request, with options for all of them.
    ///
    /// # Errors
    ///
    /// As [`multirequest`](Self::multirequest).
    pub async fn multirequest_with(
        &self,
        batch: Multirequest,
        options: &CallOptions,
    ) -> Result<MultirequestResults, Error> {
        let batch = Batch::new(batch, options, &self.0.made_by.settings)?;
        match batch.nothing_to_send() {
            Some(results) => Ok(results),
            None => self.conduct(&batch).await,
        }
    }

    /// The app tokens of the account: making, listing, changing, replacing them. Needs an ADMIN session.
    #[must_use]
    pub fn app_tokens(&self) -> AppTokens {
        AppTokens::new(self.clone())
    }

    /// Whether the server accepts the session: it does if this is `Ok`.
    ///
    /// A login alone proves nothing: a session may be dead when it is granted (wire contract, section 4.4). This
    /// shows the session to the server in a call that anybody may make, past its cache. A session that the server
    /// refuses is replaced, as in every call; so after `Ok` the client has one that works. It costs one action of
    /// an `actionslimit`.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call): the reason why there is no session that works.
    pub async fn verify_session(&self) -> Result<(), Error> {
        let session = self.session().await.map_err(proof::no_session)?;
        proof::judge(self.call_with(&proof::of(session.partner_id()), &proof::options()).await)
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
    /// [`SessionManager::run_refresh_loop`].
    pub fn run_refresh_loop(&self) -> impl Future<Output = ()> + MaybeSend + 'static {
        self.0.sessions.run_refresh_loop()
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
        let made_by = &self.0.made_by;
        let make = || Ok(made_by.for_wishes(made_by.parts.with_request(&request))?.build());
        self.0.others.get_or_make(&request, make)
    }

    pub(crate) fn made_by(&self) -> &ClientBuilder {
        &self.0.made_by
    }

    async fn conduct<E: Exchange>(&self, exchange: &E) -> Result<E::Output, Error> {
        let span = CallSpan::begin(exchange.called());
        let outcome = span.around(self.within_limit(exchange, &span)).await;
        span.end(outcome.as_ref().err());
        outcome
    }

    async fn within_limit<E: Exchange>(&self, exchange: &E, span: &CallSpan) -> Result<E::Output, Error> {
        let Some(limit) = exchange.options().timeout else { return self.attend(exchange, span).await };
        let attended = Box::pin(self.attend(exchange, span));
        match select(attended, self.0.made_by.parts.runtime.sleep(limit)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(Error::failed(exchange.called().clone(), CallError::TimedOut { limit })),
        }
    }

    async fn attend<E: Exchange>(&self, exchange: &E, span: &CallSpan) -> Result<E::Output, Error> {
        let sessions = &self.0.sessions;
        let ClientBuilder { settings, parts: AsyncParts { transport, runtime, .. }, .. } = &self.0.made_by;
        let mut tries = Tries::new(settings, exchange.options(), Moment::read(runtime));
        loop {
            let session = if exchange.wants_session() {
                let session = sessions.session().await;
                Some(session.map_err(|error| Error::session(exchange.called().clone(), error))?)
            } else {
                None
            };
            let request = tries.request(exchange, session.as_deref(), Moment::read(runtime))?;
            let outcome = transport.send(request).await;
            let (facts, reading) = read(exchange, outcome, session.as_deref());
            span.answered(facts.as_ref());
            let (dropped, next) = tries.judge(reading, Moment::read(runtime), runtime.random());
            if let (Some(session), Some(reason)) = (&session, dropped) {
                sessions.invalidate(session, reason);
            }
            match next {
                Next::Resend => {}
                Next::Wait(wait) => runtime.sleep(wait).await,
                Next::Done(outcome) => {
                    return outcome.map_err(|error| error.or_group_ended(dropped, &sessions.status()));
                }
            }
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("service_url", &self.0.made_by.settings.service_url)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
