//! What all these tests stand on: an emulated server and a runtime whose clocks go together.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::join_all;
use kaltura_auth::manager::{Answer, BlockingSessionManager, SessionManager};
use kaltura_auth::source::AppTokenSource;
use kaltura_auth::{
    AppTokenLogin, BlockingTransport, ServiceUrl, Session, SessionRequest, Transport, blocking_transport_fn,
    transport_fn,
};
use kaltura_emulator::{AppTokenSeed, Clock, Emulator, PartnerSeed};
use kaltura_testing::mock::Gate;
use kaltura_testing::runtime::{Spawning, TestRuntime};
use kaltura_types::{Lifetime, PartnerId, UnixTime};

use super::wire::Wire;

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const WIDGET: &str = "session.startWidgetSession";
pub(crate) const START: &str = "appToken.startSession";

const PARTNER: PartnerId = PartnerId::new(1_234_567);

/// When all clocks start.
pub(crate) fn unix_start() -> UnixTime {
    UnixTime::from_seconds(i64::try_from(TestRuntime::START.as_secs()).unwrap())
}

/// A server with one app token, a wire to it, and the runtime of those who call it.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) runtime: TestRuntime,
    pub(crate) emulator: Emulator,
    pub(crate) wire: Arc<Wire>,
    request: SessionRequest,
}

impl Stage {
    /// Sessions live for an hour, spawned tasks are kept, and the server answers from no cache.
    pub(crate) fn new() -> Self {
        Self::with_token(AppTokenSeed::new().duration(3600))
    }

    pub(crate) fn with_token(token: AppTokenSeed) -> Self {
        Self::with(PartnerSeed::new(PARTNER), token)
    }

    /// Widget sessions live for five minutes only, which is less than the server's cache keeps them.
    pub(crate) fn with_short_widget_sessions() -> Self {
        let partner = PartnerSeed::new(PARTNER).ks_max_expiry(Some(300));
        Self::with(partner, AppTokenSeed::new().duration(3600))
    }

    fn with(partner: PartnerSeed, token: AppTokenSeed) -> Self {
        let emulator = Emulator::builder()
            .partner(partner)
            .app_token(token)
            .clock(Clock::frozen_at(unix_start()))
            .random_seed(1)
            .build()
            .expect("an emulator");
        Self { runtime: TestRuntime::new(), emulator, wire: Arc::default(), request: SessionRequest::new() }
    }

    /// The server answers from its response cache, where the real one does.
    pub(crate) fn with_cache(self, is_on: bool) -> Self {
        self.emulator.set_response_cache(is_on);
        self
    }

    pub(crate) fn with_spawning(self, spawning: Spawning) -> Self {
        self.runtime.set_spawning(spawning);
        self
    }

    pub(crate) fn asking_for(mut self, request: SessionRequest) -> Self {
        self.request = request;
        self
    }

    /// Sessions that live so many seconds, by the wish of the caller.
    pub(crate) fn with_lifetime(self, seconds: u32) -> Self {
        self.asking_for(SessionRequest::new().lifetime(Lifetime::seconds(seconds)))
    }

    pub(crate) fn login(&self) -> AppTokenLogin {
        AppTokenLogin::new(ServiceUrl::US, self.emulator.app_token().credentials())
            .request(self.request.clone())
    }

    pub(crate) fn transport(&self) -> impl Transport + use<> {
        let stage = self.clone();
        transport_fn(move |request| {
            let stage = stage.clone();
            async move { stage.wire.carry(request, &stage.emulator).await }
        })
    }

    pub(crate) fn blocking_transport(&self) -> impl BlockingTransport + use<> {
        let stage = self.clone();
        blocking_transport_fn(move |request| stage.wire.carry_blocking(request, &stage.emulator))
    }

    pub(crate) fn source(&self) -> AppTokenSource<impl Transport + use<>> {
        AppTokenSource::new(self.login(), self.transport())
    }

    pub(crate) fn manager(&self) -> SessionManager {
        SessionManager::new(self.source(), self.runtime.clone())
    }

    pub(crate) fn blocking_source(&self) -> AppTokenSource<impl BlockingTransport + use<>> {
        AppTokenSource::new(self.login(), self.blocking_transport())
    }

    pub(crate) fn blocking_manager(&self) -> BlockingSessionManager {
        BlockingSessionManager::new(self.blocking_source(), self.runtime.clone())
    }

    /// Runs a future, and the tasks besides.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// So many callers ask, and all of them wait for a login that is held back at this gate; then it is opened.
    pub(crate) fn herd(&self, manager: &SessionManager, callers: usize, gate: &Gate) -> Vec<Answer> {
        let mut herd: Vec<_> = (0..callers).map(|_| Box::pin(manager.session())).collect();
        assert!(herd.iter_mut().all(|caller| poll(caller).is_pending()));
        self.runtime.run_until_idle();
        assert!(manager.status().logging_in);
        gate.open();
        self.run(join_all(herd))
    }

    /// Time passes, for the callers and for the server.
    pub(crate) fn pass(&self, duration: Duration) {
        self.emulator.clock().advance(duration);
        self.runtime.advance(duration);
    }

    /// Time passes second by second, and the tasks run.
    pub(crate) fn live(&self, duration: Duration) {
        for _ in 0..duration.as_secs() {
            self.pass(seconds(1));
            self.runtime.run_until_idle();
        }
    }
}

/// Polls once.
pub(crate) fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// What a future gives that must not wait.
pub(crate) fn at_once<F: Future>(future: F) -> F::Output {
    match poll(&mut Box::pin(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

pub(crate) fn is_same(one: &Arc<Session>, other: &Arc<Session>) -> bool {
    Arc::ptr_eq(one, other)
}
