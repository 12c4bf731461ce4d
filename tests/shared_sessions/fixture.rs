//! The fixture of these tests: a fleet of processes on one virtual time.

use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::join_all;
use kaltura_auth::manager::{Event, InvalidReason, SessionManager, observer_fn};
use kaltura_auth::runtime::{BoxFuture, Clock, NotSpawned, Runtime};
use kaltura_auth::source::AppTokenSource;
use kaltura_auth::store::{
    Ask, Lease, MemoryStore, Published, Record, SessionStore, StoreError, StoreErrorKind, StoreKey,
    StoreTime, StoredFailure, Taken,
};
use kaltura_auth::{
    AppTokenCredentials, AppTokenLogin, Error, ServiceUrl, Session, SessionId, SessionRequest, Transport,
    TransportError, TransportErrorKind, async_trait, transport_fn,
};
use kaltura_emulator::{AppTokenSeed, Clock as ServerClock, Emulator, PartnerSeed};
use kaltura_testing::runtime::TestRuntime;
use kaltura_types::{PartnerId, UnixTime};

pub(crate) const START_WIDGET_SESSION: &str = "session.startWidgetSession";
pub(crate) const START_SESSION: &str = "appToken.startSession";

/// The lifetime of a session, in seconds. Its renewal window is 5 minutes.
pub(crate) const LIFETIME: u64 = 3600;

/// How long each request takes.
pub(crate) const LATENCY: Duration = Duration::from_millis(300);

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// The server, the store, and the true time.
pub(crate) struct Fleet {
    pub(crate) runtime: TestRuntime,
    pub(crate) emulator: Emulator,
    pub(crate) store: TestStore,
    processes: AtomicU64,
}

impl Fleet {
    pub(crate) fn new() -> Self {
        Self::with_token(AppTokenSeed::new().duration(i64::try_from(LIFETIME).unwrap()))
    }

    pub(crate) fn with_token(token: AppTokenSeed) -> Self {
        let runtime = TestRuntime::new();
        let start = UnixTime::from_seconds(i64::try_from(TestRuntime::START.as_secs()).unwrap());
        let emulator = Emulator::builder()
            .partner(PartnerSeed::new(PartnerId::new(1_234_567)))
            .app_token(token)
            .clock(ServerClock::frozen_at(start))
            .random_seed(1)
            .build()
            .expect("an emulator");
        let store = TestStore::new(&runtime);
        Self { runtime, emulator, store, processes: AtomicU64::new(0) }
    }

    pub(crate) fn credentials(&self) -> AppTokenCredentials {
        self.emulator.app_token().credentials()
    }

    pub(crate) fn login(&self) -> AppTokenLogin {
        AppTokenLogin::new(ServiceUrl::US, self.credentials())
    }

    pub(crate) fn process(&self) -> Process {
        self.process_with(self.login())
    }

    pub(crate) fn processes(&self, count: usize) -> Vec<Process> {
        (0..count).map(|_| self.process()).collect()
    }

    /// A process with this login.
    pub(crate) fn process_with(&self, login: AppTokenLogin) -> Process {
        let (runtime, network) = (self.process_runtime(), Arc::<ProcessNetwork>::default());
        let source = AppTokenSource::new(login, self.transport(&network));
        let events = Arc::<Mutex<Vec<Event>>>::default();
        let recorded = Arc::clone(&events);
        let manager = SessionManager::builder(source, runtime.clone())
            .observer(observer_fn(move |event: &Event, _: &_| recorded.lock().unwrap().push(event.clone())))
            .store(self.store.clone())
            .build();
        Process { manager, runtime, network, events }
    }

    /// Clocks of a process: at the true time, and a monotonic clock that started at another moment.
    pub(crate) fn process_runtime(&self) -> ProcessRuntime {
        let number = self.processes.fetch_add(1, Ordering::Relaxed);
        ProcessRuntime(Arc::new(OfProcess {
            time: self.runtime.clone(),
            started: seconds(number * 1000),
            wall_offset: AtomicI64::new(0),
            random: Mutex::new(TestRuntime::new().with_seed(number + 1)),
            killed: AtomicBool::new(false),
        }))
    }

    /// The network between a process and the server.
    pub(crate) fn transport(&self, network: &Arc<ProcessNetwork>) -> impl Transport + use<> {
        let (network, runtime, emulator) = (Arc::clone(network), self.runtime.clone(), self.emulator.clone());
        transport_fn(move |request| {
            let (network, runtime, emulator) = (Arc::clone(&network), runtime.clone(), emulator.clone());
            async move {
                runtime.sleep(network.latency()).await;
                if network.is_down.load(Ordering::Relaxed) {
                    return Err(TransportError::new(TransportErrorKind::Connect, "refused"));
                }
                if network.hangs.load(Ordering::Relaxed) {
                    pending::<()>().await;
                }
                let now = i64::try_from(runtime.unix_time().as_secs()).unwrap();
                emulator.clock().set(UnixTime::from_seconds(now));
                Transport::send(&emulator, request).await
            }
        })
    }

    /// How many sessions were started.
    pub(crate) fn logins(&self) -> usize {
        self.emulator.calls().count(START_SESSION)
    }

    pub(crate) fn widget_sessions(&self) -> usize {
        self.emulator.calls().count(START_WIDGET_SESSION)
    }

    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// All of these processes want a session at the same moment.
    pub(crate) fn all_want_a_session(&self, processes: &[Process]) -> Vec<Result<Arc<Session>, Error>> {
        self.run(join_all(processes.iter().map(|process| process.manager.session())))
    }

    /// The same, and each gets one.
    pub(crate) fn all_get_a_session(&self, processes: &[Process]) -> Vec<Arc<Session>> {
        self.all_want_a_session(processes).into_iter().map(|result| result.expect("a session")).collect()
    }

    /// The true time since the start of the fleet.
    pub(crate) fn elapsed(&self) -> Duration {
        self.runtime.unix_time() - TestRuntime::START
    }

    pub(crate) fn advance(&self, duration: Duration) {
        self.runtime.run_for(duration);
    }
}

/// One process: a session manager with its own clocks, its own cached widget KS, and its own network.
pub(crate) struct Process {
    pub(crate) manager: SessionManager,
    pub(crate) runtime: ProcessRuntime,
    pub(crate) network: Arc<ProcessNetwork>,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Process {
    /// The events since the last call.
    pub(crate) fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut self.events.lock().unwrap())
    }

    /// How often this process has logged in, by its events since the last call of `take_events`.
    pub(crate) fn logins(&self) -> usize {
        let events = self.events.lock().unwrap();
        events.iter().filter(|event| matches!(event, Event::LoginStarted { .. })).count()
    }

    pub(crate) fn refuse(&self, session: &Arc<Session>) -> bool {
        self.manager.invalidate(session, InvalidReason::Expired)
    }

    /// Starts to get a session in a task of the process.
    pub(crate) fn spawn_session(&self) -> Spawned {
        let (result, manager) = (Spawned::default(), self.manager.clone());
        let of_task = Arc::clone(&result);
        let task = async move {
            let session = manager.session().await;
            *of_task.lock().unwrap() = Some(session);
        };
        self.runtime.spawn(Box::pin(task)).unwrap();
        result
    }
}

/// The result of a task, once it has finished.
pub(crate) type Spawned = Arc<Mutex<Option<Result<Arc<Session>, Error>>>>;

/// What stands between a process and the server.
#[derive(Default)]
pub(crate) struct ProcessNetwork {
    pub(crate) is_down: AtomicBool,
    pub(crate) hangs: AtomicBool,
    /// In milliseconds, in addition to the usual latency.
    pub(crate) extra_latency: AtomicU64,
}

impl ProcessNetwork {
    fn latency(&self) -> Duration {
        LATENCY + milliseconds(self.extra_latency.load(Ordering::Relaxed))
    }
}

/// The clocks and tasks of one process.
#[derive(Clone)]
pub(crate) struct ProcessRuntime(Arc<OfProcess>);

struct OfProcess {
    time: TestRuntime,
    started: Duration,
    /// How far the wall clock is ahead, in seconds.
    wall_offset: AtomicI64,
    random: Mutex<TestRuntime>,
    killed: AtomicBool,
}

impl ProcessRuntime {
    /// Sets the wall clock of this process ahead or back.
    pub(crate) fn set_wall_offset(&self, seconds: i64) {
        self.0.wall_offset.store(seconds, Ordering::Relaxed);
    }

    /// No task of the process runs again, not even to clean up.
    pub(crate) fn kill(&self) {
        self.0.killed.store(true, Ordering::Relaxed);
    }
}

impl Clock for ProcessRuntime {
    fn unix_time(&self) -> Duration {
        let offset = self.0.wall_offset.load(Ordering::Relaxed);
        let (now, offset, is_ahead) = (self.0.time.unix_time(), seconds(offset.unsigned_abs()), offset >= 0);
        if is_ahead { now + offset } else { now - offset }
    }

    fn monotonic(&self) -> Duration {
        self.0.time.monotonic() + self.0.started
    }

    fn random(&self) -> u64 {
        self.0.random.lock().unwrap().random()
    }
}

impl Runtime for ProcessRuntime {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.time.sleep(duration)
    }

    fn spawn(&self, mut task: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
        if self.0.killed.load(Ordering::Relaxed) {
            return Err(NotSpawned::new());
        }
        let process = Arc::clone(&self.0);
        self.0.time.spawn(Box::pin(std::future::poll_fn(move |context| {
            if process.killed.load(Ordering::Relaxed) { Poll::Ready(()) } else { task.as_mut().poll(context) }
        })))
    }
}

/// A store in memory that fails where a test wants it to.
#[derive(Clone)]
pub(crate) struct TestStore(Arc<OfStore>);

struct OfStore {
    runtime: TestRuntime,
    memory: MemoryStore,
    clock: StoreClock,
    behavior: Mutex<StoreBehavior>,
    failing_publishes: AtomicUsize,
    answers_without_time: AtomicUsize,
    takes: AtomicUsize,
}

/// What the store does with each call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StoreBehavior {
    #[default]
    Works,
    /// Refuses the connection.
    IsDown,
    /// Does not answer before it works again.
    IsMute,
    /// Has no memory left: only what writes a session or a failure fails.
    IsFull,
}

/// The clock of the store, which can be set.
#[derive(Clone)]
pub(crate) struct StoreClock {
    time: TestRuntime,
    /// In seconds, on top of a day.
    offset: Arc<AtomicI64>,
}

impl Clock for StoreClock {
    fn unix_time(&self) -> Duration {
        self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        let offset = self.offset.load(Ordering::Relaxed) + 86_400;
        self.time.monotonic() + seconds(offset.unsigned_abs())
    }

    fn random(&self) -> u64 {
        self.time.random()
    }
}

impl TestStore {
    fn new(runtime: &TestRuntime) -> Self {
        let clock = StoreClock { time: runtime.clone(), offset: Arc::default() };
        Self(Arc::new(OfStore {
            runtime: runtime.clone(),
            memory: MemoryStore::new(clock.clone()),
            clock,
            behavior: Mutex::default(),
            failing_publishes: AtomicUsize::new(0),
            answers_without_time: AtomicUsize::new(0),
            takes: AtomicUsize::new(0),
        }))
    }

    pub(crate) fn set(&self, behavior: StoreBehavior) {
        *self.0.behavior.lock().unwrap() = behavior;
    }

    /// Sets the store's clock ahead or back, by seconds.
    pub(crate) fn set_clock_offset(&self, seconds: i64) {
        self.0.clock.offset.store(seconds, Ordering::Relaxed);
    }

    /// The next calls that publish fail.
    pub(crate) fn fail_publishes(&self, count: usize) {
        self.0.failing_publishes.store(count, Ordering::Relaxed);
    }

    /// The next sessions are returned with no time left.
    pub(crate) fn answer_without_time(&self, count: usize) {
        self.0.answers_without_time.store(count, Ordering::Relaxed);
    }

    /// How often the store was asked.
    pub(crate) fn takes(&self) -> usize {
        self.0.takes.load(Ordering::Relaxed)
    }

    /// One request to the store.
    async fn request(&self, writes: bool) -> Result<(), StoreError> {
        let mut behavior = StoreBehavior::IsMute;
        // A server that was stopped answers when it continues.
        while behavior == StoreBehavior::IsMute {
            self.0.runtime.sleep(milliseconds(1)).await;
            behavior = *self.0.behavior.lock().unwrap();
        }
        match behavior {
            StoreBehavior::IsDown => Err(StoreError::new(StoreErrorKind::Unavailable, "refused")),
            StoreBehavior::IsFull if writes => Err(StoreError::new(StoreErrorKind::Full, "out of memory")),
            _ => Ok(()),
        }
    }
}

fn take_one(counter: &AtomicUsize) -> bool {
    counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1)).is_ok()
}

#[async_trait]
impl SessionStore for TestStore {
    async fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        self.0.takes.fetch_add(1, Ordering::Relaxed);
        self.request(false).await?;
        match SessionStore::take(&self.0.memory, key, ask).await? {
            Taken::Session { record, .. } if take_one(&self.0.answers_without_time) => {
                Ok(Taken::Session { record, left: Duration::ZERO })
            }
            taken => Ok(taken),
        }
    }

    async fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError> {
        self.request(false).await?;
        SessionStore::extend(&self.0.memory, key, lease).await
    }

    async fn publish(
        &self,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, StoreError> {
        self.request(true).await?;
        if take_one(&self.0.failing_publishes) {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "the connection broke"));
        }
        SessionStore::publish(&self.0.memory, key, lease, record, replaces).await
    }

    async fn fail(
        &self,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), StoreError> {
        self.request(true).await?;
        SessionStore::fail(&self.0.memory, key, lease, failure, backoff).await
    }

    async fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError> {
        self.request(false).await?;
        SessionStore::release(&self.0.memory, key, lease).await
    }

    async fn time(&self) -> Result<StoreTime, StoreError> {
        self.request(false).await?;
        SessionStore::time(&self.0.memory).await
    }
}

pub(crate) fn request_for(user: &str) -> SessionRequest {
    SessionRequest::new().user_id(user)
}

/// Whether all have the same KS.
pub(crate) fn all_same(sessions: &[Arc<Session>]) -> bool {
    sessions.windows(2).all(|pair| pair[0].ks() == pair[1].ks())
}
