//! The blocking client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::{BlockingSessionManager, InvalidReason, Moment, Status};
use kaltura_auth::runtime::Clock;
use kaltura_auth::source::{AppTokenSource, BlockingSessionSource};
use kaltura_auth::{AppTokenLogin, BlockingTransport, ServiceUrl, Session, SessionRequest};
use kaltura_types::Action;

use crate::app_tokens::{BlockingAppTokens, proof};
use crate::builder::{BlockingClientBuilder, BlockingParts, ClientBuilder};
use crate::call::Call;
use crate::error::Error;
use crate::exchange::{Exchange, Next, Tries, read};
use crate::multirequest::{Batch, Multirequest, MultirequestResults};
use crate::options::CallOptions;
use crate::pool::Pool;
use crate::trace::{self, CallSpan};

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
    made_by: BlockingClientBuilder,
    sessions: BlockingSessionManager,
    others: Pool<BlockingClient>,
}

impl BlockingClientBuilder {
    /// Makes it. Nothing is sent before the first call.
    #[must_use]
    pub fn build(self) -> BlockingClient {
        let BlockingParts { source, clock, .. } = self.parts.clone();
        let mut sessions = BlockingSessionManager::builder(source, clock).policy(self.policy.clone());
        if let Some(observer) = trace::observer(self.observer.clone()) {
            sessions = sessions.shared_observer(observer);
        }
        let others = Pool::new(self.pool_bound);
        BlockingClient(Arc::new(Inner { made_by: self, sessions: sessions.build(), others }))
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
        let parts = BlockingParts {
            transport: Arc::new(transport),
            clock: Arc::new(clock),
            sleep: Arc::new(std::thread::sleep),
            source: Arc::new(source),
        };
        ClientBuilder::new(service_url, parts)
    }

    /// Calls an action with the client's session.
    ///
    /// # Errors
    ///
    /// [`Error`], with what to do in [`Error::hint`].
    pub fn call<A: Action>(&self, action: &A) -> Result<A::Output, Error> {
        self.call_with(action, &CallOptions::new())
    }

    /// Calls an action with some things different from the client's other calls.
    ///
    /// A time limit bounds the requests and the waits between them, all together. A login is not broken off for
    /// it, be it of this thread or of another one that this one waits for: the limit is then noticed after it.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub fn call_with<A: Action>(&self, action: &A, options: &CallOptions) -> Result<A::Output, Error> {
        self.conduct(&Call::new(action, options, &self.0.made_by.settings)?)
    }

    /// Sends several calls in one HTTP request; each has a result of its own. See [`Multirequest`].
    ///
    /// # Errors
    ///
    /// [`Error`] if there are no results: no session, no answer, or a mistake in the batch, which is told before
    /// anything is sent. An error of one call is not one of the whole.
    pub fn multirequest(&self, batch: Multirequest) -> Result<MultirequestResults, Error> {
        self.multirequest_with(batch, &CallOptions::new())
    }

    /// Sends several calls in one HTTP request, with options for all of them.
    ///
    /// # Errors
    ///
    /// As [`multirequest`](Self::multirequest).
    pub fn multirequest_with(
        &self,
        batch: Multirequest,
        options: &CallOptions,
    ) -> Result<MultirequestResults, Error> {
        let batch = Batch::new(batch, options, &self.0.made_by.settings)?;
        match batch.nothing_to_send() {
            Some(results) => Ok(results),
            None => self.conduct(&batch),
        }
    }

    /// The app tokens of the account: making, listing, changing, replacing them. Needs an ADMIN session.
    #[must_use]
    pub fn app_tokens(&self) -> BlockingAppTokens {
        BlockingAppTokens::new(self.clone())
    }

    /// Whether the server accepts the session. See [`Client::verify_session`](crate::Client::verify_session).
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call): the reason why there is no session that works.
    pub fn verify_session(&self) -> Result<(), Error> {
        let session = self.session().map_err(proof::no_session)?;
        proof::judge(self.call_with(&proof::of(session.partner_id()), &proof::options()))
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
    /// [`BlockingSessionManager::refresh_if_due`].
    #[must_use]
    pub fn refresh_if_due(&self) -> Duration {
        self.0.sessions.refresh_if_due()
    }

    /// The client of another session of the same token. See [`Client::login_as`](crate::Client::login_as).
    ///
    /// # Errors
    ///
    /// [`Error`] if the client's session source takes no requests, as one with a fixed KS.
    pub fn login_as(&self, request: SessionRequest) -> Result<Self, Error> {
        let made_by = &self.0.made_by;
        let make = || Ok(made_by.for_wishes(made_by.parts.with_request(&request))?.build());
        self.0.others.get_or_make(&request, make)
    }

    pub(crate) fn made_by(&self) -> &BlockingClientBuilder {
        &self.0.made_by
    }

    fn conduct<E: Exchange>(&self, exchange: &E) -> Result<E::Output, Error> {
        let span = CallSpan::begin(exchange.called());
        let outcome = span.inside(|| self.attend(exchange, &span));
        span.end(outcome.as_ref().err());
        outcome
    }

    fn attend<E: Exchange>(&self, exchange: &E, span: &CallSpan) -> Result<E::Output, Error> {
        let sessions = &self.0.sessions;
        let ClientBuilder { settings, parts: BlockingParts { transport, clock, sleep, .. }, .. } =
            &self.0.made_by;
        let mut tries = Tries::new(settings, exchange.options(), Moment::read(clock));
        loop {
            let session = if exchange.wants_session() {
                let session = sessions.session();
                Some(session.map_err(|error| Error::session(exchange.called().clone(), error))?)
            } else {
                None
            };
            let request = tries.request(exchange, session.as_deref(), Moment::read(clock))?;
            let outcome = transport.send(request);
            let (facts, reading) = read(exchange, outcome, session.as_deref());
            span.answered(facts.as_ref());
            let (dropped, next) = tries.judge(reading, Moment::read(clock), clock.random());
            if let (Some(session), Some(reason)) = (&session, dropped) {
                sessions.invalidate(session, reason);
            }
            match next {
                Next::Resend => {}
                Next::Wait(wait) => sleep(wait),
                Next::Done(outcome) => {
                    return outcome.map_err(|error| error.or_group_ended(dropped, &sessions.status()));
                }
            }
        }
    }
}

impl fmt::Debug for BlockingClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingClient")
            .field("service_url", &self.0.made_by.settings.service_url)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
