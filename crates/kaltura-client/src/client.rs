//! The async client.

pub(crate) mod builder;
pub(crate) mod pool;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use kaltura_auth::manager::{InvalidReason, Moment, SessionManager, Status};
use kaltura_auth::runtime::Runtime;
use kaltura_auth::source::{AppTokenSource, SessionSource};
use kaltura_auth::{AppTokenLogin, MaybeSend, ServiceUrl, Session, SessionRequest, Transport};
use kaltura_types::{Action, ListAction};

pub use self::builder::ClientBuilder;

use self::builder::Config;
use self::pool::ClientPool;
use crate::app_tokens::{AppTokens, verify};
use crate::error::{ActionName, CallError, Error};
use crate::multirequest::{BatchRequest, Multirequest, MultirequestResults};
use crate::options::CallOptions;
use crate::pages::Pages;
use crate::request::{ActionRequest, ApiRequest, Prepared, evaluate};
use crate::retry::{NextStep, RetryState};
use crate::trace::{self, CallSpan};
use crate::upload::Upload;

/// Calls the API with a session that is renewed automatically.
///
/// One client serves a whole application: a clone is a cheap handle to the same session, and can be sent to any task.
/// The client logs in at the first call, renews the session before it expires, replaces a session that the server
/// refuses, and retries what is safe to repeat.
///
/// Any future can be dropped at any time. This cancels the call, but never a login that other calls wait for.
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
    /// What this client was built from; also builds the clients of [`Client::login_as`].
    builder: ClientBuilder,
    sessions: SessionManager,
    pool: ClientPool<Client>,
}

impl ClientBuilder {
    /// Creates the client. Sends nothing; the first call logs in.
    #[must_use]
    pub fn build(self) -> Client {
        let (source, runtime) = (Arc::clone(&self.source), Arc::clone(&self.runtime));
        let config = &self.config;
        let identity = config.identity(source.identity());
        let mut sessions = SessionManager::builder_with_shared(source, runtime)
            .identity(identity)
            .policy(config.session_policy.clone());
        if let Some(observer) = trace::observer(config.observer.clone()) {
            sessions = sessions.observer(observer);
        }
        let pool = ClientPool::new(config.max_pooled_sessions);
        Client(Arc::new(Inner { builder: self, sessions: sessions.build(), pool }))
    }
}

impl Client {
    /// Starts to configure a client that logs in with an app token.
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

    /// Starts to configure a client with any session source.
    pub fn builder_with_source(
        service_url: ServiceUrl,
        source: impl SessionSource + 'static,
        transport: impl Transport + 'static,
        runtime: impl Runtime + 'static,
    ) -> ClientBuilder {
        ClientBuilder {
            config: Arc::new(Config::new(service_url)),
            transport: Arc::new(transport),
            runtime: Arc::new(runtime),
            source: Arc::new(source),
        }
    }

    /// Calls an action with the client's session.
    ///
    /// # Errors
    ///
    /// [`Error`]; [`Error::hint`] says what to do. If a login fails for a reason that may pass, the call waits for the
    /// next one as the [`RetryPolicy`](crate::RetryPolicy) allows.
    pub async fn call<A: Action>(&self, action: &A) -> Result<A::Output, Error> {
        self.call_with(action, &CallOptions::new()).await
    }

    /// Calls an action with options for this call.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub async fn call_with<A: Action>(&self, action: &A, options: &CallOptions) -> Result<A::Output, Error> {
        match ActionRequest::prepare(action, options, self.config())? {
            Prepared::Known(output) => Ok(output),
            Prepared::Request(request) => self.execute(&request).await,
        }
    }

    /// All pages of a list, and all of its objects ([`Pages::objects`]). Each page is requested when it is needed.
    ///
    /// With an order by creation time, `+createdAt` or `-createdAt`, any number of objects is listed, and each object
    /// that exists from start to end exactly once. Without it, pages are selected by number: objects may be missed if
    /// others are created or deleted meanwhile, and most lists end with an error at 10 000 objects. See [`Listing`](crate::Listing).
    ///
    /// A list that cannot be read to its end is an error: the last element of the stream. See also
    /// [`Pages::is_complete`].
    ///
    /// ```
    /// # use futures_util::TryStreamExt; use kaltura_client::{Client, Error, RawAction}; use serde_json::json;
    /// # async fn example(client: &Client) -> Result<(), Error> {
    /// let list = RawAction::new("media", "list").param("filter", json!({ "orderBy": "+createdAt" }));
    /// let mut entries = client.pages(&list).objects();
    /// while let Some(entry) = entries.try_next().await? {
    ///     println!("{}", entry["id"]);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Objects of a type of your own: `RawAction::new("media", "list").output::<List<Entry>>()`.
    pub fn pages<A: ListAction>(&self, action: A) -> Pages<A::Object> {
        Pages::new(self.clone(), &action)
    }

    /// Uploads a file: the `length` bytes of a reader, in chunks, to a new upload token. Then make the file the content
    /// of an entry, with the action `media.addContent`.
    ///
    /// - One chunk is in memory at a time.
    /// - A chunk whose response was lost is sent again if the server does not have it, as often as the
    ///   [`RetryPolicy`](crate::RetryPolicy) allows, and the upload goes on with a renewed session.
    /// - An upload that was interrupted can be [resumed](Upload::resume).
    ///
    /// The reader is a [`futures_util::AsyncRead`]; for one of tokio there is the adapter `compat()` of the crate
    /// `tokio-util` (feature `compat`).
    ///
    /// ```
    /// # use futures_util::io::Cursor; use kaltura_client::{Client, RawAction}; use serde_json::{Value, json};
    /// # async fn example(client: &Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let content = b"...";
    /// let file = client
    ///     .upload(Cursor::new(content), content.len() as u64)
    ///     .file_name("lecture.mp4")
    ///     .on_progress(|progress| println!("{} of {} bytes", progress.uploaded(), progress.length()))
    ///     .send()
    ///     .await?;
    ///
    /// let entry = json!({ "name": "Lecture", "mediaType": 1 });
    /// let entry: Value = client.call(&RawAction::new("media", "add").param("entry", entry)).await?;
    /// let resource = json!({ "objectType": "KalturaUploadedFileTokenResource", "token": file.id.expose() });
    /// let add_content = RawAction::new("media", "addContent").param("resource", resource);
    /// client.call(&add_content.param("entryId", entry["id"].clone())).await?;
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
    pub async fn multirequest(&self, multirequest: Multirequest) -> Result<MultirequestResults, Error> {
        self.multirequest_with(multirequest, &CallOptions::new()).await
    }

    /// Sends several calls in one HTTP request, with options for all of them.
    ///
    /// # Errors
    ///
    /// As [`multirequest`](Self::multirequest).
    pub async fn multirequest_with(
        &self,
        multirequest: Multirequest,
        options: &CallOptions,
    ) -> Result<MultirequestResults, Error> {
        let request = BatchRequest::new(multirequest, options, self.config())?;
        match request.empty_results() {
            Some(results) => Ok(results),
            None => self.execute(&request).await,
        }
    }

    /// The app tokens of the account: creates, lists, updates and rotates them. Needs an ADMIN session.
    #[must_use]
    pub fn app_tokens(&self) -> AppTokens {
        AppTokens::new(self.clone())
    }

    /// Checks that the server accepts the session.
    ///
    /// A successful login does not prove this: the server may issue a session that is already revoked (wire contract,
    /// section 4.4). This method sends the session with a call that needs no permission, and bypasses the response
    /// cache. As in every call, a refused session is replaced; so after `Ok` the client has a working session. The
    /// call counts against an `actionslimit`.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call): why there is no working session.
    pub async fn verify_session(&self) -> Result<(), Error> {
        let options = verify::options();
        let retries = RetryState::new(self.config(), &options, true, Moment::read(&self.0.builder.runtime));
        let session = self.wait_for_session(&verify::action_name(), &retries).await?;
        verify::check(self.call_with(&verify::action(session.partner_id()), &options).await)
    }

    /// The session: its user, expiry and privileges. Logs in if there is none.
    ///
    /// # Errors
    ///
    /// The error of the login ([`Error::session_error`]). During the backoff after it, the same error at once, without
    /// another login: unlike a [`call`](Self::call), this does not wait.
    pub async fn session(&self) -> Result<Arc<Session>, Error> {
        Ok(self.0.sessions.session().await?)
    }

    /// A session that is valid for at least `min`, for work that must not outlive its KS.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session). Fails at once if sessions are never valid for that long.
    pub async fn session_valid_for(&self, min: Duration) -> Result<Arc<Session>, Error> {
        Ok(self.0.sessions.session_valid_for(min).await?)
    }

    /// Logs in now, so that the first call does not have to wait.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session).
    pub async fn prefetch(&self) -> Result<(), Error> {
        Ok(self.0.sessions.prefetch().await?)
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

    /// Keeps the session fresh until the last handle to this client is dropped. See
    /// [`SessionManager::run_refresh_loop`].
    pub fn run_refresh_loop(&self) -> impl Future<Output = ()> + MaybeSend + 'static {
        self.0.sessions.run_refresh_loop()
    }

    /// A client with another session of the same app token, for example one for each user of a web site.
    ///
    /// The same request returns the same client, with the same session. Up to
    /// [`max_pooled_sessions`](ClientBuilder::max_pooled_sessions) clients are kept; then the least recently used one
    /// is dropped. All of them share the transport and the widget session.
    ///
    /// ```
    /// # use kaltura_auth::SessionRequest; use kaltura_client::{Client, Error};
    /// # fn example(client: &Client) -> Result<(), Error> {
    /// let alice = client.login_as(SessionRequest::new().user_id("alice"))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError::SessionRequestsUnsupported`] if the client's session source supports no requests, such as one with
    /// a fixed KS.
    pub fn login_as(&self, request: SessionRequest) -> Result<Self, Error> {
        let create = || Ok(self.0.builder.with_request(&request)?.build());
        self.0.pool.get_or_create(&request, create)
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.builder.config
    }

    pub(crate) fn runtime(&self) -> &Arc<dyn Runtime> {
        &self.0.builder.runtime
    }

    pub(crate) fn transport(&self) -> &Arc<dyn Transport> {
        &self.0.builder.transport
    }

    async fn execute<R: ApiRequest>(&self, request: &R) -> Result<R::Output, Error> {
        let span = CallSpan::new(request.name(), self.0.sessions.identity());
        let outcome = span.instrument(self.execute_within_timeout(request, &span)).await;
        span.end(outcome.as_ref().err());
        outcome
    }

    async fn execute_within_timeout<R: ApiRequest>(
        &self,
        request: &R,
        span: &CallSpan,
    ) -> Result<R::Output, Error> {
        let Some(timeout) = request.options().timeout else { return self.run_attempts(request, span).await };
        let attempts = Box::pin(self.run_attempts(request, span));
        match select(attempts, self.0.builder.runtime.sleep(timeout)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(Error::call(request.name().clone(), CallError::TimedOut { timeout })),
        }
    }

    /// The session. If the login fails for a reason that may pass, waits for the next login while there is time.
    async fn wait_for_session(
        &self,
        name: &ActionName,
        retries: &RetryState<'_>,
    ) -> Result<Arc<Session>, Error> {
        let Inner { builder: ClientBuilder { runtime, .. }, sessions, .. } = &*self.0;
        loop {
            let error = match sessions.session().await {
                Ok(session) => return Ok(session),
                Err(error) => error,
            };
            let backoff = sessions.status().next_try;
            match retries.login_delay(&error, backoff, Moment::read(runtime)) {
                Some(delay) => runtime.sleep(delay).await,
                None => return Err(Error::session(name.clone(), error)),
            }
        }
    }

    async fn run_attempts<R: ApiRequest>(&self, request: &R, span: &CallSpan) -> Result<R::Output, Error> {
        let Inner { builder: ClientBuilder { config, transport, runtime, .. }, sessions, .. } = &*self.0;
        // The pointer is a transport too, and would allocate a second future.
        let transport = &**transport;
        let (now, random) = (|| Moment::read(runtime), || runtime.random());
        let mut retries = RetryState::new(config, request.options(), request.is_repeatable(), now());
        loop {
            let session = if request.needs_session() {
                Some(self.wait_for_session(request.name(), &retries).await?)
            } else {
                None
            };
            let sent = session.as_deref();
            let mut outcome = transport.send(retries.wire_request(request, sent, now, random)?).await;
            if retries.needs_fresh_connection(&outcome) {
                outcome = transport.send(retries.wire_request(request, sent, now, random)?).await;
            }
            let evaluation = evaluate(request, outcome, sent, span);
            let (invalid, next) = retries.next_step(evaluation, sent, now, random);
            if let (Some(session), Some(reason)) = (&session, invalid) {
                sessions.invalidate(session, reason);
            }
            match next {
                NextStep::Resend => {}
                NextStep::Wait(delay) => runtime.sleep(delay).await,
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
