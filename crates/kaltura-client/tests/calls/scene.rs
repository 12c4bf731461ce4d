//! A client, its server, its clock, and a source of sessions that counts.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaltura_client::auth::manager::{IssuedSession, Moment};
use kaltura_client::auth::runtime::{Clock, Runtime as _};
use kaltura_client::auth::source::{BlockingSessionSource, SessionSource};
use kaltura_client::auth::{Error as AuthError, ServiceUrl, Session, SessionRequest, async_trait};
use kaltura_client::types::{Ks, Lifetime, PartnerId, UnixTime};
use kaltura_client::{BlockingClient, BlockingClientBuilder, Client, ClientBuilder, Error, RawAction};
use serde_json::Value;

use crate::clock::HandClock;
use crate::server::{Reply, Server};

pub(crate) const PARTNER: PartnerId = PartnerId::new(1_234_567);

/// What every KS of this source begins with.
pub(crate) const KS: &str = "canary-session-";

/// The KS of this login, counted from 1.
pub(crate) fn ks(login: u32) -> String {
    format!("{KS}{login}")
}

/// Starts sessions of an hour, each with another KS. A clone counts along.
#[derive(Clone)]
pub(crate) struct Source {
    clock: HandClock,
    logins: Arc<AtomicU32>,
    takes: Duration,
    fails: Arc<Mutex<Option<AuthError>>>,
    takes_requests: bool,
}

impl Source {
    pub(crate) fn new(clock: &HandClock) -> Self {
        Self {
            clock: clock.clone(),
            logins: Arc::default(),
            takes: Duration::ZERO,
            fails: Arc::default(),
            takes_requests: true,
        }
    }

    pub(crate) fn taking(mut self, duration: Duration) -> Self {
        self.takes = duration;
        self
    }

    pub(crate) fn without_requests(mut self) -> Self {
        self.takes_requests = false;
        self
    }

    pub(crate) fn fail(&self, error: AuthError) {
        *self.fails.lock().unwrap() = Some(error);
    }

    pub(crate) fn logins(&self) -> u32 {
        self.logins.load(Ordering::SeqCst)
    }

    fn grant(&self, clock: &dyn Clock) -> Result<IssuedSession, AuthError> {
        let login = self.logins.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(error) = self.fails.lock().unwrap().clone() {
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
        if !self.takes.is_zero() {
            self.clock.sleep(self.takes).await;
        }
        self.grant(clock)
    }

    fn with_request(&self, _request: &SessionRequest) -> Option<Arc<dyn SessionSource>> {
        self.takes_requests.then(|| Arc::new(self.clone()) as Arc<dyn SessionSource>)
    }
}

impl BlockingSessionSource for Source {
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, AuthError> {
        self.clock.advance(self.takes);
        self.grant(clock)
    }

    fn with_request(&self, _request: &SessionRequest) -> Option<Arc<dyn BlockingSessionSource>> {
        self.takes_requests.then(|| Arc::new(self.clone()) as Arc<dyn BlockingSessionSource>)
    }
}

/// All that a test needs.
pub(crate) struct Scene {
    pub(crate) clock: HandClock,
    pub(crate) server: Server,
    pub(crate) source: Source,
    pub(crate) client: Client,
}

impl Scene {
    pub(crate) fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::built(replies, |builder| builder)
    }

    /// With a client that is made otherwise.
    pub(crate) fn built(
        replies: impl IntoIterator<Item = Reply>,
        otherwise: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Self {
        Self::on(&HandClock::new(), replies, |source| source, otherwise)
    }

    pub(crate) fn on(
        clock: &HandClock,
        replies: impl IntoIterator<Item = Reply>,
        starts: impl FnOnce(Source) -> Source,
        otherwise: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Self {
        let (server, source) = (Server::new(clock), starts(Source::new(clock)));
        server.reply(replies);
        let builder =
            Client::builder_with_source(ServiceUrl::US, source.clone(), server.clone(), clock.clone());
        let client = otherwise(builder).build();
        Self { clock: clock.clone(), server, source, client }
    }

    pub(crate) fn call(&self) -> Result<Value, Error> {
        self.clock.run(self.client.call(&list()))
    }
}

/// The same for threads, whose waits go into `slept`.
pub(crate) struct BlockingScene {
    pub(crate) server: Server,
    pub(crate) source: Source,
    pub(crate) slept: Arc<Mutex<Vec<Duration>>>,
    pub(crate) client: BlockingClient,
}

impl BlockingScene {
    pub(crate) fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::built(replies, |source| source, |builder| builder)
    }

    pub(crate) fn built(
        replies: impl IntoIterator<Item = Reply>,
        starts: impl FnOnce(Source) -> Source,
        otherwise: impl FnOnce(BlockingClientBuilder) -> BlockingClientBuilder,
    ) -> Self {
        let clock = HandClock::new();
        let (server, source) = (Server::new(&clock), starts(Source::new(&clock)));
        server.reply(replies);
        let slept = Arc::<Mutex<Vec<Duration>>>::default();
        let (written, moved) = (Arc::clone(&slept), clock.clone());
        let sleep = move |duration| {
            written.lock().unwrap().push(duration);
            moved.advance(duration);
        };
        let builder = BlockingClient::builder_with_source(
            ServiceUrl::US,
            source.clone(),
            server.clone(),
            clock.clone(),
        );
        let client = otherwise(builder.sleep(sleep)).build();
        Self { server, source, slept, client }
    }
}

pub(crate) fn list() -> RawAction {
    RawAction::new("media", "list")
}
