//! The fixture of these tests: an emulated server and a runtime whose clocks advance together.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::join_all;
use kaltura_auth::blocking::SessionManager as BlockingSessionManager;
use kaltura_auth::manager::SessionManager;
use kaltura_auth::source::AppTokenSource;
use kaltura_auth::{
    AppTokenLogin, Error, ServiceUrl, Session, SessionRequest, Transport,
    blocking::Transport as BlockingTransport, blocking::transport_fn as blocking_transport_fn, transport_fn,
};
use kaltura_emulator::{AppTokenSeed, Clock, Emulator, PartnerSeed};
use kaltura_testing::mock::Latch;
use kaltura_testing::runtime::{SpawnMode, TestRuntime};
use kaltura_types::{Lifetime, PartnerId, UnixTime};

use super::network::Network;

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const START_WIDGET_SESSION: &str = "session.startWidgetSession";
pub(crate) const START_SESSION: &str = "appToken.startSession";

const PARTNER: PartnerId = PartnerId::new(1_234_567);

/// The time at which all clocks start.
pub(crate) fn start_time() -> UnixTime {
    UnixTime::from_seconds(i64::try_from(TestRuntime::START.as_secs()).unwrap())
}

/// A server with one app token, the network to it, and the runtime of the callers.
#[derive(Clone)]
pub(crate) struct Fixture {
    pub(crate) runtime: TestRuntime,
    pub(crate) emulator: Emulator,
    pub(crate) network: Arc<Network>,
    request: SessionRequest,
}

impl Fixture {
    /// Sessions of one hour, a runtime that runs spawned tasks, and a server without a response cache.
    pub(crate) fn new() -> Self {
        Self::with_token(AppTokenSeed::new().duration(3600))
    }

    pub(crate) fn with_token(token: AppTokenSeed) -> Self {
        Self::with(PartnerSeed::new(PARTNER), token)
    }

    /// Widget sessions of five minutes, which is less than the server's cache keeps them.
    pub(crate) fn with_short_widget_sessions() -> Self {
        let partner = PartnerSeed::new(PARTNER).ks_max_expiry(Some(300));
        Self::with(partner, AppTokenSeed::new().duration(3600))
    }

    fn with(partner: PartnerSeed, token: AppTokenSeed) -> Self {
        let emulator = Emulator::builder()
            .partner(partner)
            .app_token(token)
            .clock(Clock::frozen_at(start_time()))
            .random_seed(1)
            .build()
            .expect("an emulator");
        Self {
            runtime: TestRuntime::new(),
            emulator,
            network: Arc::default(),
            request: SessionRequest::new(),
        }
    }

    /// Enables or disables the server's response cache.
    pub(crate) fn with_cache(self, enabled: bool) -> Self {
        self.emulator.set_response_cache(enabled);
        self
    }

    pub(crate) fn with_spawn_mode(self, spawning: SpawnMode) -> Self {
        self.runtime.set_spawn_mode(spawning);
        self
    }

    pub(crate) fn with_request(mut self, request: SessionRequest) -> Self {
        self.request = request;
        self
    }

    /// Requests sessions of this lifetime, in seconds.
    pub(crate) fn with_lifetime(self, seconds: u32) -> Self {
        self.with_request(SessionRequest::new().lifetime(Lifetime::seconds(seconds)))
    }

    pub(crate) fn login(&self) -> AppTokenLogin {
        AppTokenLogin::new(ServiceUrl::US, self.emulator.app_token().credentials())
            .request(self.request.clone())
    }

    pub(crate) fn transport(&self) -> impl Transport + use<> {
        let fixture = self.clone();
        transport_fn(move |request| {
            let fixture = fixture.clone();
            async move { fixture.network.send(request, &fixture.emulator).await }
        })
    }

    pub(crate) fn blocking_transport(&self) -> impl BlockingTransport + use<> {
        let fixture = self.clone();
        blocking_transport_fn(move |request| fixture.network.send_blocking(request, &fixture.emulator))
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

    /// Runs a future to completion, together with the spawned tasks.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Lets this many callers wait for one login that is blocked at the gate, then opens the gate.
    pub(crate) fn share_login(
        &self,
        manager: &SessionManager,
        callers: usize,
        gate: &Latch,
    ) -> Vec<Result<Arc<Session>, Error>> {
        let mut waiting: Vec<_> = (0..callers).map(|_| Box::pin(manager.session())).collect();
        assert!(waiting.iter_mut().all(|caller| poll(caller).is_pending()));
        self.runtime.run_until_idle();
        assert!(manager.status().logging_in);
        gate.open();
        self.run(join_all(waiting))
    }

    /// Advances the clocks of the callers and of the server.
    pub(crate) fn advance(&self, duration: Duration) {
        self.emulator.clock().advance(duration);
        self.runtime.advance(duration);
    }

    /// Advances the clocks second by second, and runs the spawned tasks.
    pub(crate) fn run_for(&self, duration: Duration) {
        for _ in 0..duration.as_secs() {
            self.advance(seconds(1));
            self.runtime.run_until_idle();
        }
    }
}

/// Polls once.
pub(crate) fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// The output of a future that must be ready at the first poll.
pub(crate) fn ready_now<F: Future>(future: F) -> F::Output {
    match poll(&mut Box::pin(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is pending"),
    }
}

pub(crate) fn is_same(one: &Arc<Session>, other: &Arc<Session>) -> bool {
    Arc::ptr_eq(one, other)
}
