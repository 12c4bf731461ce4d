//! A client with its server, its clock, and a session source that counts logins.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaltura_client::auth::blocking::SessionSource as BlockingSessionSource;
use kaltura_client::auth::manager::{IssuedSession, Moment};
use kaltura_client::auth::runtime::{Clock, Runtime as _};
use kaltura_client::auth::source::SessionSource;
use kaltura_client::auth::{Error as AuthError, ServiceUrl, Session, SessionRequest, async_trait};
use kaltura_client::types::{Ks, Lifetime, PartnerId, UnixTime};
use kaltura_client::{Client, ClientBuilder, Error, RawAction, blocking};
use serde_json::Value;

use crate::clock::ManualClock;
use crate::server::{Reply, Server};

pub(crate) const PARTNER: PartnerId = PartnerId::new(1_234_567);

/// The prefix of every KS of this source.
pub(crate) const KS: &str = "canary-session-";

/// The KS of a login, counted from 1.
pub(crate) fn ks(login: u32) -> String {
    format!("{KS}{login}")
}

/// Starts sessions of one hour, each with a different KS. Clones share the count.
#[derive(Clone)]
pub(crate) struct Source {
    clock: ManualClock,
    logins: Arc<AtomicU32>,
    login_duration: Duration,
    error: Arc<Mutex<Option<AuthError>>>,
    errors: Arc<Mutex<VecDeque<AuthError>>>,
    supports_requests: bool,
}

impl Source {
    pub(crate) fn new(clock: &ManualClock) -> Self {
        Self {
            clock: clock.clone(),
            logins: Arc::default(),
            login_duration: Duration::ZERO,
            error: Arc::default(),
            errors: Arc::default(),
            supports_requests: true,
        }
    }

    pub(crate) fn login_duration(mut self, duration: Duration) -> Self {
        self.login_duration = duration;
        self
    }

    pub(crate) fn without_requests(mut self) -> Self {
        self.supports_requests = false;
        self
    }

    /// Lets all further logins fail.
    pub(crate) fn fail(&self, error: AuthError) {
        *self.error.lock().unwrap() = Some(error);
    }

    /// Lets the next logins fail, one with each of these errors.
    pub(crate) fn fail_with(&self, errors: impl IntoIterator<Item = AuthError>) {
        self.errors.lock().unwrap().extend(errors);
    }

    pub(crate) fn logins(&self) -> u32 {
        self.logins.load(Ordering::SeqCst)
    }

    fn issue(&self, clock: &dyn Clock) -> Result<IssuedSession, AuthError> {
        let login = self.logins.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(error) = self.error.lock().unwrap().clone() {
            return Err(error);
        }
        if let Some(error) = self.errors.lock().unwrap().pop_front() {
            return Err(error);
        }
        let now = UnixTime::from_seconds(i64::try_from(clock.unix_time().as_secs()).unwrap());
        let session = Session::new(PARTNER, Ks::new(ks(login)))
            .with_server_time(now)
            .with_expiry(now.plus_seconds(3600));
        Ok(IssuedSession::new(Arc::new(session), Moment::read(clock), Some(Lifetime::hours(1))))
    }
}

#[async_trait]
impl SessionSource for Source {
    async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, AuthError> {
        if !self.login_duration.is_zero() {
            self.clock.sleep(self.login_duration).await;
        }
        self.issue(clock)
    }

    fn with_request(&self, _request: &SessionRequest) -> Option<Arc<dyn SessionSource>> {
        self.supports_requests.then(|| Arc::new(self.clone()) as Arc<dyn SessionSource>)
    }
}

impl BlockingSessionSource for Source {
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, AuthError> {
        self.clock.advance(self.login_duration);
        self.issue(clock)
    }

    fn with_request(&self, _request: &SessionRequest) -> Option<Arc<dyn BlockingSessionSource>> {
        self.supports_requests.then(|| Arc::new(self.clone()) as Arc<dyn BlockingSessionSource>)
    }
}

pub(crate) struct Fixture {
    pub(crate) clock: ManualClock,
    pub(crate) server: Server,
    pub(crate) source: Source,
    pub(crate) client: Client,
}

impl Fixture {
    pub(crate) fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::with_builder(replies, |builder| builder)
    }

    pub(crate) fn with_builder(
        replies: impl IntoIterator<Item = Reply>,
        configure: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Self {
        Self::build(&ManualClock::new(), replies, |source| source, configure)
    }

    pub(crate) fn with_source(clock: &ManualClock, configure: impl FnOnce(Source) -> Source) -> Self {
        Self::build(clock, [], configure, |builder| builder)
    }

    fn build(
        clock: &ManualClock,
        replies: impl IntoIterator<Item = Reply>,
        configure_source: impl FnOnce(Source) -> Source,
        configure: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Self {
        let (server, source) = (Server::new(clock), configure_source(Source::new(clock)));
        server.reply(replies);
        let builder =
            Client::builder_with_source(ServiceUrl::US, source.clone(), server.clone(), clock.clone());
        let client = configure(builder).build();
        Self { clock: clock.clone(), server, source, client }
    }

    pub(crate) fn call(&self) -> Result<Value, Error> {
        self.clock.run(self.client.call(&list()))
    }
}

/// The same with the blocking client, whose waits are recorded in `slept`.
pub(crate) struct BlockingFixture {
    pub(crate) server: Server,
    pub(crate) source: Source,
    pub(crate) slept: Arc<Mutex<Vec<Duration>>>,
    pub(crate) client: blocking::Client,
}

impl BlockingFixture {
    pub(crate) fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::build(replies, |source| source)
    }

    pub(crate) fn with_source(configure: impl FnOnce(Source) -> Source) -> Self {
        Self::build([], configure)
    }

    fn build(
        replies: impl IntoIterator<Item = Reply>,
        configure_source: impl FnOnce(Source) -> Source,
    ) -> Self {
        let clock = ManualClock::new();
        let (server, source) = (Server::new(&clock), configure_source(Source::new(&clock)));
        server.reply(replies);
        let slept = Arc::<Mutex<Vec<Duration>>>::default();
        let (record, advanced) = (Arc::clone(&slept), clock.clone());
        let sleep = move |duration| {
            record.lock().unwrap().push(duration);
            advanced.advance(duration);
        };
        let builder =
            blocking::Client::builder_with_source(ServiceUrl::US, source.clone(), server.clone(), clock);
        let client = builder.sleep(sleep).build();
        Self { server, source, slept, client }
    }
}

/// A reading action, which can be repeated.
pub(crate) fn list() -> RawAction {
    RawAction::new("media", "list")
}

/// An action that cannot be repeated.
pub(crate) fn add() -> RawAction {
    RawAction::new("media", "add")
}
