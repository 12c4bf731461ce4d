//! The same client without async: each method blocks the calling thread.

mod app_tokens;
mod pages;
mod upload;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::blocking::SessionManager as BlockingSessionManager;
use kaltura_auth::blocking::SessionSource as BlockingSessionSource;
use kaltura_auth::blocking::SessionStore as BlockingSessionStore;
use kaltura_auth::blocking::SharedSource as BlockingSharedSource;
use kaltura_auth::manager::{InvalidReason, Moment, Observer, Policy, Status};
use kaltura_auth::runtime::Clock;
use kaltura_auth::source::AppTokenSource;
use kaltura_auth::{
    AppTokenLogin, ServiceUrl, Session, SessionRequest, blocking::Transport as BlockingTransport,
};
use kaltura_types::{Action, ListAction};

pub use self::app_tokens::AppTokens;
pub use self::pages::{Objects, Pages};
pub use self::upload::Upload;

use crate::app_tokens::verify;
use crate::client::builder::{Config, config_setters, session_requests_unsupported};
use crate::client::pool::ClientPool;
use crate::error::{ActionName, Error};
use crate::multirequest::{BatchRequest, Multirequest, MultirequestResults};
use crate::options::CallOptions;
use crate::request::{ActionRequest, ApiRequest, Prepared, evaluate};
use crate::retry::{NextStep, RetryPolicy, RetryState};
use crate::trace::{self, CallSpan};

/// Configures a [`Client`]. See [`Client::builder`].
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    config: Arc<Config>,
    transport: Arc<dyn BlockingTransport>,
    clock: Arc<dyn Clock>,
    sleep: Arc<dyn Fn(Duration) + Send + Sync>,
    source: Arc<dyn BlockingSessionSource>,
}

impl ClientBuilder {
    config_setters!();

    /// Shares the session with other processes through this store: of all that use the same login, one logs in, and the
    /// others use its session. A store is a cache: without it, calls still work. See
    /// [`SharedSource`](kaltura_auth::blocking::SharedSource).
    ///
    /// The clients of [`login_as`](Client::login_as) share their sessions, too.
    pub fn store(mut self, store: impl BlockingSessionStore + 'static) -> Self {
        self.source = Arc::new(BlockingSharedSource::new(self.source, store));
        self
    }

    /// Sets how the thread waits before a retry. The default is [`std::thread::sleep`].
    pub fn sleep(mut self, sleep: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.sleep = Arc::new(sleep);
        self
    }

    /// Creates the client. Sends nothing; the first call logs in.
    #[must_use]
    pub fn build(self) -> Client {
        let (source, clock) = (Arc::clone(&self.source), Arc::clone(&self.clock));
        let config = &self.config;
        let identity = config.identity(source.identity());
        let mut sessions = BlockingSessionManager::builder(source, clock)
            .identity(identity)
            .policy(config.session_policy.clone());
        if let Some(observer) = trace::observer(config.observer.clone()) {
            sessions = sessions.observer(observer);
        }
        let pool = ClientPool::new(config.max_pooled_sessions);
        Client(Arc::new(Inner { builder: self, sessions: sessions.build(), pool }))
    }

    /// The same settings with a session source for `request`.
    fn with_request(&self, request: &SessionRequest) -> Result<Self, Error> {
        let source = self.source.with_request(request).ok_or_else(session_requests_unsupported)?;
        Ok(Self { source, ..self.clone() })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Calls the API with a session that is renewed automatically. Blocks the calling thread.
///
/// One client serves a whole application: a clone is a cheap handle to the same session, and can be sent to any
/// thread. Otherwise it works like the async [`Client`](crate::Client).
///
/// ```
/// # use kaltura_auth::{AppTokenLogin, blocking::Transport as BlockingTransport, runtime::Clock};
/// # use kaltura_client::{Error, RawAction, blocking}; use serde_json::Value;
/// # fn example(
/// #     login: AppTokenLogin, transport: impl BlockingTransport + 'static, clock: impl Clock + 'static,
/// # ) -> Result<(), Error> {
/// let client = blocking::Client::builder(login, transport, clock).build();
/// let media: Value = client.call(&RawAction::new("media", "list"))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    /// What this client was built from; also builds the clients of [`Client::login_as`].
    builder: ClientBuilder,
    sessions: BlockingSessionManager,
    pool: ClientPool<Client>,
}

impl Client {
    /// Starts to configure a client that logs in with an app token.
    pub fn builder(
        login: AppTokenLogin,
        transport: impl BlockingTransport + 'static,
        clock: impl Clock + 'static,
    ) -> ClientBuilder {
        let transport: Arc<dyn BlockingTransport> = Arc::new(transport);
        let service_url = login.service_url().clone();
        let source = AppTokenSource::new(login, Arc::clone(&transport));
        Self::builder_with_source(service_url, source, transport, clock)
    }

    /// Starts to configure a client with any session source.
    pub fn builder_with_source(
        service_url: ServiceUrl,
        source: impl BlockingSessionSource + 'static,
        transport: impl BlockingTransport + 'static,
        clock: impl Clock + 'static,
    ) -> ClientBuilder {
        ClientBuilder {
            config: Arc::new(Config::new(service_url)),
            transport: Arc::new(transport),
            clock: Arc::new(clock),
            sleep: Arc::new(std::thread::sleep),
            source: Arc::new(source),
        }
    }

    /// Calls an action with the client's session.
    ///
    /// # Errors
    ///
    /// [`Error`]; [`Error::hint`] says what to do.
    pub fn call<A: Action>(&self, action: &A) -> Result<A::Output, Error> {
        self.call_with(action, &CallOptions::new())
    }

    /// Calls an action with options for this call.
    ///
    /// A timeout limits the requests and the waits between them, all together. It does not cancel a login, whether
    /// this thread runs it or waits for another thread's login: the timeout is then detected after the login.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub fn call_with<A: Action>(&self, action: &A, options: &CallOptions) -> Result<A::Output, Error> {
        match ActionRequest::prepare(action, options, self.config())? {
            Prepared::Known(output) => Ok(output),
            Prepared::Request(request) => self.execute(&request),
        }
    }

    /// All pages of a list, and all of its objects ([`Pages::objects`]), as iterators. See
    /// [`Client::pages`](crate::Client::pages).
    ///
    /// ```
    /// # use kaltura_client::{Error, RawAction, blocking}; use serde_json::json;
    /// # fn example(client: &blocking::Client) -> Result<(), Error> {
    /// let list = RawAction::new("media", "list").param("filter", json!({ "orderBy": "+createdAt" }));
    /// for entry in client.pages(&list).objects() {
    ///     println!("{}", entry?["id"]);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn pages<A: ListAction>(&self, action: A) -> Pages<A::Object> {
        Pages::new(self.clone(), &action)
    }

    /// Uploads a file: the `length` bytes of a reader, in chunks. See [`Client::upload`](crate::Client::upload).
    ///
    /// ```
    /// # use std::fs::File; use kaltura_client::blocking;
    /// # fn example(client: &blocking::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let file = File::open("lecture.mp4")?;
    /// let length = file.metadata()?.len();
    /// let token = client.upload(file, length).file_name("lecture.mp4").send()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn upload<R>(&self, reader: R, length: u64) -> Upload<R> {
        Upload::new(self.clone(), reader, length)
    }

    /// Sends several calls in one HTTP request. Each call has its own result. See [`Multirequest`].
    ///
    /// # Errors
    ///
    /// [`Error`] if there are no results at all: no session, no usable response, or an invalid multirequest, which is
    /// detected before anything is sent. The error of one call is in the results.
    pub fn multirequest(&self, multirequest: Multirequest) -> Result<MultirequestResults, Error> {
        self.multirequest_with(multirequest, &CallOptions::new())
    }

    /// Sends several calls in one HTTP request, with options for all of them.
    ///
    /// # Errors
    ///
    /// As [`multirequest`](Self::multirequest).
    pub fn multirequest_with(
        &self,
        multirequest: Multirequest,
        options: &CallOptions,
    ) -> Result<MultirequestResults, Error> {
        let request = BatchRequest::new(multirequest, options, self.config())?;
        match request.empty_results() {
            Some(results) => Ok(results),
            None => self.execute(&request),
        }
    }

    /// The app tokens of the account: creates, lists, updates and rotates them. Needs an ADMIN session.
    #[must_use]
    pub fn app_tokens(&self) -> AppTokens {
        AppTokens::new(self.clone())
    }

    /// Checks that the server accepts the session. See [`Client::verify_session`](crate::Client::verify_session).
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call): why there is no working session.
    pub fn verify_session(&self) -> Result<(), Error> {
        let options = verify::options();
        let retries = RetryState::new(self.config(), &options, true, Moment::read(&self.0.builder.clock));
        let session = self.wait_for_session(&verify::action_name(), &retries)?;
        verify::check(self.call_with(&verify::action(session.partner_id()), &options))
    }

    /// The session: its user, expiry and privileges. Logs in if there is none.
    ///
    /// # Errors
    ///
    /// The error of the login ([`Error::session_error`]). During the backoff after it, the same error without another login.
    pub fn session(&self) -> Result<Arc<Session>, Error> {
        Ok(self.0.sessions.session()?)
    }

    /// A session that is valid for at least `min`, for work that must not outlive its KS.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session). Fails at once if sessions are never valid for that long.
    pub fn session_valid_for(&self, min: Duration) -> Result<Arc<Session>, Error> {
        Ok(self.0.sessions.session_valid_for(min)?)
    }

    /// Logs in now, so that the first call does not have to wait.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session).
    pub fn prefetch(&self) -> Result<(), Error> {
        Ok(self.0.sessions.prefetch()?)
    }

    /// The state of the session, for health checks. Sends nothing.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.sessions.status()
    }

    /// Reports that the server refused this session in a request outside of this client, so that it is replaced.
    pub fn invalidate(&self, session: &Arc<Session>, reason: InvalidReason) -> bool {
        self.0.sessions.invalidate(session, reason)
    }

    /// Renews the session if it is due, and returns the time until the next call, for a refresh thread. See
    /// [`BlockingSessionManager::refresh_if_due`].
    #[must_use]
    pub fn refresh_if_due(&self) -> Duration {
        self.0.sessions.refresh_if_due()
    }

    /// A client with another session of the same app token. See [`Client::login_as`](crate::Client::login_as).
    ///
    /// # Errors
    ///
    /// [`CallError::SessionRequestsUnsupported`](crate::CallError::SessionRequestsUnsupported) if the client's session
    /// source supports no requests, such as one with a fixed KS.
    pub fn login_as(&self, request: SessionRequest) -> Result<Self, Error> {
        let create = || Ok(self.0.builder.with_request(&request)?.build());
        self.0.pool.get_or_create(&request, create)
    }

    fn config(&self) -> &Config {
        &self.0.builder.config
    }

    fn transport(&self) -> &Arc<dyn BlockingTransport> {
        &self.0.builder.transport
    }

    fn execute<R: ApiRequest>(&self, request: &R) -> Result<R::Output, Error> {
        let span = CallSpan::new(request.name(), self.0.sessions.identity());
        let outcome = span.in_scope(|| self.run_attempts(request, &span));
        span.end(outcome.as_ref().err());
        outcome
    }

    /// The session. If the login fails for a reason that may pass, waits for the next login while there is time.
    fn wait_for_session(&self, name: &ActionName, retries: &RetryState<'_>) -> Result<Arc<Session>, Error> {
        let Inner { builder: ClientBuilder { clock, sleep, .. }, sessions, .. } = &*self.0;
        loop {
            let error = match sessions.session() {
                Ok(session) => return Ok(session),
                Err(error) => error,
            };
            let backoff = sessions.status().next_try;
            match retries.login_delay(&error, backoff, Moment::read(clock)) {
                Some(delay) => sleep(delay),
                None => return Err(Error::session(name.clone(), error)),
            }
        }
    }

    fn run_attempts<R: ApiRequest>(&self, request: &R, span: &CallSpan) -> Result<R::Output, Error> {
        let Inner { builder: ClientBuilder { config, transport, clock, sleep, .. }, sessions, .. } = &*self.0;
        let (now, random) = (|| Moment::read(clock), || clock.random());
        let mut retries = RetryState::new(config, request.options(), request.is_repeatable(), now());
        loop {
            let session = if request.needs_session() {
                Some(self.wait_for_session(request.name(), &retries)?)
            } else {
                None
            };
            let sent = session.as_deref();
            let mut outcome = transport.send(retries.wire_request(request, sent, now, random)?);
            if retries.needs_fresh_connection(&outcome) {
                outcome = transport.send(retries.wire_request(request, sent, now, random)?);
            }
            let evaluation = evaluate(request, outcome, sent, span);
            let (invalid, next) = retries.next_step(evaluation, sent, now, random);
            if let (Some(session), Some(reason)) = (&session, invalid) {
                sessions.invalidate(session, reason);
            }
            match next {
                NextStep::Resend => {}
                NextStep::Wait(delay) => sleep(delay),
                NextStep::Done(outcome) => {
                    return outcome.map_err(|error| error.or_group_ended(invalid, &sessions.status()));
                }
            }
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("service_url", &self.config().service_url)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
